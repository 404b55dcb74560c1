// The resolver of crest-ca against a real name server.
#include <algorithm>
#include <arpa/inet.h>
#include <sys/socket.h>
#include <thread>

#include <gtest/gtest.h>

#include "acme/challenge.hpp"
#include "adapters/system_clock.hpp"
#include "adapters/unbound_resolver.hpp"
#include "ca/va/caa.hpp"
#include "ca/va/dns01.hpp"
#include "knot_server.hpp"

namespace crest::testing {
namespace {

using adapters::UnboundResolver;
using dns::Outcome;
using dns::RecordType;

const std::string key_authorization = "token.thumbprint";

std::string long_texts() {  // does not fit into a datagram
  std::string out;
  for (int i = 0; i < 40; ++i) {
    out += "big IN TXT \"" + std::to_string(1000 + i) + std::string(150, 'x') + "\" \"" + std::string(60, 'y') + "\"\n";
  }
  return out;
}

const std::vector<KnotServer::Zone> zones = {
    {.name = "plain.test",
     .records = "a 120 IN A 192.0.2.1\na IN AAAA 2001:db8::1\ntext IN TXT \"one\" \"two\"\ntext IN TXT \"three\"\n"
                "alias IN CNAME middle\nmiddle IN CNAME text\nround IN CNAME trip\ntrip IN CNAME round\n"
                "abroad IN CNAME a.signed.test.\ndangling IN CNAME nowhere\n"
                "caa IN CAA 0 issue \"ca.example.net; validationmethods=dns-01\"\ncaa IN CAA 128 tbs \"x\"\n"
                "_acme-challenge.www IN CNAME www.challenges\n"
                "www.challenges IN TXT \"" +
                acme::txt_value(key_authorization) + "\"\n" + long_texts()},
    {.name = "signed.test", .records = "a IN A 192.0.2.2\ntext IN TXT \"signed\"\n", .is_signed = true},
    {.name = "broken.test", .records = "a IN A 192.0.2.3\n", .is_signed = true},
    {.name = "dead.test", .without_file = true},
    {.name = "corp.example", .records = "a IN A 192.0.2.4\n"},
};

// One server for all tests of this program.
const KnotServer& knot() {
  static const KnotServer server(zones);
  return server;
}

class ResolverTest : public ::testing::Test {
 protected:
  adapters::TemporaryFolder folder;

  // The good anchor of signed.test, and for broken.test one that is another zone's.
  UnboundResolver::Options anchored() {
    const std::string anchor = knot().anchor("signed.test");
    folder.write("signed.key", anchor);
    std::string wrong = anchor;
    for (auto at = wrong.find("signed.test."); at != wrong.npos; at = wrong.find("signed.test.")) {
      wrong.replace(at, 12, "broken.test.");
    }
    folder.write("broken.key", wrong);
    UnboundResolver::Options options;
    options.root_anchor_file.clear();
    options.trust_anchor_files = {folder / "signed.key", folder / "broken.key"};
    return options;
  }
  std::unique_ptr<UnboundResolver> resolver = UnboundResolver::open(anchored()).value();

