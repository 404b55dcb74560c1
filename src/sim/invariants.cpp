#include "sim/invariants.hpp"

#include <algorithm>

#include "client/order_record.hpp"
#include "client/record_file.hpp"
#include "crypto/digest.hpp"
#include "encoding/base64.hpp"
#include "encoding/url.hpp"
#include "jose/jwk.hpp"
#include "x509/certificate.hpp"

namespace crest::sim {
namespace {

constexpr std::string_view challenge_folder = "/.well-known/acme-challenge/";
constexpr std::size_t violations_max = 20;

std::string text_of(const std::optional<Bytes>& bytes) { return bytes ? to_text(*bytes) : ""; }

// The protected header of a signed request; null when there is none.
encoding::Json protected_header(const http::Request& request) {
  const Result<encoding::Json> body = encoding::Json::parse(request.body);
  if (!body) return {};
  const encoding::Json* header = body->find("protected");
  if (!header || !header->as_string()) return {};
  const Result<Bytes> decoded = encoding::from_base64url(*header->as_string());
  if (!decoded) return {};
  const Result<encoding::Json> fields = encoding::Json::parse(as_text(*decoded));
  return fields ? *fields : encoding::Json();
}

bool holds(const std::string& pem, const Bytes& spki) {
  const Result<crypto::PrivateKey> key = crypto::PrivateKey::from_pem(pem);
  return key && key->public_key().spki() == spki;
}

// Whether a generation of `name`, whole or not, or what was put aside for it, holds the key.
bool holds_key(const CrashyDisk& disk, const std::string& name, const Bytes& spki) {
  const std::string generations = "certificates/" + client::file_name_of(name);
  for (const std::string& entry : disk.names(generations)) {
    if (holds(text_of(disk.peek(generations + "/" + entry + "/privkey.pem")), spki)) return true;
  }
  const std::string aside = "aside/" + client::file_name_of(name);
  for (const std::string& entry : disk.names(aside)) {
    if (holds(text_of(disk.peek(aside + "/" + entry)), spki)) return true;
  }
  return false;
}

// Of the order under way; "" when there is none that can be read.
std::string key_under_way(const CrashyDisk& disk, const std::string& name) {
  const auto envelope = disk.peek("orders/" + client::file_name_of(name) + ".json");
  if (!envelope) return {};
  const Result<encoding::Json> json = client::record_from_text(as_text(*envelope));
  if (!json) return {};
  const Result<client::OrderRecord> record = client::order_record_from_json(*json);
  return record ? std::string(record->key_pem.reveal()) : std::string();
}

}  // namespace

void Invariants::violate(std::string what) {
  if (violations_.size() < violations_max) violations_.push_back(to_rfc3339(clock_.now()) + " " + std::move(what));
}

void Invariants::see(const Exchange& exchange) {
  if (exchange.request->url.find(challenge_folder) != std::string::npos) return see_proof(exchange);
  if (exchange.fault != "twice") see_rate(exchange);
  if (exchange.request->method == "POST") see_nonce(exchange);
}

void Invariants::see_rate(const Exchange& exchange) {
  ++requests_;
  Rates& rates = rates_[{exchange.from, exchange.purpose}];
  const std::size_t in_hour = rates.hour.note(clock_.now()), in_day = rates.day.note(clock_.now());
  busiest_hour_ = std::max(busiest_hour_, in_hour);
  busiest_day_ = std::max(busiest_day_, in_day);
  const std::string who = exchange.from + " asked the CA more than ", why = " for " + exchange.purpose;
  if (in_hour == requests_per_hour_max + 1)
    violate(who + std::to_string(requests_per_hour_max) + " times in an hour" + why);
  if (in_day == requests_per_day_max + 1) violate(who + std::to_string(requests_per_day_max) + " times in a day" + why);
}

void Invariants::see_nonce(const Exchange& exchange) {
  const encoding::Json header = protected_header(*exchange.request);
  if (const encoding::Json* jwk = header.find("jwk")) see_account(exchange, *jwk);
  const encoding::Json* member = header.find("nonce");
  const std::string nonce = member && member->as_string() ? *member->as_string() : "";
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

// Whose account it is: whoever sends a request under the bare key.
void Invariants::see_account(const Exchange& exchange, const encoding::Json& jwk) {
  const Result<crypto::PublicKey> key = jose::from_jwk(jwk);
  if (!key) return violate(exchange.from + " sent a key that is none to " + exchange.request->url);
  const auto [owner, is_new] = owners_.emplace(jose::thumbprint(*key), exchange.from);
  if (owner->second != exchange.from) violate(exchange.from + " uses the account key of " + owner->second);
}

void Invariants::see_proof(const Exchange& exchange) {
  if (!exchange.response || exchange.response->status != 200) return;
  const Result<encoding::Url> url = encoding::Url::parse(exchange.request->url);
  const std::size_t dot = exchange.response->body.find('.');
  if (!url || dot == std::string::npos) return;
  proofs_[{url->host, exchange.response->body.substr(dot + 1)}] = clock_.now();
}

void Invariants::see_issued(const IssuedRow& row) {
  ++issued_;
  const std::string& serial = row.certificate.serial;
  const Result<x509::Certificate> certificate = x509::Certificate::from_der(row.certificate.der);
  if (!certificate) return violate("the CA stored what is no certificate: " + serial);
  const std::string wrong = unauthorized(row, *certificate);
  if (!wrong.empty()) violate("certificate " + serial + " " + wrong);
  const Time decided = row.certificate.created;
  if (decided > clock_.now() || clock_.now() - decided > journal_age_max) {
    violate("certificate " + serial + " was signed " + to_human(clock_.now() - decided) + " after it was decided on");
  }
  const auto owner = owners_.find(row.account_thumbprint);
  if (owner == owners_.end()) return violate("certificate " + serial + " is of an account that nobody registered");
  for (const x509::SubjectName& name : certificate->names()) {
    const auto proof = proofs_.find({name.value, row.account_thumbprint});
    if (proof == proofs_.end() || proof->second + proof_life < decided) {
      violate("certificate " + serial + " for " + name.value + " without a proof by its account");
    }
    const Holding holding{owner->second, name.value};
    see_replaced(holding);
    newest_[holding] = {serial, certificate->public_key().spki(), certificate->not_after()};
  }
}

void Invariants::see_change(const std::string& host, const CrashyDisk& disk, const std::string& path) {
  constexpr std::string_view folder = "certificates/";
  if (!path.starts_with(folder)) return;
  const std::string name = path.substr(folder.size(), path.find('/', folder.size()) - folder.size());
  const std::string base = std::string(folder) + name;
  const std::vector<std::string> entries = disk.names(base);
  if (std::find(entries.begin(), entries.end(), "live") == entries.end()) {
    if (matching_.contains({host, name})) violate("the live set of " + name + " on " + host + " is gone");
    return;
  }
  const std::string key_pem = text_of(disk.peek(base + "/live/privkey.pem"));
  const std::string cert = text_of(disk.peek(base + "/live/cert.pem"));
  const std::string chain = text_of(disk.peek(base + "/live/chain.pem"));
  const std::string full = text_of(disk.peek(base + "/live/fullchain.pem"));
  const std::string digest = encoding::hex(crypto::sha256(key_pem + "|" + cert + "|" + chain + "|" + full));
  std::string& known = matching_[{host, name}];
  if (known == digest) return;
  const std::string where = "the live set of " + name + " on " + host + " after a change of " + path;
  if (full != cert + chain) return violate(where + ": fullchain is not cert and chain");
  const Result<crypto::PrivateKey> key = crypto::PrivateKey::from_pem(key_pem);
  const Result<x509::Chain> parsed = x509::Chain::from_pem(full);
  if (!key) return violate(where + ": no key");
  if (!parsed) return violate(where + ": no chain");
  if (!(parsed->leaf().public_key() == key->public_key())) return violate(where + ": key and certificate differ");
  known = digest;
  published_.insert(encoding::hex(crypto::sha256(key->public_key().spki())));
}

void Invariants::see_power_loss(const std::string& host, const CrashyDisk& disk) {
  std::erase_if(matching_, [&](const auto& live) {
    return live.first.host == host && !disk.is_durable("certificates/" + live.first.name + "/live");
  });
}

// Another certificate was issued for a name: the one before was published or its key put aside, or it is dropped.
void Invariants::see_replaced(const Holding& holding) {
  const auto former = newest_.find(holding);
  if (former == newest_.end() || former->second.not_after < clock_.now()) return;
  if (published_.contains(encoding::hex(crypto::sha256(former->second.spki)))) return;
  const auto disk = disks_.find(holding.host);
  if (disk != disks_.end() && holds_key(*disk->second, holding.name, former->second.spki)) return;
  violate("the key behind " + former->second.serial + " for " + holding.name + " was dropped for another order");
}

// Looked at from outside: opening its vault would put right what the host has to live with.
void Invariants::see_keys(const std::string& host, const CrashyDisk& disk,
                          const std::vector<std::string>& certificates) {
  for (const std::string& name : certificates) {
    const auto newest = newest_.find({host, name});
    if (newest == newest_.end() || newest->second.not_after < clock_.now()) continue;
    if (!holds(key_under_way(disk, name), newest->second.spki) && !holds_key(disk, name, newest->second.spki))
      violate("the key behind " + newest->second.serial + " for " + name + " is lost on " + host);
  }
}

void Invariants::see_expiry(const std::string& name, Time not_after, const std::vector<Interval>& down) {
  ++expired_;
  if (has_gap(down, {not_after - last_stretch, not_after}, reachable_for)) {
    violate(name + " expired though its CA was reachable for " + to_human(reachable_for) + " on end in its last " +
            to_human(last_stretch));
  }
}

void Invariants::see_absence(const std::string& name, Time since, const std::vector<Interval>& down) {
  if (has_gap(down, {since, clock_.now()}, recovery_max)) {
    violate(name + " is absent or expired though its CA was reachable for " + to_human(recovery_max) +
            " on end since " + to_rfc3339(since));
  }
}

void Invariants::see_recovered(const std::string& name, Time live_until, Interval outage) {
  if (live_until > clock_.now()) return;
  violate(name + " is not renewed " + to_human(clock_.now() - outage.to) + " after the end of an outage of " +
          to_human(outage.to - outage.from));
}

void Invariants::see_end() {
  if (issued_ == 0) return violate("nothing was issued");
  if (requests_ > requests_per_certificate_max * issued_) {
    violate(std::to_string(requests_) + " requests for " + std::to_string(issued_) + " certificates");
  }
}

}  // namespace crest::sim
