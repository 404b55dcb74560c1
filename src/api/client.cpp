#include <algorithm>
#include <array>
#include <tuple>

#include <crest/client.hpp>

#include "acme/account.hpp"
#include "acme/problem.hpp"
#include "acme/renewal_info.hpp"
#include "acme/revocation.hpp"
#include "adapters/curl_transport.hpp"
#include "adapters/posix_disk.hpp"
#include "adapters/system_clock.hpp"
#include "adapters/text_file.hpp"
#include "api/guarded.hpp"
#include "api/known_ca.hpp"
#include "api/sink_log.hpp"
#include "api/solvers.hpp"
#include "client/certificate_meta.hpp"
#include "client/issuance.hpp"
#include "crypto/digest.hpp"

namespace crest {
namespace {

using client::CertificateMeta;
using client::CertificateRequest;

// A word that is kept, shown and sent: printable ASCII without blanks.
Result<void> check_word(std::string_view word, std::string_view what) {
  constexpr std::size_t chars_max = 200;
  const auto plain = [](char octet) { return octet > ' ' && octet < '\x7f'; };
  if (word.size() <= chars_max && std::all_of(word.begin(), word.end(), plain)) return {};
  return make_error(ErrorKind::usage,
                    std::string(what) + " must be at most " + std::to_string(chars_max) +
                        " printable ASCII characters without blanks; choose another",
                    Untrusted(std::string(word)).printable(60));
}

Result<CertificateRequest> request_of(const CertificateOptions& options) {
  TRY(check_word(options.name, "the certificate's own name"));
  TRY(check_word(options.profile.value_or(""), "the profile"));
  CertificateRequest request;
  for (const std::string& name : options.names) {
    const acme::Identifier identifier = TRY(acme::identifier_from_user(name));
    request.identifiers.push_back(identifier);
  }
  request.lifetime = options.lifetime;
  TRY(client::check_limits(request));
  request.name = options.name.empty() ? request.identifiers.front().value : options.name;
  request.key_type = TRY(crypto::key_type_from_text(options.key_type));
  request.profile = options.profile;
  return request;
}

// The revokeCert request was of no use to this key, and another one may help (RFC 8555 section 7.6).
bool is_unauthorized(const Error& error) {
  if (!error.problem) return false;
  const auto type = acme::problem_type(*error.problem);
  return type == acme::ProblemType::unauthorized || type == acme::ProblemType::accountDoesNotExist;
}

bool is_revoked_already(const Error& error) {
  return error.problem && acme::problem_type(*error.problem) == acme::ProblemType::alreadyRevoked;
}

Error nothing_kept(const std::string& name) {
  return make_error(ErrorKind::usage, "no certificate is kept under this name; crest list shows what there is",
                    Untrusted(name).printable(200));
}

// Where the vault names a record by its place in the state folder, people need the whole path.
Error in_folder(Error error, const std::string& folder) {
  constexpr std::array<std::string_view, 8> places = {"format",  "accounts/",    "orders/", "cas/",
                                                      "http01/", "certificates", "locks",   "aside"};
  const auto begins = [&](std::string_view place) { return error.context.starts_with(place); };
  const bool inside = error.context.empty() || std::any_of(places.begin(), places.end(), begins);
  if (error.kind != ErrorKind::storage || !inside) return error;
  error.context = folder + (error.context.empty() ? "" : "/") + error.context;
  return error;
}

Result<std::unique_ptr<Disk>> open_folder(const ClientOptions& options) {
  if (options.create_state_dir) return adapters::open_posix_disk(options.state_dir);
  const bool there = adapters::is_there(options.state_dir);
  bool kept = there;
  std::unique_ptr<Disk> disk;
  if (there) {
    disk = TRY(adapters::open_posix_disk(options.state_dir, {.create = false}));
    kept = TRY(client::FileVault::is_there(*disk));
  }
  if (kept) return disk;
  return make_error(ErrorKind::storage,
                    std::string(there ? "nothing was ever kept in this folder" : "there is no such folder") +
                        "; name the one that crest obtain was given with --state, or obtain a certificate first",
                    options.state_dir);
}

constexpr Duration patience_max{10ll * 365 * 24 * 3'600'000};
constexpr Duration try_min{100};  // with less time left, another try would only hide why the last one failed
constexpr Duration turn_min{10'000};

// One certificate's way through renew().
struct Turn {
  RenewOutcome outcome;
  std::optional<CertificateMeta> due;  // what is to be renewed; nullopt: the outcome is known
};

// The share of what is left that the next of `count` turns may take: a CA that stalls must not cost all others theirs.
Instant end_of_turn(Instant now, Instant end, std::size_t count) {
  const Duration left = end - now;
  return now + std::min(left, std::max(left / static_cast<Duration::rep>(count), turn_min));
}

void not_reached(RenewOutcome& outcome, bool interrupted) {
  outcome.decision = RenewOutcome::Decision::waiting;
  outcome.why += interrupted ? "; interrupted before its turn, and the next run goes on from here"
                             : "; no time was left for it: run it again, or give it a longer --timeout";
  outcome.error = make_error(ErrorKind::timeout, outcome.why, outcome.name);
}

// A call's Waiting, and when it has to be over.
struct Until {
  const Waiting& waiting;
  Instant end;
};

Instant end_of(const Waiting& waiting, const Clock& clock) {
  return clock.monotonic() + std::clamp(waiting.at_most, Duration(0), patience_max);
}

}  // namespace

struct Client::Impl {
  ClientOptions options;
  std::unique_ptr<Disk> disk;
  std::unique_ptr<client::FileVault> vault;
  adapters::SystemClock clock;
  crypto::SystemRandom random;
  crypto::GeneratedKeys keys;
  adapters::CurlTransport transport;
  api::SinkLog log;

