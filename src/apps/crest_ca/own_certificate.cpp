#include "apps/crest_ca/own_certificate.hpp"

#include <algorithm>

#include "acme/renewal_info.hpp"
#include "adapters/listen_socket.hpp"
#include "x509/build.hpp"

namespace crest::apps::crest_ca {
namespace {

constexpr Duration retry_delay{60'000};

bool is_every_address(std::string_view host) { return host == "0.0.0.0" || host == "::"; }

std::vector<acme::Identifier> own_names(const config::CaConfig& config) {
  std::vector<std::string> texts = {config.host};
  const auto address = adapters::ListenAddress::parse(config.listen);
  if (address && !is_every_address(address->host)) texts.push_back(address->host);
  if (config::may_validate_loopback(config)) texts.insert(texts.end(), {"localhost", "127.0.0.1", "::1"});
  std::vector<acme::Identifier> names;
  for (const auto& text : texts) {
    auto name = acme::identifier_from_user(text);
    if (name && std::ranges::find(names, *name) == names.end()) names.push_back(*std::move(name));
  }
  return names;
}

}  // namespace

Result<adapters::ServerIdentity> placeholder_identity(Random& random, Time now) {
  const auto key = TRY(crypto::PrivateKey::generate(crypto::KeyType::ec_p256));
  const x509::CertificateTemplate parts{.serial = x509::new_serial(random),
                                        .not_before = now,
                                        .not_after = now + 1h,
                                        .names = {{x509::SubjectName::Type::dns, "starting.invalid"}},
                                        .key_usage = static_cast<unsigned>(x509::KeyUsage::digital_signature),
                                        .extended_usages = {x509::ExtendedUsage::server_auth}};
  const auto tbs = TRY(x509::to_be_signed(parts, key.public_key(), nullptr, key.public_key()));
  const auto certificate = TRY(x509::sign(tbs, key));
  return adapters::ServerIdentity{.chain_pem = certificate.pem(), .key_pem = key.to_pem(), .client_trust_pem = {}};
}

OwnCertificate::OwnCertificate(const config::CaConfig& config, Deps deps)
    : deps_(std::move(deps)), names_(own_names(config)) {}

Result<void> OwnCertificate::renew() {
  const auto key = TRY(crypto::PrivateKey::generate(crypto::KeyType::ec_p256));
  const auto chain = TRY(deps_.issue(key.public_key(), names_));
  for (auto* server : deps_.servers) TRY(server->set_certificate(chain.pem(), key.to_pem()));
  due_ = acme::renewal_due(chain.leaf().not_before(), chain.leaf().not_after());
  return {};
}

void OwnCertificate::run(const std::stop_token& stop) {
  while (deps_.clock.sleep_until(due_, stop)) {
    try {
      const auto done = renew();
      if (!done) deps_.log.error("own_certificate_not_renewed", {{"error", done.error().describe()}});
    } catch (const std::exception& failure) {
      deps_.log.error("own_certificate_not_renewed", {{"error", failure.what()}});
    }
    due_ = std::max(due_, deps_.clock.now() + retry_delay);  // however short its life, never a storm
  }
}

void OwnCertificate::keep() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

}  // namespace crest::apps::crest_ca
