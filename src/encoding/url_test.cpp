#include "encoding/url.hpp"

#include <gtest/gtest.h>

namespace crest::encoding {
namespace {

TEST(Url, TakesApart) {
  const auto url = Url::parse("HTTPS://CA.corp.Example:8443/acme/Corp?x=1%2F");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->scheme, "https");
  EXPECT_EQ(url->host, "ca.corp.example");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->target, "/acme/Corp?x=1%2F");
  EXPECT_TRUE(url->is_https());
  EXPECT_EQ(url->str(), "https://ca.corp.example:8443/acme/Corp?x=1%2F");
}

TEST(Url, FillsInPortAndPath) {
  EXPECT_EQ(Url::parse("https://a")->port, 443);
  EXPECT_EQ(Url::parse("http://a")->port, 80);
  EXPECT_EQ(Url::parse("http://a")->target, "/");
  EXPECT_EQ(Url::parse("http://a?x")->target, "/?x");
  EXPECT_EQ(Url::parse("https://a:443/")->str(), "https://a/");
  EXPECT_EQ(Url::parse("http://a:443/")->authority(), "a:443");
  EXPECT_FALSE(Url::parse("http://a")->is_https());
}

TEST(Url, TakesAddresses) {
  const auto v6 = Url::parse("https://[2001:DB8:0:0::1]:8443/x");
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->host, "2001:db8::1");
  EXPECT_EQ(v6->authority(), "[2001:db8::1]:8443");
  EXPECT_EQ(Url::parse("https://[::1]")->str(), "https://[::1]/");
  EXPECT_EQ(Url::parse("http://127.0.0.1:80/")->host, "127.0.0.1");
  EXPECT_EQ(Url::parse("http://ca_server.local-1/")->host, "ca_server.local-1");
}

const std::string unusable[] = {"",
                                "a",
                                "//a/",
                                "/x",
                                "https:",
                                "https:/a",
                                "https://",
                                "https:///x",
                                "ftp://a/",
                                "file:///etc/passwd",
                                "https//a",
                                "https://user@a/",
                                "https://u:p@a/",
                                "https://@a/",
                                "https://a/#f",
                                "https://a#f",
                                "https://a b/",
                                "https://a/b c",
                                " https://a/",
                                "https://a/ ",
                                "https://a/\n",
                                "https://a/\r\nX: y",
                                "https://a\t/",
                                "https://a/\x7f",
                                "https://a/\xc3\xa4",
                                "https://\xc3\xa4/",
                                "https://a:/",
                                "https://a:0/",
                                "https://a:65536/",
                                "https://a:99999999999/",
                                "https://a:080/",
                                "https://a:-1/",
                                "https://a:+1/",
                                "https://a:8x/",
                                "https://a:1:2/",
                                "https://.a/",
                                "https://a./",
                                "https://a..b/",
                                "https://-a/",
                                "https://a-/",
                                "https://a%2eb/",
                                "https://a/%",
                                "https://a/%4",
                                "https://a/%zz",
                                "https://a\\b/",
                                "https://a/\\b",
                                "https://a/<x>",
                                "https://a/\"",
                                "https://a/{b}",
                                "https://[::1/",
                                "https://::1/",
                                "https://[]/",
                                "https://[1.2.3.4]/",
                                "https://[::1%25eth0]/",
                                "https://[:::1]/",
                                "https://[::1]x/",
                                "https://[::1]]/",
                                "https://1.2.3/",
                                "https://1.2.3.256/",
                                "https://2130706433/",
                                "https://0x7f.1/",
                                "https://0177.0.0.1/",
                                "https://a.0x7f000001/",
                                "https://" + std::string(64, 'a') + "/",
                                "https://a/" + std::string(2048, 'a')};

TEST(Url, RefusesTheRest) {
  for (const std::string& text : unusable) {
    const auto url = Url::parse(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().kind, ErrorKind::malformed);
  }
  EXPECT_FALSE(Url::parse(std::string_view("https://a/\0b", 12)));
}

TEST(Url, LengthLimitIsExact) {
  const std::string longest = "https://a/" + std::string(Url::length_max - 10, 'a');
  EXPECT_TRUE(Url::parse(longest));
  EXPECT_FALSE(Url::parse(longest + "a"));
}

TEST(Resolve, ERR_12_FollowsRfc3986) {
  const std::string base = "http://a/b/c/d?q";  // RFC 3986 section 5.4, without its ";p" and fragments
  const std::pair<const char*, const char*> rows[] = {{"http://x/y", "http://x/y"},
                                                      {"g", "http://a/b/c/g"},
                                                      {"./g", "http://a/b/c/g"},
                                                      {"g/", "http://a/b/c/g/"},
                                                      {"/g", "http://a/g"},
                                                      {"//g", "http://g"},
                                                      {"?y", "http://a/b/c/d?y"},
                                                      {"g?y", "http://a/b/c/g?y"},
                                                      {";x", "http://a/b/c/;x"},
                                                      {"", "http://a/b/c/d?q"},
                                                      {".", "http://a/b/c/"},
                                                      {"./", "http://a/b/c/"},
                                                      {"..", "http://a/b/"},
                                                      {"../", "http://a/b/"},
                                                      {"../g", "http://a/b/g"},
                                                      {"../..", "http://a/"},
                                                      {"../../g", "http://a/g"},
                                                      {"../../../g", "http://a/g"},
                                                      {"/./g", "http://a/g"},
                                                      {"/../g", "http://a/g"},
                                                      {"g.", "http://a/b/c/g."},
                                                      {"..g", "http://a/b/c/..g"},
                                                      {"./g/.", "http://a/b/c/g/"},
                                                      {"g/../h", "http://a/b/c/h"},
                                                      {"g?y/../x", "http://a/b/c/g?y/../x"},
                                                      {"/a//b", "http://a/a//b"}};
  for (const auto& [reference, expected] : rows) {
    const auto url = resolve(base, reference);
    ASSERT_TRUE(url) << reference << ": " << url.error().describe();
    EXPECT_EQ(*url, expected) << reference;
  }
}

TEST(Resolve, KeepsTheAuthorityAsWritten) {
  EXPECT_EQ(*resolve("https://CA.example:443/dir", "/new"), "https://CA.example:443/new");
  EXPECT_EQ(*resolve("https://a/x", "https://B:443/../y"), "https://B:443/../y");
  EXPECT_EQ(*resolve("https://a", "x"), "https://a/x");
}

TEST(Resolve, RefusesWhatIsNoHttpUrl) {
  for (const char* reference :
       {"javascript:1", "mailto:a@b", "http:g", "//u@x/", "#f", "g#f", "x y", "//", "ftp://a/"}) {
    EXPECT_FALSE(resolve("https://a/b", reference)) << reference;
  }
  EXPECT_FALSE(resolve("a/b", "https://a/"));
}

}  // namespace
}  // namespace crest::encoding
