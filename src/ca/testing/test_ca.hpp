// A whole CA in a test: memory store, a clock that the test moves, names and hosts that the test makes up.
#pragma once

#include <deque>

#include "ca/authority.hpp"
#include "ca/store/memory_store.hpp"
#include "ca/testing/fake_network.hpp"
#include "ca/testing/manual_clock.hpp"
#include "crypto/digest.hpp"
#include "encoding/json.hpp"
#include "jose/jwk.hpp"

namespace crest::ca::testing {

class RecordingLog final : public Log {
 public:
  struct Event {
    LogLevel level;
    std::string name;
    LogFields fields;
  };
  void write(LogLevel level, std::string_view event, const LogFields& fields) override {
    const std::scoped_lock lock(mutex_);
    events_.push_back({level, std::string(event), fields});
  }
  std::size_t count(std::string_view name) const {
    const std::scoped_lock lock(mutex_);
    return static_cast<std::size_t>(std::ranges::count(events_, name, &Event::name));
  }
  std::string text() const {  // everything that was written, for what must never be
    const std::scoped_lock lock(mutex_);
    std::string out;
    for (const auto& event : events_) {
      out += event.name;
      for (const auto& [key, value] : event.fields) out += ' ' + key + '=' + value;
      out += '\n';
    }
    return out;
  }

 private:
  mutable std::mutex mutex_;
  std::deque<Event> events_;
};

// Remembers what each gauge shows.
class RecordingMeter final : public Meter {
 public:
  void count(std::string_view, std::string_view, double) override {}
  void observe(std::string_view, double) override {}
  void gauge(std::string_view name, double value) override {
    const std::scoped_lock lock(mutex_);
    gauges_[std::string(name)] = value;
  }
  std::optional<double> shown(const std::string& name) const {
    const std::scoped_lock lock(mutex_);
    const auto found = gauges_.find(name);
    return found == gauges_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, double> gauges_;
};

// The system's generator, which can be told to have no entropy.
class MoodyRandom final : public Random {
 public:
  std::atomic<bool> fails = false;
  void fill(std::span<std::uint8_t> out) override {
    if (fails) throw std::runtime_error("no entropy");
    system_.fill(out);
  }

 private:
  crypto::SystemRandom system_;
};

// A root and an intermediate, made once for all tests.
struct TestHierarchy {
  crypto::PrivateKey root_key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  crypto::PrivateKey key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  x509::Certificate root = make(root_key, nullptr, root_key, "Test Root", 1, 10 * 365 * 24h);
  x509::Certificate intermediate = make(key, &root, root_key, "Test Intermediate", 0, 5 * 365 * 24h);

  static const TestHierarchy& get() {
    static const TestHierarchy hierarchy;
    return hierarchy;
  }
  x509::Certificate another(const crypto::PrivateKey& of, std::string name, Duration life = 5 * 365 * 24h) const {
    return make(of, &root, root_key, std::move(name), 0, life);
  }

 private:
  static x509::Certificate make(const crypto::PrivateKey& subject, const x509::Certificate* issuer,
                                const crypto::PrivateKey& signer, std::string name, unsigned path_length,
                                Duration life) {
    crypto::SystemRandom random;
    const Time begin = from_unix_seconds(ManualClock::start_seconds) - 24h;
    const x509::CertificateTemplate parts{
        .serial = x509::new_serial(random),
        .not_before = begin,
        .not_after = x509::last_second(begin, life),
        .subject = {.common_name = std::move(name), .organization = "Test"},
        .is_ca = true,
        .path_length = path_length,
        .key_usage =
            static_cast<unsigned>(x509::KeyUsage::key_cert_sign) | static_cast<unsigned>(x509::KeyUsage::crl_sign),
    };
    return x509::sign(x509::to_be_signed(parts, subject.public_key(), issuer, signer.public_key()).value(), signer)
        .value();
  }
};

// A signer that can be told to fail: a token that is gone.
class MoodySigner final : public crypto::Signer {
 public:
  explicit MoodySigner(const crypto::Signer& inner) : inner_(inner) {}
  std::atomic<bool> fails = false;
  std::atomic<int> signatures = 0;       // of DER: certificates and what tells of them, not the audit log's
  std::function<void()> before_signing;  // what happens to the CA just then

  const crypto::PublicKey& public_key() const override { return inner_.public_key(); }
  Result<Bytes> sign(ByteView message) const override {
    if (before_signing) before_signing();
    if (fails) return make_error(ErrorKind::internal, "the token is gone");
    constexpr std::uint8_t sequence = 0x30;
    if (!message.empty() && message.front() == sequence) ++const_cast<MoodySigner*>(this)->signatures;
    return inner_.sign(message);
  }

 private:
  const crypto::Signer& inner_;
};

// Takes no line.
class FullAuditLog final : public store::AuditLog {
 public:
  Result<std::optional<store::AuditRow>> last(const std::string&) override { return std::optional<store::AuditRow>(); }
  Result<void> append(const store::AuditRow&) override { return make_error(ErrorKind::storage, "the log is full"); }
  Result<std::vector<store::AuditRow>> list(const std::string&, std::uint64_t, std::size_t) override {
    return std::vector<store::AuditRow>();
  }
  Result<std::vector<std::string>> chains() override { return std::vector<std::string>(); }
};

// Leases by a clock of the test's, whatever the database's own says.
class ClockedLeases final : public store::Leases {
 public:
  ClockedLeases(store::Leases& inner, const Clock* clock) : inner_(inner), clock_(clock) {}
  Result<Time> time(Time local) override { return clock_ ? clock_->now() : local; }
  Result<std::optional<std::uint64_t>> take(const std::string& name, const std::string& holder, Time now,
                                            Time until) override {
    return inner_.take(name, holder, now, until);
  }
  Result<bool> is_current(const std::string& name, std::uint64_t fence) override {
    return inner_.is_current(name, fence);
  }
  Result<std::vector<store::LeaseRow>> all() override { return inner_.all(); }

