#include "dns/record.hpp"

namespace crest::dns {

std::string_view to_string(RecordType type) {
  switch (type) {
    case RecordType::A: return "A";
    case RecordType::NS: return "NS";
    case RecordType::CNAME: return "CNAME";
    case RecordType::SOA: return "SOA";
    case RecordType::TXT: return "TXT";
    case RecordType::AAAA: return "AAAA";
    case RecordType::CAA: return "CAA";
  }
  return "?";
}

std::optional<encoding::IpAddress> address_of(const Record& record) {
  const std::size_t expected = record.type == RecordType::A ? 4 : record.type == RecordType::AAAA ? 16 : 0;
  if (expected == 0 || record.data.size() != expected) return std::nullopt;
  auto address = encoding::IpAddress::from_octets(record.data);
  if (!address) return std::nullopt;
  return *std::move(address);
}

std::optional<std::string> text_of(const Record& record) {
  if (record.type != RecordType::TXT || record.data.empty()) return std::nullopt;
  std::string text;
  ByteView rest = record.data;
  while (!rest.empty()) {  // character-strings: a length octet, then so many octets (RFC 1035 section 3.3.14)
    const std::size_t length = rest.front();
    if (length >= rest.size()) return std::nullopt;
    text += as_text(rest.subspan(1, length));
    rest = rest.subspan(1 + length);
  }
  return text;
}

}  // namespace crest::dns
