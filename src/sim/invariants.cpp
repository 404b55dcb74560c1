#include "sim/invariants.hpp"

#include <algorithm>

#include "client/order_flow.hpp"
#include "crypto/digest.hpp"
#include "encoding/base64.hpp"
#include "encoding/url.hpp"
#include "x509/certificate.hpp"

namespace crest::sim {
namespace {

constexpr std::string_view challenge_folder = "/.well-known/acme-challenge/";
constexpr std::size_t violations_max = 20;

// The nonce in the protected header of a signed request, or "".
std::string nonce_of(const http::Request& request) {
  const Result<encoding::Json> body = encoding::Json::parse(request.body);
  if (!body) return "";
  const encoding::Json* header = body->find("protected");
  if (!header || !header->as_string()) return "";
  const Result<Bytes> decoded = encoding::from_base64url(*header->as_string());
  if (!decoded) return "";
  const Result<encoding::Json> fields = encoding::Json::parse(as_text(*decoded));
  const encoding::Json* nonce = fields ? fields->find("nonce") : nullptr;
  return nonce && nonce->as_string() ? *nonce->as_string() : "";
}

std::string text_of(const std::optional<Bytes>& bytes) { return bytes ? to_text(*bytes) : ""; }

}  // namespace

bool has_gap(const std::vector<Interval>& down, Interval within, Duration gap) {
  Time free_from = within.from;
  for (const Interval& outage : down) {
    if (outage.to <= free_from) continue;
    if (outage.from >= within.to) break;
    if (outage.from - free_from >= gap) return true;
    free_from = outage.to;
  }
  return within.to - free_from >= gap;
}

void Invariants::violate(std::string what) {
  if (violations_.size() < violations_max) violations_.push_back(to_rfc3339(clock_.now()) + " " + std::move(what));
}

void Invariants::see(const Exchange& exchange) {
  if (exchange.request->url.find(challenge_folder) != std::string::npos) return see_proof(exchange);
  if (exchange.fault != "twice") ++requests_;
  if (exchange.request->method == "POST") see_nonce(exchange);
}

void Invariants::see_nonce(const Exchange& exchange) {
  const std::string nonce = nonce_of(*exchange.request);
  if (nonce.empty()) return violate("a signed request without a nonce: " + exchange.request->url);
  if (exchange.fault != "twice" && ++nonces_sent_[nonce] > 1) {
    violate("the client " + exchange.from + " used a nonce twice at " + exchange.request->url);
  }
  if (!exchange.response) return;
  const bool refused = exchange.response->body.find("error:badNonce") != std::string::npos;
  if (!refused && !nonces_accepted_.insert(nonce).second) {
    violate("the CA accepted a nonce twice at " + exchange.request->url);
  }
}

void Invariants::see_proof(const Exchange& exchange) {
  if (!exchange.response || exchange.response->status != 200) return;
  const Result<encoding::Url> url = encoding::Url::parse(exchange.request->url);
  const std::size_t dot = exchange.response->body.find('.');
  if (!url || dot == std::string::npos) return;
  proofs_[{url->host, exchange.response->body.substr(dot + 1)}] = clock_.now();
}

void Invariants::see_issued(const ca::store::CertificateRow& row, const std::string& account_thumbprint) {
  ++issued_;
  const Result<x509::Certificate> certificate = x509::Certificate::from_der(row.der);
  if (!certificate) return violate("the CA stored what is no certificate: " + row.serial);
  for (const x509::SubjectName& name : certificate->names()) {
    const auto proof = proofs_.find({name.value, account_thumbprint});
    if (proof == proofs_.end() || proof->second + proof_life < clock_.now()) {
      violate("certificate " + row.serial + " for " + name.value + " without a proof by its account");
    }
    see_replaced(name.value);
    newest_[name.value] = {row.serial, certificate->public_key().spki(), certificate->not_after()};
  }
}

void Invariants::see_change(const std::string& host, const CrashyDisk& disk, const std::string& path) {
  constexpr std::string_view folder = "certificates/";
  if (path.starts_with("aside/")) see_aside(text_of(disk.peek(path)));
  if (!path.starts_with(folder)) return;
  const std::string name = path.substr(folder.size(), path.find('/', folder.size()) - folder.size());
  const std::string base = std::string(folder) + name;
  const std::vector<std::string> entries = disk.names(base);
  if (std::find(entries.begin(), entries.end(), "live") == entries.end()) {
    if (matching_.contains(host + "/" + name)) violate("the live set of " + name + " on " + host + " is gone");
    return;
  }
  const std::string key_pem = text_of(disk.peek(base + "/live/privkey.pem"));
  const std::string cert = text_of(disk.peek(base + "/live/cert.pem"));
  const std::string chain = text_of(disk.peek(base + "/live/chain.pem"));
  const std::string full = text_of(disk.peek(base + "/live/fullchain.pem"));
  const std::string digest = encoding::hex(crypto::sha256(key_pem + "|" + cert + "|" + chain + "|" + full));
  std::string& known = matching_[host + "/" + name];
  if (known == digest) return;
  const std::string where = "the live set of " + name + " on " + host + " after a change of " + path;
  if (full != cert + chain) return violate(where + ": fullchain is not cert and chain");
  const Result<crypto::PrivateKey> key = crypto::PrivateKey::from_pem(key_pem);
  const Result<x509::Chain> parsed = x509::Chain::from_pem(full);
  if (!key) return violate(where + ": no key");
  if (!parsed) return violate(where + ": no chain");
  if (!(parsed->leaf().public_key() == key->public_key())) return violate(where + ": key and certificate differ");
  known = digest;
  kept_.insert(encoding::hex(crypto::sha256(key->public_key().spki())));
}

// A key was put aside: its order was given up, and the operator has it.
void Invariants::see_aside(const std::string& pem) {
  const Result<crypto::PrivateKey> key = crypto::PrivateKey::from_pem(pem);
  if (key) kept_.insert(encoding::hex(crypto::sha256(key->public_key().spki())));
}

// Another certificate was issued for a name: the key of the one before must have been published or put aside.
void Invariants::see_replaced(const std::string& name) {
  const auto former = newest_.find(name);
  if (former == newest_.end() || former->second.not_after < clock_.now()) return;
  const std::string digest = encoding::hex(crypto::sha256(former->second.spki));
  if (!kept_.contains(digest)) {
    violate("the key behind " + former->second.serial + " for " + name + " was dropped for another order");
  }
}

void Invariants::see_keys(const std::string& host, CrashyDisk& disk, const std::vector<std::string>& certificates) {
  const auto vault = client::FileVault::open(disk);
  if (!vault) return violate("the vault of " + host + " does not open: " + vault.error().describe());
  for (const std::string& name : certificates) {
    const auto newest = newest_.find(name);
    if (newest == newest_.end() || newest->second.not_after < clock_.now()) continue;
    bool found = false;
    const auto holds = [&](const std::string& pem) {
      const Result<crypto::PrivateKey> key = crypto::PrivateKey::from_pem(pem);
      return key && key->public_key().spki() == newest->second.spki;
    };
    const auto record = client::OrderFlow::load(**vault, name);
    if (record && *record) found = holds(std::string((*record)->key_pem.reveal()));
    const auto aside = (*vault)->kept_aside(name);
    for (const client::KeptKey& key : aside ? *aside : std::vector<client::KeptKey>())
      found = found || holds(std::string(key.key_pem.reveal()));
    const std::string folder = "certificates/" + client::file_name_of(name);
    for (const std::string& entry : disk.names(folder)) {
      found = found || holds(text_of(disk.peek(folder + "/" + entry + "/privkey.pem")));
    }
    if (!found) violate("the key behind " + newest->second.serial + " for " + name + " is lost on " + host);
  }
}

void Invariants::see_expiry(const std::string& name, Time not_after, const std::vector<Interval>& ca_down) {
  ++expired_;
  if (has_gap(ca_down, {not_after - last_stretch, not_after}, reachable_for)) {
    violate(name + " expired though its CA was reachable for 3 hours on end in its last 8");
  }
}

void Invariants::see_end() {
  if (issued_ == 0) return violate("nothing was issued");
  if (requests_ > requests_per_certificate_max * issued_) {
    violate(std::to_string(requests_) + " requests for " + std::to_string(issued_) + " certificates");
  }
}

}  // namespace crest::sim
