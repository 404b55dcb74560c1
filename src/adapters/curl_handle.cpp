#include "adapters/curl_handle.hpp"

#include "adapters/sigpipe_guard.hpp"

namespace crest::adapters {
namespace {

constexpr char loopback_names[] = "localhost,127.0.0.0/8,::1";
constexpr long connection_age_seconds_max = 50;  // less than what servers keep an idle connection for

// All of this fits as it is: nothing of ours changes while libcurl looks at it.
curl_blob borrowed(std::string_view text) { return {const_cast<char*>(text.data()), text.size(), CURL_BLOB_NOCOPY}; }

template <typename Value>
bool set(CURL* easy, CURLoption option, Value value) {
  return curl_easy_setopt(easy, option, value) == CURLE_OK;
}

Error internal(const char* what) { return make_error(ErrorKind::internal, what, "libcurl"); }

}  // namespace

bool CurlSettings::operator==(const CurlSettings& other) const {
  return origin == other.origin && trust == other.trust && proxy == other.proxy &&
         identity.chain_pem == other.identity.chain_pem && identity.key_pem.reveal() == other.identity.key_pem.reveal();
}

Result<std::unique_ptr<CurlHandle>> CurlHandle::create(CurlSettings settings) {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (ready != CURLE_OK) return internal("libcurl does not start; check the installation");
  std::unique_ptr<CurlHandle> handle(new CurlHandle);
  handle->settings_ = std::move(settings);
  handle->easy_ = curl_easy_init();
  handle->multi_ = curl_multi_init();
  if (handle->easy_ == nullptr || handle->multi_ == nullptr) return internal("out of memory for a connection");
  TRY(handle->set_up());
  return handle;
}

CurlHandle::~CurlHandle() {
  const SigpipeGuard no_sigpipe;  // TLS says goodbye to a peer that may be gone
  curl_easy_cleanup(easy_);
  curl_multi_cleanup(multi_);
}

Result<void> CurlHandle::set_up() {
  bool ok = set(easy_, CURLOPT_ERRORBUFFER, error_text_);
  ok &= set(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
  ok &= set(easy_, CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
  ok &= set(easy_, CURLOPT_FOLLOWLOCATION, 0L);
  ok &= set(easy_, CURLOPT_PATH_AS_IS, 1L);
  ok &= set(easy_, CURLOPT_NOSIGNAL, 1L);
  ok &= set(easy_, CURLOPT_QUICK_EXIT, 1L);  // a look-up that hangs must not hold up its caller
  ok &= set(easy_, CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
  ok &= set(easy_, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  ok &= set(easy_, CURLOPT_MAXAGE_CONN, connection_age_seconds_max);
  ok &= curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, 1L) == CURLM_OK;
  // Both set: libcurl looks into the environment for neither.
  ok &= set(easy_, CURLOPT_PROXY, settings_.proxy.c_str());
  ok &= set(easy_, CURLOPT_NOPROXY, loopback_names);
  if (settings_.origin.empty()) {
    ok &= set(easy_, CURLOPT_FRESH_CONNECT, 1L) && set(easy_, CURLOPT_FORBID_REUSE, 1L);
  }
  if (!ok || !set_trust() || !set_identity())
    return internal("libcurl lacks an option; version 7.88 or later is needed");
  return {};
}

bool CurlHandle::set_trust() {
  const Trust& trust = settings_.trust;
  if (trust.mode == Trust::Mode::system) return true;
  // The folder of the system's anchors is a default of its own, beside the file that the blob replaces.
  bool ok = set(easy_, CURLOPT_CAPATH, static_cast<char*>(nullptr));
  if (trust.mode == Trust::Mode::none) {
    return ok && set(easy_, CURLOPT_SSL_VERIFYPEER, 0L) && set(easy_, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  const curl_blob anchors = borrowed(trust.pem);
  return ok && set(easy_, CURLOPT_CAINFO_BLOB, &anchors);
}

bool CurlHandle::set_identity() {
  const ClientIdentity& identity = settings_.identity;
  if (identity.chain_pem.empty()) return true;
  const curl_blob chain = borrowed(identity.chain_pem), key = borrowed(identity.key_pem.reveal());
  return set(easy_, CURLOPT_SSLCERTTYPE, "PEM") && set(easy_, CURLOPT_SSLCERT_BLOB, &chain) &&
         set(easy_, CURLOPT_SSLKEYTYPE, "PEM") && set(easy_, CURLOPT_SSLKEY_BLOB, &key);
}

}  // namespace crest::adapters
