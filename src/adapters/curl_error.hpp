// Says in our words what libcurl's error codes mean for an ACME client, and what to do.
#pragma once

#include <string>

#include <curl/curl.h>

#include "core/error.hpp"

namespace crest::adapters {

struct CurlFailure {
  CURLcode code = CURLE_OK;
  std::string text;        // libcurl's own words
  long verify_result = 0;  // X509_V_ERR_..., when a certificate was looked at
  long os_error = 0;       // errno of connect(2)
  long proxy_status = 0;   // what a proxy answered to CONNECT
  std::string host;        // that was asked for
  std::string url;         // for the context
};

Error curl_error(const CurlFailure& failure);

}  // namespace crest::adapters
