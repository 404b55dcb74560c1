// Turns a Response into the octets of HTTP/1.1 (RFC 9112).
#pragma once

#include <string>

#include "http/message.hpp"

namespace crest::adapters {

struct ResponseFraming {
  bool head_only = false;  // the body is counted and left out
  bool keep_alive = true;
  std::string_view date;  // IMF-fixdate
};

// Adds Date, Content-Length and Connection, whatever the Response says of them. A field that could end a line is left
// out: no value can start another field or answer.
std::string response_text(const http::Response& response, const ResponseFraming& framing);
http::Response plain_response(int status);  // "413 Content Too Large" as its own text

}  // namespace crest::adapters
