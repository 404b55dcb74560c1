// crest-sim runs seeds of a scenario on all cores and says of each what happened.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/planted.hpp"
#include "core/time.hpp"
#include "sim/world.hpp"

namespace {

using namespace crest;

struct Options {
  std::string scenario = "renewals";
  std::uint64_t first = 1, seeds = 20;
  unsigned jobs = std::max(1u, std::thread::hardware_concurrency());
  std::string planted;
  bool verbose = false;
};

class ConsoleLog final : public Log {
 public:
  void write(LogLevel level, std::string_view event, const LogFields& fields) override {
    std::string line = std::string(to_string(level)) + " " + std::string(event);
    for (const auto& [name, value] : fields) line += " " + name + "=" + Untrusted(value).printable();
    std::cerr << line << "\n";
  }
};

int usage(const std::string& problem) {
  std::cerr << "crest-sim: " << problem
            << "\nusage: crest-sim [--scenario renewals|long|short] [--first N] [--seeds N] [--jobs N] [--verbose]"
               "\n                 [--planted skip_key_sync|reuse_nonce|publish_key_before_certificate]\n";
  return 64;
}

#ifdef CREST_PLANTED
bool plant(const std::string& word) {
  const std::map<std::string, Planted> bugs = {
      {"skip_key_sync", Planted::skip_key_sync},
      {"reuse_nonce", Planted::reuse_nonce},
      {"publish_key_before_certificate", Planted::publish_key_before_certificate}};
  const auto bug = bugs.find(word);
  if (bug == bugs.end()) return false;
  planted_bug = bug->second;
  return true;
}
#else
bool plant(const std::string&) { return false; }
#endif

bool read_options(int count, char** words, Options& options, std::string& problem) {
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    const auto number = [&](std::uint64_t& into) {
      char* end = nullptr;
      if (i + 1 >= count) return false;
      into = std::strtoull(words[++i], &end, 10);
      return end && *end == '\0' && into > 0;
    };
    std::uint64_t jobs = options.jobs;
    bool fine = true;
    if (word == "--verbose")
      options.verbose = true;
    else if (word == "--scenario" && i + 1 < count)
      options.scenario = words[++i];
    else if (word == "--planted" && i + 1 < count)
      options.planted = words[++i];
    else if (word == "--first")
      fine = number(options.first);
    else if (word == "--seeds")
      fine = number(options.seeds);
    else if (word == "--jobs")
      fine = number(jobs);
    else
      fine = false;
    options.jobs = static_cast<unsigned>(jobs);
    if (!fine) return problem = "cannot read " + word, false;
  }
  return true;
}

std::string line_of(const sim::Report& report) {
  std::string line = (report.violations.empty() ? "ok seed " : "BROKEN seed ") + std::to_string(report.seed) + ": " +
                     to_human(report.virtual_time) + ", " + std::to_string(report.events) + " events, " +
                     std::to_string(report.issued) + " certificates, " + std::to_string(report.requests) +
                     " requests (for one certificate " + std::to_string(report.busiest_hour) + " in an hour, " +
                     std::to_string(report.busiest_day) + " in a day), " + std::to_string(report.expired) +
                     " expired for want of a CA, trace " + report.trace + "; injected";
  for (const auto& [name, count] : report.injected) line += ", " + name + " " + std::to_string(count);
  for (const std::string& violation : report.violations) line += "\n    " + violation;
  return line;
}

// What led to it, for whoever looks for the cause.
std::string end_of_trace(const sim::Report& report) {
  std::string text = "    the end of its trace, " + std::to_string(report.last_lines.size()) + " lines:\n";
  for (const std::string& line : report.last_lines) text += "      " + Untrusted(line).printable(line.size()) + "\n";
  return text;
}

// Runs every seed; with a planted bug, until one is caught. Returns the seeds that broke an invariant.
std::vector<std::uint64_t> run_all(const sim::Scenario& scenario, const Options& options) {
  std::atomic<std::uint64_t> next = options.first;
  std::atomic<bool> stop = false;
  std::mutex mutex;
  std::vector<std::uint64_t> broken;
  std::vector<std::jthread> workers;
  for (unsigned i = 0; i < options.jobs; ++i) {
    workers.emplace_back([&] {
      NullLog silent;
      ConsoleLog console;
      Log& log = options.verbose ? static_cast<Log&>(console) : silent;
      for (std::uint64_t seed = next++; seed < options.first + options.seeds && !stop; seed = next++) {
        const sim::Report report = sim::run_world(scenario, seed, log);
        const std::lock_guard lock(mutex);
        std::cout << line_of(report) << std::endl;
        if (report.violations.empty()) continue;
        if (options.planted.empty()) std::cout << end_of_trace(report) << std::flush;
        broken.push_back(seed);
        if (!options.planted.empty()) stop = true;
      }
    });
  }
  workers.clear();
  return broken;
}

}  // namespace

int main(int count, char** words) {
  Options options;
  std::string problem;
  if (!read_options(count, words, options, problem)) return usage(problem);
  if (!options.planted.empty() && !plant(options.planted)) {
    return usage("no such planted bug in this build: " + options.planted);
  }
  const Result<sim::Scenario> scenario = sim::scenario(options.scenario);
  if (!scenario) return usage(scenario.error().describe());
  const std::vector<std::uint64_t> broken = run_all(*scenario, options);
  if (!options.planted.empty()) {
    if (broken.empty()) {
      std::cout << "not ok planted " << options.planted << ": not caught in " << options.seeds << " seeds\n";
      return 1;
    }
    std::cout << "ok planted " << options.planted << " caught by seed " << broken.front() << "\n";
    return 0;
  }
  std::cout << options.seeds << " seeds of " << options.scenario << ", " << broken.size() << " broke an invariant\n";
  for (const std::uint64_t seed : broken) {
    std::cout << "again: crest-sim --scenario " << options.scenario << " --first " << seed << " --seeds 1 --verbose\n";
  }
  return broken.empty() ? 0 : 1;
}
