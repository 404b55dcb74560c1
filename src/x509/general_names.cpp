#include "x509/general_names.hpp"

#include <algorithm>

#include "encoding/ip.hpp"
#include "x509/asn1.hpp"

namespace crest::x509 {
namespace {

using namespace asn1;

constexpr std::string_view what = "the subject alternative name";
constexpr std::uint8_t tag_dns = implicit_tag(2), tag_ip = implicit_tag(7);
// otherName, rfc822Name, x400Address, directoryName, ediPartyName, URI, registeredID
constexpr std::uint8_t other_tags[] = {constructed_tag(0), implicit_tag(1), constructed_tag(3), constructed_tag(4),
                                       constructed_tag(5), implicit_tag(6), implicit_tag(8)};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// IA5 would allow NUL, line ends and blanks too, which no host name has and which fool whoever prints it.
bool is_visible(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

Result<SubjectName> read_dns(ByteView content) {
  std::string text = to_text(content);
  if (!is_visible(text)) return malformed(what, "has a dNSName that is empty or not visible ASCII");
  std::ranges::transform(text, text.begin(), lower);
  return SubjectName{SubjectName::Type::dns, std::move(text)};
}

Result<SubjectName> read_ip(ByteView content) {
  const auto address = encoding::IpAddress::from_octets(content);
  if (!address) return malformed(what, "has an iPAddress that is neither 4 nor 16 octets long");
  return SubjectName{SubjectName::Type::ip, address->str()};
}

Error not_a_name(const SubjectName& name) {
  return make_error(ErrorKind::internal,
                    "cannot be put into a certificate: it must be a lower-case host name or a "
                    "canonical IP address",
                    name.value);
}

Result<Bytes> write_general_name(const SubjectName& name) {
  if (name.type == SubjectName::Type::dns) {
    const bool upper = std::ranges::any_of(name.value, [](char c) { return lower(c) != c; });
    if (upper || !is_visible(name.value)) return not_a_name(name);
    return der::element(tag_dns, as_bytes(name.value));
  }
  const auto address = encoding::IpAddress::parse(name.value);
  if (!address || address->str() != name.value) return not_a_name(name);
  return der::element(tag_ip, address->octets());
}

}  // namespace

Result<GeneralNames> read_general_names(ByteView value) {
  GeneralNames out;
  Reader outer(value);
  Reader names = TRY(outer.enter(der::tag_sequence, what));
  TRY(outer.end(what));
  if (names.empty()) return malformed(what, "has no entry");
  for (; !names.empty(); ++out.entries) {
    const Element name = TRY(names.take(what));
    if (name.tag == tag_dns) {
      SubjectName dns = TRY(read_dns(name.content));
      out.names.push_back(std::move(dns));
    } else if (name.tag == tag_ip) {
      SubjectName ip = TRY(read_ip(name.content));
      out.names.push_back(std::move(ip));
    } else if (std::ranges::find(other_tags, name.tag) != std::end(other_tags)) {
      out.has_others = true;
    } else {
      return malformed(what, "has an entry of no kind that exists");
    }
  }
  return out;
}

Result<Bytes> write_general_names(const std::vector<SubjectName>& names) {
  Bytes content;
  for (const SubjectName& name : names) {
    const Bytes one = TRY(write_general_name(name));
    append(content, one);
  }
  return der::element(der::tag_sequence, content);
}

}  // namespace crest::x509
