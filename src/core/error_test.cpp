#include "core/error.hpp"

#include <gtest/gtest.h>

namespace crest {
namespace {

TEST(Error, CF16_IsDescribedInOneLineThatEndsWithTheServersWords) {
  Error error = make_error(ErrorKind::ca_protocol, "the CA said no; ask\x1b[2J it", "https://ca.example/\r\nfoo");
  Problem problem;
  problem.detail = Untrusted("because\x07\n" + std::string(5'000, 'd'));
  for (int i = 0; i < 50; ++i) {
    Problem sub;
    sub.detail = Untrusted(std::string(5'000, 's'));
    sub.identifier = {"dns", "a\x1b[1m.example"};
    problem.subproblems.push_back(sub);
  }
  error.problem = std::make_shared<const Problem>(problem);
  const std::string text = error.describe();
  EXPECT_TRUE(text.starts_with("https://ca.example/ foo: the CA said no; ask[2J it (the server says: because d"))
      << text;
  EXPECT_EQ(text.size(), Error::described_chars_max);
  EXPECT_TRUE(text.ends_with("..."));
  for (const char c : text) EXPECT_GE(c, ' ');
}

TEST(Error, ARefusedNameIsNoReasonToTryLater) {
  Error error = make_error(ErrorKind::order_failed, "no");
  EXPECT_TRUE(error.retryable());
  Problem problem;
  problem.type = "urn:ietf:params:acme:error:compound";
  error.problem = std::make_shared<const Problem>(problem);
  EXPECT_TRUE(error.retryable());
  problem.subproblems.emplace_back().type = "urn:ietf:params:acme:error:rejectedIdentifier";
  error.problem = std::make_shared<const Problem>(problem);
  EXPECT_FALSE(error.retryable());
  EXPECT_EQ(error.exit_code(), 2);
}

TEST(Error, DescribesAtMostTenSubproblems) {
  Error error = make_error(ErrorKind::ca_protocol, "no");
  Problem problem;
  for (int i = 0; i < 12; ++i) problem.subproblems.emplace_back().detail = Untrusted(std::to_string(i));
  error.problem = std::make_shared<const Problem>(problem);
  EXPECT_EQ(error.describe(), "no; 0; 1; 2; 3; 4; 5; 6; 7; 8; 9; and more");
}

}  // namespace
}  // namespace crest
