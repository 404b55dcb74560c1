#include "ca/agenda.hpp"

#include <algorithm>

namespace crest::ca {

AgendaLimits limits_for(std::size_t workers) {
  return {.running_per_account_max = std::max<std::size_t>(workers / 2, 1)};
}
namespace {

constexpr Duration wait_max{60'000};  // a clock that is set while we wait is noticed by then

void decrease(std::map<store::Id, std::size_t>& counts, const store::Id& account) {
  const auto at = counts.find(account);
  if (at != counts.end() && --at->second == 0) counts.erase(at);
}

std::size_t value_of(const std::map<store::Id, std::size_t>& counts, const store::Id& account) {
  const auto at = counts.find(account);
  return at == counts.end() ? 0 : at->second;
}

}  // namespace

Agenda::Added Agenda::room_for(const store::Id& account) const {
  const std::scoped_lock lock(mutex_);
  if (keys_.size() >= limits_.tasks_max) return Added::full;
  return value_of(count_, account) >= limits_.tasks_per_account_max ? Added::account_full : Added::yes;
}

void Agenda::add(Task task) {
  const std::scoped_lock lock(mutex_);
  if (!keys_.insert(task.key).second) return;
  ++count_[task.account];
  const Time due = task.due;
  waiting_.emplace(due, std::move(task));
  announce();
}

bool Agenda::may_run(const Task& task) const {
  return task.account.empty() || value_of(running_, task.account) < limits_.running_per_account_max;
}

std::optional<Task> Agenda::take(Time now) {
  const std::scoped_lock lock(mutex_);
  for (auto at = waiting_.begin(); at != waiting_.end() && at->first <= now; ++at) {
    if (!may_run(at->second)) continue;
    Task task = std::move(at->second);
    waiting_.erase(at);
    ++running_[task.account];
    // Whoever was woken for this task watches over no other one now: hand that on.
    if (!waiting_.empty()) announce();
    return task;
  }
  return std::nullopt;
}

void Agenda::announce() {
  ++changes_;
  changed_.notify_one();
}

void Agenda::release(const Task& task) {
  decrease(running_, task.account);
  if (!waiting_.empty()) announce();  // one that its account held back may run now
}

void Agenda::done(const Task& task) {
  const std::scoped_lock lock(mutex_);
  keys_.erase(task.key);
  decrease(count_, task.account);
  release(task);
}

void Agenda::again(Task task) {
  const std::scoped_lock lock(mutex_);
  decrease(running_, task.account);
  const Time due = task.due;
  waiting_.emplace(due, std::move(task));
  announce();
}

void Agenda::hurry(const std::string& key, Time now) {
  const std::scoped_lock lock(mutex_);
  if (!keys_.contains(key)) return;
  const auto at = std::ranges::find_if(waiting_, [&](const auto& entry) { return entry.second.key == key; });
  if (at == waiting_.end() || at->first <= now) return;
  Task task = std::move(at->second);
  waiting_.erase(at);
  task.due = now;
  waiting_.emplace(now, std::move(task));
  announce();
}

std::size_t Agenda::size() const {
  const std::scoped_lock lock(mutex_);
  return keys_.size();
}

std::optional<Time> Agenda::next() const {
  const std::scoped_lock lock(mutex_);
  for (const auto& [due, task] : waiting_) {
    if (may_run(task)) return due;
  }
  return std::nullopt;
}

void Agenda::wait(const Clock& clock, std::stop_token stop, std::optional<Time> no_later) {
  std::unique_lock lock(mutex_);
  const auto first = std::ranges::find_if(waiting_, [&](const auto& entry) { return may_run(entry.second); });
  const Time now = clock.now();
  Time until = now + wait_max;
  if (first != waiting_.end()) until = std::min(until, first->first);
  if (no_later) until = std::min(until, *no_later);
  if (until <= now) return;
  const Duration span = until - now;
  const auto generation = changes_;
  changed_.wait_for(lock, stop, span, [&] { return changes_ != generation; });
}

}  // namespace crest::ca
