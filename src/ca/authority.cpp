#include "ca/authority.hpp"

#include <algorithm>

#include "acme/challenge.hpp"
#include "ca/agenda.hpp"
#include "ca/issuer/issuance.hpp"
#include "ca/issuer/key_check.hpp"
#include "ca/jobs/checkpoints.hpp"
#include "ca/nonce/sealed_counter.hpp"
#include "ca/ra/admission.hpp"
#include "ca/recent_check.hpp"
#include "ca/status/status.hpp"
#include "ca/web/resources.hpp"
#include "encoding/url.hpp"

namespace crest::ca {
namespace {

constexpr Duration retry_min{5'000}, retry_max{60'000};                   // of what the store or the key refused
constexpr Duration first_clean_up{60'000}, first_checkpoint{5 * 60'000};  // after the start
constexpr Duration store_check_spacing{5'000};
constexpr Duration work_retry_delay{1'000};  // of a task that an exception ended
Error bad_option(std::string why) { return make_error(ErrorKind::config, std::move(why)); }

Result<void> check_options(const AuthorityOptions& options) {
  const auto url = encoding::Url::parse(options.base_url);
  if (!url || options.base_url.ends_with('/') || url->target != "/") {
    return bad_option("base_url must be a URL without a path, such as https://ca.corp.example, not \"" +
                      options.base_url + "\"");
  }
  const auto faults = faults_of(options);
  if (!faults.empty()) return bad_option(faults.front().option + ": " + faults.front().why);
  return {};
}

Result<void> check_validators(const AuthorityOptions& options, const std::vector<va::Perspectives::RemotePtr>& there) {
  for (const auto& rule : options.perspectives) {
    for (const auto& name : rule.validators) {
      const bool known = std::ranges::any_of(there, [&](const auto& each) { return each->name() == name; });
      if (!known) return bad_option("perspectives: there is no validator \"" + name + "\"");
    }
  }
  return {};
}

ra::Rules rules_of(const AuthorityOptions& options, issuer::ProfileSet profiles,
                   const std::vector<std::string>& methods) {
  return {.profiles = std::move(profiles),
          .account_key_types = options.account_key_types,
          .order_life = options.order_life,
          .authorization_life = options.authorization_life,
          .reuse_authorizations = options.reuse_authorizations,
          .reuse_orders = options.reuse_orders,
          .subdomains = options.subdomains,
          .methods = methods,
          .egress = options.egress,
          .allow_single_label_names = options.allow_single_label_names,
          .allow_reserved_names = options.allow_reserved_names,
          .labels_max = options.labels_max,
          .policy = options.policy,
          .scoped_policies = options.scoped_policies,
          .eab_required = options.eab_required,
          .limits = options.limits,
          .identifiers_max = options.identifiers_max,
          .pending_orders_max = options.pending_orders_max,
          .terms_of_service = options.terms_of_service};
}

acme::DirectoryMeta meta_of(const AuthorityOptions& options, const issuer::ProfileSet& profiles) {
  acme::DirectoryMeta meta;
  meta.profiles = profiles.descriptions();
  if (!options.terms_of_service.empty()) meta.terms_of_service = options.terms_of_service;
  if (!options.website.empty()) meta.website = options.website;
  meta.external_account_required = options.eab_required;
  meta.subdomain_auth_allowed = options.subdomains;
  if (options.caa.enabled) meta.caa_identities = options.caa.identities;
  if (options.persist.draft == va::DnsPersist01::Draft::draft_02 && !options.persist.issuer_names.empty()) {
    meta.issuer_domain_names = options.persist.issuer_names;
    meta.account_hash_prefix = options.persist.account_hash_prefix;
  }
  return meta;
}

// What is no refusal stays an error.
Result<ra::Ruling> refusal(const Error& error) {
  if (!error.problem) return error;
  return ra::Ruling{false, error.problem->detail.raw()};
}

const crypto::Signer* active_key(const std::vector<IssuingKey>& issuers) {
  const auto found = std::ranges::find_if(
      issuers, [](const IssuingKey& each) { return each.state == issuer::IssuerState::active && each.key; });
  return found == issuers.end() ? nullptr : found->key;
}

}  // namespace

Result<ra::Ruling> ruling_on(const acme::Identifier& identifier, const std::optional<std::string>& profile,
                             const ra::Asker& asker, const AuthorityOptions& options, const issuer::IssuerSet* issuers,
                             Time now) {
  auto profiles = TRY(profiles_of(options));
  auto methods = options.methods;
  if (options.persist.issuer_names.empty()) std::erase(methods, acme::dns_persist_01);  // as the validator has it
  const auto rules = rules_of(options, std::move(profiles), methods);
  const auto chosen = ra::profile_for(profile, {identifier}, asker, rules);
  if (!chosen) return refusal(chosen.error());
  const auto policies = TRY(ra::Policies::about(asker, (*chosen)->name, rules));
  const std::string why = ra::why_refused(identifier, rules, policies);
  if (!why.empty()) return ra::Ruling{false, why};
  const auto permitted = issuers ? issuers->check_names({identifier}, **chosen, now) : Result<void>();
  if (!permitted) return ra::Ruling{false, "the issuing CA's name constraints do not permit it"};
  return policies.rule_on(identifier);
}

struct Authority::Impl {
  Impl(AuthorityOptions options, issuer::IssuerSet set, issuer::ProfileSet profiles, const crypto::Signer* at_hand,
       const Deps& deps);
  web::Parts parts() {
    return {urls,         nonces,      issuers,  accounts, orders,  authorizations,
            certificates, revocations, renewals, clock,    persist, [this] { return trouble(); }};
  }
  ra::Deps ra_deps() { return {rules, store, agenda, random, log, meter, node, membership}; }

  void add_jobs(const AuthorityOptions& options);
  Result<void> remember_issuers(Time now);
  void tell_status(const AuthorityOptions& options);
  Result<void> join(Time now);
  Result<void> resume(Time now);
  Health health();
  void gauge_state();
  std::string trouble();
  void validate(const Task& task, const std::stop_token& stop);
  void finish_signing(const Task& task);
  void look_at_status(Task task);
  void later(Task task, const Error& error);

  store::Store& store;
  Clock& clock;
  Random& random;
  Log& log;
  Meter& meter;
  const issuer::IssuerSet issuers;
  const crypto::Signer* const signer;  // of an active issuer; nullptr: all keys are elsewhere
  const va::Validator validator;
  const va::Perspectives perspectives;
  const va::PersistOptions persist;
  const std::string node;
  const ra::Rules rules;
  const web::Urls urls;
  Agenda agenda;
  const std::string instance;
  Membership membership;
  Jobs jobs;
  nonce::SealedCounter own_nonces;
  nonce::NonceSource& nonces;
  issuer::Issuance issuance;
  ra::Accounts accounts;
  ra::Orders orders;
  ra::Authorizations authorizations;
  const ra::Certificates certificates;
  ra::Revocations revocations;
  const ra::Renewals renewals;
  const Duration status_interval;
  std::optional<status::Status> status;
  web::Gate gate;
  web::Edge edge;
  KeyCheck key_check;
  RecentCheck store_check;  // it writes: strangers who ask must not wear the disk
};

Authority::Impl::Impl(AuthorityOptions options, issuer::IssuerSet set, issuer::ProfileSet profiles,
                      const crypto::Signer* at_hand, const Deps& deps)
    : store(deps.store),
      clock(deps.clock),
      random(deps.random),
      log(deps.log),
      meter(deps.meter),
      issuers(std::move(set)),
      signer(at_hand),
      validator(validation_of(options), {deps.resolver, deps.egress, deps.probe, clock}),
      perspectives(validator, options.perspectives, deps.validators),
      persist(options.persist),
      node(options.node),
      rules(rules_of(options, std::move(profiles), validator.methods())),
      urls(options.base_url, options.name, options.former_urls),
      agenda({.turns = turn_limits(options.workers, options.validations_per_account, options.validations_per_target)}),
      instance(options.instance.empty() ? ra::new_id(random, clock.now()) : options.instance),
      membership(options.shared_store, options.node, instance),
      jobs(log),
      own_nonces(random),
      nonces(deps.nonces ? *deps.nonces : own_nonces),
      issuance({store, issuers, rules.profiles, agenda, log, meter, node, membership}),
      accounts(ra_deps()),
      orders(ra_deps(), issuance),
      authorizations(ra_deps()),
      certificates(ra_deps(), issuers),
      revocations(ra_deps(), issuers),
      renewals(ra_deps(), options.incident_url),
      status_interval(options.status.look_every),
      gate({store, nonces, urls}),
      edge({gate, nonces, urls, clock, log, meter, &membership}),
      key_check(signer, log),
      store_check(store_check_spacing, [this] { return store.check(); }) {
  const bool in_advance = options.reuse_authorizations || options.subdomains;
  web::add_plain_routes(edge, parts(), {.meta = meta_of(options, rules.profiles), .new_authz = in_advance});
  web::add_account_routes(edge, parts());
  web::add_order_routes(edge, parts());
  web::add_authorization_routes(edge, parts());
  if (in_advance) web::add_new_authorization_route(edge, parts());
  web::add_certificate_routes(edge, parts());
  if (options.status.is_on()) tell_status(options);
  add_jobs(options);
}

void Authority::Impl::tell_status(const AuthorityOptions& options) {
  std::vector<status::StatusSigner> signers;
  for (const auto& member : issuers.members()) {
    const auto& facts = member.issuer->facts();
    if (member.key) signers.push_back({facts.id, facts.chain.leaf(), *member.key});
  }
  const auto issue = [this, life = options.status.responder_life](const std::string& id, const crypto::PublicKey& key,
                                                                  Time now) {
    return issuance.issue_responder(id, key, life, now);
  };
  status.emplace(options.status,
                 status::Status::Deps{store, std::move(signers), issue, clock, log, meter, node, issuers.roots_pem()});
  const Time now = clock.now();
  agenda.add({.kind = Task::Kind::tell_status, .key = status_task, .account = {}, .due = now, .first = now});
}

void Authority::Impl::add_jobs(const AuthorityOptions& options) {
  const Time now = clock.now();
  if (signer) jobs.add(std::make_unique<Checkpoints>(Checkpoints::Deps{store, *signer, node}), now + first_checkpoint);
  const std::string holder = node + " " + instance;
  jobs.add(std::make_unique<CleanUp>(options.retention, CleanUp::Deps{store, log, holder}), now + first_clean_up);
  if (!membership.is_shared()) return;
  jobs.add(std::make_unique<Neighbours>(store, membership, log, [this](Time when) { return resume(when); }),
           now + Membership::join_every);
}

// One that has to wait for its place takes up what it left when it has it.
Result<void> Authority::Impl::join(Time now) {
  const auto place = TRY(membership.keep(store, now));
  if (place == Membership::Place::joined) return resume(now);
  log.error("node_not_joined", {{"error", membership.trouble()}});
  return {};
}

Result<void> Authority::Impl::resume(Time now) {
  TRY(authorizations.resume(now));
  return issuance.resume(now);
}

Result<void> Authority::Impl::remember_issuers(Time now) {
  std::vector<store::IssuerRow> unknown;
  const auto look = [&](store::Tx& tx) -> Result<void> {
    for (auto& row : issuers.rows(now)) {
      const auto known = TRY(tx.issuers.by_id(row.id));
      if (!known) unknown.push_back(std::move(row));
    }
    return {};
  };
  TRY(store.read(look));
  if (unknown.empty()) return {};
  return store.write([&](store::Tx& tx) -> Result<void> {
    for (const auto& row : unknown) TRY(tx.issuers.put(row));
    return {};
  });
}

Health Authority::Impl::health() {
  const auto item = [](const char* name, const Result<void>& state, const char* in_general) -> HealthItem {
    return {name, state ? "" : state.error().describe(), state ? "" : in_general};
  };
  const Time now = clock.now();
  Health all = {
      item("database", store_check.state(now), "the store cannot be written to; see the log"),
      item("disk", orders.check_room(), "the disk of the store is nearly full; see the log"),
      item("clock", issuance.check_clock(now), "the clock or the issuing certificate is not right; see the log"),
      item("key", key_check.state(now), "the issuing key does not sign; see the log")};
  const std::string untold = status ? status->trouble(now) : "";
  all.push_back({"status", untold, untold});
  const std::string outside = membership.trouble();
  all.push_back(
      {"membership", outside, outside.empty() ? "" : "this node waits for its place among the others; see the log"});
  meter.gauge("crest_ca_healthy", first_trouble(all) ? 0 : 1);
  return all;
}

void Authority::Impl::gauge_state() {
  meter.gauge("crest_ca_queue_length", static_cast<double>(agenda.size()));
  if (status)
    meter.gauge("crest_ca_crl_age_seconds", std::chrono::duration<double>(status->list_age(clock.now())).count());
  const auto size = store.size_bytes();
  if (size && *size) meter.gauge("crest_ca_store_bytes", static_cast<double>(**size));
  (void)health();
}

// In words for anybody who asks: what exactly, the log says.
std::string Authority::Impl::trouble() {
  const auto all = health();
  const auto* first = first_trouble(all);
  return first ? first->in_general : "";
}

void Authority::Impl::later(Task task, const Error& error) {
  log.error("work_postponed", {{"key", task.key}, {"error", error.describe()}});
  const Duration delay = std::min(retry_min * (task.postponed + 1), retry_max);
  task.due = clock.now() + delay;
  task.first += delay;
  ++task.postponed;
  agenda.again(std::move(task));
}

void Authority::Impl::validate(const Task& task, const std::stop_token& stop) {
  auto claim = authorizations.claim(task, clock.now());
  if (!claim) return later(task, claim.error());
  if (!*claim) return agenda.done(task);
  (*claim)->account_url = urls.account(task.account);
  const auto verdict = perspectives.validate(**claim, stop);
  if (stop.stop_requested()) return agenda.done(task);  // the next start validates again
  auto next = authorizations.record(task, verdict, clock.now());
  if (!next) return later(task, next.error());
  if (!*next) return agenda.done(task);
  agenda.again(**std::move(next));
}

void Authority::Impl::finish_signing(const Task& task) {
  const auto next = issuance.finish(task.key, clock.now());
  if (!next) return later(task, next.error());
  if (!*next) return agenda.done(task);
  Task again = task;
  again.due = **next;
  agenda.again(std::move(again));
}

// What goes wrong in it is told by its parts, once; the next look is soon.
void Authority::Impl::look_at_status(Task task) {
  const auto looked = status->look(clock.now());
  task.due = clock.now() + (looked ? status_interval : std::max(status_interval, retry_min));
  agenda.again(std::move(task));
}

Authority::Authority(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Authority::~Authority() = default;

Result<std::unique_ptr<Authority>> Authority::open(AuthorityOptions options, Deps deps) {
  TRY(check_options(options));
  auto profiles = TRY(profiles_of(options));
  const auto* at_hand = active_key(deps.issuers);
  auto issuers =
      TRY(issuer::IssuerSet::open(std::move(deps.issuers), std::move(deps.more_issuers), deps.random, options.status));
  for (const auto& profile : profiles.all()) TRY(issuers.check(profile));
  TRY(check_validators(options, deps.validators));
  auto impl = std::make_unique<Impl>(std::move(options), std::move(issuers), std::move(profiles), at_hand, deps);
  if (impl->validator.methods().empty()) {
    return bad_option(
        "methods: none of them can be used, so nothing could be proved; dns-persist-01 needs an issuer name");
  }
  const Time now = deps.clock.now();
  TRY(impl->remember_issuers(now));
  TRY(impl->join(now));
  return std::unique_ptr<Authority>(new Authority(std::move(impl)));
}

http::Response Authority::handle(const http::Request& request) { return impl_->edge.handle(request); }

http::Service* Authority::status() { return impl_->status ? &impl_->status->service() : nullptr; }

bool Authority::work(std::stop_token stop) {
  const auto task = impl_->agenda.take(impl_->clock.now());
  if (!task) return impl_->jobs.step(impl_->clock.now());
  try {
    switch (task->kind) {
      case Task::Kind::validate: impl_->validate(*task, stop); break;
      case Task::Kind::finish_signing: impl_->finish_signing(*task); break;
      case Task::Kind::tell_status: impl_->look_at_status(*task); break;
    }
  } catch (const std::exception& failure) {  // memory, or a bug: the task is not lost
    impl_->log.error("background_work_failed", {{"task", task->key}, {"error", failure.what()}});
    Task later = *task;
    later.due = impl_->clock.now() + work_retry_delay;
    impl_->agenda.again(std::move(later));
  }
  return true;
}

void Authority::wait_for_work(std::stop_token stop) {
  impl_->agenda.wait(impl_->clock, std::move(stop), impl_->jobs.next());
}

std::optional<Time> Authority::next_work() const { return impl_->agenda.next(); }

void Authority::gauge_state() { impl_->gauge_state(); }

Health Authority::health() { return impl_->health(); }

Result<void> Authority::resume() { return impl_->resume(impl_->clock.now()); }

Result<bool> Authority::has_joined() const {
  const auto place = impl_->membership.place();
  if (place == Membership::Place::taken) return make_error(ErrorKind::config, impl_->membership.trouble());
  return place == Membership::Place::joined;
}

Result<void> Authority::leave() { return impl_->membership.leave(impl_->store, impl_->clock.now()); }

Result<x509::Chain> Authority::issue_own(const crypto::PublicKey& key, const std::vector<acme::Identifier>& names) {
  return impl_->issuance.issue_own(key, names, impl_->clock.now());
}

}  // namespace crest::ca
