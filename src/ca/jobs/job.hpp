// A Job is background work that comes round for as long as the CA runs: clean-up, checkpoints, looking after other nodes.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "core/log.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace crest::ca {

class Job {
 public:
  virtual ~Job() = default;
  virtual const char* name() const = 0;
  // One bounded step; when the next one is due. Blocks as store and key do; never runs twice at a time. Error: it is
  // tried again after a minute.
  virtual Result<Time> step(Time now) = 0;
};

// The jobs of one Authority, each in its turn.
class Jobs {
 public:
  explicit Jobs(Log& log) : log_(log) {}

  // All before the first step().
  void add(std::unique_ptr<Job> job, Time first);
  // Runs one that is due; false: there is none, or all of them run on other threads. Thread-safe.
  bool step(Time now);
  std::optional<Time> next() const;  // when step() may have something to do; does not block

 private:
  struct Entry {
    std::unique_ptr<Job> job;
    Time due;
    bool running = false, failed = false;
  };
  Time run(Entry& entry, Time now);

  Log& log_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Entry>> entries_;
};

}  // namespace crest::ca
