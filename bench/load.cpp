// crest-load asks one ACME CA for certificates over many connections, with real http-01, and says what it took.
//
//   crest-load --directory URL --trust FILE --name NAME --listen 127.0.0.1:80 --connections N --certificates M --pid PID
//
// Prints one JSON object. Every subject is polled alike: after a pause, as real clients do, and only for what the reply
// before did not already say. A server that stays silent ends the run at once: what was issued until then is counted.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <fstream>
#include <iostream>
#include <map>
#include <mutex>
#include <sstream>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

#include <crest/http01.hpp>

#include "acme/account.hpp"
#include "acme/authorization.hpp"
#include "acme/challenge.hpp"
#include "acme/order.hpp"
#include "acme/revocation.hpp"
#include "acme/select.hpp"
#include "adapters/curl_transport.hpp"
#include "adapters/system_clock.hpp"
#include "client/session.hpp"
#include "client/solver.hpp"
#include "x509/csr.hpp"

namespace {

using namespace crest;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr Duration poll_interval{5};
constexpr int polls_max = 2'000;
constexpr Duration silence_max{10'000};

struct Options {
  std::string directory, trust_pem, name, listen = "127.0.0.1:80";
  unsigned connections = 16, certificates = 500;
  long pid = 0;
};

struct ServerUse {  // of the CA's process, from /proc
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

ServerUse use_of(long pid) {
  const std::string folder = "/proc/" + std::to_string(pid) + "/";
  ServerUse use;
  const std::string stat = content_of(folder + "stat");
  std::istringstream fields(stat.substr(stat.rfind(')') + 2));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0, system = 0;
  fields >> user >> system;
  use.cpu_seconds = (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
  const std::string status = content_of(folder + "status");
  use.rss_bytes = kilobytes_after(status, "VmRSS:");
  use.rss_peak_bytes = kilobytes_after(status, "VmHWM:");
  const std::string io = content_of(folder + "io");
  const std::size_t at = io.find("\nwrite_bytes:");
  if (at != std::string::npos) use.written_bytes = std::stoull(io.substr(at + 13));
  return use;
}

// Ends a run whose server issues nothing for `silence_max`. Thread-safe.
class Watchdog {
 public:
  Watchdog() : thread_([this](std::stop_token done) { watch(done); }) {}
  void note_success() { last_success_ = std::chrono::steady_clock::now(); }
  SteadyTime last_success() const { return last_success_; }
  std::stop_token silence() const { return silence_.get_token(); }

 private:
  void watch(std::stop_token done) {
    std::unique_lock lock(mutex_);
    while (!done.stop_requested()) {
      waker_.wait_for(lock, done, std::chrono::seconds(1), [] { return false; });
      if (std::chrono::steady_clock::now() - last_success_.load() > silence_max) silence_.request_stop();
    }
  }

  std::mutex mutex_;
  std::condition_variable_any waker_;
  std::atomic<SteadyTime> last_success_ = std::chrono::steady_clock::now();
  std::stop_source silence_;
  std::jthread thread_;
};

// One connection: its own account, its own nonces, its own key for its leaves.
class Worker {
 public:
  Worker(const Options& options, client::Solver& solver, std::stop_token stop)
      : solver_(solver),
        stop_(std::move(stop)),
        name_(options.name),
        session_(endpoint(options), {transport_, clock_, log_}),
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

 private:
  static client::Endpoint endpoint(const Options& options) {
    client::Endpoint endpoint;
    endpoint.directory_url = options.directory;
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
    if (authorization.status != acme::AuthorizationStatus::valid) throw std::runtime_error("not proved");
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

struct Outcome {
  std::vector<double> seconds;  // a certificate each
  unsigned failed = 0;
  std::string first_failure;
};

Outcome run(std::vector<std::unique_ptr<Worker>>& workers, unsigned certificates, Watchdog& watchdog) {
  Outcome outcome;
  std::mutex mutex;
  std::atomic<unsigned> next = 0;
  std::vector<std::jthread> threads;
  for (auto& worker : workers) {
    threads.emplace_back([&, &mine = *worker] {
      while (next++ < certificates && !watchdog.silence().stop_requested()) {
        const SteadyTime begun = std::chrono::steady_clock::now();
        std::string failure;
        try {
          mine.obtain();
        } catch (const std::exception& error) {
          failure = error.what();
        }
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
        const std::lock_guard lock(mutex);
        if (failure.empty()) {
          outcome.seconds.push_back(took.count());
          watchdog.note_success();
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

Options read_options(int count, char** words) {
  std::map<std::string, std::string> given;
  for (int i = 1; i + 1 < count; i += 2) given[words[i]] = words[i + 1];
  Options options;
  options.directory = given.at("--directory");
  options.trust_pem = content_of(given.at("--trust"));
  options.name = given.at("--name");
  options.listen = given.at("--listen");
  options.connections = static_cast<unsigned>(std::stoul(given.at("--connections")));
  options.certificates = static_cast<unsigned>(std::stoul(given.at("--certificates")));
  options.pid = std::stol(given.at("--pid"));
  return options;
}

}  // namespace

int main(int count, char** words) {
  try {
    const Options options = read_options(count, words);
    auto server = Http01Server::open(options.listen);
    if (!server) throw std::runtime_error(server.error().describe());
    Watchdog watchdog;
    std::vector<std::unique_ptr<Worker>> workers;
    for (unsigned i = 0; i < options.connections; ++i) {
      workers.push_back(std::make_unique<Worker>(options, (*server)->solver(), watchdog.silence()));
      workers.back()->open_account();
    }
    const Outcome warm = run(workers, std::max(options.connections, options.certificates / 10), watchdog);
    const ServerUse before = use_of(options.pid);
    const SteadyTime begun = std::chrono::steady_clock::now();
    const Outcome outcome = run(workers, options.certificates, watchdog);
    const std::chrono::duration<double> wall = std::max(watchdog.last_success() - begun, SteadyTime::duration(1));
    const ServerUse after = use_of(options.pid);

    const double issued = static_cast<double>(outcome.seconds.size());
    const double cpu = after.cpu_seconds - before.cpu_seconds;
    const auto growth = static_cast<double>(after.rss_bytes) - static_cast<double>(before.rss_bytes);
    encoding::Json row = encoding::Json::object();
    row.set("certificates", static_cast<std::int64_t>(outcome.seconds.size()));
    row.set("failed", static_cast<std::int64_t>(outcome.failed + warm.failed));
    row.set("first_failure", outcome.failed ? outcome.first_failure : warm.first_failure);
    row.set("fell_silent", watchdog.silence().stop_requested());
    row.set("wall_seconds", wall.count()).set("cpu_seconds", cpu);
    row.set("certs_per_second", issued / wall.count()).set("certs_per_cpu_second", issued / std::max(cpu, 0.001));
    row.set("p50_seconds", share(outcome.seconds, 0.50)).set("p95_seconds", share(outcome.seconds, 0.95));
    row.set("rss_peak_bytes", static_cast<std::int64_t>(after.rss_peak_bytes));
    row.set("rss_growth_bytes_per_cert", growth / std::max(issued, 1.0));
    row.set("written_bytes_per_cert",
            static_cast<double>(after.written_bytes - before.written_bytes) / std::max(issued, 1.0));
    std::cout << row.dump() << std::endl;
    return outcome.seconds.empty() && !watchdog.silence().stop_requested() ? 1 : 0;
  } catch (const std::exception& error) {
    std::cerr << "crest-load: " << error.what() << "\n";
    return 2;
  }
}
