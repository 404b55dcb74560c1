#include "ca/agenda.hpp"

#include <algorithm>

namespace crest::ca {
namespace {

constexpr Duration wait_max{60'000};  // a clock that is set while we wait is noticed by then

bool has_turns(const Task& task) { return task.kind == Task::Kind::validate; }

}  // namespace

Agenda::Added Agenda::room_for(const store::Id& account) const {
  const std::scoped_lock lock(mutex_);
  if (keys_.size() >= limits_.tasks_max) return Added::full;
  const auto at = count_.find(account);
  return at != count_.end() && at->second >= limits_.tasks_per_account_max ? Added::account_full : Added::yes;
}

void Agenda::put(Task task) {
  const Time due = task.due;
  if (has_turns(task)) {
    turns_.join(task.account);
    validations_[task.account].emplace(due, std::move(task));
  } else {
    duties_.emplace(due, std::move(task));
  }
  announce();
}

void Agenda::add(Task task) {
  const std::scoped_lock lock(mutex_);
  if (!keys_.emplace(task.key, task.account).second) return;
  ++count_[task.account];
  put(std::move(task));
}

Task Agenda::drawn(Waiting& from, Waiting::iterator at) {
  Task task = std::move(at->second);
  from.erase(at);
  if (has_turns(task) && from.empty()) {
    turns_.leave(task.account);
    validations_.erase(task.account);
  }
  return task;
}

std::optional<Task> Agenda::take_validation(Time now) {
  for (const auto& [ticket, account] : turns_.line()) {
    Waiting& waiting = validations_.at(account);
    for (auto at = waiting.begin(); at != waiting.end() && at->first <= now; ++at) {
      if (!turns_.may_begin(account, at->second.target)) continue;
      Task task = drawn(waiting, at);
      turns_.begin(task.account, task.target);
      return task;
    }
  }
  return std::nullopt;
}

std::optional<Task> Agenda::take(Time now) {
  const std::scoped_lock lock(mutex_);
  const bool duty = !duties_.empty() && duties_.begin()->first <= now;
  auto task = duty ? std::optional(drawn(duties_, duties_.begin())) : take_validation(now);
  // Whoever was woken for this task watches over no other one now: hand that on.
  if (task && !(duties_.empty() && validations_.empty())) announce();
  return task;
}

void Agenda::announce() {
  ++changes_;
  changed_.notify_one();
}

void Agenda::release(const Task& task) {
  if (!has_turns(task)) return;
  turns_.end(task.account, task.target);
  if (!validations_.empty()) announce();  // one that was held back may run now
}

void Agenda::done(const Task& task) {
  const std::scoped_lock lock(mutex_);
  keys_.erase(task.key);
  const auto at = count_.find(task.account);
  if (at != count_.end() && --at->second == 0) count_.erase(at);
  release(task);
}

void Agenda::again(Task task) {
  const std::scoped_lock lock(mutex_);
  release(task);
  put(std::move(task));
}

void Agenda::hurry(const std::string& key, Time now) {
  const std::scoped_lock lock(mutex_);
  const auto known = keys_.find(key);
  if (known == keys_.end()) return;
  const auto of_account = validations_.find(known->second);
  for (Waiting* waiting : {&duties_, of_account == validations_.end() ? nullptr : &of_account->second}) {
    if (!waiting) continue;
    const auto at = std::ranges::find_if(*waiting, [&](const auto& entry) { return entry.second.key == key; });
    if (at == waiting->end() || at->first <= now) continue;
    auto node = waiting->extract(at);
    node.key() = node.mapped().due = now;
    waiting->insert(std::move(node));
    return announce();
  }
}

std::size_t Agenda::size() const {
  const std::scoped_lock lock(mutex_);
  return keys_.size();
}

std::optional<Time> Agenda::first_due() const {
  std::optional<Time> first;
  if (!duties_.empty()) first = duties_.begin()->first;
  for (const auto& [account, waiting] : validations_) {
    for (const auto& [due, task] : waiting) {
      if (first && due >= *first) break;
      if (turns_.may_begin(account, task.target)) first = due;
    }
  }
  return first;
}

std::optional<Time> Agenda::next() const {
  const std::scoped_lock lock(mutex_);
  return first_due();
}

void Agenda::wait(const Clock& clock, std::stop_token stop, std::optional<Time> no_later) {
  std::unique_lock lock(mutex_);
  const auto first = first_due();
  const Time now = clock.now();
  Time until = now + wait_max;
  if (first) until = std::min(until, *first);
  if (no_later) until = std::min(until, *no_later);
  if (until <= now) return;
  const Duration span = until - now;
  const auto generation = changes_;
  changed_.wait_for(lock, stop, span, [&] { return changes_ != generation; });
}

}  // namespace crest::ca
