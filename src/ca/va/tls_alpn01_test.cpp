#include "ca/va/tls_alpn01.hpp"

#include <gtest/gtest.h>

#include "acme/challenge.hpp"
#include "ca/testing/fake_network.hpp"
#include "ca/testing/manual_clock.hpp"
#include "x509/distinguished_name.hpp"
#include "x509/oid.hpp"
#include "x509/test_certificates.hpp"

namespace crest::ca::va {
namespace {

using namespace x509::test;
using testing::FakeProbe;
using testing::FakeResolver;
using testing::ManualClock;
using x509::TlsAnswer;
using x509::TlsTarget;
namespace asn1 = x509::asn1;
namespace der = asn1::der;
namespace oid = x509::oid;

const std::string key_authorization =
    "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA.oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U";
Bytes digest() {
  const auto octets = acme::key_authorization_digest(key_authorization);
  return Bytes(octets.begin(), octets.end());
}

Bytes dns_entry(std::string_view text) { return der::element(asn1::implicit_tag(2), as_bytes(text)); }
Bytes san(const std::vector<Bytes>& entries) {
  return asn1::extension(oid::subject_alt_name, false, der::element(der::tag_sequence, joined(entries)));
}
Bytes identifier(bool critical, ByteView value) { return asn1::extension(oid::acme_identifier, critical, value); }

// A good certificate for a.example, whose fields a test may replace.
struct Shown : Raw {
  Shown() {
    subject = issuer = x509::write_distinguished_name({}, "anything").value();
    spki = key().public_key().spki();
    extensions = {san({dns_entry("a.example")}), x509::acme_identifier_extension(digest())};
  }
};
TlsAnswer answer(const Raw& raw = Shown(), const crypto::Signer& signer = key()) {
  return {.protocol = "TLSv1.3", .alpn = "acme-tls/1", .chain_der = {raw.der(signer)}};
}

class TlsAlpn01Test : public ::testing::Test {
 protected:
  FakeResolver resolver;
  FakeProbe probe;
  ManualClock clock;
  TlsAlpn01::Options options;

