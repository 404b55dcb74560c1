// crest-load asks one ACME CA for certificates over many connections, with real http-01, and says what it took.
//
//   crest-load --directory URL[,URL...] --trust FILE --name NAME --listen 127.0.0.1:80 --connections N --certificates M
//              --pid PID[,PID...] [--seconds-max S] [--warm-up no] [--one-account yes] [--flood yes]
//
// Prints one JSON object. Every subject is polled alike: after a pause, as real clients do, and only for what the reply
// before did not already say. A server that stays silent ends the run at once, and so does --seconds-max: what was issued
// until then is counted. Several directories are of several nodes; connections take turns. A PID stands for the process and
// its children. With --flood nothing is issued: one account orders and responds as fast as it is let, for names whose hosts
// never answer (0.NAME, 1.NAME, ...).
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <latch>
#include <map>
#include <mutex>
#include <sstream>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

#include "acme/account.hpp"
#include "acme/authorization.hpp"
#include "acme/challenge.hpp"
#include "acme/order.hpp"
#include "acme/revocation.hpp"
#include "acme/select.hpp"
#include "adapters/beast_server.hpp"
#include "adapters/curl_transport.hpp"
#include "adapters/system_clock.hpp"
#include "client/http01.hpp"
#include "client/session.hpp"
#include "client/solver.hpp"
#include "x509/csr.hpp"

