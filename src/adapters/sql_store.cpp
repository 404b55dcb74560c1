#include "adapters/sql_store.hpp"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "adapters/sql_repositories.hpp"

namespace crest::adapters {
namespace {

using ca::store::Store;
using ca::store::Work;
using Use = SqlDatabase::Use;

constexpr std::size_t idle_readers_max = 8;
constexpr int tries_max = 12;
constexpr Duration pause_unit{1}, pause_max{100};  // between two tries, grown and spread

// A connection with the tables on it.
struct Seat {
  explicit Seat(std::unique_ptr<SqlConnection> opened) : connection(std::move(opened)), tables(*connection) {}
  std::unique_ptr<SqlConnection> connection;
  SqlTables tables;
};

// One write on its way. Its caller sleeps until another has committed it, or has left the lead to it. Shared, so that
// whoever wakes it may still touch it when the caller has gone.
struct Job {
  explicit Job(const Work& wanted) : work(wanted) {}
  void wake() {
    {
      const std::lock_guard lock(mutex);
      woken = true;
    }
    waker.notify_one();
  }
  void sleep() {
    std::unique_lock lock(mutex);
    waker.wait(lock, [this] { return woken; });
  }

  const Work& work;
  Result<void> result;
  std::exception_ptr thrown;
  bool leads = false;

 private:
  std::mutex mutex;  // its own: to wake one must not mean to hold up another
  std::condition_variable waker;
  bool woken = false;
};
using JobPtr = std::shared_ptr<Job>;

// Nodes that got in each other's way must not do so again at the same moment.
void pause_before(int attempt) {
  thread_local std::minstd_rand random(std::random_device{}());
  const auto longest = std::min(pause_unit * (1 << std::min(attempt, 7)), pause_max).count();
  std::this_thread::sleep_for(Duration(std::uniform_int_distribution<Duration::rep>(0, longest)(random)));
}

class SqlStore final : public Store {
 public:
  SqlStore(std::unique_ptr<SqlDatabase> database, std::unique_ptr<SqlConnection> writer)
      : database_(std::move(database)), writer_(std::make_unique<Seat>(std::move(writer))) {}

  Result<void> write(const Work& work) override;
  Result<void> read(const Work& work) override;
  Result<void> check() override;
  Result<void> check_room() override { return database_->check_room(); }
  Result<std::optional<std::uint64_t>> size_bytes() override;

 private:
  using Batch = std::vector<JobPtr>;  // at most one for each thread
  bool leads_at_once(const JobPtr& job);
  void lead();
  void commit(const Batch& batch);
  Result<void> commit_once(const Batch& batch, Use use);
  Result<void> run(Job& job);
  Result<std::unique_ptr<Seat>> reader();
  void give_back(std::unique_ptr<Seat> reader);