  Verdict validate(const std::string& name = "a.example", acme::IdentifierType type = acme::IdentifierType::dns,
                   bool wildcard = false) {
    const TlsAlpn01 method(options, {resolver, probe, clock});
    return method.validate({.identifier = {type, name},
                            .key_authorization = key_authorization,
                            .method = "tls-alpn-01",
                            .wildcard = wildcard},
                           {});
  }
  void host(const std::string& name, const std::string& address, FakeProbe::Handler handler) {
    resolver.hosts[name].push_back(address);
    probe.at[address] = std::move(handler);
  }
  static FakeProbe::Handler shows(TlsAnswer answer) {
    return [=](const TlsTarget&) -> Result<TlsAnswer> { return answer; };
  }
  static FakeProbe::Handler fails(ErrorKind kind) {
    return [=](const TlsTarget&) -> Result<TlsAnswer> { return make_error(kind, "planned"); };
  }
  static std::string word(const Verdict& verdict) {
    return verdict.problem ? std::string(verdict.problem->acme_word()) : "valid";
  }
  static std::string detail(const Verdict& verdict) { return verdict.problem ? verdict.problem->detail.raw() : ""; }
};

TEST_F(TlsAlpn01Test, TLS_04_Port443TheNameAndExactlyOneProtocol) {
  host("a.example", "192.0.2.1", shows(answer()));
  EXPECT_EQ(word(validate()), "valid") << detail(validate());
  const auto& seen = probe.seen.front();
  EXPECT_EQ(seen.port, 443);
  EXPECT_EQ(seen.server_name, "a.example");
  EXPECT_EQ(seen.alpn, std::vector<std::string>{"acme-tls/1"});
  options.port = 5001;
  EXPECT_EQ(word(validate()), "valid");
  EXPECT_EQ(probe.seen.back().port, 5001);
}

TEST_F(TlsAlpn01Test, TLS_05_TLS_07_TheProtocolMustBeChosenAndTlsBeNew) {
  const struct {
    const char *protocol, *alpn, *word;
  } cases[] = {{"TLSv1.2", "acme-tls/1", "valid"},          {"TLSv1.3", "", "unauthorized"},
               {"TLSv1.3", "http/1.1", "unauthorized"},     {"TLSv1.3", "ACME-TLS/1", "unauthorized"},
               {"TLSv1.3", "acme-tls/1.0", "unauthorized"}, {"TLSv1.1", "acme-tls/1", "unauthorized"},
               {"TLSv1", "acme-tls/1", "unauthorized"},     {"SSLv3", "acme-tls/1", "unauthorized"}};
  for (const auto& [protocol, alpn, expected] : cases) {
    auto changed = answer();
    changed.protocol = protocol;
    changed.alpn = alpn;
    resolver.hosts.clear();
    host("a.example", "192.0.2.1", shows(changed));
    EXPECT_EQ(word(validate()), expected) << protocol << " " << alpn;
  }
}

TEST_F(TlsAlpn01Test, TLS_10_AddressesByTheirReverseName) {
  for (const auto& [address, octets, name] :
       {std::tuple("192.0.2.10", Bytes{0x87, 4, 192, 0, 2, 10}, "10.2.0.192.in-addr.arpa"),
        std::tuple("2001:db8::1", Bytes{0x87, 16, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
                   "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa")}) {
    Shown shown;
    shown.extensions[0] = san({octets});
    probe.at[address] = shows(answer(shown));
    EXPECT_EQ(word(validate(address, acme::IdentifierType::ip)), "valid");
    EXPECT_EQ(probe.seen.back().server_name, name);
    EXPECT_EQ(probe.seen.back().address.str(), address);
    shown.extensions[0] = san({dns_entry(address)});
    probe.at[address] = shows(answer(shown));
    EXPECT_EQ(word(validate(address, acme::IdentifierType::ip)), "unauthorized");
  }
  EXPECT_TRUE(resolver.queries.empty());
}

TEST_F(TlsAlpn01Test, TLS_11_NeverForWildcards) {
  host("a.example", "192.0.2.1", shows(answer()));
  EXPECT_EQ(word(validate("a.example", acme::IdentifierType::dns, true)), "malformed");
  EXPECT_EQ(word(validate("*.a.example")), "malformed");
  EXPECT_TRUE(probe.seen.empty());
}

TEST_F(TlsAlpn01Test, HTTP_06_IPv6FirstAndIPv4OnlyWhenItDoesNotConnect) {
  host("a.example", "192.0.2.1", shows(answer()));
  host("a.example", "2001:db8::1", fails(ErrorKind::connect));
  EXPECT_EQ(word(validate()), "valid");
  ASSERT_EQ(probe.seen.size(), 2u);
  EXPECT_EQ(probe.seen[0].address.str(), "2001:db8::1");
  EXPECT_EQ(probe.seen[1].address.str(), "192.0.2.1");
  for (const auto kind : {ErrorKind::tls, ErrorKind::timeout}) {
    probe.seen.clear();
    probe.at["2001:db8::1"] = fails(kind);
    EXPECT_NE(word(validate()), "valid");
    EXPECT_EQ(probe.seen.size(), 1u);
  }
}

TEST_F(TlsAlpn01Test, MapsFailures) {
  const struct {
    ErrorKind kind;
    const char* word;
  } cases[] = {{ErrorKind::connect, "connection"}, {ErrorKind::timeout, "connection"}, {ErrorKind::tls, "tls"}};
  for (const auto& [kind, expected] : cases) {
    resolver.hosts.clear();
    host("a.example", "192.0.2.1", fails(kind));
    const auto verdict = validate();
    EXPECT_EQ(word(verdict), expected);
    EXPECT_TRUE(verdict.transient) << expected;
    EXPECT_NE(detail(verdict).find("192.0.2.1:443"), std::string::npos) << detail(verdict);
  }
  EXPECT_EQ(word(validate("absent.example")), "dns");
  auto empty = answer();
  empty.chain_der.clear();
  resolver.hosts.clear();
  host("a.example", "192.0.2.1", shows(empty));
  EXPECT_EQ(word(validate()), "unauthorized");
}

TEST_F(TlsAlpn01Test, SF40_SF41_SF43_EveryAddressIsCheckedBeforeOneIsConnectedTo) {
  for (const char* address : {"127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "fe80::1",
                              "64:ff9b::7f00:1", "fd00:ec2::254", "0.0.0.0"}) {
    resolver.hosts.clear();
    host("a.example", "192.0.2.1", shows(answer()));
    host("a.example", address, shows(answer()));
    const auto verdict = validate();
    EXPECT_EQ(word(verdict), "connection") << address;
    EXPECT_FALSE(verdict.transient);
    EXPECT_TRUE(probe.seen.empty()) << address;
  }
  options.egress.allow = {{encoding::IpNetwork::parse("10.0.0.0/8").value(), "a.example"}};
  resolver.hosts.clear();
  host("a.example", "10.0.0.1", shows(answer()));
  EXPECT_EQ(word(validate()), "valid");
}

TEST_F(TlsAlpn01Test, TLS_06_TheFirstCertificateCounts) {
  auto changed = answer();
  changed.chain_der.push_back(Bytes(10, 1));
  host("a.example", "192.0.2.1", shows(changed));
  EXPECT_EQ(word(validate()), "valid");
  std::ranges::reverse(changed.chain_der);
  probe.at["192.0.2.1"] = shows(changed);
  EXPECT_EQ(word(validate()), "unauthorized");
}

struct Fault {
  const char* name;
  std::string_view text;
  void (*edit)(Raw&);
};
class TlsAlpn01Fault : public TlsAlpn01Test, public ::testing::WithParamInterface<Fault> {};

TEST_P(TlsAlpn01Fault, SF46_TLS_06_TLS_08_TLS_09_IsRefusedAndTheNameIsSaid) {
  Shown shown;
  GetParam().edit(shown);
  host("a.example", "192.0.2.1", shows(answer(shown)));
  const auto verdict = validate();
  EXPECT_EQ(word(verdict), "unauthorized");
  EXPECT_FALSE(verdict.transient);
  EXPECT_NE(detail(verdict).find(GetParam().text), std::string::npos) << detail(verdict);
  EXPECT_NE(detail(verdict).find("a.example: "), std::string::npos) << detail(verdict);
}

const Fault faults[] = {
    {"DraftOid", "draft",
     [](Raw& r) { r.extensions[1] = asn1::extension(oid::acme_identifier_draft, true, asn1::octet_string(digest())); }},
    {"DraftOidBeside", "draft",
     [](Raw& r) {
       r.extensions.push_back(asn1::extension(oid::acme_identifier_draft, true, asn1::octet_string(digest())));
     }},
    {"ExtensionTwice", "twice", [](Raw& r) { r.extensions.push_back(r.extensions[1]); }},
    {"SanTwice", "twice", [](Raw& r) { r.extensions.push_back(r.extensions[0]); }},
    {"NotCritical", "not critical", [](Raw& r) { r.extensions[1] = identifier(false, asn1::octet_string(digest())); }},
    {"NoExtension", "no acmeIdentifier", [](Raw& r) { r.extensions.pop_back(); }},
    {"OtherDigest", "another key authorization",
     [](Raw& r) { r.extensions[1] = x509::acme_identifier_extension(Bytes(32)); }},
    {"DigestWithoutOctetString", "one OCTET STRING", [](Raw& r) { r.extensions[1] = identifier(true, digest()); }},
    {"ShortDigest", "32 octets",
     [](Raw& r) { r.extensions[1] = identifier(true, asn1::octet_string(ByteView(digest()).first(31))); }},
    {"LongDigest", "32 octets",
     [](Raw& r) {
       Bytes longer = digest();
       longer.push_back(0);
       r.extensions[1] = identifier(true, asn1::octet_string(longer));
     }},
    {"OctetsBehind", "one OCTET STRING",
     [](Raw& r) {
       Bytes value = asn1::octet_string(digest());
       value.push_back(0);
       r.extensions[1] = identifier(true, value);
     }},
    {"TwoNames", "2 names", [](Raw& r) { r.extensions[0] = san({dns_entry("a.example"), dns_entry("b.example")}); }},
    {"NameTwice", "2 names", [](Raw& r) { r.extensions[0] = san({dns_entry("a.example"), dns_entry("a.example")}); }},
    {"NameAndAddress", "2 names",
     [](Raw& r) { r.extensions[0] = san({dns_entry("a.example"), Bytes{0x87, 4, 192, 0, 2, 1}}); }},
    {"OtherName", "another name", [](Raw& r) { r.extensions[0] = san({dns_entry("b.example")}); }},
    {"WildcardName", "another name", [](Raw& r) { r.extensions[0] = san({dns_entry("*.example")}); }},
    {"Subdomain", "another name", [](Raw& r) { r.extensions[0] = san({dns_entry("x.a.example")}); }},
    {"TrailingDot", "another name", [](Raw& r) { r.extensions[0] = san({dns_entry("a.example.")}); }},
    {"AddressInstead", "another name", [](Raw& r) { r.extensions[0] = san({Bytes{0x87, 4, 192, 0, 2, 1}}); }},
    {"AddressAsName", "another name", [](Raw& r) { r.extensions[0] = san({dns_entry("192.0.2.1")}); }},
    {"CommonNameOnly", "no subject alternative name",
     [](Raw& r) {
       r.subject = r.issuer = x509::write_distinguished_name({}, "a.example").value();
       r.extensions.erase(r.extensions.begin());
     }},
    {"EmptySan", "no entry", [](Raw& r) { r.extensions[0] = san({}); }},
    {"NoExtensions", "no subject alternative name", [](Raw& r) { r.extensions.clear(); }},
    {"NotSelfIssued", "subject and issuer differ",
     [](Raw& r) { r.issuer = x509::write_distinguished_name({}, "somebody else").value(); }},
    {"OtherKey", "its own key", [](Raw& r) { r.spki = key(crypto::KeyType::ec_p256, 5).public_key().spki(); }},
};
INSTANTIATE_TEST_SUITE_P(Broken, TlsAlpn01Fault, ::testing::ValuesIn(faults),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST_F(TlsAlpn01Test, SF46_SF88_WhatIsNoCertificate) {
  const Bytes good = Shown().der(key());
  for (const Bytes& bad : {Bytes{}, Bytes{0x30}, Bytes(good.begin(), good.end() - 1), Bytes(1000, 0xff)}) {
    auto changed = answer();
    changed.chain_der = {bad};
    resolver.hosts.clear();
    host("a.example", "192.0.2.1", shows(changed));
    EXPECT_EQ(word(validate()), "unauthorized");
  }
}

TEST_F(TlsAlpn01Test, TLS_06_CaseDoesNotMatter) {
  Shown shown;
  shown.extensions[0] = san({dns_entry("A.Example")});
  host("a.example", "192.0.2.1", shows(answer(shown)));
  EXPECT_EQ(word(validate()), "valid");
}

}  // namespace
}  // namespace crest::ca::va
