// A Rig is a client machine for tests: clock, disk, vault, session, http-01 answers, and a CA to talk to.
#pragma once

#include "acme/identifier.hpp"
#include "client/http01.hpp"
#include "client/issuance.hpp"
#include "client/testing/fake_ca.hpp"
#include "client/testing/manual_clock.hpp"
#include "client/testing/memory_disk.hpp"

namespace crest::client::testing {

// Keys are made once and handed out in turn: generating is what takes time in these tests.
class KeyRing final : public crypto::KeySource {
 public:
  Result<crypto::PrivateKey> next(crypto::KeyType type) override { return x509::test::key(type, 100 + number_++); }

 private:
  int number_ = 0;
};

struct Recorder final : Log {
  std::vector<std::string> lines;
  void write(LogLevel, std::string_view event, const LogFields& fields) override {
    std::string line(event);
    for (const auto& [name, value] : fields) line += " " + name + "=" + value;
    lines.push_back(std::move(line));
  }
  bool has(std::string_view event) const {
    return std::any_of(lines.begin(), lines.end(), [&](const std::string& line) { return line.starts_with(event); });
  }
};

struct Rig {
  ManualClock clock;
  RepeatingRandom random;
  KeyRing keys;
  Recorder log;
  MemoryDisk disk;
  FakeCa ca{clock};
  Http01Answers answers;
  AccountOptions account;
  std::optional<std::vector<x509::Certificate>> pinned_roots;
  std::unique_ptr<FileVault> vault;
  std::unique_ptr<Session> session;

  Rig() {
    ca.responder = &answers;
    start();
  }

  // A new process on the same disk.
  void start() {
    vault.reset();
    disk.process_killed();
    vault = FileVault::open(disk).value();
    session = std::make_unique<Session>(Endpoint{.directory_url = ca.directory_url()}, Session::Deps{ca, clock, log});
  }

  // What a listener held in memory goes with its process.
  void forget_proofs() {
    for (const auto& [url, state] : ca.authorizations)
      for (const acme::Challenge& challenge : state.authorization.challenges)
        (void)answers.clean_up({.token = challenge.token}).has_value();
  }

  static CertificateRequest request(std::vector<std::string> names = {"app.corp.example"}) {
    CertificateRequest request{.name = names.front()};
    for (const std::string& name : names) request.identifiers.push_back(acme::identifier_from_user(name).value());
    return request;
  }

  Result<std::unique_ptr<Issuance>> open(CertificateRequest wanted) {
    return Issuance::open({.session = *session,
                           .vault = *vault,
                           .keys = keys,
                           .random = random,
                           .log = log,
                           .solvers = {&answers},
                           .account = account,
                           .pinned_roots = pinned_roots},
                          std::move(wanted));
  }

  // Steps until it is over, sleeping as told.
  Result<std::uint64_t> run(Issuance& issuance) {
    constexpr int steps_max = 20'000;
    for (int i = 0; i < steps_max; ++i) {
      const std::size_t before = ca.requests.size();
      Step step = issuance.advance(clock.now());
      exchanges_max = std::max(exchanges_max, ca.requests.size() - before);
      if (auto* wait = std::get_if<WaitUntil>(&step)) clock.sleep_until(wait->time, {});
      if (auto* issued = std::get_if<Issued>(&step)) return issued->generation;
      if (auto* failed = std::get_if<Failed>(&step)) return std::move(failed->error);
    }
    return make_error(ErrorKind::internal, "it never ends");
  }
  Result<std::uint64_t> obtain(CertificateRequest wanted = request()) {
    auto issuance = open(std::move(wanted));
    if (!issuance) return std::move(issuance.error());
    return run(**issuance);
  }

  std::size_t exchanges_max = 0;
};

}  // namespace crest::client::testing
