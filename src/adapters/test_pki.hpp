// A TestPki is a root made on the spot, and certificates from it for tests.
#pragma once

#include <string>

#include "adapters/beast_server.hpp"
#include "core/call.hpp"
#include "crypto/digest.hpp"
#include "x509/build.hpp"

namespace crest::adapters {

class TestPki {
 public:
  explicit TestPki(std::string name = "Test Root") : key_(make_key()), root_(make_root(name)) {}

  Trust trust() const { return {.mode = Trust::Mode::pem, .pem = root_.pem()}; }
  std::string root_pem() const { return root_.pem(); }

  struct Leaf {
    std::string chain_pem;
    Secret key_pem;
    std::string serial_hex;
  };
  // From `age` ago, for `life`. The default names are those that loopback listeners are reached by.
  Leaf leaf(std::vector<x509::SubjectName> names = {{x509::SubjectName::Type::dns, "localhost"},
                                                    {x509::SubjectName::Type::ip, "127.0.0.1"},
                                                    {x509::SubjectName::Type::ip, "::1"}},
            Duration age = Duration(60'000), Duration life = Duration(3'600'000)) const {
    const crypto::PrivateKey key = make_key();
    crypto::SystemRandom random;
    x509::CertificateTemplate parts;
    parts.serial = x509::new_serial(random);
    parts.not_before = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now() - age);
    parts.not_after = x509::last_second(parts.not_before, life);
    parts.names = std::move(names);
    parts.key_usage = static_cast<unsigned>(x509::KeyUsage::digital_signature);
    parts.extended_usages = {x509::ExtendedUsage::server_auth, x509::ExtendedUsage::client_auth};
    const auto tbs = x509::to_be_signed(parts, key.public_key(), &root_, key_.public_key()).value();
    const auto certificate = x509::sign(tbs, key_).value();
    return {certificate.pem(), key.to_pem(), certificate.serial_hex()};
  }
  ServerIdentity identity() const {
    const Leaf made = leaf();
    return {made.chain_pem, made.key_pem, {}};
  }

 private:
  static crypto::PrivateKey make_key() { return crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value(); }
  x509::Certificate make_root(const std::string& name) const {
    crypto::SystemRandom random;
    x509::CertificateTemplate parts;
    parts.serial = x509::new_serial(random);
    parts.not_before =
        std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now() - std::chrono::hours(1));
    parts.not_after = x509::last_second(parts.not_before, std::chrono::hours(48));
    parts.subject.common_name = name;
    parts.is_ca = true;
    parts.key_usage = static_cast<unsigned>(x509::KeyUsage::key_cert_sign);
    const auto tbs = x509::to_be_signed(parts, key_.public_key(), nullptr, key_.public_key()).value();
    return x509::sign(tbs, key_).value();
  }

  crypto::PrivateKey key_;
  x509::Certificate root_;
};

}  // namespace crest::adapters
