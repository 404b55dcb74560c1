// A Client in a test: a CA behind a real listener, a folder for its state, a solver on a free port.
#pragma once

#include <mutex>

#include <gtest/gtest.h>

#include <crest/client.hpp>

#include "adapters/beast_server.hpp"
#include "adapters/system_clock.hpp"
#include "adapters/temporary_folder.hpp"
#include "client/http01.hpp"
#include "client/testing/fake_ca.hpp"
#include "core/log.hpp"

namespace crest::testing {

using client::testing::FakeCa;
using client::testing::refusal;
using Decision = RenewOutcome::Decision;

// A FakeCa behind a real listener, on loopback and without TLS.
class ListeningCa final : public http::Service {
 public:
  adapters::SystemClock clock;
  FakeCa ca{clock};

  ListeningCa() {
    adapters::ServerOptions options;
    options.address = "127.0.0.1:0";
    server_ = adapters::BeastServer::open(options, log_).value();
    ca.base = "http://127.0.0.1:" + std::to_string(server_->port());
    server_->start(*this).value();
  }
  ~ListeningCa() override { server_->stop(); }

  http::Response handle(const http::Request& request) override {
    const std::scoped_lock lock(mutex_);
    http::Request absolute = request;
    absolute.url = ca.base + request.url;
    return ca.send(absolute, Call()).value();
  }

 private:
  NullLog log_;
  std::mutex mutex_;
  std::unique_ptr<adapters::BeastServer> server_;
};

struct ClientTest : ::testing::Test {
  ListeningCa listening;
  FakeCa& ca = listening.ca;
  adapters::TemporaryFolder folder;
  std::unique_ptr<Http01Server> solver = Http01Server::open("127.0.0.1:0").value();

  ClientOptions options() {
    return {.directory = ca.directory_url(), .state_dir = folder / "state", .allow_http = true};
  }
  Client open() { return Client::open(options()).value(); }
  // As a later run does that was given no flags.
  Client open_again() { return Client::open({.state_dir = folder / "state"}).value(); }
  static CertificateOptions names(std::vector<std::string> names) { return {.names = std::move(names)}; }
};

}  // namespace crest::testing
