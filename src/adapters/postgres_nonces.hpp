// The PostgresNonces are nonces that every node on one database takes back, each once.
//
// A nonce is a random number under a key that the nodes share, so that making one costs no query. Taking it back is one
// row in an unlogged table, which waits for no disk. The key stands in an unlogged table, too: what a crash of the
// database forgets it forgets together, and all nonces of before are unknown then, none of them good a second time (SF1).
#pragma once

#include <deque>
#include <memory>
#include <mutex>

#include "adapters/postgres.hpp"
#include "ca/nonce/nonce_source.hpp"
#include "core/clock.hpp"
#include "core/log.hpp"
#include "core/random.hpp"

namespace crest::adapters {

class PostgresNonces final : public ca::nonce::NonceSource {
 public:
  static constexpr Duration key_life{3'600'000};  // then the next one is used; both are good for as long again

  // Connects, and makes the tables where there are none. What is passed in outlives this. Error: storage.
  static Result<std::unique_ptr<PostgresNonces>> open(const std::string& target, Clock& clock, Random& random,
                                                      Log& log);

  // Does not block but once in key_life. While the database is away, values are made that nobody will take back.
  std::string issue() override;
  // Blocks for one query. False also while the database is away: the client tries again with another one.
  bool redeem(std::string_view value) override;

 private:
  struct Key {
    std::int64_t id = 0;
    Bytes secret;
    Time made;
  };
  PostgresNonces(std::string target, Clock& clock, Random& random, Log& log);

  std::optional<Key> current(Time now);
  std::optional<Key> known(std::int64_t id, Time now);
  Result<void> refresh(Time now);
  Result<void> refresh_with(PostgresConnection& connection, Time now);
  Result<bool> spend(PostgresConnection& connection, const Key& key, ByteView number);
  Result<bool> spend_somehow(const Key& key, ByteView number);
  Result<std::unique_ptr<PostgresConnection>> connection();
  void give_back(std::unique_ptr<PostgresConnection> connection);

  const std::string target_;
  Clock& clock_;
  Random& random_;
  Log& log_;
  std::mutex mutex_;
  std::deque<Key> keys_;  // newest first
  Time looked_;
  std::vector<std::unique_ptr<PostgresConnection>> idle_;
};

}  // namespace crest::adapters
