#include "sim/ca_host.hpp"

#include "sim/fixed_keys.hpp"
#include "x509/build.hpp"

namespace crest::sim {
namespace {

constexpr Duration restart_time{30'000};
constexpr Duration day{24 * 3'600'000};
constexpr unsigned ca_usage =
    static_cast<unsigned>(x509::KeyUsage::key_cert_sign) | static_cast<unsigned>(x509::KeyUsage::crl_sign);

x509::Certificate make_ca(const std::string& name, const crypto::PublicKey& key, const x509::Certificate* issuer,
                          const crypto::PrivateKey& issuer_key, Time now, Random& random) {
  x509::CertificateTemplate parts;
  parts.serial = x509::new_serial(random);
  parts.not_before = std::chrono::floor<std::chrono::seconds>(now - day);
  parts.not_after = x509::last_second(parts.not_before, 3650 * day);
  parts.subject.common_name = name;
  parts.is_ca = true;
  parts.path_length = issuer ? 0 : 1;
  parts.key_usage = ca_usage;
  const x509::ToBeSigned tbs = x509::to_be_signed(parts, key, issuer, issuer_key.public_key()).value();
  return x509::sign(tbs, issuer_key).value();
}

}  // namespace

CaHost::CaHost(Deps deps)
    : deps_(deps),
      random_(deps.seed ^ 0x43410000),
      root_key_(fixed_key("root")),
      issuing_key_(fixed_key("intermediate")),
      store_(memory_, deps.faults),
      egress_(deps.network, std::string(host_name), true) {
  reuses_authorizations_ = random_.chance(0.5);
  root_ = make_ca("Sim Root", root_key_.public_key(), nullptr, root_key_, deps_.clock.now(), random_);
  issuing_ = make_ca("Sim Issuing", issuing_key_.public_key(), &*root_, root_key_, deps_.clock.now(), random_);
  store_.watch([this](const ca::store::CertificateRow& row) { see_issued(row); });
  deps_.network.add_host(std::string(host_name));
}

std::string CaHost::directory_url() const { return "https://" + std::string(host_name) + "/acme/corp/directory"; }

void CaHost::start() {
  note("starts");
  ++life_;
  next_work_.reset();
  ca::AuthorityOptions options;
  options.base_url = "https://" + std::string(host_name);
  options.egress.allow.push_back({encoding::IpNetwork::parse("10.0.0.0/8").value(), ""});
  options.reuse_authorizations = reuses_authorizations_;
  ca::IssuingKey issuer{x509::Chain({*issuing_}), issuing_key_, *root_};
  authority_ =
      ca::Authority::open(options, {store_, deps_.network, egress_, issuer, deps_.clock, random_, deps_.log, meter_})
          .value();
  deps_.network.listen(std::string(host_name), 443, this);
  schedule_work();
}

void CaHost::die(Duration down, const std::string& why) {
  note("dies for " + to_human(down) + ": " + why);
  ++life_;
  next_work_.reset();
  authority_.reset();
  deps_.network.listen(std::string(host_name), 443, nullptr);
  const std::uint64_t life = life_;
  deps_.events.push(deps_.clock.now() + down, [this, life] {
    if (life == life_) start();
  });
}

void CaHost::plan_outages(Time until) {
  const std::int64_t longest = deps_.faults.rates().outage_max.count();
  if (longest <= 0) return;
  for (Time morning = deps_.clock.now(); morning < until; morning += day) {
    const Duration length(static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(longest))));
    const Time from =
        morning +
        Duration(static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>((day - length).count()))));
    outages_.push_back({from, from + length});
    deps_.events.push(from, [this, length] {
      deps_.faults.count("CA outage");
      die(length, "an outage");
    });
  }
}

http::Response CaHost::handle(const http::Request& request) {
  try {
    http::Response response = authority_->handle(request);
    schedule_work();
    return response;
  } catch (const ProcessDied& death) {
    die(restart_time, death.where);
    throw;
  }
}

void CaHost::schedule_work() {
  const std::optional<Time> next = authority_->next_work();
  if (!next || (next_work_ && *next_work_ <= *next)) return;
  next_work_ = next;
  const std::uint64_t life = life_;
  deps_.events.push(std::max(*next, deps_.clock.now()), [this, life] {
    if (life == life_) work();
  });
}

void CaHost::work() {
  next_work_.reset();
  try {
    authority_->work();
    schedule_work();
  } catch (const ProcessDied& death) {
    die(restart_time, death.where);
  }
}

void CaHost::see_issued(const ca::store::CertificateRow& row) {
  if (row.account.empty()) return;  // the CA's own listener
  const Result<IssuedRow> issued = issued_row(memory_, row);
  if (issued) deps_.invariants.see_issued(*issued);
}

}  // namespace crest::sim
