#include "adapters/beast_server.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <list>
#include <mutex>
#include <netinet/tcp.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <vector>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/post.hpp>

#include "adapters/http_connection.hpp"
#include "adapters/listen_socket.hpp"
#include "adapters/work_gate.hpp"

namespace crest::adapters {
namespace {

namespace asio = boost::asio;
using Executor = asio::io_context::executor_type;
using Waiter = asio::posix::basic_stream_descriptor<Executor>;  // owns a socket and waits for it
using Steady = std::chrono::steady_clock;
using Timer = asio::basic_waitable_timer<Steady, asio::wait_traits<Steady>, Executor>;
using boost::system::error_code;

constexpr Duration sweep_interval{100};
constexpr Duration accept_pause{100};
constexpr Duration stop_step{20};
constexpr int accepts_in_a_row = 64;

// Who counts as one for connections_per_address_max: an IPv4 address, an IPv6 network of 64 bits.
struct Remote {
  std::string address, key;
};
Remote remote_of(const sockaddr_storage& storage) {
  char text[INET6_ADDRSTRLEN] = "";
  if (storage.ss_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&storage);
    ::inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text);
    return {text, text};
  }
  const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&storage);
  ::inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text);
  return {text, std::string(reinterpret_cast<const char*>(&v6->sin6_addr), 8)};
}

// Unique in this process, and unlikely to come again in the next.
class RequestIds {
 public:
  RequestIds() {
    if (::getrandom(&prefix_, sizeof prefix_, 0) != sizeof prefix_) prefix_ = 0;
  }
  std::string next() {
    static constexpr char digits[] = "0123456789abcdef";
    const std::uint64_t value = std::uint64_t{prefix_} << 32 | (count_.fetch_add(1) & 0xffffffffu);
    std::string text(16, '0');
    for (std::size_t i = 0; i < text.size(); ++i) text[i] = digits[value >> (60 - 4 * i) & 0xf];
    return text;
  }

 private:
  std::uint32_t prefix_ = 0;
  std::atomic<std::uint64_t> count_{0};
};

// Threads made while it lives get no signals: those are the business of the program around us.
class SignalsOff {
 public:
  SignalsOff() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsOff() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsOff(const SignalsOff&) = delete;
  SignalsOff& operator=(const SignalsOff&) = delete;

 private:
  sigset_t before_;
};

struct Listener {
  explicit Listener(asio::io_context& io) : socket(io), pause(io) {}
  Waiter socket;
  Timer pause;  // while there is no descriptor for another connection
};

ServerOptions with_a_worker(ServerOptions options) {
  options.workers = std::max<std::size_t>(options.workers, 1);
  return options;
}

class Session;
using SessionPtr = std::shared_ptr<Session>;

}  // namespace

class BeastServer::Impl {
 public:
  Impl(ServerOptions given, Log& log, ServerTls tls, std::vector<Descriptor> sockets);
  ~Impl() { stop(); }

  Result<void> start(http::Service& service);
  void stop();
  void set_tls(ServerTls next);
  std::uint16_t port() const { return port_; }
  const ServerOptions& options() const { return options_; }

  // For sessions.
  enum class Turn { now, later, never };
  Turn ask_for_worker(const SessionPtr& session);
  void give_worker_on();
  http::Service& service() { return *service_; }
  ConnectionRegistry& registry() { return registry_; }
  RequestIds& request_ids() { return request_ids_; }
  HttpConnection::Deps connection_deps() { return {options_, stopping_, log_}; }
  Log& log() { return log_; }

 private:
  void accept_when_ready(Listener& listener);
  void accept_some(Listener& listener);
  void admit(Descriptor socket, const sockaddr_storage& peer);
  void sweep_later();
  void run_thread();
  ServerTls tls();

  const ServerOptions options_;
  Log& log_;
  http::Service* service_ = nullptr;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false}, sweeping_{false};
  ConnectionRegistry registry_;
  RequestIds request_ids_;
  std::mutex tls_mutex_, stop_mutex_;
  ServerTls tls_;
  asio::io_context io_;
  Timer sweep_timer_{io_};
  std::list<Listener> listeners_;
  std::vector<std::thread> threads_;
  WorkGate<SessionPtr> gate_;  // goes first: sessions that queue in it need the rest
};

