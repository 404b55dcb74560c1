#include "adapters/curl_error.hpp"

#include <cstring>

#include <openssl/x509_vfy.h>

namespace crest::adapters {
namespace {

// libcurl quotes what servers sent, too.
std::string quoted(const CurlFailure& failure) {
  if (failure.text.empty()) return curl_easy_strerror(failure.code);
  return Untrusted(failure.text).printable(200);
}

std::string why_untrusted(const CurlFailure& failure) {
  switch (failure.verify_result) {
    case X509_V_OK:
    case X509_V_ERR_UNSPECIFIED:  // libcurl looks at the name before it asks for the verdict
      return "the server's certificate is not for " + failure.host +
             "; use a name that it has, or have it issued for this one";
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "the server's certificate, or one above it, has expired; renew it there, and check the clock here";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "the server's certificate is not valid yet; check the clocks here and there";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return "the server's certificate comes from an issuer that is not trusted; name the CA's root with --trust";
    default:
      return std::string("the server's certificate was refused: ") +
             X509_verify_cert_error_string(failure.verify_result);
  }
}

std::string why_no_handshake(const CurlFailure& failure) {
  if (failure.text.find("wrong version number") != std::string::npos ||
      failure.text.find("packet length too long") != std::string::npos) {
    return "the server does not speak TLS on this port; check the URL's port, or whether it should be http";
  }
  return "the TLS handshake failed: " + quoted(failure);
}

std::string why_not_connected(const CurlFailure& failure) {
  if (failure.proxy_status != 0) {
    return "the proxy answered " + std::to_string(failure.proxy_status) + " instead of connecting; ask who runs it";
  }
  const std::string reason =
      failure.os_error != 0 ? std::strerror(static_cast<int>(failure.os_error)) : quoted(failure);
  return "cannot connect: " + reason + "; check that the server runs and that no firewall is in between";
}

struct Verdict {
  ErrorKind kind;
  std::string message;
};

Verdict verdict_of(const CurlFailure& failure) {
  switch (failure.code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return {ErrorKind::dns, "cannot find an address for " + failure.host + "; check the name and the name servers"};
    case CURLE_COULDNT_RESOLVE_PROXY:
      return {ErrorKind::dns, "cannot find an address for the proxy; check its name and the name servers"};
    case CURLE_COULDNT_CONNECT: return {ErrorKind::connect, why_not_connected(failure)};
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
      if (failure.proxy_status != 0 && failure.proxy_status != 200)
        return {ErrorKind::connect, why_not_connected(failure)};
      return {ErrorKind::connect, "the connection broke: " + quoted(failure) + "; try again"};
    case CURLE_PEER_FAILED_VERIFICATION: return {ErrorKind::tls, why_untrusted(failure)};
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR: return {ErrorKind::tls, why_no_handshake(failure)};
    case CURLE_SSL_CACERT_BADFILE:
      return {ErrorKind::config,
              "the anchors given for this endpoint are no certificates in PEM; check the trust file"};
    case CURLE_SSL_CERTPROBLEM:
      return {ErrorKind::config, "the client certificate and its key are no pair in PEM; check both files"};
    case CURLE_URL_MALFORMAT: return {ErrorKind::usage, "not a URL that can be asked for; check it"};
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
      return {ErrorKind::ca_protocol, "the server does not answer in HTTP; check host and port"};
    case CURLE_GOT_NOTHING:
      return {ErrorKind::ca_protocol, "the server closed the connection without an answer; look at its log"};
    case CURLE_PARTIAL_FILE:
      return {ErrorKind::ca_protocol, "the answer ends too early; look at the server, or at a proxy in between"};
    case CURLE_OUT_OF_MEMORY: return {ErrorKind::internal, "out of memory in an HTTP exchange"};
    default: return {ErrorKind::ca_protocol, "the HTTP exchange failed: " + quoted(failure)};
  }
}

}  // namespace

Error curl_error(const CurlFailure& failure) {
  Verdict verdict = verdict_of(failure);
  return make_error(verdict.kind, std::move(verdict.message), Untrusted(failure.url).printable(300));
}

}  // namespace crest::adapters
