#include "dns/caa.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>

#include "dns/name.hpp"

namespace crest::dns {
namespace {

constexpr std::uint8_t flag_critical = 0x80;
constexpr std::size_t tag_octets_max = 255, parameters_max = 64;
// Tags that a CA of host certificates may meet and understands, if only to pass them over.
constexpr std::array<std::string_view, 5> known_tags = {"issue", "issuewild", "iodef", "issuemail", "issuevmc"};

bool is_alnum(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// label = (ALPHA / DIGIT) *( *("-") (ALPHA / DIGIT)), the form of labels and of parameter tags.
bool is_label(std::string_view text) {
  if (text.empty() || !is_alnum(text.front()) || !is_alnum(text.back())) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return is_alnum(c) || c == '-'; });
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

bool is_domain(std::string_view text) {
  const auto labels = split(text, '.');
  return std::all_of(labels.begin(), labels.end(), is_label);
}

std::optional<CaaParameter> parse_parameter(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  const std::string_view tag = trimmed(text.substr(0, equals)), value = trimmed(text.substr(equals + 1));
  const bool printable = std::all_of(value.begin(), value.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (!is_label(tag) || !printable) return std::nullopt;
  return CaaParameter{.tag = folded(tag), .value = std::string(value)};
}

// nullopt when the value does not match the grammar.
std::optional<IssueValue> parse_issue(std::string_view text) {
  const auto parts = split(text, ';');
  const std::string_view issuer = trimmed(parts.front());
  if (!issuer.empty() && !is_domain(issuer)) return std::nullopt;
  IssueValue out;
  out.issuer = folded(issuer);
  if (parts.size() == 2 && trimmed(parts[1]).empty()) return out;  // "ca.example.net;" and ";"
  if (parts.size() > parameters_max) return std::nullopt;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    auto parameter = parse_parameter(parts[i]);
    if (!parameter) return std::nullopt;
    out.parameters.push_back(*std::move(parameter));
  }
  return out;
}

// Whether every value of parameter `tag` accepts: none, or exactly one for which `accepts` holds (RFC 8657).
template <typename Accepts>
bool satisfied(const IssueValue& value, std::string_view tag, Accepts accepts) {
  std::size_t seen = 0;
  bool good = true;
  for (const CaaParameter& parameter : value.parameters) {
    if (parameter.tag != tag) continue;
    ++seen;
    good = good && accepts(parameter.value);
  }
  return seen == 0 || (seen == 1 && good);
}

bool lists_method(std::string_view methods, std::string_view method) {
  const auto words = split(methods, ',');
  const bool well_formed = std::all_of(words.begin(), words.end(), [](std::string_view word) {
    return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) { return is_alnum(c) || c == '-'; });
  });
  return well_formed && std::find(words.begin(), words.end(), method) != words.end();
}

std::string quoted(const CaaProperty& property) {
  return "`" + Untrusted(property.tag).printable(tag_octets_max) + " \"" + Untrusted(property.value).printable() +
         "\"`";
}

// "" when `property` permits the request, else why it does not.
std::string objection(const CaaProperty& property, const CaaRequest& request) {
  const auto value = parse_issue(property.value);
  if (!value) return "its value is malformed, which permits nobody";
  const bool ours = std::any_of(request.issuers.begin(), request.issuers.end(),
                                [&](const std::string& issuer) { return folded(issuer) == value->issuer; });
  if (value->issuer.empty()) return "it permits nobody";
  if (!ours) return "it names another CA";
  if (!satisfied(*value, "accounturi", [&](std::string_view uri) { return uri == request.account_url; })) {
    return "its accounturi is not the account that asks";
  }
  if (!satisfied(*value, "validationmethods",
                 [&](std::string_view list) { return lists_method(list, request.method); })) {
    return "its validationmethods do not list the method used";
  }
  return {};
}

std::vector<CaaProperty> tagged(const std::vector<CaaProperty>& set, std::string_view tag) {
  std::vector<CaaProperty> out;
  std::copy_if(set.begin(), set.end(), std::back_inserter(out),
               [&](const CaaProperty& property) { return folded(property.tag) == tag; });
  return out;
}

}  // namespace

Result<IssueValue> parse_issue_value(std::string_view text) {
  auto value = parse_issue(text);
  if (!value) return make_error(ErrorKind::malformed, "it is not of the form \"issuer; tag=value; ...\"");
  return *std::move(value);
}

Result<CaaProperty> parse_caa(ByteView rdata) {
  if (rdata.size() < 2) return make_error(ErrorKind::malformed, "a CAA record has fewer than two octets");
  const std::size_t tag_length = rdata[1];
  if (tag_length == 0) return make_error(ErrorKind::malformed, "a CAA record has an empty tag");
  if (rdata.size() < 2 + tag_length) return make_error(ErrorKind::malformed, "a CAA record ends inside its tag");
  const std::string_view tag = as_text(rdata.subspan(2, tag_length));
  if (!std::all_of(tag.begin(), tag.end(), is_alnum)) {
    return make_error(ErrorKind::malformed, "a CAA record's tag holds other characters than letters and digits");
  }
  return CaaProperty{
      .critical = (rdata[0] & flag_critical) != 0, .tag = folded(tag), .value = to_text(rdata.subspan(2 + tag_length))};
}

Bytes to_rdata(const CaaProperty& property) {
  const std::string_view tag = std::string_view(property.tag).substr(0, tag_octets_max);
  Bytes out = {property.critical ? flag_critical : std::uint8_t{0}, static_cast<std::uint8_t>(tag.size())};
  out.insert(out.end(), tag.begin(), tag.end());
  out.insert(out.end(), property.value.begin(), property.value.end());
  return out;
}

CaaDecision evaluate_caa(const std::vector<CaaProperty>& set, const CaaRequest& request) {
  for (const CaaProperty& property : set) {
    const bool known = std::find(known_tags.begin(), known_tags.end(), folded(property.tag)) != known_tags.end();
    if (property.critical && !known) {
      return {.allowed = false, .reason = quoted(property) + " is critical and not understood"};
    }
  }
  auto applicable = request.wildcard ? tagged(set, "issuewild") : std::vector<CaaProperty>{};
  if (applicable.empty()) applicable = tagged(set, "issue");
  if (applicable.empty()) return {.allowed = true, .reason = "no property restricts who may issue"};
  std::string reason;
  for (const CaaProperty& property : applicable) {
    const std::string fault = objection(property, request);
    if (fault.empty()) return {.allowed = true, .reason = quoted(property) + " permits it"};
    if (reason.empty()) reason = quoted(property) + ": " + fault;
  }
  if (applicable.size() > 1) reason += "; nor do the " + std::to_string(applicable.size() - 1) + " others permit it";
  return {.allowed = false, .reason = reason};
}

}  // namespace crest::dns
