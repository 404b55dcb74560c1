// A Session speaks ACME to one CA: directory, nonces, signed requests (RFC 8555 section 6). It repeats a badNonce
// answer at once and nothing else; everything that has to wait goes back to its caller as an Error.
#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "acme/directory.hpp"
#include "client/nonce_pool.hpp"
#include "core/call.hpp"
#include "core/clock.hpp"
#include "core/log.hpp"
#include "crypto/key.hpp"
#include "encoding/json.hpp"
#include "http/transport.hpp"

namespace crest::client {

struct Endpoint {  // one CA, with its own trust
  std::string directory_url;
  Trust trust;
  std::optional<ClientIdentity> identity;
  std::string proxy;
  bool allow_http = false;  // tests only (TR-01)
  std::string accept_language = "en";
};

struct Reply {
  http::Response response;
  std::string url;                  // of the request
  std::string location;             // absolute; "" when there was none
  std::optional<Time> retry_after;  // clamped by nobody yet
};

// Who signs: an account by URL, or a bare key (newAccount, revocation by certificate key).
struct Identity {
  const crypto::Signer* key = nullptr;
  std::string account_url;  // "": the request carries the jwk
};

class Session {
 public:
  static constexpr int nonce_attempts_max = 10;
  static constexpr Duration directory_life{24 * 3'600'000}, clock_offset_max{5 * 60'000};
  static constexpr std::size_t json_bytes_max = 1u << 20, chain_bytes_max = 8u << 20;

  struct Deps {
    http::Transport& transport;
    Clock& clock;
    Log& log;
    std::optional<Instant> give_up = {};  // no exchange goes on after it (CF2)
  };
  Session(Endpoint endpoint, Deps deps);

  // Each blocks for one exchange (a POST for one more when no nonce is at hand, and for each badNonce answer);
  // thread-safe. A status of 400 or more is an Error (acme::error_from_response). A nonce is never used twice.
  Result<acme::Directory> directory(std::stop_token stop = {});  // cached for a day
  Result<Reply> post(const Identity& who, const std::string& url, const std::string& payload,
                     std::size_t body_bytes_max = json_bytes_max, std::stop_token stop = {});
  Result<Reply> get(const std::string& url, std::stop_token stop = {});  // unauthenticated (ARI)
  void forget_directory();

  const Endpoint& endpoint() const { return endpoint_; }
  // https (unless allow_http), no longer than 2 KiB. Error: ca_protocol.
  Result<void> check_url(std::string_view url) const;

 private:
  Call call(std::size_t body_bytes_max, std::stop_token stop) const;
  Result<http::Response> exchange(http::Request request, Call call);
  Result<std::string> nonce(std::stop_token stop);
  Result<Reply> reply_of(const std::string& url, http::Response response) const;
  std::string operation(const Identity& who, const std::string& url);
  void keep_nonce(const http::Headers& headers);
  void note_other_host(const std::string& url) const;
  void note_clock_offset(const http::Headers& headers);
  void forget_directory_after(const Error& error);

  Endpoint endpoint_;
  Deps deps_;
  NoncePool nonces_;
  std::mutex mutex_;  // of what follows
  std::optional<acme::Directory> directory_;
  Instant directory_expires_;
  bool offset_noted_ = false;  // once is enough
};

// The body of a successful answer as JSON. `what` names the request in the error. Another content type, an empty body
// or text that is no strict JSON: ca_protocol, saying what came instead (CF4, CF5).
Result<encoding::Json> json_of(const http::Response& response, std::string_view what);
// An answer that is well-formed, and not what it has to be: ca_protocol, with what to do where `error` does not say it.
Error misshapen(Error error, std::string_view what);
// The body as the text of a chain. Another content type: ca_protocol.
Result<std::string> chain_text_of(const http::Response& response, std::string_view what);

}  // namespace crest::client
