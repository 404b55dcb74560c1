// An Agenda is what the CA still has to do in the background, each task at its time: a bounded queue.
//
// Validations wait for strangers, so they have turns and limits. What else there is (a signature, a list) waits for
// nobody: it stands in a queue of its own and is taken first, as long as there are more workers than validations_max.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>

#include "ca/store/store.hpp"
#include "ca/turns.hpp"
#include "core/clock.hpp"

namespace crest::ca {

struct Task {
  enum class Kind { validate, finish_signing, tell_status };
  Kind kind = Kind::validate;
  std::string key;          // authorization id, or serial
  std::string method = {};  // of the challenge that is validated
  store::Id account;        // of a validation: whose turn it uses up
  std::string target = {};  // of a validation: see target_of()
  Time due;
  Time first;         // when it was first tried, for the limit on retries
  int attempt = 1;    // counted from 1
  int postponed = 0;  // how often in a row store or key failed it, which is no attempt
};

inline constexpr const char* status_task = "status";  // the key of the one task that is never over

struct AgendaLimits {
  std::size_t tasks_max = 10'000;
  std::size_t tasks_per_account_max = 500;
  TurnLimits turns;
};

class Agenda {
 public:
  enum class Added { yes, full, account_full };

  explicit Agenda(AgendaLimits limits = {}) : limits_(limits), turns_(limits.turns) {}

  // Nothing here blocks but wait(); all is thread-safe.
  Added room_for(const store::Id& account) const;
  // A task that is there or running already stays as it is. Beyond the limits it is taken all the same: the caller has
  // made its promise by then, and asked room_for() before.
  void add(Task task);
  std::optional<Task> take(Time now);            // due, and it may run; done() or again() must follow
  void done(const Task& task);                   // it will not be tried again
  void again(Task task);                         // with a new `due`
  void hurry(const std::string& key, Time now);  // due at once, if it waits
  std::optional<Time> next() const;              // of those that wait and may run
  std::size_t size() const;                      // waiting and running
  // Blocks until take() may have something, `no_later`, or `stop`.
  void wait(const Clock& clock, std::stop_token stop, std::optional<Time> no_later = {});

 private:
  using Waiting = std::multimap<Time, Task>;
  void put(Task task);
  Task drawn(Waiting& from, Waiting::iterator at);
  std::optional<Task> take_validation(Time now);
  void announce();
  void release(const Task& task);
  std::optional<Time> first_due() const;

  AgendaLimits limits_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::uint64_t changes_ = 0;
  Waiting duties_;                            // what is no validation
  std::map<store::Id, Waiting> validations_;  // by account; none is empty
  Turns turns_;                               // of those accounts
  std::map<std::string, store::Id> keys_;     // waiting and running, with the account
  std::map<store::Id, std::size_t> count_;    // by account; waiting and running
};

}  // namespace crest::ca