namespace {

using namespace crest;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr Duration poll_interval{5};
constexpr int polls_max = 2'000;
constexpr Duration silence_max{6'000};
constexpr unsigned flooded_names = 250;

struct Options {
  std::vector<std::string> directories;
  std::string trust_pem, name, listen = "127.0.0.1:80";
  unsigned connections = 16, certificates = 500;
  std::vector<long> pids;
  std::chrono::seconds longest{3600};
  bool warms_up = true, one_account = false, floods = false;
};

struct ServerUse {  // of a process of the CA and its children, from /proc
  double cpu_seconds = 0;
  std::uint64_t rss_bytes = 0, rss_peak_bytes = 0, written_bytes = 0;
};

std::uint64_t kilobytes_after(const std::string& text, const std::string& key) {
  const std::size_t at = text.find(key);
  return at == std::string::npos ? 0 : std::stoull(text.substr(at + key.size())) * 1024;
}

std::string content_of(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

struct Ticks {
  long parent = 0;
  double own = 0, of_ended_children = 0;
};
Ticks ticks_of(const std::string& pid) {
  Ticks out;
  const std::string stat = content_of("/proc/" + pid + "/stat");
  if (stat.empty()) return out;
  std::istringstream fields(stat.substr(stat.rfind(')') + 4));
  fields >> out.parent;
  std::string skipped;
  for (int i = 0; i < 9; ++i) fields >> skipped;
  double user = 0, system = 0, child_user = 0, child_system = 0;
  fields >> user >> system >> child_user >> child_system;
  out.own = user + system;
  out.of_ended_children = child_user + child_system;
  return out;
}

double cpu_seconds_of(long pid) {
  const Ticks parent = ticks_of(std::to_string(pid));
  double sum = parent.own + parent.of_ended_children;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const Ticks ticks = ticks_of(name);
    if (ticks.parent == pid) sum += ticks.own;
  }
  return sum / static_cast<double>(sysconf(_SC_CLK_TCK));
}

ServerUse use_of(long pid) {
  const std::string folder = "/proc/" + std::to_string(pid) + "/";
  ServerUse use{.cpu_seconds = cpu_seconds_of(pid)};
  const std::string status = content_of(folder + "status");
  use.rss_bytes = kilobytes_after(status, "VmRSS:");
  use.rss_peak_bytes = kilobytes_after(status, "VmHWM:");
  const std::string io = content_of(folder + "io");
  const std::size_t at = io.find("\nwrite_bytes:");
  if (at != std::string::npos) use.written_bytes = std::stoull(io.substr(at + 13));
  return use;
}

std::vector<ServerUse> use_of(const std::vector<long>& pids) {
  std::vector<ServerUse> uses;
  for (const long pid : pids) uses.push_back(use_of(pid));
  return uses;
}

// Ends a run whose server issues nothing for `silence_max`, or whose time is over. Thread-safe.
class Watchdog {
 public:
  explicit Watchdog(std::chrono::seconds longest)
      : end_(std::chrono::steady_clock::now() + longest), thread_([this](std::stop_token done) { watch(done); }) {}
  void note_success() { last_success_ = std::chrono::steady_clock::now(); }
  SteadyTime last_success() const { return last_success_; }
  std::stop_token over() const { return over_.get_token(); }
  bool fell_silent() const { return fell_silent_; }

 private:
  void watch(std::stop_token done) {
    std::unique_lock lock(mutex_);
    while (!done.stop_requested()) {
      waker_.wait_for(lock, done, std::chrono::milliseconds(100), [] { return false; });
      const SteadyTime now = std::chrono::steady_clock::now();
      if (now - last_success_.load() > silence_max) fell_silent_ = true;
      if (fell_silent_ || now > end_) over_.request_stop();
    }
  }

  const SteadyTime end_;
  std::mutex mutex_;
  std::condition_variable_any waker_;
  std::atomic<SteadyTime> last_success_ = std::chrono::steady_clock::now();
  std::atomic<bool> fell_silent_ = false;
  std::stop_source over_;
  std::jthread thread_;
};

// One connection: its own account, its own nonces, its own key for its leaves.
class Worker {
 public:
  Worker(const Options& options, std::size_t number, client::Solver& solver, std::stop_token stop)
      : solver_(solver),
        stop_(std::move(stop)),
        name_(options.name),
        session_(endpoint(options, number), {transport_, clock_, log_}),
        account_key_(crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value()),
        leaf_key_(crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value()) {
    csr_ = x509::make_csr(leaf_key_, {{x509::SubjectName::Type::dns, name_}}).value();
  }

  void open_account() {
    const acme::Directory directory = session_.directory().value();
    acme::NewAccount request;
    request.terms_of_service_agreed = true;
    const client::Reply reply =
        session_.post({&account_key_, ""}, directory.new_account, acme::to_json(request).dump()).value();
    account_url_ = reply.location;
  }
  // Connects, too, so that the first order goes out at once.
  void share_account(const Worker& other) {
    account_key_ = other.account_key_;
    account_url_ = other.account_url_;
    (void)session_.directory().value();
  }

  void obtain() {
    const acme::Directory directory = session_.directory().value();
    acme::NewOrder request;
    request.identifiers = {{acme::IdentifierType::dns, name_}};
    const client::Reply created = post(directory.new_order, acme::to_json(request).dump());
    const std::string order_url = created.location;
    acme::Order order = read<acme::Order>(created, acme::order_from_json);
    for (const std::string& url : order.authorizations) prove(url);
    order = read<acme::Order>(post(order.finalize, acme::to_json(acme::Finalize{csr_}).dump()), acme::order_from_json);
    order = await(order, order_url);
    const client::Reply chain = post(*order.certificate, "");
    if (chain.response.body.find("BEGIN CERTIFICATE") == std::string::npos) throw std::runtime_error("no chain");
  }

  // Orders what will never be proved, and has the CA try.
  void annoy(unsigned number, std::atomic<unsigned>& requests) {
    acme::NewOrder request;
    request.identifiers = {{acme::IdentifierType::dns, std::to_string(number % flooded_names) + "." + name_}};
    ++requests;
    const client::Reply created = post(session_.directory().value().new_order, acme::to_json(request).dump());
    const auto order = read<acme::Order>(created, acme::order_from_json);
    requests += 3;
    const auto authorization =
        read<acme::Authorization>(post(order.authorizations.front(), ""), acme::authorization_from_json);
    post(acme::select_challenge(authorization, {std::string(acme::http_01)}).value().url, "{}");
    (void)session_.post({&account_key_, account_url_}, order.finalize, acme::to_json(acme::Finalize{csr_}).dump(),
                        client::Session::json_bytes_max, stop_);  // which is refused
  }

 private:
  static client::Endpoint endpoint(const Options& options, std::size_t number) {
    client::Endpoint endpoint;
    endpoint.directory_url = options.directories[number % options.directories.size()];
    endpoint.trust = {Trust::Mode::pem, options.trust_pem};
    return endpoint;
  }
  client::Reply post(const std::string& url, const std::string& payload) {
    return session_.post({&account_key_, account_url_}, url, payload, client::Session::json_bytes_max, stop_).value();
  }
  template <typename T, typename Codec>
  static T read(const client::Reply& reply, Codec codec) {
    return codec(encoding::Json::parse(reply.response.body).value()).value();
  }
  void prove(const std::string& url) {
    acme::Authorization authorization = read<acme::Authorization>(post(url, ""), acme::authorization_from_json);
    if (authorization.status == acme::AuthorizationStatus::valid) return;
    const acme::Challenge challenge = acme::select_challenge(authorization, {std::string(acme::http_01)}).value();
    const client::Proof proof{authorization.identifier, challenge.token,
                              acme::key_authorization(challenge.token, account_key_.public_key())};
    solver_.present(proof).value();
    post(challenge.url, "{}");
    for (int i = 0; authorization.status == acme::AuthorizationStatus::pending && i < polls_max; ++i) {
      std::this_thread::sleep_for(poll_interval);
      authorization = read<acme::Authorization>(post(url, ""), acme::authorization_from_json);
    }
    solver_.clean_up(proof).value();
    if (authorization.status != acme::AuthorizationStatus::valid)
      throw std::runtime_error(why_not_proved(authorization));
  }
  static std::string why_not_proved(const acme::Authorization& authorization) {
    for (const acme::Challenge& challenge : authorization.challenges) {
      if (challenge.error) return "not proved: " + challenge.error->detail.raw();
    }
    return "not proved: the authorization is " + std::string(acme::to_string(authorization.status));
  }
  acme::Order await(acme::Order order, const std::string& url) {
    for (int i = 0; order.status == acme::OrderStatus::processing && i < polls_max; ++i) {
      std::this_thread::sleep_for(poll_interval);
      order = read<acme::Order>(post(url, ""), acme::order_from_json);
    }
    if (order.status != acme::OrderStatus::valid) throw std::runtime_error("order not issued");
    return order;
  }

  client::Solver& solver_;
  std::stop_token stop_;
  std::string name_;
  adapters::CurlTransport transport_;
  adapters::SystemClock clock_;
  NullLog log_;
  client::Session session_;
  crypto::PrivateKey account_key_, leaf_key_;
  Bytes csr_;
  std::string account_url_;
};

using Workers = std::vector<std::unique_ptr<Worker>>;

struct Outcome {
  std::vector<double> seconds;  // a certificate each
  double slowest_seconds = 0;   // also of what was cut off
  unsigned failed = 0, cut_off = 0;
  std::string first_failure;
};

Outcome run(Workers& workers, unsigned certificates, Watchdog& watchdog) {
  Outcome outcome;
  std::mutex mutex;
  std::atomic<unsigned> next = 0;
  std::latch all_there(static_cast<std::ptrdiff_t>(workers.size()));
  std::vector<std::jthread> threads;
  for (auto& worker : workers) {
    threads.emplace_back([&, &mine = *worker] {
      all_there.arrive_and_wait();
      while (next++ < certificates && !watchdog.over().stop_requested()) {
        const SteadyTime begun = std::chrono::steady_clock::now();
        std::string failure;
        try {
          mine.obtain();
        } catch (const std::exception& error) {
          failure = error.what();
        }
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
        const std::lock_guard lock(mutex);
        outcome.slowest_seconds = std::max(outcome.slowest_seconds, took.count());
        if (failure.empty()) {
          outcome.seconds.push_back(took.count());
          watchdog.note_success();
        } else if (watchdog.over().stop_requested()) {
          ++outcome.cut_off;
        } else if (outcome.failed++ == 0) {
          outcome.first_failure = failure;
        }
      }
    });
  }
  threads.clear();
  std::sort(outcome.seconds.begin(), outcome.seconds.end());
  return outcome;
}

double share(const std::vector<double>& sorted, double part) {
  if (sorted.empty()) return 0;
  return sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(part * static_cast<double>(sorted.size())))];
}

