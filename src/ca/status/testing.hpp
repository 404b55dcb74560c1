// What tests of the status side share: an issuer with a store of certificates, and readers for what it says.
#pragma once

#include <map>

#include <gtest/gtest.h>

#include "ca/status/status.hpp"
#include "ca/testing/test_ca.hpp"
#include "encoding/base64.hpp"
#include "http/retry_after.hpp"
#include "x509/asn1.hpp"
#include "x509/crl.hpp"
#include "x509/oid.hpp"

namespace crest::ca::status::testing {

using ca::testing::ManualClock;
using ca::testing::MoodySigner;
using ca::testing::MoodyStore;
using ca::testing::RecordingLog;
using ca::testing::TestHierarchy;
using store::CertificateRow;
using store::CertificateStatus;

// What a list says: serial number (hex) to reason, -1 where none is given.
using Entries = std::map<std::string, int>;
inline Entries entries_in(const Bytes& crl) {
  using namespace x509::asn1;
  Entries out;
  const ByteView octets = x509::revoked_octets(ByteView(crl)).value();
  if (octets.empty()) return out;
  Reader outer(octets);
  Reader list = outer.enter(der::tag_sequence, "list").value();
  while (!list.empty()) {
    Reader one = list.enter(der::tag_sequence, "entry").value();
    const std::string serial = encoding::hex(one.take(der::tag_integer, "serial").value().content);
    (void)one.take("date").value();
    out[serial] = one.empty() ? -1 : one.take("extensions").value().whole.back();
  }
  return out;
}

// What an OCSPResponse says: its status, and the certificates' own: 0 good, 1 revoked, 2 unknown.
struct Told {
  int response = -1;
  std::vector<int> certificates;
  friend bool operator==(const Told&, const Told&) = default;
};
inline Told told_by(const Bytes& answer) {
  using namespace x509::asn1;
  Told out;
  Reader outer{ByteView(answer)};
  Reader response = outer.enter(der::tag_sequence, "OCSPResponse").value();
  out.response = response.take(tag_enumerated, "status").value().content.back();
  if (response.empty()) return out;
  Reader bytes = response.enter(constructed_tag(0), "bytes").value().enter(der::tag_sequence, "bytes").value();
  (void)bytes.take("type").value();
  Reader basic(bytes.take(der::tag_octet_string, "octets").value().content);
  Reader data = basic.enter(der::tag_sequence, "basic").value().enter(der::tag_sequence, "data").value();
  (void)data.take("responder").value();
  (void)data.take("produced").value();
  Reader list = data.enter(der::tag_sequence, "responses").value();
  while (!list.empty()) {
    Reader one = list.enter(der::tag_sequence, "single").value();
    (void)one.take("id").value();
    out.certificates.push_back(one.take("status").value().tag & 0x1f);
  }
  return out;
}

inline const x509::Certificate& issuer_certificate() { return TestHierarchy::get().intermediate; }

// The DER of an OCSPRequest for these serial numbers (hex).
inline Bytes question(const std::vector<std::string>& serials, bool nonce = false,
                      const x509::Certificate& issuer = issuer_certificate()) {
  using namespace x509::asn1;
  Bytes list;
  for (const auto& serial : serials) {
    const Bytes name = crypto::sha1(issuer.subject_der());
    const Bytes key = issuer.subject_key_id();
    const Bytes octets = encoding::from_hex(serial).value();
    const Bytes null{0x05, 0x00};
    const Bytes algorithm = der::sequence({object_id(x509::oid::sha1), null});
    const Bytes id = der::sequence({algorithm, octet_string(name), octet_string(key), integer(ByteView(octets))});
    append(list, der::sequence({id}));
  }
  const Bytes requests = der::element(der::tag_sequence, list);
  const Bytes value = octet_string(Bytes(32, 7));
  const Bytes extensions =
      der::element(constructed_tag(2), der::sequence({extension(x509::oid::ocsp_nonce, false, value)}));
  return der::sequence({der::sequence({requests, nonce ? ByteView(extensions) : ByteView()})});
}

// Issues responders without a journal.
inline Result<x509::Certificate> responder_by(const crypto::Signer& signer, const crypto::PublicKey& key, Time now,
                                              Duration life) {
  crypto::SystemRandom random;
  const x509::CertificateTemplate parts{.serial = x509::new_serial(random),
                                        .not_before = now,
                                        .not_after = x509::last_second(now, life),
                                        .subject = {.common_name = "OCSP responder"},
                                        .key_usage = static_cast<unsigned>(x509::KeyUsage::digital_signature),
                                        .extended_usages = {x509::ExtendedUsage::ocsp_signing},
                                        .more_extensions = {x509::ocsp::no_check_extension()}};
  const auto tbs = TRY(x509::to_be_signed(parts, key, &issuer_certificate(), signer.public_key()));
  return x509::sign(tbs, signer);
}

class StatusTest : public ::testing::Test {
 protected:
  static constexpr const char* base = "http://ca.test:9080";

