#include "adapters/postgres_nonces.hpp"

#include <algorithm>

#include "adapters/sql_text.hpp"
#include "crypto/digest.hpp"
#include "encoding/base64.hpp"

namespace crest::adapters {
namespace {

constexpr std::size_t id_octets = 8, number_octets = 16, tag_octets = 16, secret_octets = 32;
constexpr std::size_t value_octets = id_octets + number_octets + tag_octets;
constexpr std::size_t value_chars = (value_octets * 4 + 2) / 3;
constexpr std::size_t idle_most = 8;
constexpr Duration look_spacing{1'000};  // however many strange nonces come

constexpr const char* make_tables =
    "SET LOCAL synchronous_commit = on; SELECT pg_advisory_xact_lock(7381003515);"
    "CREATE UNLOGGED TABLE IF NOT EXISTS nonce_keys (id BIGINT PRIMARY KEY, secret BYTEA NOT NULL, made BIGINT NOT "
    "NULL);"
    "CREATE UNLOGGED TABLE IF NOT EXISTS spent_nonces (key BIGINT NOT NULL, number BYTEA NOT NULL,"
    " PRIMARY KEY (key, number))";

Bytes octets_of(std::int64_t id) {
  Bytes out;
  for (std::size_t i = 0; i < id_octets; ++i) out.push_back(static_cast<std::uint8_t>(id >> (8 * i)));
  return out;
}

std::int64_t id_of(ByteView octets) {
  std::uint64_t id = 0;
  for (std::size_t i = 0; i < id_octets; ++i) id |= std::uint64_t{octets[i]} << (8 * i);
  return static_cast<std::int64_t>(id);
}

Bytes tag_of(const Bytes& secret, ByteView head) {
  Bytes tag = crypto::hmac(crypto::Hash::sha256, secret, head);
  tag.resize(tag_octets);
  return tag;
}

}  // namespace

PostgresNonces::PostgresNonces(std::string target, Clock& clock, Random& random, Log& log)
    : target_(std::move(target)), clock_(clock), random_(random), log_(log) {}

Result<std::unique_ptr<PostgresNonces>> PostgresNonces::open(const std::string& target, Clock& clock, Random& random,
                                                             Log& log) {
  std::unique_ptr<PostgresNonces> nonces(new PostgresNonces(target, clock, random, log));
  auto connection = TRY(nonces->connection());
  TRY(connection->begin("BEGIN"));
  TRY(connection->execute(make_tables));
  TRY(connection->commit());
  nonces->give_back(std::move(connection));
  TRY(nonces->refresh(clock.now()));
  return nonces;
}

Result<std::unique_ptr<PostgresConnection>> PostgresNonces::connection() {
  {
    const std::scoped_lock lock(mutex_);
    if (!idle_.empty()) {
      auto taken = std::move(idle_.back());
      idle_.pop_back();
      return taken;
    }
  }
  auto made = TRY(PostgresConnection::open(target_));
  TRY(made->execute("SET synchronous_commit = off"));
  return made;
}

void PostgresNonces::give_back(std::unique_ptr<PostgresConnection> connection) {
  const std::scoped_lock lock(mutex_);
  if (idle_.size() < idle_most) idle_.push_back(std::move(connection));
}

// Whichever node finds the newest key too old makes the next one; of two that do so at once, one wins.
Result<void> PostgresNonces::refresh_with(PostgresConnection& connection, Time now) {
  {
    const Bytes secret = random_.bytes(secret_octets);
    SqlQuery made(connection,
                  "INSERT INTO nonce_keys (id, secret, made) SELECT coalesce(max(id), 0) + 1, CAST(?1 AS BYTEA), "
                  "CAST(?2 AS BIGINT) FROM nonce_keys "
                  "HAVING coalesce(max(made), 0) <= ?3 ON CONFLICT DO NOTHING");
    TRY(made.bind(ByteView(secret)).bind(milliseconds(now)).bind(milliseconds(now - key_life)).run());
    SqlQuery ended(connection, "DELETE FROM nonce_keys WHERE made <= ?");
    TRY(ended.bind(milliseconds(now - 2 * key_life)).run());
    SqlQuery spent(connection, "DELETE FROM spent_nonces WHERE key < (SELECT min(id) FROM nonce_keys)");
    TRY(spent.run());
  }
  SqlQuery query(connection, "SELECT id, secret, made FROM nonce_keys ORDER BY id DESC");
  auto keys = TRY(rows_of(query, [](const SqlQuery& row) { return Key{row.integer(0), row.blob(1), row.time(2)}; }));
  const std::scoped_lock lock(mutex_);
  keys_.assign(keys.begin(), keys.end());
  return {};
}

Result<void> PostgresNonces::refresh(Time now) {
  {
    const std::scoped_lock lock(mutex_);
    looked_ = now;
  }
  Result<void> done;
  for (int attempt = 0; attempt < 2; ++attempt) {  // those that idled may be gone
    auto used = TRY(connection());
    done = refresh_with(*used, now);
    if (done) {
      give_back(std::move(used));
      return {};
    }
    const std::scoped_lock lock(mutex_);
    idle_.clear();
  }
  log_.warn("nonces_not_shared", {{"error", done.error().describe()}});
  return done;
}

std::optional<PostgresNonces::Key> PostgresNonces::current(Time now) {
  bool fresh = false;
  {
    const std::scoped_lock lock(mutex_);
    fresh = !keys_.empty() && (now - keys_.front().made < key_life || now - looked_ < look_spacing);
  }
  if (!fresh) (void)refresh(now);
  const std::scoped_lock lock(mutex_);
  return keys_.empty() ? std::nullopt : std::optional(keys_.front());
}

std::optional<PostgresNonces::Key> PostgresNonces::known(std::int64_t id, Time now) {
  const auto find = [&]() -> std::optional<Key> {
    const std::scoped_lock lock(mutex_);
    const auto found = std::ranges::find(keys_, id, &Key::id);
    return found == keys_.end() ? std::nullopt : std::optional(*found);
  };
  if (auto key = find()) return key;
  {
    const std::scoped_lock lock(mutex_);
    if (now - looked_ < look_spacing) return std::nullopt;
  }
  (void)refresh(now);
  return find();
}

std::string PostgresNonces::issue() {
  const auto key = current(clock_.now());
  Bytes value = octets_of(key ? key->id : 0);
  const Bytes number = random_.bytes(number_octets);
  value.insert(value.end(), number.begin(), number.end());
  const Bytes tag = key ? tag_of(key->secret, value) : random_.bytes(tag_octets);
  value.insert(value.end(), tag.begin(), tag.end());
  return encoding::base64url(value);
}

// Only while the key is there: after a crash of the database another one may have its number.
Result<bool> PostgresNonces::spend(PostgresConnection& connection, const Key& key, ByteView number) {
  SqlQuery query(connection,
                 "INSERT INTO spent_nonces (key, number) SELECT CAST(?1 AS BIGINT), CAST(?2 AS BYTEA) FROM nonce_keys "
                 "WHERE id = ?1 AND secret = ?3 ON CONFLICT DO NOTHING");
  const std::uint64_t added = TRY(query.bind(key.id).bind(number).bind(ByteView(key.secret)).run());
  return added == 1;
}

Result<bool> PostgresNonces::spend_somehow(const Key& key, ByteView number) {
  Result<bool> spent = false;
  for (int attempt = 0; attempt < 2; ++attempt) {  // those that idled may be gone
    auto used = TRY(connection());
    spent = spend(*used, key, number);
    if (spent) {
      give_back(std::move(used));
      return spent;
    }
    const std::scoped_lock lock(mutex_);
    idle_.clear();
  }
  return spent;
}

bool PostgresNonces::redeem(std::string_view value) {
  if (value.size() != value_chars) return false;
  const auto octets = encoding::from_base64url(value);
  if (!octets || octets->size() != value_octets) return false;
  const ByteView view(*octets);
  const Time now = clock_.now();
  const std::int64_t id = id_of(view);
  const auto key = known(id, now);
  if (!key || now - key->made >= 2 * key_life) return false;
  if (!crypto::equal_constant_time(tag_of(key->secret, view.first(id_octets + number_octets)),
                                   view.subspan(id_octets + number_octets))) {
    return false;
  }
  const auto taken = spend_somehow(*key, view.subspan(id_octets, number_octets));
  if (taken && *taken) return true;
  bool ask = false;
  {
    const std::scoped_lock lock(mutex_);
    ask = now - looked_ >= look_spacing;
  }
  if (ask) (void)refresh(now);  // the database may have crashed, and forgotten the key
  return false;
}

}  // namespace crest::adapters
