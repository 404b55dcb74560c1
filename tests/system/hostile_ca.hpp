// A HostileCa is a real CA over real HTTPS whose answers a test may change on their way out, by the place they come from.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <thread>

#include "adapters/beast_server.hpp"
#include "adapters/curl_transport.hpp"
#include "adapters/system_clock.hpp"
#include "ca/authority.hpp"
#include "ca/hierarchy.hpp"
#include "ca/store/memory_store.hpp"
#include "ca/testing/fake_network.hpp"
#include "crypto/digest.hpp"
#include "encoding/json.hpp"
#include "x509/build.hpp"

namespace crest::testing {

enum class At { directory, new_nonce, new_account, new_order, order, finalize, authorization, challenge, certificate };

inline std::optional<At> place_of(std::string_view target) {
  const auto has = [&](std::string_view part) { return target.find(part) != target.npos; };
  if (has("/directory")) return At::directory;
  if (has("/new-nonce")) return At::new_nonce;
  if (has("/new-account")) return At::new_account;
  if (has("/new-order")) return At::new_order;
  if (has("/finalize")) return At::finalize;
  if (has("/order/")) return At::order;
  if (has("/authz/")) return At::authorization;
  if (has("/challenge/")) return At::challenge;
  if (has("/certificate/")) return At::certificate;
  return std::nullopt;
}

class HostileCa final : public http::Service {
 public:
  // Gets what the CA would say, and may change it; called by several threads.
  using Change = std::function<void(http::Response&)>;
  static constexpr const char* base = "https://localhost:9000";

  HostileCa() {
    for (const char* last : {"2", "3"})
      resolver_.hosts["host" + std::string(last) + ".test"] = {"127.0.0." + std::string(last)};
    ca::AuthorityOptions options{.base_url = base};
    options.egress.allow.push_back({encoding::IpNetwork::parse("127.0.0.0/8").value(), ""});
    options.allow_single_label_names = true;
    options.pending_orders_max = 1'000'000;
    authority_ = ca::Authority::open(options, {store_,
                                               resolver_,
                                               egress_,
                                               {{x509::Chain({hierarchy_.intermediate}), &key_, hierarchy_.root}},
                                               clock_,
                                               random_,
                                               log_,
                                               meter_})
                     .value();
    adapters::ServerOptions listen{.address = "127.0.0.1:9000", .identity = identity()};
    server_ = adapters::BeastServer::open(std::move(listen), log_).value();
    server_->start(*this).value();
    worker_ = std::jthread([this](std::stop_token stop) {
      while (!stop.stop_requested())
        if (!authority_->work(stop)) authority_->wait_for_work(stop);
    });
  }
  ~HostileCa() override { server_->stop(); }

  std::string directory() const { return std::string(base) + "/acme/corp/directory"; }
  std::string root_pem() const { return hierarchy_.root.pem(); }

  void change(At place, Change change) {
    const std::scoped_lock lock(mutex_);
    changes_[place] = std::move(change);
  }
  void behave() {
    const std::scoped_lock lock(mutex_);
    changes_.clear();
    requests_.clear();
  }
  int requests(At place) {
    const std::scoped_lock lock(mutex_);
    return requests_[place];
  }
  int requests() {
    const std::scoped_lock lock(mutex_);
    int all = 0;
    for (const auto& [place, count] : requests_) all += count;
    return all;
  }

  http::Response handle(const http::Request& request) override {
    http::Response response = authority_->handle(request);
    const auto place = place_of(request.url);
    Change change;
    if (place) {
      const std::scoped_lock lock(mutex_);
      ++requests_[*place];
      if (const auto found = changes_.find(*place); found != changes_.end()) change = found->second;
    }
    if (change) change(response);
    return response;
  }

  // What a server on this machine shows that the CA's root vouches for.
  adapters::ServerIdentity identity() {
    const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
    const auto chain = authority_->issue_own(key.public_key(), {{.value = "localhost"}}).value();
    return {chain.pem(), key.to_pem(), {}};
  }

  // A leaf in place of the one in `response`: the same but for what `change` does to it, or for its key.
  using Fields = std::function<void(x509::CertificateTemplate&)>;
  x509::Certificate leaf_like(const http::Response& response, const Fields& change,
                              const crypto::PublicKey* other_key = nullptr) {
    const x509::Chain chain = x509::Chain::from_pem(response.body).value();
    const x509::Certificate& good = chain.leaf();
    x509::CertificateTemplate parts{.serial = x509::new_serial(random_),
                                    .not_before = good.not_before(),
                                    .not_after = good.not_after(),
                                    .names = good.names(),
                                    .key_usage = good.key_usage(),
                                    .extended_usages = {x509::ExtendedUsage::server_auth}};
    change(parts);
    const auto& issuer = hierarchy_.intermediate;
    const auto tbs = x509::to_be_signed(parts, other_key ? *other_key : good.public_key(), &issuer, key_.public_key());
    return x509::sign(tbs.value(), key_).value();
  }
  std::string issuer_pem() const { return hierarchy_.intermediate.pem(); }

 private:
  adapters::SystemClock clock_;
  crypto::SystemRandom random_;
  NullLog log_;
  NullMeter meter_;
  crypto::PrivateKey root_key_ = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  crypto::PrivateKey key_ = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  ca::Hierarchy hierarchy_ = ca::make_hierarchy({}, root_key_, key_, random_, clock_.now()).value();
  ca::testing::FakeResolver resolver_;
  adapters::CurlTransport egress_;
  ca::store::MemoryStore store_;
  std::unique_ptr<ca::Authority> authority_;
  std::mutex mutex_;
  std::map<At, Change> changes_;
  std::map<At, int> requests_;
  std::unique_ptr<adapters::BeastServer> server_;
  std::jthread worker_;
};

}  // namespace crest::testing
