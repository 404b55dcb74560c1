#include "sim/world.hpp"

#include "sim/front.hpp"
#include "sim/trace.hpp"

namespace crest::sim {
namespace {

constexpr std::uint64_t events_max = 20'000'000;
constexpr Duration wait_shown_min{1'000};  // a clock that goes on by less inside a step is worth no line
const Time epoch = Time(std::chrono::sys_days(std::chrono::year(2026) / 1 / 1));

constexpr std::size_t sharing_hosts = 2;
constexpr std::string_view front_name = "front.sim.example", shared_name = "shared.sim.example";

std::string name_of_host(std::size_t number) { return "host" + std::to_string(number) + ".sim.example"; }

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
  rates.proxy_pages = 0.4;
  rates.proxy_pages_max = 6h;
  rates.long_outage = 0.25;
  rates.outage_max = Duration(6 * 3'600'000);
  return rates;
}

class World {
 public:
  World(const Scenario& scenario, std::uint64_t seed, Log& log);
  Report run();

 private:
  void see(const Exchange& exchange);
  void plan_recovery_check();
  void see_time(Time from, Time to);

  const Scenario& scenario_;
  std::uint64_t seed_;
  SeededRandom random_;
  Trace trace_;
  VirtualClock clock_{epoch};
  EventQueue events_;
  Faults faults_;
  Network network_;
  Front front_;
  Invariants invariants_;
  CaHost ca_;
  std::vector<std::unique_ptr<ClientHost>> hosts_;
  bool in_step_ = false;
};

World::World(const Scenario& scenario, std::uint64_t seed, Log& log)
    : scenario_(scenario),
      seed_(seed),
      random_(seed),
      faults_(scenario.rates, random_),
      network_(clock_, faults_),
      front_(network_, {name_of_host(0), name_of_host(1)}),
      invariants_(clock_),
      ca_({clock_, events_, faults_, network_, invariants_, trace_, log, seed}) {
  network_.watch([this](const Exchange& exchange) { see(exchange); });
  faults_.watch([this](const std::string& name) { trace_.add(clock_.now(), "fault", name); });
  clock_.watch([this](Time from, Time to) { see_time(from, to); });
  ca_.start();
  ca_.plan_outages(epoch + scenario.length);
  network_.add_host(std::string(front_name));
  network_.listen(std::string(front_name), 80, &front_);
  plan_recovery_check();
  for (std::size_t host = 0; host < scenario.hosts; ++host) {
    const std::string name = name_of_host(host);
    std::vector<std::string> certificates;
    for (std::size_t i = 0; i < scenario.certificates_per_host; ++i) {
      const bool shared = i == 0 && host < sharing_hosts && scenario.shared_name;
      certificates.push_back(shared ? std::string(shared_name) : "app" + std::to_string(i) + "." + name);
      network_.add_name(certificates.back(), shared ? std::string(front_name) : name);
    }
    ClientHost::Deps deps{clock_,
                          events_,
                          faults_,
                          network_,
                          invariants_,
                          trace_,
                          log,
                          ca_.outages(),
                          epoch + scenario.length,
                          ca_.directory_url(),
                          ca_.root_pem(),
                          seed ^ (0x484f0000 + host)};
    hosts_.push_back(std::make_unique<ClientHost>(name, certificates, deps));
    hosts_.back()->start();
  }
}

void World::see(const Exchange& exchange) {
  std::string line =
      exchange.from + " to " + exchange.to + ": " + exchange.request->method + " " + exchange.request->url;
  line += exchange.response ? " " + std::to_string(exchange.response->status) : " no answer";
  if (!exchange.fault.empty()) line += " (" + exchange.fault + ")";
  trace_.add(clock_.now(), "wire", line);
  invariants_.see(exchange);
}

void World::see_time(Time from, Time to) {
  if (in_step_ && to - from >= wait_shown_min) {
    trace_.add(from, "clock", "goes on by " + to_human(to - from) + " inside a step");
  } else {
    trace_.pass(to);
  }
}

// An outage that no certificate outlived: some time after its end, everything is renewed.
void World::plan_recovery_check() {
  const std::optional<Interval> outage = ca_.long_outage();
  if (!outage) return;
  events_.push(outage->to + Invariants::recovery_max, [this, outage] {
    for (const auto& host : hosts_) host->check_recovery(*outage);
  });
}

Report World::run() {
  const Time end = epoch + scenario_.length;
  Report report;
  report.seed = seed_;
  while (!events_.empty() && events_.next_time() < end && !invariants_.broken() && report.events < events_max) {
    clock_.advance_to(events_.next_time());
    const EventQueue::Action action = events_.pop();
    in_step_ = true;
    action();
    in_step_ = false;
    ++report.events;
  }
  if (report.events >= events_max) invariants_.see_endless();
  if (!invariants_.broken()) {  // a run cut short proves nothing about its end
    for (const auto& host : hosts_) host->check_keys();
    invariants_.see_end();
  }
  report.virtual_time = clock_.now() - epoch;
  report.requests = invariants_.requests();
  report.busiest_day = invariants_.busiest_day();
  report.busiest_hour = invariants_.busiest_hour();
  report.issued = invariants_.issued();
  report.expired = invariants_.expired();
  report.injected = faults_.injected();
  report.violations = invariants_.violations();
  report.trace = trace_.digest();
  report.last_lines = trace_.last_lines();
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
  if (name == "short") {
    scenario.hosts = 2;
    scenario.certificates_per_host = 1;
    scenario.length = Duration(2 * 24 * 3'600'000LL);
    return scenario;
  }
  return make_error(ErrorKind::usage, "no such scenario; there are: renewals, long, short", name);
}

Report run_world(const Scenario& scenario, std::uint64_t seed, Log& log) { return World(scenario, seed, log).run(); }

}  // namespace crest::sim