std::vector<std::string> parts_of(const std::string& list) {
  std::vector<std::string> parts;
  std::istringstream text(list);
  for (std::string part; std::getline(text, part, ',');) parts.push_back(part);
  return parts;
}

Options read_options(int count, char** words) {
  std::map<std::string, std::string> given;
  for (int i = 1; i + 1 < count; i += 2) given[words[i]] = words[i + 1];
  Options options;
  options.directories = parts_of(given.at("--directory"));
  options.trust_pem = content_of(given.at("--trust"));
  options.name = given.at("--name");
  if (given.contains("--listen")) options.listen = given["--listen"];
  options.connections = static_cast<unsigned>(std::stoul(given.at("--connections")));
  options.certificates =
      static_cast<unsigned>(std::stoul(given["--certificates"].empty() ? "0" : given["--certificates"]));
  for (const std::string& pid : parts_of(given["--pid"])) options.pids.push_back(std::stol(pid));
  if (given.contains("--seconds-max")) options.longest = std::chrono::seconds(std::stoul(given["--seconds-max"]));
  options.warms_up = given["--warm-up"] != "no";
  options.one_account = given["--one-account"] == "yes";
  options.floods = given["--flood"] == "yes";
  return options;
}

Workers open_workers(const Options& options, client::Solver& solver, const Watchdog& watchdog) {
  Workers workers;
  for (std::size_t i = 0; i < options.connections; ++i) {
    workers.push_back(std::make_unique<Worker>(options, i, solver, watchdog.over()));
    if (i > 0 && (options.one_account || options.floods))
      workers.back()->share_account(*workers.front());
    else
      workers.back()->open_account();
  }
  return workers;
}

