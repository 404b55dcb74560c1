// A Name is a host name in its A-label form: lower case, no trailing dot (RFC 5890, RFC 1123).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace crest::dns {

std::string folded(std::string_view text);  // ASCII letters in lower case, as DNS compares (RFC 4343)

class Name {
 public:
  static constexpr std::size_t length_max = 253, label_max = 63;

  // What people write: any case, one trailing dot, U-labels (IDNA 2008). Error: malformed, saying which rule.
  static Result<Name> from_user(std::string_view text);
  // What a protocol carries: LDH labels; xn-- labels must decode and encode back to themselves; no trailing dot, no
  // underscore, no other label with "--" in places 3 and 4, last label not all digits. Upper case is folded.
  static Result<Name> from_wire(std::string_view text);

  const std::string& str() const { return text_; }
  std::optional<Name> parent() const;  // nullopt for a single label
  std::size_t label_count() const;
  bool is_within(const Name& zone) const;  // equal or below
  friend auto operator<=>(const Name&, const Name&) = default;

 private:
  std::string text_;
};

}  // namespace crest::dns
