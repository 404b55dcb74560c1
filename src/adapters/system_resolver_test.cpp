#include "adapters/system_resolver.hpp"

#include <gtest/gtest.h>

namespace crest::adapters {
namespace {

TEST(SystemResolver, FindsWhatTheHostsFileSays) {
  SystemResolver resolver;
  const auto answer = resolver.query("LOCALHOST", dns::RecordType::A, {}, {});
  ASSERT_TRUE(answer) << answer.error().describe();
  EXPECT_EQ(answer->outcome, dns::Outcome::answer);
  ASSERT_FALSE(answer->records.empty());
  EXPECT_EQ(answer->records[0].data, (Bytes{127, 0, 0, 1}));
  EXPECT_EQ(answer->records[0].type, dns::RecordType::A);
}

TEST(SystemResolver, AnAddressOfTheOtherFamilyIsNoData) {
  SystemResolver resolver;
  const auto answer = resolver.query("127.0.0.1", dns::RecordType::AAAA, {}, {});
  ASSERT_TRUE(answer) << answer.error().describe();
  EXPECT_TRUE(answer->records.empty());
}

TEST(SystemResolver, SaysWhatItCannot) {
  SystemResolver resolver;
  const auto check = [](const Result<dns::Answer>& answer) {
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind, ErrorKind::dns);
  };
  check(resolver.query("localhost", dns::RecordType::TXT, {}, {}));
  check(resolver.query("localhost", dns::RecordType::CAA, {}, {}));
  check(resolver.query("localhost", dns::RecordType::A, {"127.0.0.1"}, {}));
  check(resolver.query("", dns::RecordType::A, {}, {}));
  check(resolver.query(std::string(300, 'a'), dns::RecordType::A, {}, {}));
  check(resolver.query(std::string_view("a\0b", 3), dns::RecordType::A, {}, {}));
}

TEST(SystemResolver, StopEndsTheWait) {
  SystemResolver resolver;
  std::stop_source stop;
  stop.request_stop();
  Call call;
  call.stop = stop.get_token();
  const auto answer = resolver.query("name.that.is.not.there.invalid", dns::RecordType::A, {}, call);
  if (answer) return;  // it was quicker
  EXPECT_TRUE(answer.error().kind == ErrorKind::timeout || answer.error().kind == ErrorKind::dns);
}

}  // namespace
}  // namespace crest::adapters