 private:
  store::Leases& inner_;
  const Clock* clock_;
};

// A store whose n-th write from now on fails. It begins each write twice, as one does that met another node's: what a
// work leaves behind outside of its transaction must not add up.
class MoodyStore final : public store::Store {
 public:
  explicit MoodyStore(store::Store& inner) : inner_(inner) {}
  std::atomic<int> fail_write_in = 0;  // 1: the next one; 0: never
  std::atomic<int> lose_write_in = 0;  // it is done, and nobody is told
  std::atomic<int> writes = 0, checks = 0;
  std::atomic<bool> no_room = false;
  std::atomic<bool> audit_fails = false;
  const Clock* lease_clock = nullptr;  // the database's; nullptr: it has that of whoever asks

  Result<void> write(const store::Work& work) override {
    ++writes;
    if (fail_write_in > 0 && --fail_write_in == 0) return make_error(ErrorKind::storage, "the disk is full");
    (void)inner_.write([&](store::Tx& tx) -> Result<void> {
      TRY(by_test(work, tx, audit_fails));
      return make_error(ErrorKind::storage, "another node was first");
    });
    auto done = inner_.write([&](store::Tx& tx) { return by_test(work, tx, audit_fails); });
    if (lose_write_in > 0 && --lose_write_in == 0) return make_error(ErrorKind::storage, "the connection is lost");
    return done;
  }
  Result<void> read(const store::Work& work) override {
    return inner_.read([&](store::Tx& tx) { return by_test(work, tx, false); });
  }
  Result<void> check() override {
    ++checks;
    return inner_.check();
  }
  Result<void> check_room() override {
    if (no_room) return make_error(ErrorKind::storage, "the disk is nearly full");
    return inner_.check_room();
  }

 private:
  Result<void> by_test(const store::Work& work, store::Tx& tx, bool audit_is_full) const {
    FullAuditLog full;
    ClockedLeases leases(tx.leases, lease_clock);
    store::Tx seen{tx.accounts,
                   tx.orders,
                   tx.authorizations,
                   tx.certificates,
                   tx.blocked_keys,
                   tx.eab_keys,
                   tx.spendings,
                   leases,
                   tx.issuers,
                   tx.crls,
                   audit_is_full ? full : tx.audit};
    return work(seen);
  }
  store::Store& inner_;
};

class TestCa {
 public:
  static constexpr const char* base = "https://ca.test:9000";

  // http-01 alone and no CAA: what most tests are about has nothing to do with how names are proved.
  AuthorityOptions options{.base_url = base, .name = "corp", .methods = {"http-01"}, .caa = {.enabled = false}};
  ManualClock clock;
  FakeResolver resolver;
  FakeEgress egress;
  FakeProbe probe;
  MoodyRandom random;
  RecordingLog log;
  RecordingMeter meter;
  store::MemoryStore memory;
  MoodyStore store;
  MoodySigner signer{TestHierarchy::get().key};
  issuer::IssuerState state = issuer::IssuerState::active;  // of the intermediate of TestHierarchy
  std::vector<issuer::AlternateChain> alternates;           // of the same one
  std::vector<IssuingKey> further;                          // issuers behind it
  std::vector<issuer::Member> more_issuers;
  bool only_further = false;
  nonce::NonceSource* nonces = nullptr;  // its own
  std::unique_ptr<Authority> authority;

  TestCa() : store(memory) { start(); }
  explicit TestCa(AuthorityOptions changed) : options(std::move(changed)), store(memory) { start(); }
  explicit TestCa(store::Store& another) : store(another) { start(); }

  void start() { authority = try_to_start().value(); }  // again: what a restart does
  Result<std::unique_ptr<Authority>> try_to_start() {
    return Authority::open(
        options, {store, resolver, egress, issuers(), clock, random, log, meter, &probe, more_issuers, nonces});
  }
  std::vector<IssuingKey> issuers() const {
    const auto& hierarchy = TestHierarchy::get();
    std::vector<IssuingKey> all = {{x509::Chain({hierarchy.intermediate}), &signer, hierarchy.root}};
    all.front().state = state;
    all.front().alternates = alternates;
    if (only_further) all.clear();
    all.insert(all.end(), further.begin(), further.end());
    return all;
  }
  // A host that answers every http-01 challenge of the account with this key.
  void add_host(const std::string& name, const std::string& address, const crypto::PublicKey& account) {
    resolver.hosts[name] = {address};
    serve(address, account);
  }
  void serve(const std::string& address, const crypto::PublicKey& account) {
    egress.at[address] = [thumbprint = jose::thumbprint(account)](const http::Request& request,
                                                                  const Call&) -> Result<http::Response> {
      const auto token = request.url.substr(request.url.rfind('/') + 1);
      return http::Response{.status = 200, .body = token + "." + thumbprint};
    };
  }
  // Does what is due, moving the clock to what comes next, until nothing is left.
  void work_all() {
    for (auto next = authority->next_work(); next; next = authority->next_work()) {
      if (*next > clock.now()) clock.advance(*next - clock.now());
      while (authority->work()) {
      }
    }
  }
};

}  // namespace crest::ca::testing
