#include "acme/identifier.hpp"

#include <algorithm>

#include "acme/words.hpp"
#include "dns/name.hpp"
#include "encoding/ip.hpp"

namespace crest::acme {
namespace {

constexpr auto types = std::to_array<Word<IdentifierType>>({{IdentifierType::dns, "dns"}, {IdentifierType::ip, "ip"}});
constexpr std::string_view wildcard_prefix = "*.";
constexpr std::size_t shown_chars_max = 80;

// `read` makes a Name of what stands behind "*." (SF21: the prefix goes before the checks).
template <typename Read>
Result<Identifier> dns_identifier(std::string_view text, Read read) {
  const bool wildcard = text.starts_with(wildcard_prefix);
  const dns::Name name = TRY(read(wildcard ? text.substr(wildcard_prefix.size()) : text));
  Identifier identifier;
  identifier.value = wildcard ? std::string(wildcard_prefix) + name.str() : name.str();
  if (identifier.value.size() > dns::Name::length_max) {
    return make_error(ErrorKind::malformed,
                      '"' + identifier.value + "\" is not a host name: with \"*.\" it is longer than 253 characters");
  }
  return identifier;
}

Result<Identifier> ip_identifier(std::string_view text) {
  const auto address = encoding::IpAddress::parse(text);
  const std::string shown = '"' + Untrusted(std::string(text)).printable(shown_chars_max) + '"';
  if (!address) return make_error(ErrorKind::malformed, shown + " is no IP address");
  if (address->str() != text) {
    return make_error(ErrorKind::malformed,
                      shown + " is not the canonical text of an address; write " + address->str());
  }
  return Identifier{.type = IdentifierType::ip, .value = address->str()};
}

}  // namespace

std::string_view to_string(IdentifierType type) { return word_of(types, type); }

bool is_unsupported_type(std::string_view type) { return !from_word(types, type); }

Identifier Identifier::base() const {
  if (!is_wildcard()) return *this;
  return {.type = type, .value = value.substr(wildcard_prefix.size())};
}

bool is_at_or_below(const Identifier& identifier, const Identifier& ancestor) {
  if (identifier.type != IdentifierType::dns || ancestor.type != IdentifierType::dns || ancestor.is_wildcard())
    return false;
  const std::string name = identifier.base().value;
  return name == ancestor.value || name.ends_with("." + ancestor.value);
}

std::vector<Identifier> ancestors_of(const Identifier& identifier) {
  std::vector<Identifier> domains;
  if (identifier.type != IdentifierType::dns) return domains;
  std::string name = identifier.base().value;
  while (true) {
    domains.push_back({IdentifierType::dns, name});
    const std::size_t dot = name.find('.');
    if (dot == std::string::npos) return domains;
    name.erase(0, dot + 1);
  }
}

x509::SubjectName Identifier::subject_name() const {
  return {.type = type == IdentifierType::ip ? x509::SubjectName::Type::ip : x509::SubjectName::Type::dns,
          .value = value};
}

Result<Identifier> identifier_from_user(std::string_view text) {
  if (const auto address = encoding::IpAddress::parse(text)) {
    return Identifier{.type = IdentifierType::ip, .value = address->str()};
  }
  auto identifier = dns_identifier(text, dns::Name::from_user);
  if (!identifier) return std::move(identifier).error().as(ErrorKind::usage);
  return identifier;
}

Result<Identifier> identifier_from_wire(std::string_view type, std::string_view value) {
  const auto known = from_word(types, type);
  if (!known) {
    return make_error(ErrorKind::malformed, "unsupported identifier type",
                      Untrusted(std::string(type)).printable(shown_chars_max));
  }
  return *known == IdentifierType::ip ? ip_identifier(value) : dns_identifier(value, dns::Name::from_wire);
}

encoding::Json to_json(const Identifier& identifier) {
  encoding::Json json = encoding::Json::object();
  json.set("type", to_string(identifier.type)).set("value", identifier.value);
  return json;
}

Result<Identifier> identifier_from_json(const encoding::Json& json, std::string path) {
  const auto reader = TRY(encoding::JsonReader::of(json, path));
  const std::string type = TRY(reader.string("type"));
  const std::string value = TRY(reader.string("value"));
  auto identifier = identifier_from_wire(type, value);
  if (!identifier) return std::move(identifier).error().at(path);
  return identifier;
}

std::vector<x509::SubjectName> subject_names(const std::vector<Identifier>& identifiers) {
  std::vector<x509::SubjectName> names;
  names.reserve(identifiers.size());
  for (const Identifier& identifier : identifiers) names.push_back(identifier.subject_name());
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace crest::acme
