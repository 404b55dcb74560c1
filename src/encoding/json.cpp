#include "encoding/json.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <boost/json/basic_parser_impl.hpp>

namespace crest::encoding {
namespace {

constexpr std::size_t path_key_chars_max = 64;  // a name in a path came from a stranger
constexpr std::size_t bytes_usual = 512, members_usual = 8;
constexpr std::string_view hex_digits = "0123456789abcdef";

Error broken(std::string path, std::string_view why) {
  return make_error(ErrorKind::malformed, "not the JSON expected: " + std::string(why), std::move(path));
}

std::string with_name(const std::string& path, std::string_view name) {
  const std::string safe = Untrusted(std::string(name)).printable(path_key_chars_max);
  return path.empty() ? safe : path + "." + safe;
}

std::string with_index(const std::string& path, std::size_t index) { return path + "[" + std::to_string(index) + "]"; }

// What the parser calls: builds the document on a stack of open containers, so that depth costs no call
// depth, and knows at each moment where it is.
class Builder {
 public:
  // Names and limits that basic_parser asks for.
  static constexpr std::size_t max_object_size = Json::values_max;
  static constexpr std::size_t max_array_size = Json::values_max;
  static constexpr std::size_t max_key_size = Json::bytes_max;
  static constexpr std::size_t max_string_size = Json::bytes_max;
  using Code = boost::json::error_code;
  using Text = boost::json::string_view;

  bool on_document_begin(Code&) { return true; }
  bool on_document_end(Code&) { return true; }
  bool on_object_begin(Code&) { return open(Json::object()); }
  bool on_array_begin(Code&) { return open(Json::array()); }
  bool on_array_end(std::size_t, Code&) { return close(); }
  bool on_object_end(std::size_t, Code& code) {
    const std::string* twice = repeated_name(std::get<Json::Object>(open_.back().container));
    if (!twice) return close();
    open_.back().name = *twice;
    return refuse("two members have this name", code);
  }
  bool on_key_part(Text part, std::size_t, Code&) { return append(part); }
  bool on_key(Text part, std::size_t, Code&) {
    append(part);
    open_.back().name = std::move(text_);
    text_.clear();
    return true;
  }
  bool on_string_part(Text part, std::size_t, Code&) { return append(part); }
  bool on_string(Text part, std::size_t, Code& code) {
    append(part);
    std::string whole = std::move(text_);
    text_.clear();
    return put(Json(std::move(whole)), code);
  }
  bool on_number_part(Text, Code&) { return true; }  // only of split input, and ours is whole
  bool on_int64(std::int64_t value, Text, Code& code) { return put(Json(value), code); }
  bool on_uint64(std::uint64_t rough, Text text, Code& code) {
    return put_double(static_cast<double>(rough), text, code);
  }
  bool on_double(double rough, Text text, Code& code) { return put_double(rough, text, code); }
  bool on_bool(bool value, Code& code) { return put(Json(value), code); }
  bool on_null(Code& code) { return put(Json(), code); }
  bool on_comment_part(Text, Code&) { return true; }
  bool on_comment(Text, Code&) { return true; }

  Json take() && { return std::move(root_); }
  std::string_view refusal() const { return refusal_; }

  // Where the parser stands, or stood when it stopped.
  std::string path() const {
    std::string out;
    for (const Open& level : open_) {
      if (const auto* items = std::get_if<Json::Array>(&level.container)) {
        out = with_index(out, items->size());
      } else if (level.name) {
        out = with_name(out, *level.name);
      }
    }
    return out;
  }

 private:
  struct Open {
    std::variant<Json::Array, Json::Object> container;
    std::optional<std::string> name;  // of the member being read
  };

  static const std::string* repeated_name(const Json::Object& members) {
    std::vector<const std::string*> names;
    names.reserve(members.size());
    for (const Json::Member& member : members) names.push_back(&member.first);
    std::sort(names.begin(), names.end(), [](auto* a, auto* b) { return *a < *b; });
    const auto twin = std::adjacent_find(names.begin(), names.end(), [](auto* a, auto* b) { return *a == *b; });
    return twin == names.end() ? nullptr : *twin;
  }

  bool refuse(std::string_view why, Code& code) {
    refusal_ = why;
    code = boost::json::error::syntax;
    return false;
  }

  bool append(Text part) {
    text_.append(part.data(), part.size());
    return true;
  }

  bool open(const Json& empty) {
    Open& level = open_.emplace_back();
    if (empty.as_object()) level.container = Json::Object{};
    return true;
  }

  bool close() {
    Open level = std::move(open_.back());
    open_.pop_back();
    Code none;
    if (auto* items = std::get_if<Json::Array>(&level.container)) return put(Json(std::move(*items)), none);
    return put(Json(std::get<Json::Object>(std::move(level.container))), none);
  }

  bool put(Json value, Code& code) {
    if (++values_ > Json::values_max) return refuse("too many values", code);
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (auto* items = std::get_if<Json::Array>(&open_.back().container)) {
      items->push_back(std::move(value));
    } else {
      std::string name = *std::move(open_.back().name);
      open_.back().name.reset();
      std::get<Json::Object>(open_.back().container).emplace_back(std::move(name), std::move(value));
    }
    return true;
  }

  // Read again from its text: the parser's own reading may be wrong in the last bit, and is infinity for
  // 1e999.
  bool put_double(double rough, Text text, Code& code) {
    double exact = 0;  // what it stays when too small to write
    const bool fits = std::from_chars(text.data(), text.data() + text.size(), exact).ec == std::errc();
    if (!fits && std::abs(rough) > 1) return refuse("a number too large", code);
    return put(Json(exact), code);
  }

