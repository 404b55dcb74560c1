#include <algorithm>
#include <cctype>

#include "acme/account.hpp"
#include "acme/problem.hpp"
#include "dns/name.hpp"

namespace crest::acme {
namespace {

constexpr std::string_view mailto = "mailto:";
constexpr std::size_t contact_chars_max = 320, local_chars_max = 64, shown_chars_max = 80;
// RFC 5322's atext, less "%", which would have to be decoded and could hide a second address (RFC 6068 section 2).
constexpr std::string_view local_marks = "!#$&'*+-/=^_`{|}~.";

bool is_alnum(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string check_local_part(std::string_view local) {
  if (local.empty()) return "nothing stands before the @";
  if (local.size() > local_chars_max) return "more than 64 characters stand before the @";
  if (local.front() == '.' || local.back() == '.' || local.find("..") != std::string_view::npos) {
    return "a dot stands at an end, or twice in a row, before the @";
  }
  const bool plain = std::all_of(local.begin(), local.end(),
                                 [](char c) { return is_alnum(c) || local_marks.find(c) != std::string_view::npos; });
  return plain ? "" : "a character before the @ is not allowed";
}

// scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ) (RFC 3986 section 3.1); "" when there is none.
std::string scheme_of(std::string_view contact) {
  const std::string_view scheme = contact.substr(0, contact.find(':'));
  const bool is_scheme =
      scheme.size() < contact.size() && !scheme.empty() && !std::isdigit(static_cast<unsigned char>(scheme.front())) &&
      std::all_of(scheme.begin(), scheme.end(), [](char c) { return is_alnum(c) || c == '+' || c == '-' || c == '.'; });
  return is_scheme ? dns::folded(scheme) : std::string();
}

}  // namespace

std::string check_mailto(std::string_view contact) {
  if (contact.empty()) return "it is empty";
  if (contact.size() > contact_chars_max) return "it is longer than 320 characters";
  if (!dns::folded(contact.substr(0, mailto.size())).starts_with(mailto)) return "it does not begin with mailto:";
  const std::string_view address = contact.substr(mailto.size());
  if (address.find('?') != std::string_view::npos) return "header fields (?...) are not allowed";
  if (address.find(',') != std::string_view::npos) return "only one address is allowed";
  const std::size_t at = address.rfind('@');
  if (at == std::string_view::npos) return "it has no @";
  if (std::string fault = check_local_part(address.substr(0, at)); !fault.empty()) return fault;
  const auto domain = dns::Name::from_wire(address.substr(at + 1));
  return domain ? std::string() : domain.error().message;
}

Result<void> check_contacts(const std::vector<std::string>& contacts) {
  if (contacts.size() > contacts_max) {
    return rejection(ProblemType::invalidContact, "at most " + std::to_string(contacts_max) + " contacts are allowed");
  }
  for (const std::string& contact : contacts) {
    const std::string shown = '"' + Untrusted(contact).printable(shown_chars_max) + '"';
    const std::string scheme = scheme_of(contact);
    if (!scheme.empty() && scheme != "mailto") {
      return rejection(ProblemType::unsupportedContact, "contact " + shown + ": only mailto: is supported");
    }
    const std::string fault = check_mailto(contact);
    if (!fault.empty()) return rejection(ProblemType::invalidContact, "contact " + shown + ": " + fault);
  }
  return {};
}

}  // namespace crest::acme
