// PEM (RFC 7468): LF or CRLF, blank lines between blocks allowed, text outside blocks refused unless asked for.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.hpp"
#include "core/result.hpp"

namespace crest::encoding {

struct PemBlock {
  std::string label;  // "CERTIFICATE"
  Bytes der;
};

inline constexpr std::size_t pem_blocks_max = 1000;

enum class PemText { refuse, ignore };  // text outside the blocks
Result<std::vector<PemBlock>> parse_pem(std::string_view text, PemText outside = PemText::ignore);  // malformed
std::string to_pem(std::string_view label, ByteView der);  // 64 columns, LF, final newline

}  // namespace crest::encoding
