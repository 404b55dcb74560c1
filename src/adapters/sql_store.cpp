#include "adapters/sql_store.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "adapters/sql_repositories.hpp"

namespace crest::adapters {
namespace {

using ca::store::Store;
using ca::store::Work;
using Use = SqlDatabase::Use;

constexpr std::size_t commit_batch_max = 64, idle_readers_max = 8;
constexpr int tries_max = 12;
constexpr Duration pause_unit{1}, pause_max{100};  // between two tries, grown and spread

// A connection with the tables on it.
struct Seat {
  explicit Seat(std::unique_ptr<SqlConnection> opened) : connection(std::move(opened)), tables(*connection) {}
  std::unique_ptr<SqlConnection> connection;
  SqlTables tables;
};

// One write on its way: the caller waits until somebody, maybe itself, has committed it.
struct Job {
  const Work& work;
  Result<void> result;
  std::exception_ptr thrown;
  bool done = false;
};

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

 private:
  using Batch = std::vector<Job*>;
  void commit(const Batch& batch);
  Result<void> commit_once(const Batch& batch);
  Result<void> run(Job& job);
  Result<std::unique_ptr<Seat>> reader();
  void give_back(std::unique_ptr<Seat> reader);

  std::unique_ptr<SqlDatabase> database_;
  std::unique_ptr<Seat> writer_;  // null: it was lost
  std::mutex mutex_;
  std::condition_variable finished_;
  std::deque<Job*> waiting_;
  bool committing_ = false;
  std::mutex readers_mutex_;
  std::vector<std::unique_ptr<Seat>> readers_;
};

// Whoever finds no commit under way commits for all who wait; the others sleep until theirs is done.
Result<void> SqlStore::write(const Work& work) {
  Job job{work, {}, nullptr, false};
  std::unique_lock lock(mutex_);
  waiting_.push_back(&job);
  while (!job.done) {
    if (committing_) {
      finished_.wait(lock);
      continue;
    }
    committing_ = true;
    const std::size_t count = std::min(waiting_.size(), commit_batch_max);
    const Batch batch(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
    lock.unlock();
    try {
      commit(batch);
    } catch (...) {  // whatever it was, nobody may be left waiting for ever, nor a transaction open
      writer_.reset();
      for (Job* lost : batch) lost->thrown = std::current_exception();
    }
    lock.lock();
    for (Job* finished : batch) finished->done = true;
    committing_ = false;
    finished_.notify_all();
  }
  if (job.thrown) std::rethrow_exception(job.thrown);
  return std::move(job.result);
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
    outcome = commit_once(batch);
    if (outcome) return;
    const SqlTrouble trouble = writer_->connection->trouble();
    if (trouble == SqlTrouble::lost || trouble == SqlTrouble::lost_before_commit) writer_.reset();
    if (trouble != SqlTrouble::conflict && trouble != SqlTrouble::lost_before_commit) break;
  }
  for (Job* job : batch) {
    if (job->result) job->result = outcome.error();
  }
}

Result<void> SqlStore::commit_once(const Batch& batch) {
  SqlConnection& connection = *writer_->connection;
  TRY(database_->before_write(connection));
  TRY(connection.begin(database_->begin(Use::write)));
  Result<void> outcome;
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
  job.result = connection.execute("SAVEPOINT job");
  if (!job.result) return {};
  try {
    job.result = job.work(writer_->tables.tx());
  } catch (...) {
    job.thrown = std::current_exception();
  }
  if (!job.result || job.thrown) TRY(connection.execute("ROLLBACK TO SAVEPOINT job"));
  const Result<void> released = connection.execute("RELEASE SAVEPOINT job");
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

Result<void> SqlStore::check() {
  return write([this](ca::store::Tx&) { return writer_->connection->execute(database_->probe()); });
}

}  // namespace

std::unique_ptr<Store> make_sql_store(std::unique_ptr<SqlDatabase> database, std::unique_ptr<SqlConnection> writer) {
  return std::make_unique<SqlStore>(std::move(database), std::move(writer));
}

}  // namespace crest::adapters
