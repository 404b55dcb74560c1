#include "sim/world.hpp"

#include "encoding/base64.hpp"

namespace crest::sim {
namespace {

constexpr std::uint64_t events_max = 20'000'000;
const Time epoch = Time(std::chrono::sys_days(std::chrono::year(2026) / 1 / 1));

// A digest over what happened, in order (FNV-1a, 64 bits): enough to tell two runs apart.
class Trace {
 public:
  void add(std::string_view text) {
    for (const char octet : text) digest_ = (digest_ ^ static_cast<std::uint8_t>(octet)) * 0x100000001b3;
  }
  std::string text() const { return encoding::hex({reinterpret_cast<const std::uint8_t*>(&digest_), sizeof digest_}); }

 private:
  std::uint64_t digest_ = 0xcbf29ce484222325;
};

FaultRates renewal_rates() {
  FaultRates rates;
  rates.bad_nonce = 0.05;
  rates.request_lost = rates.reply_lost = rates.request_twice = rates.server_error = 0.005;
  rates.reply_cut = 0.002;
  rates.validation_lost = 0.01;
  rates.client_dies_at_disk = 0.001;
  rates.client_dies_at_network = 0.002;
  rates.ca_dies_at_store = 0.001;
  rates.disk_full = 0.0005;
  rates.disk_error = 0.0005;
  rates.outage_max = Duration(6 * 3'600'000);
  return rates;
}

class World {
 public:
  World(const Scenario& scenario, std::uint64_t seed, Log& log);
  Report run();

 private:
  void see(const Exchange& exchange);

  const Scenario& scenario_;
  std::uint64_t seed_;
  SeededRandom random_;
  VirtualClock clock_{epoch};
  EventQueue events_;
  Faults faults_;
  Network network_;
  Invariants invariants_;
  Trace trace_;
  CaHost ca_;
  std::vector<std::unique_ptr<ClientHost>> hosts_;
};

World::World(const Scenario& scenario, std::uint64_t seed, Log& log)
    : scenario_(scenario),
      seed_(seed),
      random_(seed),
      faults_(scenario.rates, random_),
      network_(clock_, faults_),
      invariants_(clock_),
      ca_({clock_, events_, faults_, network_, invariants_, log, seed}) {
  network_.watch([this](const Exchange& exchange) { see(exchange); });
  ca_.start();
  ca_.plan_outages(epoch + scenario.length);
  for (std::size_t host = 0; host < scenario.hosts; ++host) {
    const std::string name = "host" + std::to_string(host) + ".sim.example";
    std::vector<std::string> certificates;
    for (std::size_t i = 0; i < scenario.certificates_per_host; ++i) {
      certificates.push_back("app" + std::to_string(i) + "." + name);
    }
    ClientHost::Deps deps{clock_,         events_,
                          faults_,        network_,
                          invariants_,    log,
                          ca_.outages(),  ca_.directory_url(),
                          ca_.root_pem(), seed ^ (0x484f0000 + host)};
    hosts_.push_back(std::make_unique<ClientHost>(name, certificates, deps));
    hosts_.back()->start();
  }
}

void World::see(const Exchange& exchange) {
  trace_.add(std::to_string(clock_.now().time_since_epoch().count()));
  trace_.add(exchange.from);
  trace_.add(exchange.request->method);
  trace_.add(exchange.request->url);
  trace_.add(exchange.fault);
  if (exchange.response) trace_.add(std::to_string(exchange.response->status));
  invariants_.see(exchange);
}

Report World::run() {
  const Time end = epoch + scenario_.length;
  Report report;
  report.seed = seed_;
  while (!events_.empty() && events_.next_time() < end && !invariants_.broken() && report.events < events_max) {
    clock_.advance_to(events_.next_time());
    const EventQueue::Action action = events_.pop();
    action();
    ++report.events;
  }
  if (report.events >= events_max) invariants_.see_endless();
  if (!invariants_.broken()) {  // a run cut short proves nothing about its end
    for (const auto& host : hosts_) host->check_keys();
    invariants_.see_end();
  }
  report.virtual_time = clock_.now() - epoch;
  report.requests = invariants_.requests();
  report.issued = invariants_.issued();
  report.expired = invariants_.expired();
  report.injected = faults_.injected();
  report.violations = invariants_.violations();
  report.trace = trace_.text();
  return report;
}

}  // namespace

Result<Scenario> scenario(const std::string& name) {
  Scenario scenario;
  scenario.name = name;
  scenario.rates = renewal_rates();
  if (name == "renewals") return scenario;
  if (name == "long") {
    scenario.hosts = 50;
    scenario.certificates_per_host = 20;
    return scenario;
  }
  return make_error(ErrorKind::usage, "no such scenario; there are: renewals, long", name);
}

Report run_world(const Scenario& scenario, std::uint64_t seed, Log& log) { return World(scenario, seed, log).run(); }

}  // namespace crest::sim
