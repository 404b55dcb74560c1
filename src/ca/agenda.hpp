// An Agenda is what the CA still has to do in the background, each task at its time: a bounded queue.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>

#include "ca/store/store.hpp"
#include "core/clock.hpp"

namespace crest::ca {

struct Task {
  enum class Kind { validate, finish_signing, tell_status };
  Kind kind = Kind::validate;
  std::string key;     // authorization id, or serial
  std::string method;  // of the challenge that is validated
  store::Id account;   // whose turn it uses up; "" nobody's
  Time due;
  Time first;         // when it was first tried, for the limit on retries
  int attempt = 1;    // counted from 1
  int postponed = 0;  // how often in a row store or key failed it, which is no attempt
};

inline constexpr const char* status_task = "status";  // the key of the one task that is never over

struct AgendaLimits {
  std::size_t tasks_max = 10'000;
  std::size_t tasks_per_account_max = 500;
  std::size_t running_per_account_max = 4;
};
// Half of the workers for one account at most: its slow targets leave the others to the rest (SF52).
AgendaLimits limits_for(std::size_t workers);

class Agenda {
 public:
  enum class Added { yes, full, account_full };

  explicit Agenda(AgendaLimits limits = {}) : limits_(limits) {}

  // Nothing here blocks but wait(); all is thread-safe.
  Added room_for(const store::Id& account) const;
  // A task that is there or running already stays as it is. Beyond the limits it is taken all the same: the caller has
  // made its promise by then, and asked room_for() before.
  void add(Task task);
  std::optional<Task> take(Time now);            // due, and its account may run another; done() or again() must follow
  void done(const Task& task);                   // it will not be tried again
  void again(Task task);                         // with a new `due`
  void hurry(const std::string& key, Time now);  // due at once, if it waits
  std::optional<Time> next() const;              // of those that wait
  std::size_t size() const;                      // waiting and running
  // Blocks until take() may have something, `no_later`, or `stop`.
  void wait(const Clock& clock, std::stop_token stop, std::optional<Time> no_later = {});

 private:
  using Waiting = std::multimap<Time, Task>;
  bool may_run(const Task& task) const;
  void announce();
  void release(const Task& task);

  AgendaLimits limits_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::uint64_t changes_ = 0;
  Waiting waiting_;
  std::set<std::string> keys_;                        // waiting and running
  std::map<store::Id, std::size_t> count_, running_;  // by account; waiting and running, running only
};

}  // namespace crest::ca
