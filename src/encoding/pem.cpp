#include "encoding/pem.hpp"

#include <optional>

#include "encoding/base64.hpp"

namespace crest::encoding {
namespace {

constexpr std::string_view begin_mark = "-----BEGIN ";
constexpr std::string_view end_mark = "-----END ";
constexpr std::string_view tail_mark = "-----";
constexpr std::size_t label_max = 64;
constexpr std::size_t columns = 64;

Error broken(std::size_t line, std::string_view why) {
  return make_error(ErrorKind::malformed, "not PEM: " + std::string(why), "line " + std::to_string(line));
}

// RFC 7468 section 3: printable, single blanks or hyphens only between other characters.
bool is_label(std::string_view label) {
  if (label.empty() || label.size() > label_max) return false;
  bool joint = true;  // the start counts as one: no joint may follow
  for (const char c : label) {
    const bool is_joint = c == ' ' || c == '-';
    if ((is_joint && joint) || c < ' ' || c > '~') return false;
    joint = is_joint;
  }
  return !joint;
}

// The label between `mark` and "-----", when `line` is such a boundary.
std::optional<std::string_view> boundary(std::string_view line, std::string_view mark) {
  if (!line.starts_with(mark) || !line.ends_with(tail_mark)) return std::nullopt;
  if (line.size() < mark.size() + tail_mark.size()) return std::nullopt;
  const std::string_view label = line.substr(mark.size(), line.size() - mark.size() - tail_mark.size());
  if (!is_label(label)) return std::nullopt;
  return label;
}

bool mentions_boundary(std::string_view line) {
  return line.find("-----BEGIN") != std::string_view::npos || line.find("-----END") != std::string_view::npos;
}

class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}

  // The next line without its end and the blanks before it.
  std::optional<std::string_view> next() {
    if (rest_.empty()) return std::nullopt;
    ++number_;
    const std::size_t end = rest_.find('\n');
    std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    while (line.ends_with(' ') || line.ends_with('\t')) line.remove_suffix(1);
    return line;
  }
  std::size_t number() const { return number_; }

 private:
  std::string_view rest_;
  std::size_t number_ = 0;
};

// The body of a block whose first line was read, up to and with its last line.
Result<Bytes> read_body(Lines& lines, std::string_view label) {
  std::string text;
  while (const auto line = lines.next()) {
    if (const auto end = boundary(*line, end_mark)) {
      if (*end != label) return broken(lines.number(), "the block ends under another name than it began with");
      auto der = from_base64(text);
      if (!der) return broken(lines.number(), "the block's content is " + der.error().message);
      if (der->empty()) return broken(lines.number(), "the block is empty");
      return std::move(*der);
    }
    if (mentions_boundary(*line)) return broken(lines.number(), "a block starts inside another");
    if (line->find(':') != std::string_view::npos) {
      return broken(lines.number(), "header lines, as in old encrypted keys; convert the key to PKCS#8");
    }
    if (line->empty()) return broken(lines.number(), "an empty line inside a block");
    text += *line;
  }
  return broken(lines.number(), "the last block does not end; is the file cut off?");
}

}  // namespace

Result<std::vector<PemBlock>> parse_pem(std::string_view text, PemText outside) {
  std::vector<PemBlock> blocks;
  Lines lines(text);
  while (const auto line = lines.next()) {
    if (const auto label = boundary(*line, begin_mark)) {
      if (blocks.size() == pem_blocks_max) return broken(lines.number(), "more blocks than anyone needs");
      Bytes der = TRY(read_body(lines, *label));
      blocks.push_back({std::string(*label), std::move(der)});
      continue;
    }
    // Passing over a damaged boundary would silently drop a certificate.
    if (mentions_boundary(*line)) return broken(lines.number(), "a damaged BEGIN or END line");
    if (!line->empty() && outside == PemText::refuse) return broken(lines.number(), "text outside the blocks");
  }
  return blocks;
}

std::string to_pem(std::string_view label, ByteView der) {
  const std::string name(label);
  std::string out = "-----BEGIN " + name + "-----\n";
  const std::string text = base64(der);
  for (std::size_t i = 0; i < text.size(); i += columns) (out += text.substr(i, columns)) += '\n';
  return out + "-----END " + name + "-----\n";
}

}  // namespace crest::encoding
