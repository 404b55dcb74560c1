// An OwnCertificate keeps the CA's listeners in certificates that the CA issues to itself.
#pragma once

#include <functional>
#include <thread>

#include "adapters/beast_server.hpp"
#include "ca/authority.hpp"
#include "config/ca_config.hpp"

namespace crest::apps::crest_ca {

// What a listener shows until there is a CA to issue to it: nobody sees it, since nothing is answered before.
Result<adapters::ServerIdentity> placeholder_identity(Random& random, Time now);

class OwnCertificate {
 public:
  struct Deps {
    // The Authority of the moment issues.
    std::function<Result<x509::Chain>(const crypto::PublicKey&, const std::vector<acme::Identifier>&)> issue;
    std::vector<adapters::BeastServer*> servers;
    Clock& clock;
    Log& log;
  };
  OwnCertificate(const config::CaConfig& config, Deps deps);

  // A new key and a new certificate, swapped in for new connections. Blocks for two writes of the store.
  Result<void> renew();
  // Renews at two thirds of each certificate's life, on a thread of its own, until the object goes.
  void keep();

 private:
  void run(const std::stop_token& stop);

  Deps deps_;
  std::vector<acme::Identifier> names_;
  Time due_;
  std::jthread thread_;
};

}  // namespace crest::apps::crest_ca
