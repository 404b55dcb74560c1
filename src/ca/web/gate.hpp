// The Gate is the one way in for signed requests: what it lets through was signed, for this URL, with a fresh nonce, by
// a key of the kind that the endpoint takes (RFC 8555 sections 6.2 to 6.5). Nothing behind it sees a JWS.
#pragma once

#include <optional>

#include "ca/nonce/nonce_source.hpp"
#include "ca/store/store.hpp"
#include "ca/web/key_cache.hpp"
#include "ca/web/urls.hpp"
#include "http/message.hpp"
#include "jose/jws.hpp"

namespace crest::ca::web {

enum class SignedBy { account, key, either };

struct Caller {
  std::optional<store::AccountRow> account;  // valid; none when the request was signed by a bare key
  crypto::PublicKey key;
  std::string payload;  // decoded
  std::string url;      // of the request, as the client sees it

  bool is_reading() const { return payload.empty(); }  // POST-as-GET (RFC 8555 section 6.3)
};

class Gate {
 public:
  struct Deps {
    store::Store& store;
    nonce::NonceSource& nonces;
    const Urls& urls;
  };
  explicit Gate(Deps deps) : deps_(deps) {}

  // Blocks for one read of the store; thread-safe. Errors: rejections, storage. The nonce is spent even when a later
  // check fails (NON-04).
  Result<Caller> admit(const http::Request& request, SignedBy signed_by);

 private:
  Result<jose::ParsedJws> checked(const http::Request& request, SignedBy signed_by);
  Result<Caller> by_account(const jose::ParsedJws& jws);

  Deps deps_;
  KeyCache keys_;
};

}  // namespace crest::ca::web