  Json root_;
  std::vector<Open> open_;
  std::string text_;
  std::string_view refusal_;
  std::size_t values_ = 0;
};

std::string_view reason(const boost::json::error_code& code) {
  using boost::json::error;
  if (code == error::incomplete) return "it ends too early";
  if (code == error::too_deep) return "nested too deeply";
  if (code == error::extra_data) return "text behind the end";
  if (code == error::exponent_overflow) return "a number too large";
  if (code == error::illegal_leading_surrogate || code == error::illegal_trailing_surrogate ||
      code == error::expected_utf16_escape) {
    return "half of a surrogate pair";
  }
  return "a character that does not belong there";
}

void write_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t plain = 0;  // from here on all is written as it stands
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\' && c != 0x7f) continue;
    out += text.substr(plain, i - plain);
    plain = i + 1;
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default: ((out += "\\u00") += hex_digits[c >> 4 & 15]) += hex_digits[c & 15];
    }
  }
  out += text.substr(plain);
  out += '"';
}

void write_double(std::string& out, double value) {
  if (!std::isfinite(value)) {  // JSON has no word for it
    out += "null";
    return;
  }
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  const std::string_view text(buffer, static_cast<std::size_t>(end - buffer));
  out += text;
  if (text.find_first_of(".e") == std::string_view::npos) out += ".0";  // stays a double when read back
}

// Writes without recursion: a value built by a program may be deeper than one that was parsed.
class Writer {
 public:
  explicit Writer(bool pretty) : pretty_(pretty) {}

  std::string write(const Json& root) {
    out_.reserve(bytes_usual);
    start(root);
    while (!open_.empty()) step();
    return std::move(out_);
  }

 private:
  struct Level {
    const Json* value;
    std::size_t next = 0;
  };

  void start(const Json& value) {
    if (value.is_null()) out_ += "null";
    if (const bool* flag = value.as_bool()) out_ += *flag ? "true" : "false";
    if (const std::int64_t* number = value.as_int()) out_ += std::to_string(*number);
    if (const std::string* text = value.as_string()) write_string(out_, *text);
    if (value.as_array() || value.as_object()) {
      out_ += value.as_array() ? '[' : '{';
      open_.push_back({&value});
    } else if (!value.as_int() && value.as_number()) {
      write_double(out_, *value.as_number());
    }
  }

  void step() {
    Level& level = open_.back();
    const Json::Array* items = level.value->as_array();
    const Json::Object* members = level.value->as_object();
    const std::size_t index = level.next++;
    const std::size_t size = items ? items->size() : members->size();
    if (index == size) {
      open_.pop_back();
      if (size > 0) new_line();
      out_ += items ? ']' : '}';
      if (pretty_ && open_.empty()) out_ += '\n';
      return;
    }
    if (index > 0) out_ += ',';
    new_line();
    if (items) return start((*items)[index]);
    write_string(out_, (*members)[index].first);
    out_ += pretty_ ? ": " : ":";
    start((*members)[index].second);
  }

  void new_line() {
    if (pretty_) out_.append(1, '\n').append(2 * open_.size(), ' ');
  }

  bool pretty_;
  std::string out_;
  std::vector<Level> open_;
};

}  // namespace

Result<Json> Json::parse(std::string_view text) {
  if (text.size() > bytes_max) return broken({}, "longer than " + std::to_string(bytes_max) + " octets");
  if (text.starts_with("\xef\xbb\xbf")) return broken({}, "it starts with a byte order mark");
  boost::json::parse_options options;
  options.max_depth = depth_max;
  boost::json::basic_parser<Builder> parser(options);
  boost::json::error_code code;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), code);
  if (!code && used < text.size()) code = boost::json::error::extra_data;
  Builder& builder = parser.handler();
  if (!code) return std::move(builder).take();
  return broken(builder.path(), builder.refusal().empty() ? reason(code) : builder.refusal());
}

Json Json::strings(const std::vector<std::string>& items) {
  Array out;
  out.reserve(items.size());
  for (const std::string& item : items) out.emplace_back(item);
  return Json(std::move(out));
}

Json& Json::set(std::string_view name, Json value) {
  Object& members = std::get<Object>(value_);
  for (Member& member : members) {
    if (member.first != name) continue;
    member.second = std::move(value);
    return *this;
  }
  if (members.empty()) members.reserve(members_usual);
  members.emplace_back(std::string(name), std::move(value));
  return *this;
}

Json& Json::push(Json item) {
  std::get<Array>(value_).push_back(std::move(item));
  return *this;
}

std::optional<double> Json::as_number() const {
  if (const std::int64_t* number = as_int()) return static_cast<double>(*number);
  if (const double* number = std::get_if<double>(&value_)) return *number;
  return std::nullopt;
}

const Json* Json::find(std::string_view name) const {
  const Object* members = as_object();
  if (!members) return nullptr;
  for (const Member& member : *members) {
    if (member.first == name) return member.second.is_null() ? nullptr : &member.second;
  }
  return nullptr;
}

std::string Json::dump() const { return Writer(false).write(*this); }

std::string Json::pretty() const {
  std::string text = Writer(true).write(*this);
  if (!text.ends_with('\n')) text += '\n';
  return text;
}

}  // namespace crest::encoding
