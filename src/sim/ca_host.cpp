#include "sim/ca_host.hpp"

#include <algorithm>

#include "sim/fixed_keys.hpp"
#include "x509/build.hpp"

namespace crest::sim {
namespace {

constexpr Duration restart_time{30'000};
constexpr Duration day{24 * 3'600'000};
constexpr Duration long_outage_min{25 * 3'600'000},
    long_outage_max{36 * 3'600'000};  // a certificate lives for 24 hours
constexpr Duration calm_after_long{12 * 3'600'000};
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
      egress_(deps.network, {.host = std::string(host_name), .validation = true}) {
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
  const std::vector<ca::IssuingKey> issuers = {{x509::Chain({*issuing_}), &issuing_key_, *root_}};
  try {
    authority_ =
        ca::Authority::open(options, {store_, deps_.network, egress_, issuers, deps_.clock, random_, deps_.log, meter_})
            .value();
  } catch (const ProcessDied& death) {  // a start writes, too
    return die(restart_time, death.where);
  }
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

Duration CaHost::up_to(Duration longest) {
  return Duration(static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(longest.count()))));
}

// Early enough that its end, and what follows from it, is in the world.
void CaHost::plan_long_outage(Time from, Time until) {
  const Duration length = long_outage_min + up_to(long_outage_max - long_outage_min);
  const Duration room = until - from - length - 2 * calm_after_long;
  if (room <= day || !random_.chance(deps_.faults.rates().long_outage)) return;
  const Time begin = from + day + up_to(room - day);
  long_outage_ = {begin, begin + length};
  outages_.push_back(*long_outage_);
}

void CaHost::plan_outages(Time until) {
  const Duration longest = deps_.faults.rates().outage_max;
  if (longest <= Duration(0)) return;
  plan_long_outage(deps_.clock.now(), until);
  for (Time morning = deps_.clock.now(); morning < until; morning += day) {
    const Duration length = up_to(longest);
    const Time from = morning + up_to(day - length), to = from + length;
    if (!long_outage_ || to < long_outage_->from || from > long_outage_->to + calm_after_long) {
      outages_.push_back({from, to});
    }
  }
  std::sort(outages_.begin(), outages_.end(), [](const auto& one, const auto& other) { return one.from < other.from; });
  for (const Interval& outage : outages_) {
    deps_.events.push(outage.from, [this, outage] {
      const Duration length = outage.to - outage.from;
      deps_.faults.count(length > day ? "CA outage of over a day" : "CA outage");
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
