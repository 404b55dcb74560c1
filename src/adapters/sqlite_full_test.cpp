// A CA on a real SQLite file that has no more room: nothing is half done, and it goes on when there is room again.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sys/resource.h>

#include <gtest/gtest.h>

#include "adapters/sqlite.hpp"
#include "adapters/sqlite_store.hpp"
#include "adapters/temporary_folder.hpp"
#include "ca/testing/acme_driver.hpp"

namespace crest::adapters {
namespace {

using ca::testing::AcmeDriver;
using ca::testing::Answer;
using ca::testing::TestCa;

enum class Shortage { pages, file };  // SQLite's own limit (SQLITE_FULL), or writes that fail (SQLITE_IOERR)

// No file of this process may grow beyond `octets`: as on a disk that is full, whoever writes.
class FileLimit {
 public:
  explicit FileLimit(std::uintmax_t octets) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{static_cast<rlim_t>(octets), before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileLimit(const FileLimit&) = delete;
  FileLimit& operator=(const FileLimit&) = delete;

 private:
  void (*handler_)(int);
  rlimit before_{};
};

class SqliteFullTest : public ::testing::TestWithParam<Shortage> {
 protected:
  static constexpr const char* name = "a.corp.example";

  TemporaryFolder folder;
  const std::string file = folder / "db";
  std::atomic<unsigned> pages_max = 0;
  std::unique_ptr<ca::store::Store> store =
      open_sqlite_store(file, {.free_bytes_least = 0, .pages_max = &pages_max}).value();
  TestCa ca{*store};
  AcmeDriver driver{ca};
  crypto::PrivateKey leaf_key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  std::unique_ptr<FileLimit> limit;

