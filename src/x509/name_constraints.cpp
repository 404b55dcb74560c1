#include "x509/name_constraints.hpp"

#include "encoding/ip.hpp"
#include "x509/asn1.hpp"

namespace crest::x509 {
namespace {

using namespace asn1;

constexpr std::string_view what = "nameConstraints";
constexpr std::uint8_t tag_permitted = constructed_tag(0), tag_excluded = constructed_tag(1);
constexpr std::uint8_t tag_dns = implicit_tag(2), tag_ip = implicit_tag(7);

std::string lower(ByteView text) {
  std::string out = to_text(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

// "example.com" covers itself and all below; ".example.com", which some CAs write, only what is below.
bool covers_dns(const std::string& constraint, std::string_view name) {
  if (constraint.empty()) return true;
  if (constraint.front() == '.') return name.size() > constraint.size() && name.ends_with(constraint);
  return name == constraint || name.ends_with("." + constraint);
}

bool covers_ip(ByteView constraint, ByteView octets) {
  for (std::size_t i = 0; i < octets.size(); ++i) {
    if (((constraint[i] ^ octets[i]) & constraint[octets.size() + i]) != 0) return false;
  }
  return true;
}

struct Question {
  const SubjectName& name;
  Bytes octets;  // of an address

  std::uint8_t tag() const { return name.type == SubjectName::Type::dns ? tag_dns : tag_ip; }
  bool is_wildcard() const { return name.value.starts_with("*."); }
};

struct Answer {
  bool of_this_type = false;  // the list has subtrees for names of this type
  bool covered = false;
};

bool covers(const Question& question, const Element& base, bool excluding) {
  if (base.tag == tag_ip) {
    return base.content.size() == 2 * question.octets.size() && covers_ip(base.content, question.octets);
  }
  const std::string constraint = lower(base.content);
  if (covers_dns(constraint, question.name.value)) return true;
  // A wildcard also speaks for the one label below it that is excluded.
  return excluding && question.is_wildcard() && covers_dns(question.name.value.substr(2), constraint);
}

Result<Answer> ask(Reader subtrees, const Question& question, bool excluding) {
  Answer out;
  while (!subtrees.empty()) {
    Reader subtree = TRY(subtrees.enter(der::tag_sequence, what));
    const Element base = TRY(subtree.take(what));
    TRY(subtree.end(what));  // minimum and maximum are not used (RFC 5280 section 4.2.1.10)
    if (base.tag != question.tag()) continue;
    out.of_this_type = true;
    out.covered = out.covered || covers(question, base, excluding);
  }
  return out;
}

}  // namespace

Result<bool> permits_name(ByteView value, const SubjectName& name) {
  Question question{.name = name};
  if (name.type == SubjectName::Type::ip) {
    const encoding::IpAddress address = TRY(encoding::IpAddress::parse(name.value));
    question.octets = address.octets();
  }
  Reader outer(value);
  Reader constraints = TRY(outer.enter(der::tag_sequence, what));
  TRY(outer.end(what));
  bool permitted = true;
  if (constraints.next_is(tag_permitted)) {
    const Reader list = TRY(constraints.enter(tag_permitted, what));
    const Answer answer = TRY(ask(list, question, false));
    permitted = answer.covered || !answer.of_this_type;
  }
  if (constraints.next_is(tag_excluded)) {
    const Reader list = TRY(constraints.enter(tag_excluded, what));
    const Answer answer = TRY(ask(list, question, true));
    permitted = permitted && !answer.covered;
  }
  TRY(constraints.end(what));
  return permitted;
}

}  // namespace crest::x509
