#include <atomic>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "api/testing/client_rig.hpp"

namespace crest {
namespace {

using namespace testing;

TEST_F(ClientTest, ObtainsOnceAndThenKeepsWhatServes) {
  Client client = open();
  const auto issued = client.obtain(names({"app.corp.example", "10.0.0.7"}), *solver);
  ASSERT_TRUE(issued) << issued.error().describe();
  EXPECT_TRUE(issued->renewed);
  EXPECT_EQ(issued->name, "app.corp.example");
  EXPECT_EQ(issued->names, (std::vector<std::string>{"app.corp.example", "10.0.0.7"}));
  EXPECT_EQ(issued->serial, ca.issued.at(0).serial_hex());
  EXPECT_EQ(issued->not_after - issued->not_before, 24h - 1s);
  EXPECT_EQ(issued->renew_at, issued->not_before + 16h);
  EXPECT_EQ(issued->folder, folder / "state/certificates/app.corp.example/live");
  EXPECT_EQ(folder.read("state/certificates/app.corp.example/live/privkey.pem"), issued->key_pem);
  EXPECT_EQ(folder.read("state/certificates/app.corp.example/live/fullchain.pem"), issued->chain_pem);

  const std::size_t asked = ca.requests.size();
  const auto same = client.obtain(names({"app.corp.example", "10.0.0.7"}), *solver);
  ASSERT_TRUE(same);
  EXPECT_FALSE(same->renewed);
  EXPECT_EQ(same->serial, issued->serial);
  EXPECT_EQ(ca.requests.size(), asked);
}

TEST_F(ClientTest, ALaterRunNeedsNoFlags) {
  ASSERT_TRUE(open().obtain(names({"app.corp.example"}), *solver));
  Client later = open_again();
  auto outcomes = later.renew(std::nullopt, false, *solver);
  ASSERT_TRUE(outcomes);
  ASSERT_EQ(outcomes->size(), 1u);
  EXPECT_EQ(outcomes->at(0).decision, Decision::not_due);
  EXPECT_FALSE(outcomes->at(0).why.empty());

  outcomes = later.renew("app.corp.example", true, *solver);
  ASSERT_TRUE(outcomes);
  ASSERT_EQ(outcomes->at(0).decision, Decision::renewed) << outcomes->at(0).why;
  EXPECT_EQ(outcomes->at(0).certificate->generation, 2u);
  EXPECT_EQ(ca.count("POST newAccount"), 1u);
  EXPECT_NE(ca.new_orders.at(1).find("replaces"), nullptr);  // ARI-11
  const auto shown = later.show("app.corp.example");
  ASSERT_TRUE(shown);
  EXPECT_EQ(shown->serial, ca.issued.at(1).serial_hex());
  EXPECT_EQ(later.list().value().size(), 1u);
}

TEST_F(ClientTest, WhatIsDueIsRenewed) {
  ca.leaf_life = 80s;  // begun a minute ago: due
  Client client = open();
  ASSERT_TRUE(client.obtain(names({"app.corp.example"}), *solver));
  ca.leaf_life = 24h;
  const auto outcomes = client.renew(std::nullopt, false, *solver);
  ASSERT_TRUE(outcomes);
  EXPECT_EQ(outcomes->at(0).decision, Decision::renewed) << outcomes->at(0).why;
}

TEST_F(ClientTest, REV_11_RevokedTwiceIsRevoked) {
  Client client = open();
  ASSERT_TRUE(client.obtain(names({"app.corp.example"}), *solver));
  EXPECT_EQ(client.revoke("app.corp.example", "because").error().kind, ErrorKind::usage);
  ASSERT_TRUE(open_again().revoke("app.corp.example", "superseded"));
  EXPECT_EQ(ca.revoked.size(), 1u);
  EXPECT_TRUE(client.revoke("app.corp.example", ""));
}

TEST_F(ClientTest, WhatIsNotThereIsSaid) {
  Client client = open();
  EXPECT_EQ(client.show("nobody.example").error().kind, ErrorKind::usage);
  EXPECT_FALSE(client.renew("nobody.example", false, *solver));
  EXPECT_FALSE(client.revoke("nobody.example", ""));
  EXPECT_TRUE(client.list().value().empty());
  EXPECT_TRUE(client.renew(std::nullopt, false, *solver).value().empty());
}

TEST_F(ClientTest, WhatNoResultTellsReachesTheSink) {
  std::vector<std::string> told;
  std::vector<std::thread::id> threads;
  ClientOptions loud = options();
  loud.log = [&](LogLevel level, std::string_view event, const LogFields& fields) {
    threads.push_back(std::this_thread::get_id());
    std::string line = std::string(to_string(level)) + " " + std::string(event);
    for (const auto& [name, value] : fields) line += " " + name + "=" + value;
    told.push_back(std::move(line));
    throw std::runtime_error("a sink that fails");
  };
  ca.before = [&](const http::Request& request) -> std::optional<Result<http::Response>> {
    if (FakeCa::kind_of(request.url) != "newOrder" || ca.count("POST newOrder") != 2) return std::nullopt;
    return Result<http::Response>(refusal(acme::ProblemType::alreadyReplaced));
  };
  Client client = Client::open(loud).value();
  ASSERT_TRUE(client.obtain(names({"app.corp.example"}), *solver));
  ASSERT_EQ(client.renew("app.corp.example", true, *solver)->front().decision, Decision::renewed);
  const auto times = [&](const std::string& begin) {
    return std::count_if(told.begin(), told.end(), [&](const std::string& line) { return line.starts_with(begin); });
  };
  EXPECT_EQ(times("warning replaces_refused name=app.corp.example"), 1);
  EXPECT_EQ(times("info certificate_issued name=app.corp.example"), 2);
  for (const auto& thread : threads) EXPECT_EQ(thread, std::this_thread::get_id());
}

// A root that runs out at `not_after`, in a file.
std::string root_pem(Time not_after) {
  x509::CertificateTemplate parts = x509::test::root_template();
  parts.not_before = Time(std::chrono::sys_days(std::chrono::year(2020) / 1 / 1));
  parts.not_after = std::chrono::floor<std::chrono::seconds>(not_after);
  const auto& key = x509::test::key(crypto::KeyType::ec_p256, 9);
  return x509::test::issue(parts, key.public_key(), nullptr, key).pem();
}

TEST_F(ClientTest, CF64_TrustFilesAreReadAtEachAttempt) {
  const Time now = listening.clock.now();
  folder.write("root.pem", root_pem(now + 24h));
  ClientOptions trusting = options();
  trusting.trust_pem_files = {std::filesystem::relative(folder / "root.pem")};  // a timer runs in another folder
  ASSERT_TRUE(Client::open(trusting).value().obtain(names({"app.corp.example"}), *solver));

  const auto fails = [&](const char* says) {
    const auto outcomes = open_again().renew("app.corp.example", true, *solver);
    ASSERT_TRUE(outcomes);
    ASSERT_EQ(outcomes->front().decision, Decision::failed) << says;
    const Error& error = *outcomes->front().error;
    EXPECT_EQ(error.kind, ErrorKind::config) << error.describe();
    EXPECT_NE(error.context.find("root.pem"), std::string::npos) << error.describe();
    EXPECT_NE(error.message.find(says), std::string::npos) << error.describe();
    EXPECT_FALSE(open_again().revoke("app.corp.example", ""));
  };
  const std::size_t asked = ca.requests.size();
  std::filesystem::remove(folder / "root.pem");
  fails("cannot be read");
  folder.write("root.pem", root_pem(now - 1h));
  fails("every certificate in it has expired");
  EXPECT_EQ(ca.requests.size(), asked);
  folder.write("root.pem", root_pem(now - 1h) + root_pem(now + 48h));
  EXPECT_EQ(open_again().renew("app.corp.example", true, *solver)->front().decision, Decision::renewed);

  std::filesystem::remove(folder / "root.pem");
  folder.write("new.pem", root_pem(now + 24h));
  const ClientOptions anew{.trust_pem_files = {folder / "new.pem"}, .state_dir = folder / "state"};
  EXPECT_EQ(Client::open(anew)->renew("app.corp.example", true, *solver)->front().decision, Decision::renewed);
  EXPECT_EQ(open_again().renew("app.corp.example", true, *solver)->front().decision, Decision::renewed);  // remembered
}

// What the advice says has to work as it is typed.
TEST_F(ClientTest, ACC_10_EAB_07_ARenewalMayAgreeAndBind) {
  ASSERT_TRUE(open().obtain(names({"app.corp.example"}), *solver));
  ca.forget_accounts();
  std::filesystem::remove_all(folder / "state/accounts");
  std::filesystem::create_directory(folder / "state/accounts");
  ca.meta =
      encoding::Json::object().set("termsOfService", "https://ca.test/terms").set("externalAccountRequired", true);
  const auto kind = [&](ClientOptions given) {
    given.state_dir = folder / "state";
    const auto outcomes = Client::open(given).value().renew("app.corp.example", true, *solver);
    return outcomes->front().error ? outcomes->front().error->kind : ErrorKind::internal;
  };
  const ExternalAccount bound{.kid = "team-7", .mac_key = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA"};
  EXPECT_EQ(kind({}), ErrorKind::eab);
  EXPECT_EQ(kind({.external_account = bound}), ErrorKind::user_action);
  const ClientOptions both{.agree_terms_of_service = true, .external_account = bound, .state_dir = folder / "state"};
  EXPECT_EQ(Client::open(both)->renew("app.corp.example", true, *solver)->front().decision, Decision::renewed);
}

TEST_F(ClientTest, WhatWasKnownOfTheCaComesBackWithObtain) {
  ASSERT_TRUE(open().obtain(names({"app.corp.example"}), *solver));
  std::filesystem::remove_all(folder / "state/cas");
  std::filesystem::create_directory(folder / "state/cas");
  const auto lost = open_again().renew("app.corp.example", true, *solver);
  EXPECT_NE(lost->front().error->message.find("crest obtain with --directory"), std::string::npos);
  EXPECT_FALSE(open().obtain(names({"app.corp.example"}), *solver)->renewed);
  EXPECT_EQ(open_again().renew("app.corp.example", true, *solver)->front().decision, Decision::renewed);
}

TEST_F(ClientTest, AMistypedFolderIsNotMade) {
  folder.write("file", "");
  std::filesystem::create_directory(folder / "empty");
  std::filesystem::permissions(folder / "empty", std::filesystem::perms::owner_all);
  for (const char* name : {"absent", "absent/below", "empty", "file"}) {
    const auto client = Client::open({.state_dir = folder / name, .create_state_dir = false});
    ASSERT_FALSE(client) << name;
    EXPECT_EQ(client.error().kind, ErrorKind::storage) << name;
    EXPECT_EQ(client.error().exit_code(), 2) << name;
    EXPECT_NE(client.error().describe().find(folder / name), std::string::npos) << client.error().describe();
    EXPECT_NE(client.error().message.find("; "), std::string::npos) << client.error().message;
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "absent"));
  EXPECT_TRUE(std::filesystem::is_empty(folder / "empty"));
  ASSERT_TRUE(Client::open({.state_dir = folder / "fresh"}));
  EXPECT_TRUE(Client::open({.state_dir = folder / "fresh", .create_state_dir = false}));
}

TEST_F(ClientTest, BadInputIsRefusedBeforeAnybodyIsAsked) {
  const auto refused = [&](ClientOptions options, ErrorKind kind) {
    const auto client = Client::open(std::move(options));
    ASSERT_FALSE(client);
    EXPECT_EQ(client.error().kind, kind) << client.error().describe();
  };
  ClientOptions no_tls = options();
  no_tls.allow_http = false;
  refused(no_tls, ErrorKind::usage);
  ClientOptions no_url = options();
  no_url.directory = "ca.corp.example";
  refused(no_url, ErrorKind::usage);
  ClientOptions no_trust = options();
  no_trust.trust_pem_files = {folder / "absent.pem"};
  refused(no_trust, ErrorKind::config);
  folder.write("text.pem", "no certificate");
  no_trust.trust_pem_files = {folder / "text.pem"};
  refused(no_trust, ErrorKind::config);
  folder.write("file", "");
  ClientOptions no_folder = options();
  no_folder.state_dir = folder / "file/state";
  refused(no_folder, ErrorKind::storage);

  Client client = open();
  for (const std::vector<std::string>& bad :
       {std::vector<std::string>{}, {"no name"}, {"a..example"}, {"-"}, {"10.0.0.300"}, {"a.example", "*"}})
    EXPECT_EQ(client.obtain(names(bad), *solver).error().kind, ErrorKind::usage);
  EXPECT_EQ(client.obtain({.names = {"a.example"}, .key_type = "rsa-1024"}, *solver).error().kind, ErrorKind::usage);
  EXPECT_EQ(client.obtain({.names = {"a.example"}, .name = std::string(300, 'x')}, *solver).error().kind,
            ErrorKind::usage);
  EXPECT_TRUE(ca.requests.empty());
}

TEST_F(ClientTest, WhatNoRecordCouldHoldIsRefused) {
  Client client = open();
  std::vector<std::string> many;
  for (int i = 0; i <= 1000; ++i) many.push_back("n" + std::to_string(i) + ".example");
  EXPECT_EQ(client.obtain(names(many), *solver).error().kind, ErrorKind::usage);
  for (const Duration lifetime :
       {Duration(0), Duration(-1h), Duration(500ms), Duration(200ll * 366 * 24h), Duration::max()}) {
    const auto refused = client.obtain({.names = {"a.example"}, .lifetime = lifetime}, *solver);
    ASSERT_FALSE(refused) << lifetime.count();
    EXPECT_EQ(refused.error().kind, ErrorKind::usage);
  }
  EXPECT_TRUE(ca.requests.empty());
  EXPECT_TRUE(client.obtain({.names = {"a.example"}, .lifetime = 1h}, *solver));
}

TEST_F(ClientTest, FirstRunsAtOnceDoNotCollide) {
  for (int round = 0; round < 20; ++round) {
    const std::string state = folder / ("state-" + std::to_string(round));
    std::atomic<int> ready = 0;
    std::vector<std::string> failures(4);
    {
      std::vector<std::jthread> runs;
      for (std::string& failure : failures)
        runs.emplace_back([&] {
          ClientOptions mine = options();
          mine.state_dir = state;
          for (++ready; ready < 4;) std::this_thread::yield();
          const auto client = Client::open(mine);
          if (!client) failure = client.error().describe();
        });
    }
    EXPECT_EQ(failures, std::vector<std::string>(4)) << round;
  }
}

TEST_F(ClientTest, ARenewalIsAnsweredForWhereTheCertificateWas) {
  ASSERT_TRUE(open().obtain(names({"listens.example"}), *solver));
  const std::filesystem::path root = folder / "web";
  std::filesystem::create_directory(root);
  const auto files = Http01Webroot::open(std::filesystem::relative(root)).value();  // a timer runs in another folder
  ASSERT_TRUE(open().obtain(names({"files.example"}), *files));
  EXPECT_EQ(open_again().show("listens.example")->http01, (Http01Place{"127.0.0.1:0", ""}));
  EXPECT_EQ(open_again().show("files.example")->http01, (Http01Place{"", root}));

  int seen = 0;
  ca.before = [&](const http::Request& request) -> std::optional<Result<http::Response>> {
    const bool proves = FakeCa::kind_of(request.url) == "chall";
    const std::filesystem::path shown = root / ".well-known/acme-challenge";
    if (proves && std::filesystem::exists(shown) && !std::filesystem::is_empty(shown)) ++seen;
    return std::nullopt;
  };
  EXPECT_EQ(open_again().renew("listens.example", true)->front().decision, Decision::renewed);
  EXPECT_EQ(seen, 0);
  EXPECT_EQ(open_again().renew("files.example", true)->front().decision, Decision::renewed);
  EXPECT_EQ(seen, 1);
  EXPECT_EQ(open_again().renew("files.example", true, *solver)->front().decision, Decision::renewed);
  EXPECT_EQ(seen, 1) << "for once as it was said";
  EXPECT_EQ(open_again().show("files.example")->http01, (Http01Place{"", root}));
  EXPECT_FALSE(open().obtain(names({"files.example"}), *solver)->renewed);
  EXPECT_EQ(open_again().show("files.example")->http01, (Http01Place{"127.0.0.1:0", ""})) << "said anew";
  EXPECT_FALSE(open().obtain(names({"files.example"}))->renewed);
  EXPECT_EQ(open_again().show("files.example")->http01, (Http01Place{"127.0.0.1:0", ""}));
}

TEST_F(ClientTest, AFolderInWhichNothingIsLiveIsNoFailure) {
  ASSERT_TRUE(open().obtain(names({"app.corp.example"}), *solver));
  std::filesystem::create_directory(folder / "state/certificates/half.example");
  const auto outcomes = open_again().renew(std::nullopt, false, *solver);
  ASSERT_TRUE(outcomes);
  ASSERT_EQ(outcomes->size(), 1u);
  EXPECT_EQ(outcomes->front().decision, Decision::not_due);
  EXPECT_FALSE(open_again().renew("half.example", false, *solver));
}

TEST_F(ClientTest, WhatFailsAfterThePublicationIsOnlyToldInTheLog) {
  ASSERT_TRUE(open().obtain(names({"app.corp.example"}), *solver));
  std::filesystem::remove_all(folder / "state/cas");
  ClientOptions loud = options();
  std::vector<std::string> told;
  loud.log = [&](LogLevel level, std::string_view event, const LogFields&) {
    if (level == LogLevel::warning) told.emplace_back(event);
  };
  loud.contact = {"mailto:new@example.org"};
  ca.after = [&](const http::Request& request, Result<http::Response>&) {
    if (FakeCa::kind_of(request.url) != "cert") return;
    std::filesystem::remove_all(folder / "state/cas");
    folder.write("state/cas", "no folder");
  };
  const auto outcomes = Client::open(loud).value().renew("app.corp.example", true, *solver);
  ASSERT_TRUE(outcomes) << outcomes.error().describe();
  EXPECT_EQ(outcomes->front().decision, Decision::renewed) << outcomes->front().why;
  EXPECT_EQ(told, std::vector<std::string>{"ca_not_remembered"});
}

TEST_F(ClientTest, Promise12_ADamagedRecordStopsNoOther) {
  Client client = open();
  ASSERT_TRUE(client.obtain(names({"a.example"}), *solver));
  ASSERT_TRUE(client.obtain(names({"b.example"}), *solver));
  folder.write("state/certificates/a.example/gen-1/meta.json", "{}");
  const auto listed = client.list();
  ASSERT_TRUE(listed);
  ASSERT_EQ(listed->size(), 2u);
  EXPECT_FALSE(listed->at(0).damaged.empty());
  EXPECT_TRUE(listed->at(1).damaged.empty());
  const auto renewed = client.renew(std::nullopt, true, *solver);
  ASSERT_TRUE(renewed);
  EXPECT_EQ(renewed->at(0).decision, Decision::failed);
  EXPECT_EQ(renewed->at(0).error->kind, ErrorKind::storage);
  EXPECT_EQ(renewed->at(1).decision, Decision::renewed);
  const auto repaired = client.obtain(names({"a.example"}), *solver);
  ASSERT_TRUE(repaired) << repaired.error().describe();
  EXPECT_EQ(repaired->generation, 2u);
}

TEST_F(ClientTest, CF67_APortThatIsTakenIsSaidBeforeTheCaIsAsked) {
  const auto other = Http01Server::open("127.0.0.1:0").value();
  ASSERT_TRUE(other->listen());
  const auto busy = Http01Server::open("127.0.0.1:" + std::to_string(other->port())).value();
  const auto refused = open().obtain(names({"app.corp.example"}), *busy);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::port_in_use);
  EXPECT_TRUE(ca.requests.empty());
}

TEST_F(ClientTest, HTTP_10_AWebrootServesAndIsLeftClean) {
  struct FileReader final : http::Service {
    const adapters::TemporaryFolder& folder;
    explicit FileReader(const adapters::TemporaryFolder& root) : folder(root) {}
    http::Response handle(const http::Request& request) override {
      return {.status = 200, .body = folder.read("web" + request.url)};
    }
  };
  folder.write("placeholder", "");
  std::filesystem::create_directory(folder / "web");
  FileReader reader(folder);
  ca.responder = &reader;
  const auto webroot = Http01Webroot::open(folder / "web").value();
  const auto issued = open().obtain(names({"app.corp.example"}), *webroot);
  ASSERT_TRUE(issued) << issued.error().describe();
  EXPECT_TRUE(std::filesystem::is_empty(folder / "web/.well-known/acme-challenge"));
  EXPECT_FALSE(Http01Webroot::open(folder / "absent"));
}

TEST_F(ClientTest, CF24_ShowSaysWhereTheKeyOfARejectedCertificateIs) {
  const auto& key = x509::test::key(crypto::KeyType::ec_p256, 9);
  folder.write("other.pem", x509::test::issue(x509::test::root_template(), key.public_key(), nullptr, key).pem());
  ClientOptions pinned = options();
  pinned.pinned_root_files = {folder / "other.pem"};
  Client client = Client::open(pinned).value();
  EXPECT_EQ(client.obtain(names({"app.corp.example"}), *solver).error().kind, ErrorKind::cert_rejected);
  const auto none = client.show("app.corp.example");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, ErrorKind::usage);
  const std::string file = folder / "state/aside/app.corp.example/1.pem";
  EXPECT_NE(none.error().message.find(file), std::string::npos) << none.error().message;

