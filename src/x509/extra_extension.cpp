// Extensions that an operator writes into a profile: an OID, and a value that nobody here understands.
#include <algorithm>
#include <charconv>
#include <limits>

#include "x509/asn1.hpp"
#include "x509/build.hpp"
#include "x509/oid.hpp"

namespace crest::x509 {
namespace {

using namespace asn1;

constexpr std::size_t oid_chars_max = 128, value_bytes_max = 4096;
constexpr std::uint64_t arcs_of_joint = 2, arcs_below = 40;  // X.660: 0.0 to 0.39, 1.0 to 1.39, 2.x

constexpr std::string_view own_extensions[] = {
    oid::subject_key_id,   oid::key_usage,        oid::subject_alt_name,        oid::basic_constraints,
    oid::name_constraints, oid::authority_key_id, oid::crl_distribution_points, oid::extended_key_usage,
    oid::tls_feature,      oid::acme_identifier,  oid::authority_info_access,   oid::ocsp_no_check};

Error refused(std::string why, std::string_view oid) {
  return make_error(ErrorKind::usage, std::move(why), Untrusted(std::string(oid)).printable(oid_chars_max));
}

void append_arc(Bytes& out, std::uint64_t arc) {
  Bytes digits;  // of base 128, last one first
  do {
    digits.push_back(static_cast<std::uint8_t>((arc & 0x7f) | (digits.empty() ? 0 : 0x80)));
    arc >>= 7;
  } while (arc != 0);
  out.insert(out.end(), digits.rbegin(), digits.rend());
}

std::optional<std::vector<std::uint64_t>> arcs_of(std::string_view text) {
  std::vector<std::uint64_t> arcs;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (true) {
    std::uint64_t arc = 0;
    const auto [behind, problem] = std::from_chars(at, end, arc);
    const bool padded = behind - at > 1 && *at == '0';
    if (problem != std::errc() || padded || arc > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
    arcs.push_back(arc);
    if (behind == end) return arcs;
    if (*behind != '.') return std::nullopt;
    at = behind + 1;
  }
}

Result<Bytes> oid_content(std::string_view text) {
  const auto arcs = text.size() > oid_chars_max ? std::nullopt : arcs_of(text);
  if (!arcs || arcs->size() < 2 || (*arcs)[0] > arcs_of_joint ||
      ((*arcs)[0] < arcs_of_joint && (*arcs)[1] >= arcs_below)) {
    return refused("an OID in dotted numbers is expected, such as \"1.3.6.1.4.1.311.20.2\"", text);
  }
  Bytes out;
  append_arc(out, (*arcs)[0] * arcs_below + (*arcs)[1]);
  for (std::size_t i = 2; i < arcs->size(); ++i) append_arc(out, (*arcs)[i]);
  return out;
}

}  // namespace

Result<ExtraExtension> extra_extension(std::string_view dotted_oid, bool critical, ByteView value) {
  const Bytes content = TRY(oid_content(dotted_oid));
  if (std::ranges::find(own_extensions, as_text(content)) != std::ranges::end(own_extensions)) {
    return refused("the CA writes this extension itself, by the other settings of the profile; leave it out",
                   dotted_oid);
  }
  ByteView rest = value;
  const auto element = der::read(rest);
  if (!element || !rest.empty() || value.size() > value_bytes_max) {
    return refused("its value must be one whole DER element of at most 4096 octets", dotted_oid);
  }
  return ExtraExtension{std::string(dotted_oid), critical, to_bytes(value),
                        extension(as_text(content), critical, value)};
}

}  // namespace crest::x509