  void SetUp() override {
    ASSERT_EQ(driver.new_account().status(), 201);
    ca.add_host(name, "192.0.2.1", driver.public_key());
  }
  void allow_no_growth() {
    if (GetParam() == Shortage::file) {
      limit = std::make_unique<FileLimit>(std::filesystem::file_size(file + "-wal"));
      return;
    }
    pages_max = 1;  // SQLite takes this for "no page more than there are"
  }
  void fill() {
    allow_no_growth();
    if (GetParam() == Shortage::file) return;  // every write makes its file grow
    for (int i = 0; i < 200 && driver.new_order({std::string(name)}).status() == 201; ++i) {
    }
  }
  void make_room() {
    limit.reset();
    pages_max = 0;
  }
  // Every row of every table, read behind the store's back.
  std::string contents() {
    const auto connection = SqliteConnection::open(file).value();
    std::string all;
    for (const char* sql :
         {"SELECT * FROM accounts ORDER BY 1", "SELECT * FROM orders ORDER BY 1",
          "SELECT * FROM order_authorizations ORDER BY 1, 2", "SELECT * FROM authorizations ORDER BY 1",
          "SELECT * FROM certificates ORDER BY 1", "SELECT * FROM blocked_keys ORDER BY 1"}) {
      SqlQuery query(*connection, sql);
      while (query.row().value()) {
        for (int column = 0; column < 14; ++column) all += query.text(column) + '|';
        all += '\n';
      }
    }
    return all;
  }
  Answer ready_order() {
    auto order = driver.new_order({std::string(name)});
    driver.respond_all(order);
    ca.work_all();
    return order;
  }
  // `request` without room: refused and nothing changed. Small changes may fit into pages that there are; then the
  // request is done, wholly, and the caller sees it by the answer.
  Answer without_room(const std::function<Answer()>& request) {
    fill();
    const std::string before = contents();
    auto answer = request();
    make_room();
    if (answer.status() < 300) {
      EXPECT_EQ(GetParam(), Shortage::pages) << "no write can have succeeded";
      return answer;
    }
    ++refused;
    EXPECT_EQ(answer.status(), 503) << answer.response.body;
    EXPECT_EQ(answer.type(), "serverInternal");
    EXPECT_NE(answer.header("Retry-After"), "");
    EXPECT_NE(answer.header("Replay-Nonce"), "");
    EXPECT_EQ(contents(), before);
    return answer;
  }
  int refused = 0;
};

TEST_P(SqliteFullTest, SF65_EveryChangeIsRefusedWholeAndWorksAgainWithRoom) {
  const auto issued = driver.issue({name}, leaf_key);
  const std::string revocation =
      R"({"certificate":")" + encoding::base64url(ByteView(issued.chain.leaf().der())) + "\"}";
  const auto waiting = driver.new_order({std::string(name)}), given_up = driver.new_order({std::string(name)});
  const auto challenge = driver.challenge_url(waiting.texts("authorizations").front());
  const auto long_contact = R"({"contact":["mailto:)" + std::string(60, 'a') + R"(@corp.example"]})";
  const auto ready = ready_order();
  const std::function<Answer()> requests[] = {
      [&] {
        AcmeDriver another(ca);
        return another.new_account();
      },
      [&] { return driver.post(driver.account_url(), long_contact); },
      [&] { return driver.new_order({std::string(name)}); },
      [&] { return driver.post(challenge, "{}"); },
      [&] { return driver.post(given_up.texts("authorizations").front(), R"({"status":"deactivated"})"); },
      [&] { return driver.finalize(ready, leaf_key, {name}); },
      [&] { return driver.post(AcmeDriver::url("/revoke-cert"), revocation); },
      [&] { return driver.post(driver.account_url(), R"({"status":"deactivated"})"); }};
  for (const auto& request : requests) {
    const auto first = without_room(request);
    if (first.status() == 503) {
      EXPECT_LT(request().status(), 300) << first.response.body;
    }
  }
  EXPECT_GE(refused, GetParam() == Shortage::file ? 8 : 1);
  ca.clock.advance(5s);
  ca.work_all();
  EXPECT_EQ(ca.signer.signatures, 2) << "one for each order that was finalized";
}

TEST_P(SqliteFullTest, SF63_SF65_ASignatureThatCannotBeStoredIsMadeGood) {
  const auto order = ready_order();
  ca.signer.before_signing = [&] { allow_no_growth(); };
  const auto answer = driver.finalize(order, leaf_key, {name});
  ca.signer.before_signing = nullptr;
  make_room();
  if (GetParam() == Shortage::file) {
    EXPECT_EQ(answer.text("status"), "processing") << answer.response.body;
  }
  ca.work_all();
  const auto done = driver.read(order.location());
  EXPECT_EQ(done.text("status"), "valid");
  EXPECT_EQ(driver.read(done.text("certificate")).status(), 200);
}

TEST_P(SqliteFullTest, SF65_AValidationThatCannotBeRecordedIsTriedAgain) {
  const auto order = driver.new_order({std::string(name)});
  driver.respond_all(order);
  fill();
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(ca.authority->work() || GetParam() == Shortage::pages) << "it is still to be done";
    ca.clock.advance(1min);
  }
  make_room();
  ca.work_all();
  EXPECT_EQ(driver.read(order.location()).text("status"), "ready");
}

TEST_P(SqliteFullTest, SF65_OrdersFillTheDiskAndItGoesOnAfterARestart) {
  allow_no_growth();
  int taken = 0;
  while (taken < 200 && driver.new_order({std::string(name)}).status() == 201) ++taken;
  EXPECT_LT(taken, 200);
  EXPECT_EQ(driver.read(driver.account_url() + "/orders").texts("orders").size(),
            static_cast<std::size_t>(std::min(taken, 100)));
  ca.start();
  EXPECT_EQ(driver.new_order({std::string(name)}).status(), 503);
  make_room();
  EXPECT_EQ(driver.new_order({std::string(name)}).status(), 201);
  EXPECT_EQ(driver.plain("GET", "/health").status(), 200);
}

TEST(SqliteRoom, SF65_NewWorkNeedsSpaceOnTheDisk) {
  const TemporaryFolder folder;
  const auto poor =
      open_sqlite_store(folder / "poor", {.free_bytes_least = std::numeric_limits<std::uint64_t>::max()}).value();
  const auto refused = poor->check_room();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::storage);
  EXPECT_NE(refused.error().message.find("free some space"), std::string::npos) << refused.error().message;
  EXPECT_TRUE(poor->check()) << "what has begun can be written";
  EXPECT_TRUE(open_sqlite_store(folder / "rich", {.free_bytes_least = 1}).value()->check_room());
}

INSTANTIATE_TEST_SUITE_P(Sqlite, SqliteFullTest, ::testing::Values(Shortage::pages, Shortage::file),
                         [](const auto& tested) { return tested.param == Shortage::pages ? "Pages" : "File"; });

}  // namespace
}  // namespace crest::adapters
