// The AdminService is for operators and their tools, on a listener of its own that knows its clients by certificates:
// metrics, health, certificates; reload, revoke. Who shows no certificate gets nothing (SF89).
#pragma once

#include <functional>

#include "ca/health.hpp"
#include "ca/store/store.hpp"
#include "core/clock.hpp"
#include "core/log.hpp"
#include "http/router.hpp"

namespace crest::ca::admin {

class AdminService final : public http::Service {
 public:
  static constexpr std::size_t page = 50;  // certificates in one answer

  struct Deps {
    store::Store& store;
    Clock& clock;
    Log& log;
    std::function<std::string()> metrics;  // in the text format of Prometheus
    std::function<Health()> health;        // of now
    std::function<Result<void>()> reload;  // reads the settings again; error: they are as they were
    std::string audit_chain;
  };
  explicit AdminService(Deps deps);

  http::Response handle(const http::Request& request) override;

 private:
  http::Response health(bool ready_only) const;
  http::Response certificates(const http::Request& request) const;
  http::Response revoke(const http::Request& request) const;
  http::Response reload(const http::Request& request) const;

  Deps deps_;
  http::Router router_;
};

}  // namespace crest::ca::admin