  ManualClock clock;
  store::MemoryStore memory;
  MoodyStore store{memory};
  MoodySigner signer{TestHierarchy::get().key};
  RecordingLog log;
  NullMeter meter;
  Options options{.url = base};
  int responders = 0;
  const std::string issuer = "i";

  std::unique_ptr<Status> node(const std::string& name = "one") {
    const auto issue = [this](const std::string&, const crypto::PublicKey& key, Time now) {
      ++responders;
      return responder_by(signer, key, now, options.responder_life);
    };
    return std::make_unique<Status>(
        options,
        Status::Deps{store, {{issuer, issuer_certificate(), signer}}, issue, clock, log, meter, name, "roots"});
  }
  void look(Status& status) { EXPECT_TRUE(status.look(clock.now())); }

  void write(const store::Work& work) { EXPECT_TRUE(store.write(work)); }
  // Serial numbers here have two digits in front of what keeps them from being short.
  static std::string serial(int number) { return "40000000000000" + encoding::hex(Bytes{std::uint8_t(number)}); }
  void issued(const std::string& with_serial, Duration life = 24h, CertificateStatus as = CertificateStatus::issued) {
    const CertificateRow row{
        .serial = with_serial,
        .order = "order-" + with_serial,
        .status = as,
        .issuer = issuer,
        .created = clock.now(),
        .not_after = clock.now() + life,
        .revoked_at = as == CertificateStatus::revoked ? std::optional(clock.now()) : std::nullopt};
    write([&](store::Tx& tx) -> Result<void> {
      TRY(tx.certificates.insert(row));
      return {};
    });
  }
  // As another process would do it.
  void revoke(const std::string& of, int reason = 0) {
    write([&](store::Tx& tx) -> Result<void> {
      auto row = **tx.certificates.by_serial(of);
      const auto before = row.status;
      row.status = CertificateStatus::revoked;
      row.revoked_at = clock.now();
      row.revocation_reason = reason;
      TRY(tx.certificates.update_if(row, before));
      return {};
    });
  }
  store::CrlRow stored(std::uint32_t part = full_list) {
    store::CrlRow out;
    EXPECT_TRUE(memory.read([&](store::Tx& tx) -> Result<void> {
      const auto found = TRY(tx.crls.latest(issuer, part));
      out = found.value_or(store::CrlRow{});
      return {};
    }));
    return out;
  }
  http::Response get(Status& status, const std::string& path, http::Headers headers = {}) {
    return status.service().handle({.method = "GET", .url = path, .headers = std::move(headers)});
  }
  http::Response post(Status& status, const Bytes& body) {
    return status.service().handle({.method = "POST", .url = "/ocsp", .body = to_text(body)});
  }
  Told ask(Status& status, const Bytes& body) { return told_by(to_bytes(post(status, body).body)); }
  Entries listed(Status& status, const std::string& path = "/crl/i.crl") {
    return entries_in(to_bytes(get(status, path).body));
  }
};

}  // namespace crest::ca::status::testing