  Result<dns::Answer> ask(const std::string& name, RecordType type) {
    return resolver->query(name, type, {knot().address()}, Call());
  }
  std::vector<std::string> texts(const std::string& name) {
    std::vector<std::string> out;
    const auto answer = ask(name, RecordType::TXT);
    if (!answer) return {answer.error().describe()};
    for (const auto& record : answer->records) out.push_back(dns::text_of(record).value_or("?"));
    std::ranges::sort(out);
    return out;
  }
};

TEST_F(ResolverTest, DNS_10_AnswerNoDataNoSuchNameAndServfail) {
  const auto found = ask("A.Plain.Test", RecordType::A);
  ASSERT_TRUE(found) << found.error().describe();
  EXPECT_EQ(found->outcome, Outcome::answer);
  EXPECT_EQ(found->final_name, "a.plain.test");
  ASSERT_EQ(found->records.size(), 1u);
  EXPECT_EQ(dns::address_of(found->records[0])->str(), "192.0.2.1");
  EXPECT_EQ(found->records[0].ttl_seconds, 120u);
  const auto no_data = ask("a.plain.test", RecordType::TXT);
  ASSERT_TRUE(no_data) << no_data.error().describe();
  EXPECT_EQ(no_data->outcome, Outcome::no_data);
  const auto absent = ask("absent.plain.test", RecordType::TXT);
  ASSERT_TRUE(absent) << absent.error().describe();
  EXPECT_EQ(absent->outcome, Outcome::no_such_name);
  for (const char* name : {"a.dead.test", "a.not-served.test"}) {
    const auto failed = ask(name, RecordType::A);
    ASSERT_FALSE(failed) << name;
    EXPECT_EQ(failed.error().kind, ErrorKind::dns) << failed.error().describe();
    EXPECT_NE(failed.error().message.find("SERVFAIL"), std::string::npos) << failed.error().describe();
    EXPECT_EQ(failed.error().message.find("DNSSEC"), std::string::npos) << failed.error().describe();
  }
}

TEST_F(ResolverTest, DNS_04_SF48_ManyStringsAndAliases) {
  const std::vector<std::string> both = {"onetwo", "three"};
  EXPECT_EQ(texts("text.plain.test"), both);
  EXPECT_EQ(texts("alias.plain.test"), both);
  EXPECT_EQ(ask("alias.plain.test", RecordType::TXT)->final_name, "text.plain.test");
  const auto abroad = ask("abroad.plain.test", RecordType::A);
  ASSERT_TRUE(abroad) << abroad.error().describe();
  EXPECT_EQ(abroad->final_name, "a.signed.test");
  EXPECT_EQ(abroad->records.size(), 1u);
  EXPECT_EQ(ask("dangling.plain.test", RecordType::A)->outcome, Outcome::no_such_name);
}

TEST_F(ResolverTest, DNS_04_AliasesInACircleEnd) {
  const auto answer = ask("round.plain.test", RecordType::TXT);
  EXPECT_TRUE(!answer || answer->records.empty());
}

TEST_F(ResolverTest, SF48_WhatDoesNotFitComesByTcp) {
  const auto all = texts("big.plain.test");
  ASSERT_EQ(all.size(), 40u) << all[0];
  EXPECT_EQ(all[39], "1039" + std::string(150, 'x') + std::string(60, 'y'));
}

TEST_F(ResolverTest, CHL_18_SignedZonesAreValidated) {
  const auto good = ask("a.signed.test", RecordType::A);
  ASSERT_TRUE(good) << good.error().describe();
  EXPECT_EQ(good->records.size(), 1u);
  EXPECT_EQ(ask("absent.signed.test", RecordType::A)->outcome, Outcome::no_such_name);
  EXPECT_EQ(ask("a.signed.test", RecordType::TXT)->outcome, Outcome::no_data);
  const auto bogus = ask("a.broken.test", RecordType::A);
  ASSERT_FALSE(bogus);
  EXPECT_EQ(bogus.error().kind, ErrorKind::dns);
  EXPECT_NE(bogus.error().message.find("DNSSEC"), std::string::npos) << bogus.error().describe();
  EXPECT_FALSE(ask("absent.broken.test", RecordType::CAA));
}

TEST_F(ResolverTest, CHL_18_ValidationCanBeSwitchedOffAsAWholeOrForADomain) {
  auto options = anchored();
  options.dnssec = false;
  resolver = UnboundResolver::open(options).value();
  EXPECT_TRUE(ask("a.broken.test", RecordType::A));
  options = anchored();
  std::string above = folder.read("broken.key");
  for (auto at = above.find("broken.test."); at != above.npos; at = above.find("broken.test.")) {
    above.replace(at, 12, "example.");
  }
  folder.write("above.key", above);
  options.trust_anchor_files.push_back(folder / "above.key");
  resolver = UnboundResolver::open(options).value();
  EXPECT_FALSE(ask("a.corp.example", RecordType::A));
  options.insecure_domains = {"Corp.Example."};
  resolver = UnboundResolver::open(options).value();
  const auto answer = ask("a.corp.example", RecordType::A);
  EXPECT_TRUE(answer) << answer.error().describe();
}

TEST_F(ResolverTest, SF53_WhatWasJustWrittenIsSeen) {
  EXPECT_EQ(ask("late.plain.test", RecordType::TXT)->outcome, Outcome::no_such_name);
  knot().add("plain.test", {"late", "TXT", "\"first\""});
  EXPECT_EQ(texts("late.plain.test"), std::vector<std::string>{"first"});
  knot().add("plain.test", {"late", "TXT", "\"second\""});
  EXPECT_EQ(texts("late.plain.test"), (std::vector<std::string>{"first", "second"}));
}

TEST_F(ResolverTest, ManyThreadsAtATime) {
  std::vector<std::jthread> threads;
  std::atomic<int> good = 0;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 25; ++j) {
        if (ask("alias.plain.test", RecordType::TXT).value_or(dns::Answer{}).records.size() == 2) ++good;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(good, 200);
}

TEST_F(ResolverTest, CHL_20_SilentServersAndStop) {
  const adapters::Descriptor silent(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(silent.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  const std::string server = "127.0.0.1:" + std::to_string(adapters::local_port(silent));
  Call call;
  call.total = std::chrono::milliseconds(100);
  const auto late = resolver->query("a.plain.test", RecordType::A, {server}, call);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().kind, ErrorKind::timeout);
  std::stop_source stop;
  call.total = std::chrono::seconds(60);
  call.stop = stop.get_token();
  std::jthread stopper([&] {
    char octets[512];
    while (::recv(silent.get(), octets, sizeof octets, 0) <= 0) {
    }
    stop.request_stop();
  });
  const auto stopped = resolver->query("b.plain.test", RecordType::A, {server}, call);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().kind, ErrorKind::timeout);
}

TEST_F(ResolverTest, HostsFileFirstForAddressesAndOnlyWithoutChosenServers) {
  folder.write("hosts", "127.0.0.9 a.plain.test box\n");
  auto options = anchored();
  options.hosts_file = folder / "hosts";
  resolver = UnboundResolver::open(options).value();
  const auto own = [&](const char* name, RecordType type) { return resolver->query(name, type, {}, Call()); };
  const auto found = own("BOX", RecordType::A);
  ASSERT_TRUE(found) << found.error().describe();
  EXPECT_EQ(dns::address_of(found->records.at(0))->str(), "127.0.0.9");
  EXPECT_EQ(own("box", RecordType::AAAA)->outcome, Outcome::no_data);
  EXPECT_EQ(dns::address_of(ask("a.plain.test", RecordType::A)->records.at(0))->str(), "192.0.2.1");
  EXPECT_EQ(dns::addresses(*resolver, "localhost", {knot().address()}, Call())->size(), 2u);
}

TEST_F(ResolverTest, AHostsFileThatIsNotReadWholeIsAnErrorAndNoEmptyOne) {
  auto options = anchored();
  options.hosts_file = folder / "absent";
  resolver = UnboundResolver::open(options).value();
  EXPECT_TRUE(resolver->query("localhost", RecordType::A, {}, Call()));
  folder.write("hosts", "127.0.0.9 box\n" + std::string(256u << 10, '#'));
  options.hosts_file = folder / "hosts";
  resolver = UnboundResolver::open(options).value();
  const auto refused = resolver->query("box", RecordType::A, {}, Call());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::config);
  EXPECT_NE(refused.error().describe().find("is larger than 262144 octets"), std::string::npos)
      << refused.error().describe();
}

TEST_F(ResolverTest, WhatCannotBeUsedIsRefusedAtTheStart) {
  const auto refused = [&](auto edit) {
    auto options = anchored();
    edit(options);
    const auto made = UnboundResolver::open(options);
    return made ? std::string("taken") : std::string(to_string(made.error().kind));
  };
  EXPECT_EQ(refused([&](auto& o) { o.trust_anchor_files = {folder / "absent.key"}; }), "config");
  EXPECT_EQ(refused([&](auto& o) { o.insecure_domains = {"not a name"}; }), "config");
  folder.write("nonsense.key", "this is no anchor\n");
  EXPECT_EQ(refused([&](auto& o) { o.trust_anchor_files = {folder / "nonsense.key"}; }), "config");
  EXPECT_EQ(refused([&](auto& o) { o.root_anchor_file = folder / "absent.key"; }), "taken");
  const auto named = resolver->query("a.plain.test", RecordType::A, {"dns.example"}, Call());
  ASSERT_FALSE(named);
  EXPECT_EQ(named.error().kind, ErrorKind::config);
  for (const std::string& name : {std::string(), std::string(300, 'a'), std::string("a\0b", 3), std::string("a..b")}) {
    EXPECT_FALSE(ask(name, RecordType::A)) << name;
  }
}

TEST_F(ResolverTest, DNS_01_DNS_04_CAA_02_ValidationOverRealDns) {
  adapters::SystemClock clock;
  const std::vector<std::string> servers = {knot().address()};
  const ca::va::Claim claim{
      .identifier = {.value = "www.plain.test"}, .key_authorization = key_authorization, .method = "dns-01"};
  const ca::va::Dns01 dns01(servers, {*resolver, clock});
  const auto proof = dns01.validate(claim, {});
  EXPECT_FALSE(proof.problem) << proof.problem->detail.raw();
  auto other = claim;
  other.key_authorization = "another";
  EXPECT_TRUE(dns01.validate(other, {}).problem);
  const ca::va::Caa caa({.identities = {"ca.example.net"}, .resolvers = servers}, {*resolver, clock});
  auto restricted = claim;
  restricted.identifier.value = "x.caa.plain.test";
  const auto denied = caa.check(restricted, {});
  ASSERT_TRUE(denied.problem);
  EXPECT_NE(denied.problem->detail.raw().find("critical"), std::string::npos) << denied.problem->detail.raw();
}

}  // namespace
}  // namespace crest::testing
