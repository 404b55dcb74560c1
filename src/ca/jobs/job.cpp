#include "ca/jobs/job.hpp"

#include <exception>

namespace crest::ca {
namespace {

constexpr Duration retry_delay{60'000};

}  // namespace

void Jobs::add(std::unique_ptr<Job> job, Time first) {
  entries_.push_back(std::make_unique<Entry>(Entry{std::move(job), first}));
}

// Told when it begins to fail and when it works again, not at every step.
Time Jobs::run(Entry& entry, Time now) {
  Result<Time> next = now;
  try {
    next = entry.job->step(now);
  } catch (const std::exception& failure) {  // memory, or a bug
    next = make_error(ErrorKind::internal, failure.what());
  }
  const bool failed = !next;
  if (failed && !entry.failed)
    log_.error("job_failed", {{"job", entry.job->name()}, {"error", next.error().describe()}});
  if (!failed && entry.failed) log_.info("job_works_again", {{"job", entry.job->name()}});
  entry.failed = failed;
  return failed ? now + retry_delay : *next;
}

bool Jobs::step(Time now) {
  Entry* entry = nullptr;
  {
    const std::scoped_lock lock(mutex_);
    for (const auto& each : entries_) {  // the one that has waited longest
      if (!each->running && each->due <= now && (!entry || each->due < entry->due)) entry = each.get();
    }
    if (!entry) return false;
    entry->running = true;
  }
  const Time next = run(*entry, now);
  const std::scoped_lock lock(mutex_);
  entry->due = next;
  entry->running = false;
  return true;
}

std::optional<Time> Jobs::next() const {
  const std::scoped_lock lock(mutex_);
  std::optional<Time> first;
  for (const auto& entry : entries_) {
    if (!entry->running && (!first || entry->due < *first)) first = entry->due;
  }
  return first;
}

}  // namespace crest::ca
