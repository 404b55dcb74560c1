#include "ca/va/http01.hpp"

#include <gtest/gtest.h>

#include "acme/challenge.hpp"
#include "acme/problem.hpp"
#include "ca/testing/fake_network.hpp"
#include "ca/testing/manual_clock.hpp"

namespace crest::ca::va {
namespace {

using testing::FakeEgress;
using testing::FakeResolver;
using testing::ManualClock;

const std::string key_authorization = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA.oKIywvGUpTVTyxMQ3bwIIeQUudfr";
constexpr const char* token = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA";

class Http01Test : public ::testing::Test {
 protected:
  FakeResolver resolver;
  FakeEgress egress;
  ManualClock clock;
  Http01::Options options;

  Verdict validate(const std::string& name, acme::IdentifierType type = acme::IdentifierType::dns) {
    const Http01 http01(options, {resolver, egress, clock});
    return http01.validate({{type, name}, token, key_authorization}, {});
  }
  static std::string word(const Verdict& verdict) {
    return verdict.problem ? std::string(verdict.problem->acme_word()) : "valid";
  }
  static std::string detail(const Verdict& verdict) { return verdict.problem ? verdict.problem->detail.raw() : ""; }
  // host.example answers with `handler` at a public address.
  void host(const std::string& name, const std::string& address, FakeEgress::Handler handler) {
    resolver.hosts[name].push_back(address);
    egress.at[address] = std::move(handler);
  }
};

TEST_F(Http01Test, HTTP_01_AsksPort80ForThePath) {
  host("a.example", "192.0.2.1", FakeEgress::answers(200, key_authorization));
  EXPECT_EQ(word(validate("a.example")), "valid");
  ASSERT_EQ(egress.seen.size(), 1u);
  EXPECT_EQ(egress.seen[0].url, std::string("http://a.example/.well-known/acme-challenge/") + token);
  EXPECT_EQ(egress.seen[0].connect_to, "192.0.2.1");
}

TEST_F(Http01Test, HTTP_02_SF44_OnlyTrailingBlanksAreIgnored) {
  const struct {
    std::string body;
    const char* word;
  } cases[] = {{key_authorization, "valid"},
               {key_authorization + "\n", "valid"},
               {key_authorization + " \t\r\n\r\n", "valid"},
               {" " + key_authorization, "incorrectResponse"},
               {"\n" + key_authorization, "incorrectResponse"},
               {key_authorization + "x", "incorrectResponse"},
               {key_authorization.substr(1), "incorrectResponse"},
               {"", "incorrectResponse"},
               {"\xef\xbb\xbf" + key_authorization, "incorrectResponse"},
               {std::string(4000, 'x'), "incorrectResponse"},
               {std::string(Http01::body_bytes_max + 1, 'x'), "incorrectResponse"}};
  for (const auto& [body, expected] : cases) {
    resolver.hosts.clear();
    host("a.example", "192.0.2.1", FakeEgress::answers(200, body));
    EXPECT_EQ(word(validate("a.example")), expected) << body.substr(0, 100);
  }
}

TEST_F(Http01Test, HTTP_05_MapsFailures) {
  const struct {
    FakeEgress::Handler handler;
    const char* word;
    bool transient;
  } cases[] = {{FakeEgress::answers(404, "no"), "unauthorized", false},
               {FakeEgress::answers(204, ""), "unauthorized", false},
               {FakeEgress::answers(500, key_authorization), "unauthorized", false},
               {FakeEgress::answers(303, "", {{"Location", "http://a.example/"}}), "unauthorized", false},
               {FakeEgress::fails(ErrorKind::connect), "connection", true},
               {FakeEgress::fails(ErrorKind::timeout), "connection", true},
               {FakeEgress::fails(ErrorKind::tls), "tls", true},
               {FakeEgress::fails(ErrorKind::ca_protocol), "malformed", false},
               {FakeEgress::fails(ErrorKind::response_too_large), "incorrectResponse", false}};
  for (const auto& [handler, expected, transient] : cases) {
    resolver.hosts.clear();
    host("a.example", "192.0.2.1", handler);
    const auto verdict = validate("a.example");
    EXPECT_EQ(word(verdict), expected);
    EXPECT_EQ(verdict.transient, transient) << expected;
  }
  EXPECT_EQ(word(validate("absent.example")), "dns");
  resolver.broken.insert("broken.example");
  EXPECT_EQ(word(validate("broken.example")), "dns");
  EXPECT_TRUE(validate("broken.example").transient);
}

TEST_F(Http01Test, HTTP_06_IPv6FirstAndIPv4OnlyWhenItDoesNotConnect) {
  host("a.example", "192.0.2.1", FakeEgress::answers(200, key_authorization));
  host("a.example", "2001:db8::1", FakeEgress::does_not_connect());
  EXPECT_EQ(word(validate("a.example")), "valid");
  ASSERT_EQ(egress.seen.size(), 2u);
  EXPECT_EQ(egress.seen[0].connect_to, "2001:db8::1");
  EXPECT_EQ(egress.seen[1].connect_to, "192.0.2.1");

  egress.seen.clear();
  egress.at["2001:db8::1"] = FakeEgress::answers(404, "no");
  EXPECT_EQ(word(validate("a.example")), "unauthorized");
  EXPECT_EQ(egress.seen.size(), 1u);
}

TEST_F(Http01Test, HTTP_06_AHostThatConnectedIsTheOnlyOneAsked) {
  host("a.example", "192.0.2.1", FakeEgress::answers(200, key_authorization));
  host("a.example", "2001:db8::1", {});
  for (const auto kind : {ErrorKind::timeout, ErrorKind::connect, ErrorKind::tls, ErrorKind::ca_protocol}) {
    egress.seen.clear();
    egress.at["2001:db8::1"] = FakeEgress::fails(kind);
    EXPECT_NE(word(validate("a.example")), "valid") << to_string(kind);
    EXPECT_EQ(egress.seen.size(), 1u) << to_string(kind);
  }
  egress.seen.clear();
  egress.at["2001:db8::1"] = FakeEgress::does_not_connect(ErrorKind::timeout);
  EXPECT_EQ(word(validate("a.example")), "valid");
  EXPECT_EQ(egress.seen.size(), 2u);
}

TEST_F(Http01Test, HTTP_06_TheErrorTellsEveryAddressThatWasTried) {
  host("a.example", "192.0.2.1", FakeEgress::fails(ErrorKind::timeout));
  host("a.example", "2001:db8::1", FakeEgress::does_not_connect());
  for (const auto& second : {FakeEgress::fails(ErrorKind::timeout), FakeEgress::answers(404, "no"),
                             FakeEgress::does_not_connect(), FakeEgress::answers(200, "wrong")}) {
    egress.at["192.0.2.1"] = second;
    const auto text = detail(validate("a.example"));
    EXPECT_NE(text.find("(192.0.2.1, after no connection to 2001:db8::1)"), std::string::npos) << text;
  }
}

TEST_F(Http01Test, HTTP_05_SF44_TheStatusCountsWhateverTheSizeOfTheBody) {
  const std::string page = "<html>" + std::string(1u << 20, 'x');
  host("b.example", "192.0.2.2", FakeEgress::answers(200, key_authorization));
  const struct {
    FakeEgress::Handler handler;
    const char* word;
    const char* said;
  } cases[] = {{FakeEgress::answers(404, page), "unauthorized", "answers 404"},
               {FakeEgress::answers(503, page), "unauthorized", "answers 503"},
               {FakeEgress::answers(302, page, {{"Location", "http://b.example/"}}), "valid", ""},
               {FakeEgress::answers(200, page), "incorrectResponse", "more than 8192 octets"},
               {FakeEgress::answers(200, key_authorization + std::string(1u << 20, ' ')), "incorrectResponse",
                "more than 8192 octets"}};
  for (const auto& [handler, expected, said] : cases) {
    resolver.hosts.erase("a.example");
    host("a.example", "192.0.2.1", handler);
    const auto verdict = validate("a.example");
    EXPECT_EQ(word(verdict), expected);
    EXPECT_NE(detail(verdict).find(said), std::string::npos) << detail(verdict);
  }
}

TEST_F(Http01Test, HTTP_11_AddressesAreTheirOwnHost) {
  egress.at["192.0.2.7"] = FakeEgress::answers(200, key_authorization);
  egress.at["2001:db8::7"] = FakeEgress::answers(200, key_authorization);
  EXPECT_EQ(word(validate("192.0.2.7", acme::IdentifierType::ip)), "valid");
  EXPECT_EQ(word(validate("2001:db8::7", acme::IdentifierType::ip)), "valid");
  ASSERT_EQ(egress.seen.size(), 2u);
  EXPECT_TRUE(egress.seen[0].url.starts_with("http://192.0.2.7/.well-known/")) << egress.seen[0].url;
  EXPECT_TRUE(egress.seen[1].url.starts_with("http://[2001:db8::7]/.well-known/")) << egress.seen[1].url;
  EXPECT_TRUE(resolver.asked.empty());
}

TEST_F(Http01Test, HTTP_03_FollowsRedirectsToOtherHostsAndHttps) {
  for (const int status : {301, 302, 307, 308}) {
    resolver.hosts.clear();
    egress.seen.clear();
    host("a.example", "192.0.2.1", FakeEgress::redirects(status, "https://b.example/x?y=1"));
    host("b.example", "192.0.2.2", FakeEgress::answers(200, key_authorization + "\n"));
    EXPECT_EQ(word(validate("a.example")), "valid") << status;
    ASSERT_EQ(egress.seen.size(), 2u);
    EXPECT_EQ(egress.seen[1].url, "https://b.example/x?y=1");
    EXPECT_EQ(egress.seen[1].connect_to, "192.0.2.2");
  }
}

TEST_F(Http01Test, HTTP_04_SF40_RefusesOtherRedirects) {
  const std::string long_path = "/" + std::string(redirect_target_max, 'a');
  const struct {
    std::string location;
    const char* word;
  } cases[] = {{"http://b.example:8080/", "unauthorized"},
               {"https://b.example:22/", "unauthorized"},
               {"ftp://b.example/", "unauthorized"},
               {"gopher://b.example/", "unauthorized"},
               {"file:///etc/passwd", "unauthorized"},
               {"http://user:pw@b.example/", "unauthorized"},
               {"http://[fe80::1%25eth0]/", "unauthorized"},
               {long_path, "unauthorized"},
               {"http://a.example/.well-known/acme-challenge/" + std::string(token), "unauthorized"},
               {"", "unauthorized"},
               {"http://127.0.0.1/", "connection"},
               {"http://10.0.0.1/", "connection"},
               {"http://[::1]/", "connection"},
               {"http://[::ffff:169.254.169.254]/latest/", "connection"},
               {"http://169.254.169.254/latest/", "connection"},
               {"http://[fd00:ec2::254]/latest/", "connection"},
               {"http://metadata.example/", "connection"},
               {"http://mixed.example/", "connection"},
               {"http://absent.example/", "dns"}};
  resolver.hosts["metadata.example"] = {"169.254.169.254"};
  resolver.hosts["mixed.example"] = {"192.0.2.9", "10.0.0.9"};
  for (const auto& [location, expected] : cases) {
    resolver.hosts.erase("a.example");
    egress.seen.clear();
    host("a.example", "192.0.2.1", FakeEgress::redirects(302, location));
    const auto verdict = validate("a.example");
    EXPECT_EQ(word(verdict), expected) << location << ": " << detail(verdict);
    EXPECT_EQ(egress.seen.size(), 1u) << location;
  }
}

TEST_F(Http01Test, HTTP_04_StopsAfterTenRedirectsAndInCircles) {
  int hops = 0;
  host("a.example", "192.0.2.1", [&](const http::Request&, const Call&) -> Result<http::Response> {
    return http::Response{.status = 302, .headers = {{"Location", "/" + std::to_string(++hops)}}};
  });
  EXPECT_EQ(word(validate("a.example")), "unauthorized");
  EXPECT_EQ(egress.seen.size(), 11u);

  resolver.hosts.clear();
  egress.seen.clear();
  host("a.example", "192.0.2.1", FakeEgress::redirects(302, "http://b.example/1"));
  host("b.example", "192.0.2.2", FakeEgress::redirects(302, "http://b.example/2"));
  EXPECT_EQ(word(validate("a.example")), "unauthorized");
  EXPECT_EQ(egress.seen.size(), 3u);
}

TEST_F(Http01Test, SF40_IP_04_ChecksEveryAddressBeforeConnecting) {
  for (const auto& [name, addresses] :
       std::map<std::string, std::vector<std::string>>{{"loop.example", {"127.0.0.1"}},
                                                       {"private.example", {"192.168.1.1"}},
                                                       {"mixed.example", {"192.0.2.1", "10.0.0.1"}},
                                                       {"mapped.example", {"::ffff:127.0.0.1"}},
                                                       {"meta.example", {"169.254.169.254"}}}) {
    resolver.hosts[name] = addresses;
    const auto verdict = validate(name);
    EXPECT_EQ(word(verdict), "connection") << name;
    EXPECT_FALSE(verdict.transient);
    EXPECT_TRUE(detail(verdict).ends_with("egress policy") || detail(verdict).ends_with("never validated"))
        << detail(verdict);
  }
  EXPECT_EQ(word(validate("127.0.0.1", acme::IdentifierType::ip)), "connection");
  EXPECT_TRUE(egress.seen.empty());

  options.egress.allow = {{encoding::IpNetwork::parse("127.0.0.0/8").value(), ""}};
  egress.at["127.0.0.1"] = FakeEgress::answers(200, key_authorization);
  EXPECT_EQ(word(validate("loop.example")), "valid");
}

TEST_F(Http01Test, SF41_TheCasOwnListenerIsNeverAsked) {
  const auto loopback = encoding::IpNetwork::parse("127.0.0.0/8").value();
  options.egress.allow = {{loopback, ""}};
  options.egress.own = {{loopback, 80}};
  egress.at["127.0.0.1"] = FakeEgress::answers(200, key_authorization);
  resolver.hosts["loop.example"] = {"127.0.0.1"};
  host("a.example", "192.0.2.1", FakeEgress::redirects(302, "http://loop.example/roots.pem"));
  for (const auto& verdict :
       {validate("loop.example"), validate("127.0.0.1", acme::IdentifierType::ip), validate("a.example")}) {
    EXPECT_EQ(word(verdict), "connection");
    EXPECT_NE(detail(verdict).find("the CA itself"), std::string::npos) << detail(verdict);
  }
  EXPECT_EQ(egress.seen.size(), 1u);  // a.example, before it redirected
  options.egress.own = {{loopback, 9000}};
  EXPECT_EQ(word(validate("loop.example")), "valid");
}

TEST_F(Http01Test, SF42_LooksUpOncePerHopAndPinsTheAddress) {
  host("a.example", "192.0.2.1", FakeEgress::answers(200, key_authorization));
  validate("a.example");
  EXPECT_EQ(resolver.asked["a.example"], 2);  // A and AAAA
}

TEST_F(Http01Test, SF45_CHL_19_QuotesLittleAndOnlyTheFirstHop) {
  const std::string secret = "secret\x1b[31m\r\n" + std::string(500, 's');
  host("a.example", "192.0.2.1", FakeEgress::answers(404, secret));
  const auto first = detail(validate("a.example"));
  EXPECT_NE(first.find("secret"), std::string::npos);
  EXPECT_EQ(first.find('\x1b'), std::string::npos);
  EXPECT_EQ(first.find('\n'), std::string::npos);
  EXPECT_LT(first.size(), 220u);

  resolver.hosts.clear();
  host("a.example", "192.0.2.1", FakeEgress::redirects(302, "http://b.example/"));
  host("b.example", "192.0.2.2", FakeEgress::answers(200, secret));
  EXPECT_EQ(detail(validate("a.example")).find("secret"), std::string::npos);
}

TEST_F(Http01Test, CHL_20_SF44_NeverTakesLongerThanTenSeconds) {
  host("a.example", "192.0.2.1", [&](const http::Request&, const Call& call) -> Result<http::Response> {
    clock.advance(std::min(call.total, Duration(3000)));
    return http::Response{
        .status = 302, .headers = {{"Location", "/" + std::to_string(clock.monotonic().time_since_epoch().count())}}};
  });
  host("a.example", "2001:db8::1", [&](const http::Request&, const Call& call) -> Result<http::Response> {
    *call.connected = false;
    clock.advance(call.idle);
    return make_error(ErrorKind::timeout, "nothing");
  });
  const auto start = clock.monotonic();
  EXPECT_EQ(word(validate("a.example")), "connection");
  EXPECT_LE(clock.monotonic() - start, Http01::total_max);
}

TEST_F(Http01Test, ALabMayUseAnotherPort) {
  options.port = 5002;
  host("a.example", "192.0.2.1", FakeEgress::redirects(302, "http://b.example:5002/x"));
  host("b.example", "192.0.2.2", FakeEgress::answers(200, key_authorization));
  EXPECT_EQ(word(validate("a.example")), "valid");
  EXPECT_TRUE(egress.seen[0].url.starts_with("http://a.example:5002/")) << egress.seen[0].url;
}

}  // namespace
}  // namespace crest::ca::va