namespace {

using Server = BeastServer::Impl;

// An HttpConnection and its socket, run by whichever thread the socket wakes.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Server& server, asio::io_context& io, Descriptor socket, ServerTls tls, Remote remote)
      : server_(server),
        waiter_(io),
        watch_(socket.get()),
        http_(server.connection_deps(), socket.get(), std::move(tls), watch_, std::move(remote.address)),
        entry_(server.registry(), watch_, std::move(remote.key)) {
    waiter_.assign(socket.get());
    socket.release();
  }

  void begin() { wait(Waiter::wait_read); }
  // Has got a worker's place at last.
  void work_and_run() {
    guarded([this] {
      work();
      run();
    });
  }

 private:
  void wait(Waiter::wait_type what) {
    waiter_.async_wait(what, [self = shared_from_this()](const error_code& problem) {
      if (!problem) self->guarded([&] { self->run(); });
    });
  }

  void run() {
    for (;;) {
      switch (http_.run()) {
        case HttpConnection::Need::readable: return wait(Waiter::wait_read);
        case HttpConnection::Need::writable: return wait(Waiter::wait_write);
        case HttpConnection::Need::end: return;
        case HttpConnection::Need::worker: break;
      }
      switch (server_.ask_for_worker(shared_from_this())) {
        case Server::Turn::now: work(); break;
        case Server::Turn::later: return;  // another thread may be at work on *this already
        case Server::Turn::never: http_.answer_busy(); break;
      }
    }
  }

  void work() {
    struct Place {
      Server& server;
      ~Place() { server.give_worker_on(); }
    };
    const Place place{server_};
    http_.answer(server_.service(), server_.request_ids().next());
  }

  // Out of memory: this connection ends, the others go on.
  template <typename Body>
  void guarded(Body body) {
    try {
      body();
    } catch (const std::exception& problem) {
      server_.log().error("connection_failed", {{"why", problem.what()}});
    }
  }

  Server& server_;
  Waiter waiter_;
  ConnectionWatch watch_;
  HttpConnection http_;
  ConnectionRegistry::Entry entry_;  // goes first: nobody may shut a socket that is closed
};

}  // namespace

BeastServer::Impl::Impl(ServerOptions given, Log& log, ServerTls tls, std::vector<Descriptor> sockets)
    : options_(with_a_worker(std::move(given))),
      log_(log),
      port_(local_port(sockets.front())),
      registry_(options_.connections_max, options_.connections_per_address_max),
      tls_(std::move(tls)),
      io_(static_cast<int>(options_.workers + 1)),
      gate_(options_.workers, options_.queue_max) {
  for (Descriptor& socket : sockets) {
    listeners_.emplace_back(io_).socket.assign(socket.get());
    socket.release();
  }
}

ServerTls BeastServer::Impl::tls() {
  const std::lock_guard lock(tls_mutex_);
  return tls_;
}

void BeastServer::Impl::set_tls(ServerTls next) {
  const std::lock_guard lock(tls_mutex_);
  tls_.swap(next);
}

BeastServer::Impl::Turn BeastServer::Impl::ask_for_worker(const SessionPtr& session) {
  switch (gate_.enter(session)) {
    case WorkGate<SessionPtr>::Entry::run: return Turn::now;
    case WorkGate<SessionPtr>::Entry::queued: return Turn::later;
    case WorkGate<SessionPtr>::Entry::full: break;
  }
  return Turn::never;
}

void BeastServer::Impl::give_worker_on() {
  std::optional<SessionPtr> next = gate_.leave();
  if (next) asio::post(io_, [session = *std::move(next)] { session->work_and_run(); });
}

void BeastServer::Impl::accept_when_ready(Listener& listener) {
  listener.socket.async_wait(Waiter::wait_read, [this, &listener](const error_code& problem) {
    if (!problem && !stopping_) accept_some(listener);
  });
}

void BeastServer::Impl::accept_some(Listener& listener) {
  for (int i = 0; i < accepts_in_a_row; ++i) {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    Descriptor socket(::accept4(listener.socket.native_handle(), reinterpret_cast<sockaddr*>(&peer), &size,
                                SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket) {
      admit(std::move(socket), peer);
      continue;
    }
    if (errno == EAGAIN) break;
    if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM) continue;
    log_.warn("listener_paused", {{"why", "no descriptor or memory for another connection; raise ulimit -n"}});
    listener.pause.expires_after(accept_pause);
    return listener.pause.async_wait([this, &listener](const error_code& problem) {
      if (!problem) accept_when_ready(listener);
    });
  }
  accept_when_ready(listener);
}