  explicit Impl(LogSink sink) : log(std::move(sink)) {}
  // Runs what a public function does; its errors say where.
  template <typename Function>
  auto told(Function&& function) -> decltype(function()) {
    auto result = api::guarded(std::forward<Function>(function));
    if (!result) return in_folder(std::move(result).error(), options.state_dir);
    return result;
  }
  CertificateInfo info(const CertificateMeta& meta) const;
  CertificateInfo damaged(const std::string& name, const Error& why) const;
  std::optional<Issued> serving(const CertificateRequest& wanted, const std::string& directory);
  Result<Issued> live(const std::string& name);
  Result<Issued> show(const std::string& name);
  Result<void> issue(const api::KnownCa& ca, const CertificateRequest& wanted, bool force, Http01Solver& solver,
                     const Until& until);
  Result<Issued> obtain(const CertificateOptions& certificate, Http01Solver* given, const Waiting& waiting);
  Result<std::vector<RenewOutcome>> renew(const std::optional<std::string>& name, bool force, Http01Solver* given,
                                          const Waiting& waiting);
  Result<std::vector<std::string>> names_to_renew(const std::optional<std::string>& name);
  void note_lost(const Result<void>& kept, std::string_view event, const std::string& name);
  Result<void> check_patience(const client::Issuance& issuance);
  Result<void> drive(client::Issuance& issuance, const Until& until);
  Result<Turn> look_at(const std::string& name, bool force);
  void take(Turn& turn, bool force, api::Solvers& solvers, const Until& until);
  void take_all(std::vector<Turn>& turns, bool force, api::Solvers& solvers, const Waiting& waiting);
  Result<void> renew_due(RenewOutcome& outcome, const CertificateMeta& meta, bool force, api::Solvers& solvers,
                         const Until& until);
  Result<api::KnownCa> ca_of(const CertificateMeta& meta);
  Result<void> revoke(const std::string& name, const std::string& reason, const Waiting& waiting);
};

CertificateInfo Client::Impl::info(const CertificateMeta& meta) const {
  CertificateInfo info;
  info.name = meta.request.name;
  for (const acme::Identifier& identifier : meta.request.identifiers) info.names.push_back(identifier.value);
  info.key_type = crypto::to_string(meta.request.key_type);
  info.serial = meta.serial;
  info.issuer = Untrusted(meta.issuer).printable();
  info.directory = meta.directory;
  info.not_before = meta.not_before;
  info.not_after = meta.not_after;
  info.renew_at = client::renewal(meta, meta.not_before).renew_at;
  info.generation = meta.generation;
  info.folder = options.state_dir + "/certificates/" + client::file_name_of(meta.request.name) + "/live";
  return info;
}

CertificateInfo Client::Impl::damaged(const std::string& name, const Error& why) const {
  CertificateInfo info;
  info.name = name;
  info.folder = options.state_dir + "/certificates/" + client::file_name_of(name) + "/live";
  info.damaged = in_folder(why, options.state_dir).describe();
  return info;
}

Result<Issued> Client::Impl::live(const std::string& name) {
  const std::optional<client::Pair> pair = TRY(vault->live(name));
  if (!pair) return nothing_kept(name);
  auto meta = client::certificate_meta_from_json(pair->meta);
  if (!meta) return std::move(meta).error().as(ErrorKind::storage).at(name);
  Issued issued;
  static_cast<CertificateInfo&>(issued) = info(*meta);
  issued.key_pem = std::string(pair->key_pem.reveal());
  issued.chain_pem = pair->chain_pem;
  return issued;
}

Result<Issued> Client::Impl::show(const std::string& name) {
  const std::vector<client::KeptKey> kept = TRY(vault->kept_aside(name));
  auto issued = live(name);
  if (!issued && !kept.empty() && issued.error().kind == ErrorKind::usage)
    issued.error().message += "; the key of an order that was given up is in " + options.state_dir + "/" +
                              kept.back().path + " (" + kept.back().why + ")";
  if (!issued) return issued;
  auto place = api::place_of(*vault, name);
  if (place) issued->http01 = *std::move(place);  // one that cannot be read is said when it is needed
  for (const client::KeptKey& key : kept)
    issued->keys_aside.push_back(
        {options.state_dir + "/" + key.path, key.order_url, key.certificate_url, Untrusted(key.why).printable()});
  return issued;
}

// The live certificate, while it is what is wanted, from the CA that is wanted, whole, and not due.
std::optional<Issued> Client::Impl::serving(const CertificateRequest& wanted, const std::string& directory) {
  const auto meta = client::live_meta(*vault, wanted.name);
  if (!meta || !*meta || !client::asks_the_same((*meta)->request, wanted) || (*meta)->directory != directory) return {};
  if (client::renewal(**meta, clock.now()).due != client::Due::not_due) return {};
  auto issued = live(wanted.name);
  return issued ? std::optional<Issued>(*std::move(issued)) : std::nullopt;  // damaged: a new one is the repair
}

Result<void> Client::Impl::drive(client::Issuance& issuance, const Until& until) {
  const Waiting& waiting = until.waiting;
  std::string said;
  while (true) {
    if (const std::string doing = issuance.doing(); doing != said) {
      said = doing;
      if (waiting.progress) waiting.progress(said);
    }
    client::Step step = issuance.advance(clock.now(), waiting.stop);
    if (std::holds_alternative<client::Issued>(step)) return {};
    if (auto* failed = std::get_if<client::Failed>(&step)) return std::move(failed->error);
    const auto* wait = std::get_if<client::WaitUntil>(&step);
    if (wait && wait->error && waiting.progress) waiting.progress(wait->why);
    Duration span = wait ? wait->time - clock.now() : Duration(0);
    if (wait && wait->error) span = std::max(span, try_min);
    const bool too_long = clock.monotonic() + span > until.end;
    if (!too_long && (!wait || clock.sleep_for(span, waiting.stop)) && !waiting.stop.stop_requested()) continue;
    TRY(issuance.pause());
    Error error = make_error(ErrorKind::timeout, wait ? wait->why : said, issuance.record().request.name);
    if (too_long && wait && wait->error) error = *wait->error;  // what kept it is what has to be told
    error.message = (too_long ? "not finished in time: " : "interrupted: ") + error.message +
                    "; nothing is lost, and the next run goes on from here";
    return error;
  }
}

// A rate limit is kept to as the CA said it, and so are the growing pauses of ours; but an order under way may be
// resumed at any time, and a first failure tried again at once: a person may have put right what was wrong.
Result<void> Client::Impl::check_patience(const client::Issuance& issuance) {
  const client::OrderRecord& record = issuance.record();
  if (!record.not_before || *record.not_before <= clock.now()) return {};
  const std::string word = record.last_error.value_or("");
  const bool limited = word == to_string(ErrorKind::rate_limited);
  if (!limited && (record.attempts < 2 || !record.order_url.empty())) return {};
  return client::last_failure(record, "the last attempt failed (" + word + "), and the next is due in " +
                                          to_human(*record.not_before - clock.now()) +
                                          "; crest obtain ... --retry-now or crest renew --force tries at once");
}

Result<void> Client::Impl::issue(const api::KnownCa& ca, const CertificateRequest& wanted, bool force,
                                 Http01Solver& solver, const Until& until) {
  const client::AccountOptions account = TRY(api::account_options(ca, options.external_account));
  auto pinned = TRY(api::pinned_roots(ca));
  client::Session session(api::endpoint_of(ca), {transport, clock, log, until.end});
  client::Issuance::Deps deps{session, *vault, keys, random, log, {&solver.solver()}, account, std::move(pinned)};
  const std::unique_ptr<client::Issuance> issuance = TRY(client::Issuance::open(std::move(deps), wanted));
  if (!force) {  // before we had the lease, somebody may have done the work
    if (serving(wanted, ca.directory)) return {};
    TRY(check_patience(*issuance));
  }
  // What is known of a CA changes only when it has proved good: a forgotten --trust must not spoil the renewals.
  const std::optional<api::KnownCa> known = TRY(api::recall(*vault, ca.directory));
  if (!known) TRY(api::remember(*vault, ca));
  TRY(drive(*issuance, until));
  note_lost(api::remember(*vault, ca), "ca_not_remembered", ca.directory);
  const auto place = api::place_of(*vault, wanted.name);
  if (place && !*place)
    note_lost(api::keep_place(*vault, wanted.name, solver.place()), "place_not_remembered", wanted.name);
  return {};
}

// The certificate is published: a disk that fails after that does not make it a failure.
void Client::Impl::note_lost(const Result<void>& kept, std::string_view event, const std::string& name) {
  if (!kept) log.warn(event, {{"name", name}, {"why", kept.error().describe()}});
}

Result<api::KnownCa> Client::Impl::ca_of(const CertificateMeta& meta) {
  if (options.directory == meta.directory) return api::known_ca(options, clock.now());
  std::optional<api::KnownCa> ca = TRY(api::recall(*vault, meta.directory));
  if (ca) return api::renewed(*std::move(ca), options, clock.now());
  return make_error(ErrorKind::config, "what was known of its CA is gone; run crest obtain with --directory once",
                    meta.directory);
}

Result<void> Client::Impl::renew_due(RenewOutcome& outcome, const CertificateMeta& meta, bool force,
                                     api::Solvers& solvers, const Until& until) {
  const api::KnownCa ca = TRY(ca_of(meta));
  Http01Solver* solver = TRY(solvers.of(meta.request.name));
  CertificateRequest wanted = meta.request;
  if (!meta.ari_id.empty()) wanted.replaces = meta.ari_id;
  TRY(issue(ca, wanted, force, *solver, until));
  const std::optional<CertificateMeta> fresh = TRY(client::live_meta(*vault, meta.request.name));
  if (!fresh) return nothing_kept(meta.request.name);
  outcome.certificate = info(*fresh);
  outcome.decision = RenewOutcome::Decision::renewed;
  outcome.why += "; the new one serves until " + to_rfc3339(fresh->not_after);
  return {};
}

// Asks nobody: whether it is to be renewed, and what to say when it is not.
Result<Turn> Client::Impl::look_at(const std::string& name, bool force) {
  const std::optional<CertificateMeta> meta = TRY(client::live_meta(*vault, name));
  if (!meta) return nothing_kept(name);
  Turn turn;
  RenewOutcome& outcome = turn.outcome;
  outcome.name = name;
  outcome.certificate = info(*meta);
  const Time now = clock.now();
  TRY(client::check_clock(now, &*meta));
  const client::Renewal renewal = client::renewal(*meta, now);
  if (renewal.due == client::Due::not_due && !force) {
    outcome.why = "due at " + to_rfc3339(renewal.renew_at) + ", in " + to_human(renewal.renew_at - now);
    return turn;
  }
  const std::optional<client::OrderRecord> record = TRY(client::load_order(*vault, name));
  if (!force && record && record->not_before && *record->not_before > now) {
    outcome.decision = RenewOutcome::Decision::waiting;
    outcome.why = "the last attempt failed (" + record->last_error.value_or("unknown") + "); the next one is due at " +
                  to_rfc3339(*record->not_before) + ", and crest renew --force " + name + " tries at once";
    outcome.error = client::last_failure(*record, outcome.why);
    return turn;
  }
  outcome.why = force                                 ? "as asked"
                : renewal.due == client::Due::expired ? "expired at " + to_rfc3339(meta->not_after)
                                                      : "due since " + to_rfc3339(renewal.renew_at);
  turn.due = *meta;
  return turn;
}

void Client::Impl::take(Turn& turn, bool force, api::Solvers& solvers, const Until& until) {
  RenewOutcome& outcome = turn.outcome;
  Result<void> done = told([&] { return renew_due(outcome, *turn.due, force, solvers, until); });
  if (done) return;
  outcome.decision = RenewOutcome::Decision::failed;
  outcome.why += "; " + done.error().describe();
  outcome.error = std::move(done).error();
}

// The one that expires first is first.
void Client::Impl::take_all(std::vector<Turn>& turns, bool force, api::Solvers& solvers, const Waiting& waiting) {
  const Instant end = end_of(waiting, clock);
  std::vector<Turn*> due;
  for (Turn& turn : turns)
    if (turn.due) due.push_back(&turn);
  std::sort(due.begin(), due.end(), [](const Turn* a, const Turn* b) {
    return std::tie(a->due->not_after, a->outcome.name) < std::tie(b->due->not_after, b->outcome.name);
  });
  for (std::size_t i = 0; i < due.size(); ++i) {
    const Instant now = clock.monotonic();
    const bool interrupted = waiting.stop.stop_requested();
    if (interrupted || now >= end) {
      not_reached(due[i]->outcome, interrupted);
    } else {
      take(*due[i], force, solvers, {waiting, end_of_turn(now, end, due.size() - i)});
    }
  }
}

Result<void> Client::Impl::revoke(const std::string& name, const std::string& reason, const Waiting& waiting) {
  acme::Revocation request;
  if (!reason.empty()) {
    request.reason = acme::revocation_reason(reason);
    if (!request.reason) {
      return make_error(ErrorKind::usage,
                        "no such reason: use keyCompromise, affiliationChanged, superseded, cessationOfOperation or "
                        "privilegeWithdrawn",
                        Untrusted(reason).printable(40));
    }
  }
  const Issued issued = TRY(live(name));
  const x509::Chain chain = TRY(x509::Chain::from_pem(issued.chain_pem));
  request.certificate_der = chain.leaf().der();
  const std::string payload = acme::to_json(request).dump();
  const std::optional<CertificateMeta> meta = TRY(client::live_meta(*vault, name));
  if (!meta) return nothing_kept(name);
  const api::KnownCa ca = TRY(ca_of(*meta));
  client::Session session(api::endpoint_of(ca), {transport, clock, log, end_of(waiting, clock)});
  const acme::Directory directory = TRY(session.directory(waiting.stop));
  if (directory.revoke_cert.empty()) {
    return make_error(ErrorKind::ca_protocol, "the CA offers no revocation (no revokeCert in its directory)",
                      ca.directory);
  }
  const auto account = TRY(client::stored_account(*vault, session.endpoint()));
  if (account) {
    const auto done = session.post({&account->key, account->url}, directory.revoke_cert, payload,
                                   client::Session::json_bytes_max, waiting.stop);
    if (done || is_revoked_already(done.error())) return {};
    if (!is_unauthorized(done.error())) return done.error();
  }
  const crypto::PrivateKey key = TRY(crypto::PrivateKey::from_pem(issued.key_pem));  // the certificate's own word
  const auto done =
      session.post({&key, ""}, directory.revoke_cert, payload, client::Session::json_bytes_max, waiting.stop);
  if (done || is_revoked_already(done.error())) return {};
  return done.error();
}

Client::Client(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

Result<Client> Client::open(ClientOptions options) {
  return api::guarded([&]() -> Result<Client> {
    auto impl = std::make_unique<Impl>(options.log);
    if (!options.directory.empty())
      TRY(api::known_ca(options, impl->clock.now()));  // what is wrong with it is said before anything else
    impl->disk = TRY(open_folder(options));
    impl->options = std::move(options);
    impl->vault = TRY(impl->told([&] { return client::FileVault::open(*impl->disk); }));
    return Client(std::move(impl));
  });
}

Result<Issued> Client::Impl::obtain(const CertificateOptions& certificate, Http01Solver* given,
                                    const Waiting& waiting) {
  const CertificateRequest wanted = TRY(request_of(certificate));
  const api::KnownCa ca = TRY(api::known_ca(options, clock.now()));
  std::optional<Issued> fresh = serving(wanted, ca.directory);
  if (fresh) {
    const auto known = api::recall(*vault, ca.directory);
    if (known && !*known) TRY(api::remember(*vault, ca));  // that was lost, and renewals need it
    if (given != nullptr) TRY(api::keep_place(*vault, wanted.name, given->place()));
    return *std::move(fresh);
  }
  const auto before = client::live_meta(*vault, wanted.name);
  const CertificateMeta* known = before && *before ? &**before : nullptr;
  TRY(client::check_clock(clock.now(), known));
  api::Solvers solvers(*vault, given);
  Http01Solver* solver = TRY(solvers.of(wanted.name));
  TRY(issue(ca, wanted, certificate.retry_now, *solver, {waiting, end_of(waiting, clock)}));
  if (given != nullptr)
    note_lost(api::keep_place(*vault, wanted.name, given->place()), "place_not_remembered", wanted.name);
  Issued issued = TRY(live(wanted.name));
  issued.renewed = known == nullptr || issued.generation != known->generation;
  return issued;
}

// A folder in which nothing is live is what a first publication left that failed or goes on: there is nothing to renew.
Result<std::vector<std::string>> Client::Impl::names_to_renew(const std::optional<std::string>& name) {
  if (name) return std::vector<std::string>{*name};
  std::vector<std::string> names = TRY(vault->certificates());
  std::erase_if(names, [&](const std::string& each) {
    const auto meta = vault->live_meta(each);
    return meta && !*meta;
  });
  return names;
}

Result<std::vector<RenewOutcome>> Client::Impl::renew(const std::optional<std::string>& name, bool force,
                                                      Http01Solver* given, const Waiting& waiting) {
  const std::vector<std::string> names = TRY(names_to_renew(name));
  std::vector<Turn> turns;
  for (const std::string& each : names) {
    Result<Turn> turn = told([&] { return look_at(each, force); });
    if (!turn && name) return std::move(turn).error();
    if (turn) {
      turns.push_back(*std::move(turn));
      continue;
    }
    RenewOutcome& failed = turns.emplace_back().outcome;  // one damaged record never stops the others (promise 12)
    failed.name = each;
    failed.decision = RenewOutcome::Decision::failed;
    failed.why = turn.error().describe();
    failed.error = std::move(turn).error();
  }
  api::Solvers solvers(*vault, given);
  take_all(turns, force, solvers, waiting);
  std::vector<RenewOutcome> outcomes;
  for (Turn& turn : turns) outcomes.push_back(std::move(turn.outcome));
  return outcomes;
}

Result<Issued> Client::obtain(const CertificateOptions& certificate, Http01Solver& solver, const Waiting& waiting) {
  return impl_->told([&] { return impl_->obtain(certificate, &solver, waiting); });
}

Result<Issued> Client::obtain(const CertificateOptions& certificate, const Waiting& waiting) {
  return impl_->told([&] { return impl_->obtain(certificate, nullptr, waiting); });
}

Result<std::vector<RenewOutcome>> Client::renew(const std::optional<std::string>& name, bool force,
                                                Http01Solver& solver, const Waiting& waiting) {
  return impl_->told([&] { return impl_->renew(name, force, &solver, waiting); });
}

Result<std::vector<RenewOutcome>> Client::renew(const std::optional<std::string>& name, bool force,
                                                const Waiting& waiting) {
  return impl_->told([&] { return impl_->renew(name, force, nullptr, waiting); });
}

Result<std::vector<CertificateInfo>> Client::list() const {
  return impl_->told([&]() -> Result<std::vector<CertificateInfo>> {
    const std::vector<std::string> names = TRY(impl_->vault->certificates());
    std::vector<CertificateInfo> all;
    for (const std::string& name : names) {
      const auto meta = client::live_meta(*impl_->vault, name);
      if (meta && *meta) all.push_back(impl_->info(**meta));
      if (!meta) all.push_back(impl_->damaged(name, meta.error()));  // one never stops the others (promise 12)
    }
    return all;
  });
}

Result<Issued> Client::show(const std::string& name) const {
  return impl_->told([&] { return impl_->show(name); });
}

Result<void> Client::revoke(const std::string& name, const std::string& reason, const Waiting& waiting) {
  return impl_->told([&] { return impl_->revoke(name, reason, waiting); });
}

}  // namespace crest
