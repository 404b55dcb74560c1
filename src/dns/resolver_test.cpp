#include "dns/resolver.hpp"

#include <map>

#include <gtest/gtest.h>

#include "dns/record.hpp"

namespace crest::dns {
namespace {

Record record(RecordType type, Bytes data) {
  return {.owner = "example.org", .type = type, .ttl_seconds = 60, .data = std::move(data)};
}

class ScriptedResolver final : public Resolver {
 public:
  std::map<RecordType, Result<Answer>> answers;
  Result<Answer> query(std::string_view, RecordType type, const std::vector<std::string>&, const Call&) override {
    const auto found = answers.find(type);
    return found == answers.end() ? Result<Answer>(Answer{}) : found->second;
  }
};

Answer answer(std::vector<Record> records) {
  return {.outcome = Outcome::answer, .records = std::move(records), .final_name = "example.org"};
}
const Bytes v4 = {192, 0, 2, 1};
const Bytes v6 = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

std::vector<std::string> texts(ScriptedResolver& resolver) {
  std::vector<std::string> out;
  const auto found = addresses(resolver, "example.org", {}, Call{});
  if (!found) return {std::string(to_string(found.error().kind))};
  for (const auto& address : *found) out.push_back(address.str());
  return out;
}

TEST(Addresses, Ipv6FirstWithoutDoubles) {
  ScriptedResolver resolver;
  resolver.answers.emplace(RecordType::A, answer({record(RecordType::A, v4), record(RecordType::A, v4)}));
  resolver.answers.emplace(RecordType::AAAA, answer({record(RecordType::AAAA, v6), record(RecordType::AAAA, v4)}));
  EXPECT_EQ(texts(resolver), (std::vector<std::string>{"2001:db8::1", "192.0.2.1"}));
}

TEST(Addresses, OneFamilyMayFail) {
  ScriptedResolver resolver;
  resolver.answers.emplace(RecordType::AAAA, make_error(ErrorKind::timeout, "no answer"));
  resolver.answers.emplace(RecordType::A, answer({record(RecordType::A, v4)}));
  EXPECT_EQ(texts(resolver), std::vector<std::string>{"192.0.2.1"});
}

TEST(Addresses, AFailureIsNotHiddenByAnEmptyAnswer) {
  ScriptedResolver resolver;
  resolver.answers.emplace(RecordType::AAAA, make_error(ErrorKind::timeout, "no answer"));
  EXPECT_EQ(texts(resolver), std::vector<std::string>{"timeout"});
}

TEST(Addresses, NoneIsAnErrorThatNamesTheName) {
  ScriptedResolver resolver;
  const auto found = addresses(resolver, "example.org", {}, Call{});
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::dns);
  EXPECT_EQ(found.error().context, "example.org");
}

TEST(Addresses, AreBounded) {
  ScriptedResolver resolver;
  std::vector<Record> many;
  for (unsigned i = 0; i < 2 * addresses_max; ++i) {
    many.push_back(
        record(RecordType::A, {10, 0, static_cast<std::uint8_t>(i / 256), static_cast<std::uint8_t>(i % 256)}));
  }
  resolver.answers.emplace(RecordType::A, answer(many));
  EXPECT_EQ(texts(resolver).size(), addresses_max);
}

TEST(Record, AddressOnlyOfTheRightLength) {
  EXPECT_EQ(address_of(record(RecordType::A, v4))->str(), "192.0.2.1");
  EXPECT_EQ(address_of(record(RecordType::AAAA, v6))->str(), "2001:db8::1");
  EXPECT_EQ(address_of(record(RecordType::A, v6)), std::nullopt);
  EXPECT_EQ(address_of(record(RecordType::AAAA, v4)), std::nullopt);
  EXPECT_EQ(address_of(record(RecordType::TXT, v4)), std::nullopt);
}

TEST(Record, DNS_04_JoinsTheStringsOfAText) {
  EXPECT_EQ(text_of(record(RecordType::TXT, {3, 'a', 'b', 'c'})), "abc");
  EXPECT_EQ(text_of(record(RecordType::TXT, {1, 'a', 0, 2, 'b', 'c'})), "abc");
  EXPECT_EQ(text_of(record(RecordType::TXT, {0})), "");
  EXPECT_EQ(text_of(record(RecordType::TXT, {})), std::nullopt);
  EXPECT_EQ(text_of(record(RecordType::TXT, {2, 'a'})), std::nullopt);
  EXPECT_EQ(text_of(record(RecordType::A, {3, 'a', 'b', 'c'})), std::nullopt);
}

TEST(Record, TypesHaveTheirUsualNames) {
  EXPECT_EQ(to_string(RecordType::AAAA), "AAAA");
  EXPECT_EQ(to_string(RecordType::CAA), "CAA");
}

}  // namespace
}  // namespace crest::dns