  std::unique_ptr<SqlDatabase> database_;
  std::unique_ptr<Seat> writer_;  // null: it was lost
  std::mutex mutex_;
  Batch waiting_;
  bool committing_ = false;
  std::mutex readers_mutex_;
  std::vector<std::unique_ptr<Seat>> readers_;
};

// Whoever finds no commit under way commits for all who wait by then; the others sleep until theirs is done, and the
// first that came too late leads next. Each is woken once and for itself: nobody wakes to find nothing for it.
Result<void> SqlStore::write(const Work& work) {
  const auto job = std::make_shared<Job>(work);
  job->leads = leads_at_once(job);
  if (!job->leads) job->sleep();
  if (job->leads) lead();
  if (job->thrown) std::rethrow_exception(job->thrown);
  return std::move(job->result);
}

bool SqlStore::leads_at_once(const JobPtr& job) {
  const std::lock_guard lock(mutex_);
  waiting_.push_back(job);
  return !std::exchange(committing_, true);
}

// The leader's own job is the first of the batch. Threads that could run at once are let through to their own writes
// first: a commit costs the same for one as for all.
void SqlStore::lead() {
  Batch batch;
  std::this_thread::yield();
  {
    const std::lock_guard lock(mutex_);
    batch.swap(waiting_);
  }
  try {
    commit(batch);
  } catch (...) {  // whatever it was, nobody may be left waiting for ever, nor a transaction open
    writer_.reset();
    for (const JobPtr& lost : batch) lost->thrown = std::current_exception();
  }
  JobPtr next;
  {
    const std::lock_guard lock(mutex_);
    committing_ = !waiting_.empty();
    if (committing_) next = waiting_.front();
  }
  if (next) {
    next->leads = true;
    next->wake();
  }
  for (std::size_t i = 1; i < batch.size(); ++i) batch[i]->wake();
}

void SqlStore::commit(const Batch& batch) {
  Result<void> outcome;
  for (int attempt = 0; attempt < tries_max; ++attempt) {
    if (attempt > 0) pause_before(attempt);
    if (!writer_) {
      auto connection = database_->connect(Use::write);
      if (!connection) {
        outcome = std::move(connection).error();
        break;
      }
      writer_ = std::make_unique<Seat>(*std::move(connection));
    }
    outcome = commit_once(batch, attempt == 0 ? Use::write : Use::write_alone);  // or it might never get through
    if (outcome) return;
    const SqlTrouble trouble = writer_->connection->trouble();
    if (trouble == SqlTrouble::lost || trouble == SqlTrouble::lost_before_commit) writer_.reset();
    if (trouble != SqlTrouble::conflict && trouble != SqlTrouble::lost_before_commit) break;
  }
  for (const JobPtr& job : batch) {
    if (job->result) job->result = outcome.error();
  }
}

Result<void> SqlStore::commit_once(const Batch& batch, Use use) {
  SqlConnection& connection = *writer_->connection;
  TRY(database_->before_write(connection));
  Result<void> outcome = connection.begin(database_->begin(use));
  for (std::size_t i = 0; i < batch.size() && outcome; ++i) {
    outcome = run(*batch[i]);
    if (outcome) outcome = connection.check_transaction();
  }
  if (outcome) outcome = connection.commit();
  if (!outcome) connection.roll_back();
  return outcome;
}

// A savepoint each, so that one that fails takes nobody with it. Error: what a failed one did could not be undone, so that
// nothing of the batch may be committed.
Result<void> SqlStore::run(Job& job) {
  SqlConnection& connection = *writer_->connection;
  job.thrown = nullptr;
  job.result = connection.command("SAVEPOINT job");
  if (!job.result) return {};
  try {
    job.result = job.work(writer_->tables.tx());
  } catch (...) {
    job.thrown = std::current_exception();
  }
  if (!job.result || job.thrown) TRY(connection.command("ROLLBACK TO SAVEPOINT job"));
  const Result<void> released = connection.command("RELEASE SAVEPOINT job");
  if (!released && job.result) job.result = released.error();
  return {};
}

Result<std::unique_ptr<Seat>> SqlStore::reader() {
  {
    const std::lock_guard lock(readers_mutex_);
    if (!readers_.empty()) {
      std::unique_ptr<Seat> idle = std::move(readers_.back());
      readers_.pop_back();
      return idle;
    }
  }
  auto connection = TRY(database_->connect(Use::read));
  return std::make_unique<Seat>(std::move(connection));
}

void SqlStore::give_back(std::unique_ptr<Seat> reader) {
  const std::lock_guard lock(readers_mutex_);
  if (readers_.size() < idle_readers_max) readers_.push_back(std::move(reader));
}

// What was read is right even when the end of the transaction fails; such a connection is closed.
Result<void> SqlStore::read(const Work& work) {
  std::unique_ptr<Seat> used;
  for (std::size_t attempt = 0;; ++attempt) {  // those that idled may all be gone
    used = TRY(reader());
    const Result<void> begun = used->connection->begin(database_->begin(Use::read));
    if (begun) break;
    if (used->connection->trouble() != SqlTrouble::lost_before_commit || attempt > idle_readers_max) return begun;
  }
  const Result<void> result = work(used->tables.tx());
  if (used->connection->commit()) give_back(std::move(used));
  return result;
}

Result<std::optional<std::uint64_t>> SqlStore::size_bytes() {
  std::unique_ptr<Seat> used = TRY(reader());
  std::optional<std::uint64_t> size;
  {
    SqlQuery query(*used->connection, database_->size());
    const bool there = TRY(query.row());
    if (there) size = static_cast<std::uint64_t>(query.integer(0));
  }
  give_back(std::move(used));
  return size;
}

Result<void> SqlStore::check() {
  return write([this](ca::store::Tx&) { return writer_->connection->execute(database_->probe()); });
}

}  // namespace

std::unique_ptr<Store> make_sql_store(std::unique_ptr<SqlDatabase> database, std::unique_ptr<SqlConnection> writer) {
  return std::make_unique<SqlStore>(std::move(database), std::move(writer));
}

}  // namespace crest::adapters