void put_use(encoding::Json& row, const std::vector<ServerUse>& before, const std::vector<ServerUse>& after,
             double issued) {
  double cpu = 0, growth = 0, written = 0;
  std::uint64_t peak = 0;
  encoding::Json cpu_each = encoding::Json::array();
  for (std::size_t i = 0; i < before.size(); ++i) {
    const double own = after[i].cpu_seconds - before[i].cpu_seconds;
    cpu_each.push(own);
    cpu += own;
    growth += static_cast<double>(after[i].rss_bytes) - static_cast<double>(before[i].rss_bytes);
    written += static_cast<double>(after[i].written_bytes - before[i].written_bytes);
    peak = std::max(peak, after[i].rss_peak_bytes);
  }
  row.set("cpu_seconds", cpu).set("cpu_seconds_each", std::move(cpu_each));
  row.set("certs_per_cpu_second", issued / std::max(cpu, 0.001));
  row.set("rss_peak_bytes", static_cast<std::int64_t>(peak));
  row.set("rss_growth_bytes_per_cert", growth / std::max(issued, 1.0));
  row.set("written_bytes_per_cert", written / std::max(issued, 1.0));
}

int load(const Options& options, client::Solver& solver) {
  Watchdog watchdog(options.longest);
  Workers workers = open_workers(options, solver, watchdog);
  Outcome warm;
  if (options.warms_up) warm = run(workers, std::max(options.connections, options.certificates / 10), watchdog);
  const auto before = use_of(options.pids);
  const SteadyTime begun = std::chrono::steady_clock::now();
  const Outcome outcome = run(workers, options.certificates, watchdog);
  const std::chrono::duration<double> wall = std::max(watchdog.last_success() - begun, SteadyTime::duration(1));
  const auto after = use_of(options.pids);

  const double issued = static_cast<double>(outcome.seconds.size());
  encoding::Json row = encoding::Json::object();
  row.set("certificates", static_cast<std::int64_t>(outcome.seconds.size()));
  row.set("failed", static_cast<std::int64_t>(outcome.failed + warm.failed));
  row.set("first_failure", outcome.failed ? outcome.first_failure : warm.first_failure);
  row.set("fell_silent", watchdog.fell_silent());
  row.set("cut_off", static_cast<std::int64_t>(outcome.cut_off + warm.cut_off));
  row.set("wall_seconds", wall.count()).set("certs_per_second", issued / wall.count());
  row.set("p50_seconds", share(outcome.seconds, 0.50)).set("p95_seconds", share(outcome.seconds, 0.95));
  row.set("slowest_seconds", outcome.slowest_seconds);
  put_use(row, before, after, issued);
  std::cout << row.dump() << std::endl;
  return 0;
}

int flood(const Options& options, client::Solver& solver) {
  Watchdog watchdog(options.longest);
  Workers workers = open_workers(options, solver, watchdog);
  std::atomic<unsigned> requests = 0, orders = 0, refused = 0;
  std::vector<std::jthread> threads;
  for (auto& worker : workers) {
    threads.emplace_back([&, &mine = *worker] {
      while (!watchdog.over().stop_requested()) {
        watchdog.note_success();
        try {
          mine.annoy(orders++, requests);
        } catch (const std::exception&) {
          ++refused;
        }
      }
    });
  }
  threads.clear();
  encoding::Json row = encoding::Json::object();
  row.set("requests", static_cast<std::int64_t>(requests)).set("orders", static_cast<std::int64_t>(orders));
  row.set("refused", static_cast<std::int64_t>(refused));
  std::cout << row.dump() << std::endl;
  return 0;
}

}  // namespace

int main(int count, char** words) {
  try {
    const Options options = read_options(count, words);
    client::Http01Answers answers;
    NullLog log;
    adapters::ServerOptions listening{.address = options.listen, .identity = std::nullopt};
    listening.connections_per_address_max = listening.connections_max;  // all come from one CA, and some stay
    const auto server = adapters::BeastServer::open(listening, log).value();
    server->start(answers).value();
    return options.floods ? flood(options, answers) : load(options, answers);
  } catch (const std::exception& error) {
    std::cerr << "crest-load: " << error.what() << "\n";
    return 2;
  }
}
