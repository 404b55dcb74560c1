// A CurlHandle is libcurl set up for one endpoint, with the one connection it keeps to it.
#pragma once

#include <memory>
#include <string>

#include <curl/curl.h>

#include "core/call.hpp"
#include "core/result.hpp"

namespace crest::adapters {

// What two calls must have in common to share a connection, a TLS session or a client certificate.
struct CurlSettings {
  std::string origin;  // "https://ca.corp.example:443"; "" with a connection that is not kept
  Trust trust;
  ClientIdentity identity;  // empty: none
  std::string proxy;

  bool operator==(const CurlSettings& other) const;
};

class CurlHandle {
 public:
  // Errors: config, internal. Whatever cannot be set as asked is an error: nothing is ever trusted for want of an option.
  static Result<std::unique_ptr<CurlHandle>> create(CurlSettings settings);
  ~CurlHandle();
  CurlHandle(const CurlHandle&) = delete;
  CurlHandle& operator=(const CurlHandle&) = delete;

  CURL* easy() const { return easy_; }
  CURLM* multi() const { return multi_; }
  const CurlSettings& settings() const { return settings_; }
  const char* error_text() const { return error_text_; }  // libcurl's words on the last failure

 private:
  CurlHandle() = default;
  Result<void> set_up();
  bool set_trust();
  bool set_identity();

  CURL* easy_ = nullptr;
  CURLM* multi_ = nullptr;
  CurlSettings settings_;  // libcurl borrows the texts
  char error_text_[CURL_ERROR_SIZE] = "";
};

}  // namespace crest::adapters
