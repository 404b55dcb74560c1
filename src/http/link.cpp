#include "http/link.hpp"

#include "encoding/url.hpp"

namespace crest::http {
namespace {

constexpr std::size_t relations_max = 20;
constexpr std::size_t target_max = encoding::Url::length_max;

bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// Reads one Link field (RFC 8288 appendix B.2), each octet once.
class LinkField {
 public:
  explicit LinkField(std::string_view text) : rest_(text) {}

  // The next link that can be read; nothing when the field is used up.
  std::optional<Link> next() {
    while (true) {
      while (!rest_.empty() && (is_blank(rest_.front()) || rest_.front() == ',')) rest_.remove_prefix(1);
      if (rest_.empty()) return std::nullopt;
      Link link;
      if (read(link)) return link;
      skip_to_comma();
    }
  }

 private:
  bool read(Link& link) {
    if (!take('<')) return false;
    const std::size_t end = rest_.find('>');
    if (end == std::string_view::npos || end > target_max) return false;
    link.target = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    bool has_rel = false;
    bool elsewhere = false;  // "anchor": the link is not one of the document it came with
    while (take(';')) {
      const std::string name = lower(read_token("=;,"));
      std::string value;
      if (take('=') && !read_value(value)) return false;
      elsewhere = elsewhere || name == "anchor";
      if (name != "rel" || has_rel) continue;  // only the first counts (RFC 8288 section 3.3)
      has_rel = true;
      split(value, link.relations);
    }
    skip_blanks();
    return (rest_.empty() || rest_.front() == ',') && !elsewhere && !link.relations.empty();
  }

  bool read_value(std::string& value) {
    if (!take('"')) {
      value = read_token(";,");
      return true;
    }
    while (!rest_.empty()) {
      char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return true;
      if (c == '\\') {
        if (rest_.empty()) return false;
        c = rest_.front();
        rest_.remove_prefix(1);
      }
      value += c;
    }
    return false;
  }

  std::string_view read_token(std::string_view ends) {
    skip_blanks();
    std::size_t size = 0;
    while (size < rest_.size() && !is_blank(rest_[size]) && ends.find(rest_[size]) == std::string_view::npos) ++size;
    const std::string_view token = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return token;
  }

  bool take(char c) {
    skip_blanks();
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void skip_blanks() {
    while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
  }

  // To the comma behind what could not be read; a comma in quotes does not count.
  void skip_to_comma() {
    bool quoted = false;
    for (; !rest_.empty(); rest_.remove_prefix(1)) {
      if (!quoted && rest_.front() == ',') return;
      if (rest_.front() == '"') quoted = !quoted;
      if (quoted && rest_.front() == '\\' && rest_.size() > 1) rest_.remove_prefix(1);
    }
  }

  static void split(std::string_view words, std::vector<std::string>& out) {
    while (!words.empty() && out.size() < relations_max) {
      std::size_t size = 0;
      while (size < words.size() && !is_blank(words[size])) ++size;
      if (size > 0) out.push_back(lower(words.substr(0, size)));
      words.remove_prefix(std::min(size + 1, words.size()));
    }
  }

  std::string_view rest_;
};

}  // namespace

std::vector<Link> links(const Headers& headers) {
  std::vector<Link> out;
  for (const std::string_view text : headers.all("Link")) {
    LinkField field(text);
    while (auto link = field.next()) {
      if (out.size() == links_max) return out;
      out.push_back(std::move(*link));
    }
  }
  return out;
}

std::vector<std::string> link_targets(const Headers& headers, std::string_view rel, std::string_view base_url) {
  std::vector<std::string> out;
  for (const Link& link : links(headers)) {
    bool related = false;
    for (const std::string& relation : link.relations) related = related || equal_no_case(relation, rel);
    if (!related) continue;
    auto url = encoding::resolve(base_url, link.target);
    if (url) out.push_back(std::move(*url));
  }
  return out;
}

std::string format_link(std::string_view target, std::string_view rel) {
  return "<" + std::string(target) + ">;rel=\"" + std::string(rel) + "\"";
}

}  // namespace crest::http
