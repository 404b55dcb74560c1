#include "encoding/query.hpp"

#include <gtest/gtest.h>

namespace crest::encoding {
namespace {

using Parts = std::vector<std::pair<std::string, std::string>>;

TEST(Query, NamesAndValues) {
  EXPECT_EQ(query_of("/certificates").value(), Parts());
  EXPECT_EQ(query_of("/certificates?").value(), Parts());
  EXPECT_EQ(query_of("/x?q=a%20b&after=1.ff&flag&&e=").value(),
            (Parts{{"q", "a b"}, {"after", "1.ff"}, {"flag", ""}, {"e", ""}}));
  EXPECT_EQ(query_of("/x?q=a=b").value(), (Parts{{"q", "a=b"}}));
}

TEST(Query, RefusesWhatIsNone) {
  for (const char* bad : {"/x?q=%", "/x?q=%2", "/x?q=%zz", "/x?%-1=x", "/x?q=%+1"}) EXPECT_FALSE(query_of(bad)) << bad;
  std::string many = "/x?";
  for (std::size_t i = 0; i <= query_parts_max; ++i) many += "a=1&";
  EXPECT_FALSE(query_of(many));
}

}  // namespace
}  // namespace crest::encoding
