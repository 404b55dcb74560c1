#include "core/result.hpp"

#include <gtest/gtest.h>

namespace crest {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return make_error(ErrorKind::usage, "odd number", std::to_string(number));
  return number / 2;
}

Result<int> quarter(int number) {
  const int first = TRY(half(number));
  const int second = TRY(half(first));
  return second;
}

Result<void> check_even(int number) {
  TRY(half(number));
  return {};
}

TEST(Result, TryPassesValuesOnAndErrorsUp) {
  EXPECT_EQ(*quarter(12), 3);
  EXPECT_EQ(quarter(6).error().context, "3");
  EXPECT_TRUE(check_even(2));
  EXPECT_FALSE(check_even(3));
}

TEST(Result, ValueThrowsTheError) {
  try {
    (void)half(1).value();
    FAIL() << "no exception";
  } catch (const BadResult& bad) {
    EXPECT_EQ(bad.error().kind, ErrorKind::usage);
  }
}

TEST(Error, ClassDecidesWhatToDoNext) {
  EXPECT_EQ(make_error(ErrorKind::usage, "x").exit_code(), 64);
  EXPECT_EQ(make_error(ErrorKind::connect, "x").exit_code(), 75);
  EXPECT_EQ(make_error(ErrorKind::cert_rejected, "x").exit_code(), 2);
  EXPECT_TRUE(make_error(ErrorKind::storage, "x").needs_operator());
  EXPECT_EQ(to_string(ErrorKind::response_too_large), "response_too_large");
  EXPECT_EQ(to_string(ErrorKind::malformed), "internal");
}

}  // namespace
}  // namespace crest