  ASSERT_TRUE(open().obtain(names({"app.corp.example"}), *solver));
  EXPECT_TRUE(client.show("app.corp.example")->keys_aside.empty());
  EXPECT_EQ(client.renew("app.corp.example", true, *solver)->front().error->kind, ErrorKind::cert_rejected);
  const auto shown = client.show("app.corp.example");
  ASSERT_TRUE(shown);
  ASSERT_EQ(shown->keys_aside.size(), 1u);
  EXPECT_EQ(shown->keys_aside[0].file, file);
  EXPECT_TRUE(shown->keys_aside[0].order.starts_with(ca.base + "/order/"));
  EXPECT_TRUE(shown->keys_aside[0].certificate.starts_with(ca.base + "/cert/"));
  EXPECT_NE(shown->keys_aside[0].why.find("pinned root"), std::string::npos);
  EXPECT_NE(folder.read("state/aside/app.corp.example/1.pem").find("PRIVATE KEY"), std::string::npos);
}

TEST_F(ClientTest, CF58_ASecondRunGetsLocked) {
  ca.polls_until_valid = 1'000'000;
  std::optional<ErrorKind> second;
  std::stop_source stop;
  const auto progress = [&](const std::string& line) {
    if (second || line.find("validating") == std::string::npos) return;
    second = open().obtain(names({"app.corp.example"}), *solver).error().kind;
    stop.request_stop();
  };
  const auto waiting = Waiting{.stop = stop.get_token(), .at_most = 30s, .progress = progress};
  (void)open().obtain(names({"app.corp.example"}), *solver, waiting).has_value();
  EXPECT_EQ(second, ErrorKind::locked);
}

TEST_F(ClientTest, CF59_ErrorsOfTheVaultSayTheWholePath) {
  ASSERT_TRUE(open().obtain(names({"app.corp.example"}), *solver));
  folder.write("state/orders/app.corp.example.json", "{");
  const auto damaged = open().renew("app.corp.example", true, *solver);
  const Error error = damaged ? *damaged->front().error : damaged.error();
  EXPECT_EQ(error.kind, ErrorKind::storage);
  EXPECT_EQ(error.context, folder / "state/orders/app.corp.example.json");
}

}  // namespace
}  // namespace crest
