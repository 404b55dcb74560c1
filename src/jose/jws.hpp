// The one JWS form of ACME: flattened, protected header only (RFC 8555 section 6.2).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "crypto/digest.hpp"
#include "crypto/key.hpp"
#include "encoding/json.hpp"
#include "http/message.hpp"

namespace crest::jose {

enum class Algorithm { ES256, ES384, ES512, EdDSA, RS256 };
std::string_view to_string(Algorithm algorithm);
std::vector<std::string> algorithm_names();     // all of the above, for badSignatureAlgorithm
Algorithm algorithm_for(crypto::KeyType type);  // fixed by the key: no choice, no confusion

struct SignedParts {  // the three members, encoded
  std::string protected_header;
  std::string payload;
  std::string signature;
  std::string dump() const;  // the JSON body
};

// How the signer names itself: its public key, or its account URL (RFC 8555 section 6.2).
struct KeyReference {
  std::string kid;  // "" means: send the jwk
};

// Header members come in the order alg, jwk | kid, nonce, url. `nonce` "" leaves it out (inner JWS of keyChange).
// `payload` "" is POST-as-GET.
Result<SignedParts> sign(const crypto::Signer& signer, const KeyReference& key, std::string_view nonce,
                         std::string_view url, std::string_view payload);
// External account binding (RFC 8555 section 7.3.4): HMAC over the account's jwk.
SignedParts sign_binding(crypto::Hash hash, std::string_view kid, ByteView mac_key, std::string_view url,
                         const crypto::PublicKey& account);

// What a server reads. Parsed, not yet verified.
struct ParsedJws {
  std::string alg;  // as sent
  std::optional<crypto::PublicKey> jwk;
  std::optional<std::string> kid;
  std::optional<std::string> nonce;
  std::string url;
  std::string payload;        // decoded; "" with POST-as-GET
  std::string signing_input;  // protected || "." || payload, as transmitted
  Bytes signature;
};

// Why a JWS is refused: the server answers each with another problem type (RFC 8555 section 6.2).
enum class JwsFault { malformed, bad_algorithm, bad_key };
struct JwsError {
  JwsFault fault = JwsFault::malformed;
  std::string detail;
};
template <typename T>
using JwsResult = std::variant<T, JwsError>;

inline constexpr std::size_t jws_bytes_max = http::request_bytes_max;

// Refuses `signatures`, `header`, a missing payload, `crit`, `b64`, duplicate members, both or neither of jwk and kid,
// alg none or a MAC, private members in jwk, padded or foreign base64url.
JwsResult<ParsedJws> parse_jws(std::string_view body);
JwsResult<ParsedJws> parse_jws(const encoding::Json& body);  // one that was parsed already: keyChange's payload
// Text turns into either of the above by itself: these say which one is meant.
inline JwsResult<ParsedJws> parse_jws(const std::string& body) { return parse_jws(std::string_view(body)); }
inline JwsResult<ParsedJws> parse_jws(const char* body) { return parse_jws(std::string_view(body)); }
// nullopt when `jws` was signed by `key` with the algorithm that belongs to it.
std::optional<JwsError> verify(const ParsedJws& jws, const crypto::PublicKey& key);

// The binding as a server reads it; `mac_key` looked up by kid afterwards.
struct ParsedBinding {
  crypto::Hash hash = crypto::Hash::sha256;
  std::string kid;
  std::string url;
  crypto::PublicKey key;
  std::string signing_input;
  Bytes signature;
  bool verify(ByteView mac_key) const;  // constant time
};
JwsResult<ParsedBinding> parse_binding(const encoding::Json& body);

}  // namespace crest::jose