void BeastServer::Impl::admit(Descriptor socket, const sockaddr_storage& peer) {
  Remote remote = remote_of(peer);
  if (!registry_.has_room(remote.key)) {
    log_.debug("connection_refused", {{"peer", remote.address}, {"why", "too many connections"}});
    return;
  }
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  try {
    std::make_shared<Session>(*this, io_, std::move(socket), tls(), std::move(remote))->begin();
  } catch (const std::exception& problem) {
    log_.error("connection_failed", {{"why", problem.what()}});
  }
  if (!sweeping_.exchange(true)) sweep_later();
}

// One look at all connections now and then is cheaper than a timer for each.
void BeastServer::Impl::sweep_later() {
  sweep_timer_.expires_after(sweep_interval);
  sweep_timer_.async_wait([this](const error_code& problem) {
    if (problem || stopping_) return;
    // The flag falls before the look: a connection that comes in between starts the next round itself.
    sweeping_ = false;
    if (registry_.shut_overdue(steady_ms()) && !sweeping_.exchange(true)) sweep_later();
  });
}

void BeastServer::Impl::run_thread() {
  for (;;) {
    try {
      io_.run();
      return;
    } catch (const std::exception&) {  // not even memory to say so: the others go on
    }
  }
}

Result<void> BeastServer::Impl::start(http::Service& service) {
  service_ = &service;
  for (Listener& listener : listeners_) accept_when_ready(listener);
  try {
    const SignalsOff signals_off;
    // One more than may work: it is always free to read, write and turn away.
    for (std::size_t i = 0; i <= options_.workers; ++i) threads_.emplace_back([this] { run_thread(); });
  } catch (const std::system_error&) {
    stop();
    return make_error(ErrorKind::internal, "no thread for the listener; raise the limit of processes (ulimit -u)");
  }
  return {};
}

void BeastServer::Impl::stop() {
  const std::lock_guard lock(stop_mutex_);
  if (stopping_.exchange(true)) return;
  // Each listener's wait ends by this and is not begun again; closing them here would race with accept4.
  for (Listener& listener : listeners_) ::shutdown(listener.socket.native_handle(), SHUT_RDWR);
  const std::int64_t patience_ends = steady_ms() + options_.stop_time_max.count();
  do {
    registry_.shut_idle();
  } while (!registry_.wait_until_empty(stop_step) && steady_ms() < patience_ends);
  registry_.shut_all();
  registry_.wait_until_empty(stop_step);
  io_.stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  listeners_.clear();
}

BeastServer::BeastServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
BeastServer::~BeastServer() = default;

Result<std::unique_ptr<BeastServer>> BeastServer::open(ServerOptions options, Log& log) {
  const ListenAddress address = TRY(ListenAddress::parse(options.address));
  ServerTls tls;
  if (options.identity) {
    const ServerIdentity& identity = *options.identity;
    tls = TRY(make_server_tls(identity.chain_pem, identity.key_pem, identity.client_trust_pem));
    options.identity->key_pem = Secret();  // OpenSSL has it now
  }
  std::vector<Descriptor> sockets = TRY(listen_on(address));
  auto impl = std::make_unique<Impl>(std::move(options), log, std::move(tls), std::move(sockets));
  return std::unique_ptr<BeastServer>(new BeastServer(std::move(impl)));
}

std::uint16_t BeastServer::port() const { return impl_->port(); }

Result<void> BeastServer::start(http::Service& service) { return impl_->start(service); }

Result<void> BeastServer::set_certificate(const std::string& chain_pem, const Secret& key_pem) {
  const auto& identity = impl_->options().identity;
  if (!identity) return make_error(ErrorKind::config, "this listener does not speak TLS; open it with an identity");
  ServerTls next = TRY(make_server_tls(chain_pem, key_pem, identity->client_trust_pem));
  impl_->set_tls(std::move(next));
  return {};
}

void BeastServer::stop() { impl_->stop(); }

}  // namespace crest::adapters
