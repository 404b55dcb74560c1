#include "apps/crest_ca/certificate_text.hpp"

#include <algorithm>

#include "acme/revocation.hpp"

namespace crest::apps::crest_ca {
namespace {

using ca::store::CertificateRow;
using ca::store::CertificateStatus;

constexpr std::size_t serial_digits_max = 40;

}  // namespace

std::string_view state_of(const CertificateRow& row, Time now) {
  if (row.status == CertificateStatus::revoked) return "revoked";
  if (now > row.not_after) return "expired";
  if (row.status == CertificateStatus::signing) return "signing";
  return now < row.not_before ? "not yet valid" : "valid";
}

std::string reason_text(int code) {
  const auto reason = acme::revocation_reason(std::int64_t{code});
  return reason ? std::string(acme::to_string(*reason)) : std::to_string(code);
}

encoding::Json to_json(const CertificateRow& row, Time now) {
  encoding::Json out = encoding::Json::object();
  out.set("serial", row.serial).set("state", state_of(row, now)).set("names", encoding::Json::strings(row.names));
  out.set("account", row.account).set("order", row.order).set("issuer", row.issuer).set("profile", row.profile);
  out.set("created", to_rfc3339(row.created));
  out.set("not_before", to_rfc3339(row.not_before)).set("not_after", to_rfc3339(row.not_after));
  if (row.revoked_at) out.set("revoked_at", to_rfc3339(*row.revoked_at));
  if (row.revoked_at) out.set("reason", reason_text(row.revocation_reason));
  if (!row.replaced_by.empty()) out.set("replaced_by", row.replaced_by);
  return out;
}

std::string names_text(const CertificateRow& row, std::size_t chars_max) {
  std::string text;
  for (const auto& name : row.names) text += (text.empty() ? "" : ", ") + name;
  return Untrusted(std::move(text)).printable(chars_max);
}

Error no_such_certificate(const std::string& serial) {
  return make_error(ErrorKind::usage, "there is no such certificate; crest-ca search finds those of a name", serial);
}

Result<std::string> serial_from_user(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
  std::string out;
  for (const char c : text) {
    if (c == ':' || c == ' ') continue;
    out += c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (out.empty() || out.size() > serial_digits_max || !std::ranges::all_of(out, is_digit)) {
    return make_error(ErrorKind::usage,
                      "a serial number in hexadecimal digits is expected, as crest-ca list and openssl print it",
                      Untrusted(std::string(text)).printable(serial_digits_max));
  }
  if (out.size() % 2 != 0) out.insert(out.begin(), '0');
  return out;
}

}  // namespace crest::apps::crest_ca
