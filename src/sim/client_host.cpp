#include "sim/client_host.hpp"

#include "client/certificate_meta.hpp"
#include "x509/certificate.hpp"

namespace crest::sim {
namespace {

constexpr Duration pause_after_trouble{60'000}, boot_time_max{5 * 60'000};
constexpr Duration next_step{1};
constexpr Duration look_again{30 * 60'000};

}  // namespace

struct ClientHost::Process {
  client::Http01Answers answers;
  client::AccountOptions account{.contact = {"mailto:ops@sim.example"}, .agree_terms_of_service = true};
  std::unique_ptr<client::FileVault> vault;
  std::unique_ptr<client::Session> session;
  std::map<std::string, std::unique_ptr<client::Issuance>> under_way;
};

ClientHost::ClientHost(std::string name, std::vector<std::string> certificates, Deps deps)
    : name_(std::move(name)),
      certificates_(std::move(certificates)),
      deps_(std::move(deps)),
      random_(deps_.seed),
      keys_(name_ + "/" + std::to_string(deps_.seed)),
      disk_(deps_.faults),
      transport_(deps_.network, {.host = name_}),
      proxy_(deps_.faults, deps_.seed ^ 0x50524f580000) {
  proxy_.plan(deps_.clock.now(), deps_.end);
  deps_.network.set_proxy(name_, &proxy_);
  std::vector<Interval> down = proxy_.times();
  down.insert(down.end(), deps_.ca_down.begin(), deps_.ca_down.end());
  down_ = merged(std::move(down));
  deps_.network.add_host(name_);
  deps_.invariants.add_host(name_, disk_);
  for (const std::string& certificate : certificates_) {
    live_until_[certificate] = deps_.clock.now();
    watch_absence(certificate, deps_.clock.now() + look_again, deps_.clock.now());
  }
  disk_.on_call([this](const std::string& what) { note("disk " + what); });
  disk_.on_change([this](const std::string& path) { deps_.invariants.see_change(name_, disk_, path); });
}

ClientHost::~ClientHost() = default;

void ClientHost::start() {
  note("starts");
  ++life_;
  process_ = std::make_unique<Process>();
  deps_.network.listen(name_, 80, &process_->answers);
  for (const std::string& certificate : certificates_) {
    schedule(certificate, deps_.clock.now() + Duration(static_cast<std::int64_t>(random_.below(60'000))));
  }
}

void ClientHost::die(const std::string& where) {
  note("dies at " + where);
  ++life_;
  deps_.network.listen(name_, 80, nullptr);
  process_.reset();
  deps_.invariants.see_power_loss(name_, disk_);
  disk_.crash();
  for (const std::string& certificate : certificates_) {
    deps_.invariants.see_change(name_, disk_, "certificates/" + client::file_name_of(certificate) + "/");
  }
  check_keys();
  const std::uint64_t life = life_;
  const Duration down(static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(boot_time_max.count()))));
  deps_.events.push(deps_.clock.now() + down, [this, life] {
    if (life == life_) start();
  });
}

void ClientHost::check_keys() {
  deps_.faults.set_calm(true);
  deps_.invariants.see_keys(name_, disk_, certificates_);
  deps_.faults.set_calm(false);
}

void ClientHost::schedule(const std::string& certificate, Time when) {
  const std::uint64_t life = life_;
  deps_.events.push(std::max(when, deps_.clock.now() + next_step), [this, life, certificate] {
    if (life == life_) run(certificate);
  });
}

void ClientHost::run(const std::string& certificate) {
  transport_.set_purpose(certificate);
  try {
    const Time next = step(certificate);
    note_live(certificate);
    schedule(certificate, next);
  } catch (const ProcessDied& death) {
    die(death.where);
  }
}

// The moment the live certificate is due, nullopt when that is now or there is none.
Result<std::optional<Time>> ClientHost::due(const std::string& certificate) {
  const std::optional<client::CertificateMeta> meta = TRY(client::live_meta(*process_->vault, certificate));
  if (!meta) return std::optional<Time>();
  const client::Renewal renewal = client::renewal(*meta, deps_.clock.now());
  if (renewal.due != client::Due::not_due) return std::optional<Time>();
  return std::optional<Time>(renewal.renew_at);
}

Result<void> ClientHost::open_vault() {
  if (process_->vault) return {};
  process_->vault = TRY(client::FileVault::open(disk_));
  client::Endpoint endpoint;
  endpoint.directory_url = deps_.directory_url;
  process_->session =
      std::make_unique<client::Session>(endpoint, client::Session::Deps{transport_, deps_.clock, deps_.log});
  return {};
}

// One step of what a certificate needs; the moment to look again.
Time ClientHost::step(const std::string& certificate) {
  const Time now = deps_.clock.now();
  if (!open_vault()) return now + pause_after_trouble;
  const auto running = process_->under_way.find(certificate);
  if (running != process_->under_way.end()) return advance(certificate, *running->second);

  const Result<std::optional<Time>> when = due(certificate);
  if (!when) return now + pause_after_trouble;
  if (*when) return **when;
  client::CertificateRequest wanted;
  wanted.name = certificate;
  wanted.identifiers = {acme::identifier_from_user(certificate).value()};
  const client::Issuance::Deps deps{*process_->session,   *process_->vault,  keys_,       random_, deps_.log,
                                    {&process_->answers}, process_->account, std::nullopt};
  auto issuance = client::Issuance::open(deps, wanted);
  if (!issuance) {
    deps_.log.debug("not_begun", {{"certificate", certificate}, {"error", issuance.error().describe()}});
    return now + pause_after_trouble;
  }
  if ((*issuance)->not_before() && *(*issuance)->not_before() > now) return *(*issuance)->not_before();
  return advance(certificate, *process_->under_way.emplace(certificate, std::move(*issuance)).first->second);
}

Time ClientHost::advance(const std::string& certificate, client::Issuance& issuance) {
  const client::Step step = issuance.advance(deps_.clock.now());
  const Time now = deps_.clock.now();
  if (std::holds_alternative<client::Continue>(step)) return now;
  if (const auto* wait = std::get_if<client::WaitUntil>(&step)) return wait->time;
  Time next = now + next_step;
  if (const auto* failed = std::get_if<client::Failed>(&step)) {
    deps_.log.debug("order_failed", {{"certificate", certificate}, {"error", failed->error.describe()}});
    next = issuance.not_before().value_or(now + pause_after_trouble);
  }
  process_->under_way.erase(certificate);
  return next;
}

// When the live certificate is another than before, its end becomes an event.
void ClientHost::note_live(const std::string& certificate) {
  const auto pem = disk_.peek("certificates/" + client::file_name_of(certificate) + "/live/fullchain.pem");
  if (!pem || noted_[certificate] == *pem) return;
  noted_[certificate] = *pem;
  const auto chain = x509::Chain::from_pem(as_text(*pem));
  if (!chain) return;  // see_change() has said so
  const Time until = chain->leaf().not_after();
  live_until_[certificate] = until;
  const Time gone = until + 1s;
  deps_.events.push(gone, [this, certificate, until] {
    if (live_until_[certificate] == until) deps_.invariants.see_expiry(certificate + " of " + name_, until, down_);
  });
  watch_absence(certificate, gone, until - Invariants::last_stretch);
}

// From `when` on, until another certificate is live.
void ClientHost::watch_absence(const std::string& certificate, Time when, Time since) {
  const Time until = live_until_[certificate];
  deps_.events.push(when, [this, certificate, when, since, until] {
    if (live_until_[certificate] != until) return;
    deps_.invariants.see_absence(certificate + " of " + name_, since, down_);
    watch_absence(certificate, when + look_again, since);
  });
}

void ClientHost::check_recovery(Interval outage) {
  if (!has_gap(down_, {outage.to, deps_.clock.now()}, Invariants::recovery_max)) return;  // a proxy stood in the way
  for (const std::string& certificate : certificates_) {
    deps_.invariants.see_recovered(certificate + " of " + name_, live_until_[certificate], outage);
  }
}

}  // namespace crest::sim
