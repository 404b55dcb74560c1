// An AcmeDriver speaks to a TestCa as a client would, one request at a time, and can be told to do each thing wrong.
#pragma once

#include <functional>

#include "acme/account.hpp"
#include "ca/testing/test_ca.hpp"
#include "encoding/base64.hpp"
#include "http/link.hpp"
#include "jose/jws.hpp"
#include "x509/csr.hpp"

namespace crest::ca::testing {

struct Answer {
  http::Response response;
  encoding::Json json;  // null when the body is none

  int status() const { return response.status; }
  std::string header(std::string_view name) const { return std::string(response.headers.get(name).value_or("")); }
  std::string text(std::string_view name) const {
    const auto* member = json.find(name);
    return member && member->as_string() ? *member->as_string() : "";
  }
  std::string type() const {  // "badNonce"
    const std::string full = text("type");
    return full.substr(full.rfind(':') + 1);
  }
  std::vector<std::string> texts(std::string_view name) const {
    std::vector<std::string> out;
    const auto* member = json.find(name);
    if (!member || !member->as_array()) return out;
    for (const auto& item : *member->as_array()) out.push_back(item.as_string() ? *item.as_string() : "");
    return out;
  }
  std::string location() const { return header("Location"); }
};

class AcmeDriver {
 public:
  explicit AcmeDriver(TestCa& ca, crypto::KeyType type = crypto::KeyType::ec_p256)
      : ca_(&ca), key_(crypto::PrivateKey::generate(type).value()) {}
  // The same client, at another node.
  static AcmeDriver through(TestCa& node, const AcmeDriver& model) {
    AcmeDriver driver = model;
    driver.ca_ = &node;
    driver.other_ = nullptr;
    return driver;
  }
  void alternate(TestCa* other) { other_ = other; }  // from one request to the next

  const crypto::PrivateKey& key() const { return key_; }
  const crypto::PublicKey& public_key() const { return key_.public_key(); }
  void use_key(crypto::PrivateKey key) { key_ = std::move(key); }
  const std::string& account_url() const { return kid_; }
  TestCa& ca() { return *ca_; }

  static std::string url(std::string_view path) { return std::string(TestCa::base) + "/acme/corp" + std::string(path); }

  Answer send(http::Request request) {
    request.url =
        request.url.starts_with(TestCa::base) ? request.url.substr(std::string_view(TestCa::base).size()) : request.url;
    Answer answer{.response = ca_->authority->handle(request)};
    if (other_) std::swap(ca_, other_);
    if (auto json = encoding::Json::parse(answer.response.body)) answer.json = *std::move(json);
    return answer;
  }
  Answer plain(std::string method, std::string_view path) {
    return send({.method = std::move(method), .url = std::string(path)});
  }
  std::string nonce() { return plain("HEAD", url("/new-nonce")).header("Replay-Nonce"); }

  static http::Request jose_request(const std::string& url, std::string body) {
    return {
        .method = "POST", .url = url, .headers = {{"Content-Type", "application/jose+json"}}, .body = std::move(body)};
  }
  std::string signed_body(const std::string& url, const std::string& payload) {
    return jose::sign(key_, {kid_}, nonce(), url, payload).value().dump();
  }
  Answer post(const std::string& url, const std::string& payload) {
    return send(jose_request(url, signed_body(url, payload)));
  }
  Answer read(const std::string& url) { return post(url, ""); }
  // Signed by a bare key, which is sent along.
  Answer post_with_key(const crypto::Signer& key, const std::string& url, const std::string& payload) {
    return send(jose_request(url, jose::sign(key, {}, nonce(), url, payload).value().dump()));
  }

  Answer new_account(const std::string& payload = R"({"termsOfServiceAgreed":true})") {
    auto answer = post_with_key(key_, url("/new-account"), payload);
    if (answer.status() < 300) kid_ = answer.location();
    return answer;
  }
  Answer new_order(const std::vector<acme::Identifier>& identifiers, std::optional<std::string> profile = {}) {
    const acme::NewOrder request{.identifiers = identifiers, .profile = std::move(profile)};
    return post(url("/new-order"), acme::to_json(request).dump());
  }
  Answer new_order(const std::vector<std::string>& names, std::optional<std::string> profile = {}) {
    std::vector<acme::Identifier> identifiers;
    for (const auto& name : names) identifiers.push_back(acme::identifier_from_user(name).value());
    return new_order(identifiers, std::move(profile));
  }
  // Answers the http-01 challenge of each authorization.
  void respond_all(const Answer& order) {
    for (const auto& authorization : order.texts("authorizations")) respond(authorization);
  }
  std::string challenge_url(const std::string& authorization) {
    const auto answer = read(authorization);
    const auto* challenges = answer.json.find("challenges");
    return *challenges->as_array()->front().find("url")->as_string();
  }
  Answer respond(const std::string& authorization) { return post(challenge_url(authorization), "{}"); }

  static std::string csr_payload(ByteView der) { return R"({"csr":")" + encoding::base64url(der) + "\"}"; }
  static Bytes csr(const crypto::Signer& key, const std::vector<std::string>& names) {
    std::vector<acme::Identifier> identifiers;
    for (const auto& name : names) identifiers.push_back(acme::identifier_from_user(name).value());
    return x509::make_csr(key, acme::subject_names(identifiers)).value();
  }
  Answer finalize(const Answer& order, const crypto::Signer& key, const std::vector<std::string>& names) {
    return post(order.text("finalize"), csr_payload(csr(key, names)));
  }
  // newOrder to certificate; the hosts must answer. The chain, or nullopt with a failed expectation's worth of silence.
  struct Issued {
    Answer order;
    x509::Chain chain;
    std::string certificate_url;
  };
  Issued issue(const std::vector<std::string>& names, const crypto::Signer& key,
               std::optional<std::string> profile = {}) {
    auto order = new_order(names, std::move(profile));
    const std::string order_url = order.location();
    respond_all(order);
    ca_->work_all();
    auto done = finalize(order, key, names);
    const std::string certificate = done.text("certificate");
    const auto download = read(certificate);
    return {std::move(done), x509::Chain::from_pem(download.response.body).value(), certificate};
  }

 private:
  TestCa* ca_;
  TestCa* other_ = nullptr;
  crypto::PrivateKey key_;
  std::string kid_;
};

}  // namespace crest::ca::testing
