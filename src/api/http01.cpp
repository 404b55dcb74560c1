#include "client/http01.hpp"

#include <mutex>

#include <crest/http01.hpp>

#include "adapters/beast_server.hpp"
#include "adapters/listen_socket.hpp"
#include "adapters/posix_disk.hpp"
#include "adapters/text_file.hpp"
#include "api/guarded.hpp"
#include "core/log.hpp"

namespace crest {
namespace {

constexpr std::size_t request_bytes_max = 1024, connections_max = 64, workers = 2;  // CF68
constexpr Duration request_time_max{10'000};

// Answers from memory; the port is taken when an order first needs it, so that a run with nothing due needs none.
class ListeningSolver final : public client::Solver {
 public:
  explicit ListeningSolver(std::string address) : address_(std::move(address)) {}

  std::string_view method() const override { return answers_.method(); }
  Result<void> check() override {
    const std::lock_guard lock(mutex_);
    if (server_) return {};
    adapters::ServerOptions options;
    options.address = address_;
    options.header_bytes_max = request_bytes_max;
    options.body_bytes_max = 0;
    options.request_time_max = options.idle_time_max = request_time_max;
    options.connections_max = options.connections_per_address_max = connections_max;
    options.workers = workers;
    std::unique_ptr<adapters::BeastServer> server = TRY(adapters::BeastServer::open(options, log_));
    TRY(server->start(answers_));
    server_ = std::move(server);
    return {};
  }
  Result<void> present(const client::Proof& proof) override {
    TRY(check());
    return answers_.present(proof);
  }
  Result<void> clean_up(const client::Proof& proof) override { return answers_.clean_up(proof); }

  const std::string& address() const { return address_; }
  std::uint16_t port() {
    const std::lock_guard lock(mutex_);
    return server_ ? server_->port() : 0;
  }

 private:
  std::string address_;
  NullLog log_;
  client::Http01Answers answers_;
  std::mutex mutex_;
  std::unique_ptr<adapters::BeastServer> server_;  // after answers_: it ends first
};

}  // namespace

struct Http01Server::Impl {
  explicit Impl(std::string address) : solver(std::move(address)) {}
  ListeningSolver solver;
};

Http01Server::Http01Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Http01Server::~Http01Server() = default;

Result<std::unique_ptr<Http01Server>> Http01Server::open(const std::string& address) {
  return api::guarded([&]() -> Result<std::unique_ptr<Http01Server>> {
    TRY(adapters::ListenAddress::parse(address));
    return std::unique_ptr<Http01Server>(new Http01Server(std::make_unique<Impl>(address)));
  });
}

Result<void> Http01Server::listen() {
  return api::guarded([&] { return impl_->solver.check(); });
}
std::uint16_t Http01Server::port() const { return impl_->solver.port(); }
Http01Place Http01Server::place() const { return {.listen = impl_->solver.address(), .webroot = {}}; }
client::Solver& Http01Server::solver() { return impl_->solver; }

struct Http01Webroot::Impl {
  Impl(std::string folder, std::unique_ptr<Disk> opened)
      : path(std::move(folder)), disk(std::move(opened)), solver(*disk) {}
  std::string path;
  std::unique_ptr<Disk> disk;
  client::Webroot solver;
};

Http01Webroot::Http01Webroot(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Http01Webroot::~Http01Webroot() = default;

Result<std::unique_ptr<Http01Webroot>> Http01Webroot::open(const std::string& folder) {
  return api::guarded([&]() -> Result<std::unique_ptr<Http01Webroot>> {
    const adapters::PosixDiskOptions options{.create = false, .exclusive = false};
    std::unique_ptr<Disk> disk = TRY(adapters::open_posix_disk(folder, options));
    return std::unique_ptr<Http01Webroot>(
        new Http01Webroot(std::make_unique<Impl>(adapters::absolute_path(folder), std::move(disk))));
  });
}

Http01Place Http01Webroot::place() const { return {.listen = {}, .webroot = impl_->path}; }
client::Solver& Http01Webroot::solver() { return impl_->solver; }

Result<std::unique_ptr<Http01Solver>> Http01Solver::open(const Http01Place& place) {
  return api::guarded([&]() -> Result<std::unique_ptr<Http01Solver>> {
    if (!place.webroot.empty()) {
      std::unique_ptr<Http01Solver> files = TRY(Http01Webroot::open(place.webroot));
      return files;
    }
    std::unique_ptr<Http01Solver> server = TRY(Http01Server::open(place.listen));
    return server;
  });
}

}  // namespace crest
