#include "adapters/sqlite_store.hpp"

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <sys/statvfs.h>
#include <vector>

#include "adapters/sqlite_tables.hpp"

namespace crest::adapters {
namespace {

using ca::store::Store;
using ca::store::Work;

constexpr std::size_t commit_batch_max = 64, idle_readers_max = 8;
constexpr unsigned any_size = 1'073'741'823;  // SQLite's own default of max_page_count

struct Reader {
  explicit Reader(std::unique_ptr<SqliteConnection> opened) : connection(std::move(opened)), tables(*connection) {}
  std::unique_ptr<SqliteConnection> connection;
  SqliteTables tables;
};

// One write on its way: the caller waits until somebody, maybe itself, has committed it.
struct Job {
  const Work& work;
  Result<void> result;
  std::exception_ptr thrown;
  bool done = false;
};

class SqliteStore final : public Store {
 public:
  SqliteStore(std::string path, SqliteOptions options, std::unique_ptr<SqliteConnection> writer)
      : path_(std::move(path)), options_(options), writer_(std::move(writer)), tables_(*writer_) {}

  Result<void> write(const Work& work) override;
  Result<void> read(const Work& work) override;
  Result<void> check() override;
  Result<void> check_room() override;

 private:
  void commit(const std::vector<Job*>& batch);
  void run(Job& job);
  Result<std::unique_ptr<Reader>> reader();
  void give_back(std::unique_ptr<Reader> reader);

  Result<void> limit_pages();

  std::string path_;
  SqliteOptions options_;
  std::unique_ptr<SqliteConnection> writer_;
  SqliteTables tables_;
  std::mutex mutex_;
  std::condition_variable finished_;
  std::deque<Job*> waiting_;
  bool committing_ = false;
  std::mutex readers_mutex_;
  std::vector<std::unique_ptr<Reader>> readers_;
};

// Whoever finds no commit under way commits for all who wait; the others sleep until theirs is done.
Result<void> SqliteStore::write(const Work& work) {
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
    const std::vector<Job*> batch(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
    lock.unlock();
    try {
      commit(batch);
    } catch (...) {  // whatever it was, nobody may be left waiting for ever
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

void SqliteStore::commit(const std::vector<Job*>& batch) {
  Result<void> outcome = limit_pages();
  if (outcome) outcome = writer_->execute("BEGIN IMMEDIATE");
  if (outcome) {
    for (std::size_t i = 0; i < batch.size() && outcome; ++i) {
      run(*batch[i]);
      outcome = writer_->check_transaction();  // a full disk may have rolled all of it back already
    }
    if (outcome) outcome = writer_->execute("COMMIT");
    if (!outcome && writer_->check_transaction()) (void)writer_->execute("ROLLBACK");
  }
  if (outcome) return;
  for (Job* job : batch) {
    if (job->result) job->result = outcome.error();
  }
}

// A savepoint each, so that one that fails takes nobody with it.
void SqliteStore::run(Job& job) {
  job.result = writer_->execute("SAVEPOINT job");
  if (!job.result) return;
  try {
    job.result = job.work(tables_.tx());
  } catch (...) {
    job.thrown = std::current_exception();
  }
  if (!job.result || job.thrown) (void)writer_->execute("ROLLBACK TO job");
  const Result<void> released = writer_->execute("RELEASE job");
  if (!released && job.result) job.result = released.error();
}

Result<std::unique_ptr<Reader>> SqliteStore::reader() {
  {
    const std::lock_guard lock(readers_mutex_);
    if (!readers_.empty()) {
      std::unique_ptr<Reader> idle = std::move(readers_.back());
      readers_.pop_back();
      return idle;
    }
  }
  std::unique_ptr<SqliteConnection> connection = TRY(SqliteConnection::open(path_));
  TRY(connection->execute("PRAGMA query_only=ON"));
  return std::make_unique<Reader>(std::move(connection));
}

void SqliteStore::give_back(std::unique_ptr<Reader> reader) {
  const std::lock_guard lock(readers_mutex_);
  if (readers_.size() < idle_readers_max) readers_.push_back(std::move(reader));
}

Result<void> SqliteStore::read(const Work& work) {
  std::unique_ptr<Reader> used = TRY(reader());
  TRY(used->connection->execute("BEGIN"));
  const Result<void> result = work(used->tables.tx());
  const Result<void> ended = used->connection->execute("COMMIT");
  if (ended) give_back(std::move(used));  // one that cannot even end is closed instead
  return result;
}

Result<void> SqliteStore::limit_pages() {
  if (!options_.pages_max) return {};
  const unsigned most = options_.pages_max->load();
  return writer_->execute(("PRAGMA max_page_count = " + std::to_string(most == 0 ? any_size : most)).c_str());
}

// The writer's log, which is what grows first, stands beside the database.
Result<void> SqliteStore::check_room() {
  struct statvfs disk{};
  if (::statvfs(path_.c_str(), &disk) != 0) return {};  // then the next write tells
  const std::uint64_t left = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  if (left >= options_.free_bytes_least) return {};
  return make_error(ErrorKind::storage,
                    "the disk of the database has " + std::to_string(left >> 20) +
                        " MiB left, and new work begins with " + std::to_string(options_.free_bytes_least >> 20) +
                        " at least; free some space",
                    path_);
}

Result<void> SqliteStore::check() {
  return write([this](ca::store::Tx&) { return touch(*writer_); });
}

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& path, SqliteOptions options) {
  std::unique_ptr<SqliteConnection> writer = TRY(SqliteConnection::open(path));
  TRY(prepare_schema(*writer));
  return std::unique_ptr<Store>(std::make_unique<SqliteStore>(path, options, std::move(writer)));
}

}  // namespace crest::adapters
