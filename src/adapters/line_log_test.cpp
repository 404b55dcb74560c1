#include "adapters/line_log.hpp"

#include <fcntl.h>
#include <sys/types.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "adapters/descriptor.hpp"
#include "adapters/temporary_folder.hpp"
#include "encoding/json.hpp"

namespace crest::adapters {
namespace {

class FixedClock final : public Clock {
 public:
  Time now() const override { return Time(Duration(1'767'323'045'678)); }
  Instant monotonic() const override { return {}; }
  bool sleep_until(Time, std::stop_token) override { return true; }
};

class LineLogTest : public testing::Test {
 protected:
  LineLogTest() : file_(::open((folder_ / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {}
  LineLog log(LineLog::Format format, LogLevel least = LogLevel::info) {
    return LineLog(file_.get(), clock_, least, format);
  }
  std::string written() const { return folder_.read("log"); }

  TemporaryFolder folder_;
  Descriptor file_;
  FixedClock clock_;
};

TEST_F(LineLogTest, TextIsForPeople) {
  log(LineLog::Format::text)
      .info("order_created", {{"name", "app.corp.example"}, {"note", "two words"}, {"empty", ""}});
  EXPECT_EQ(written(),
            "2026-01-02T03:04:05.678Z info order_created name=app.corp.example note=\"two words\" empty=\"\"\n");
}

TEST_F(LineLogTest, JsonIsForMachinesAndForFiles) {
  log(LineLog::Format::automatic).error("failed", {{"why", "say \"no\""}});
  EXPECT_EQ(written(), R"({"time":"2026-01-02T03:04:05.678Z","level":"error","event":"failed","why":"say \"no\""})"
                       "\n");
}

TEST_F(LineLogTest, CF16_ValuesCannotForgeALineOrReachTheTerminal) {
  const std::string hostile = "a\r\nforged=1\x1b[31m\xe2\x80\xae\x80 \"x\\";
  for (const auto format : {LineLog::Format::text, LineLog::Format::json}) {
    log(format).warn("event", {{"value", hostile}});
  }
  const std::string text = written();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
  EXPECT_EQ(text.find('\x1b'), text.npos);
  EXPECT_EQ(text.find("\xe2\x80\xae"), text.npos);
  EXPECT_EQ(text.find(" forged=1\n"), text.npos);
  EXPECT_TRUE(encoding::Json::parse(text.substr(text.find('\n') + 1)));
}

TEST_F(LineLogTest, DropsWhatIsBelowItsLevelAndCutsWhatIsTooLong) {
  LineLog quiet = log(LineLog::Format::text, LogLevel::warning);
  quiet.debug("a");
  quiet.info("b");
  EXPECT_EQ(written(), "");
  quiet.warn("c", {{"long", std::string(100'000, 'x')}});
  EXPECT_LT(written().size(), 5'000u);
}

TEST_F(LineLogTest, LinesOfManyThreadsStayWhole) {
  LineLog shared = log(LineLog::Format::json);
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&shared] {
        for (int i = 0; i < 100; ++i) shared.info("event", {{"filler", std::string(200, 'y')}});
      });
    }
  }
  std::istringstream lines(written());
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) EXPECT_TRUE(encoding::Json::parse(line)) << line;
  EXPECT_EQ(count, 400);
}

TEST_F(LineLogTest, SurvivesADescriptorThatIsGone) {
  LineLog lost(-1, clock_);
  errno = 17;
  lost.info("event");
  EXPECT_EQ(errno, 17);
}

}  // namespace
}  // namespace crest::adapters
