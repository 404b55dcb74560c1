#include "core/secret.hpp"

#include <type_traits>

#include <gtest/gtest.h>

#include "core/bytes.hpp"

namespace crest {
namespace {

// Whether the living object's own memory holds `text` (short strings live there).
template <typename T>
bool holds(const T& object, std::string_view text) {
  const std::string_view memory(reinterpret_cast<const char*>(&object), sizeof object);
  return memory.find(text) != std::string_view::npos;
}

TEST(Secret, KeepsItsText) {
  const std::string long_text(1000, 'k');
  for (const std::string& text : {std::string(), std::string("hunter2"), long_text}) {
    Secret secret(text);
    EXPECT_EQ(secret.reveal(), text);
    EXPECT_EQ(secret.empty(), text.empty());
    const Secret copy = secret;
    EXPECT_EQ(copy.reveal(), text);
    Secret moved = std::move(secret);
    EXPECT_EQ(moved.reveal(), text);
    Secret assigned(std::string("other"));
    assigned = std::move(moved);
    EXPECT_EQ(assigned.reveal(), text);
    assigned = copy;
    EXPECT_EQ(assigned.reveal(), text);
  }
}

TEST(Secret, AMoveLeavesNothingBehind) {
  Secret first(std::string("hunter2"));
  ASSERT_TRUE(holds(first, "hunter2"));
  Secret second = std::move(first);
  EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): that is the point
  EXPECT_FALSE(holds(first, "hunter2"));
  Secret third;
  third = std::move(second);
  EXPECT_FALSE(holds(second, "hunter2"));  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(third.reveal(), "hunter2");
}

TEST(Secret, AnAssignmentWipesWhatWasThere) {
  Secret secret(std::string("hunter2"));
  secret = Secret(std::string("x"));
  EXPECT_FALSE(holds(secret, "unter2"));
  EXPECT_EQ(secret.reveal(), "x");
}

TEST(Secret, MovesWithoutAllocating) {
  EXPECT_TRUE(std::is_nothrow_move_constructible_v<Secret>);
  const Secret secret(std::string(1000, 'k'));
  Secret from = secret;
  const char* where = from.reveal().data();
  const Secret to = std::move(from);
  EXPECT_EQ(to.reveal().data(), where);
}

}  // namespace
}  // namespace crest
