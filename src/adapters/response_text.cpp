#include "adapters/response_text.hpp"

#include <array>

namespace crest::adapters {
namespace {

struct Reason {
  int status;
  std::string_view phrase;
};
constexpr std::array reasons = {
    Reason{200, "OK"},
    Reason{201, "Created"},
    Reason{202, "Accepted"},
    Reason{204, "No Content"},
    Reason{301, "Moved Permanently"},
    Reason{302, "Found"},
    Reason{304, "Not Modified"},
    Reason{400, "Bad Request"},
    Reason{401, "Unauthorized"},
    Reason{403, "Forbidden"},
    Reason{404, "Not Found"},
    Reason{405, "Method Not Allowed"},
    Reason{409, "Conflict"},
    Reason{413, "Content Too Large"},
    Reason{415, "Unsupported Media Type"},
    Reason{417, "Expectation Failed"},
    Reason{429, "Too Many Requests"},
    Reason{431, "Request Header Fields Too Large"},
    Reason{500, "Internal Server Error"},
    Reason{501, "Not Implemented"},
    Reason{503, "Service Unavailable"},
    Reason{505, "HTTP Version Not Supported"},
};

std::string_view phrase_of(int status) {
  for (const Reason& reason : reasons) {
    if (reason.status == status) return reason.phrase;
  }
  return "Other";
}

bool is_token(std::string_view name) {
  for (const char c : name) {
    if (c <= ' ' || c == ':' || c == '\x7f') return false;
  }
  return !name.empty();
}

bool is_ours(std::string_view name) {
  for (const std::string_view own : {"date", "content-length", "connection", "transfer-encoding"}) {
    if (http::equal_no_case(name, own)) return true;
  }
  return false;
}

bool may_have_body(int status) { return status >= 200 && status != 204 && status != 304; }

}  // namespace

std::string response_text(const http::Response& response, const ResponseFraming& framing) {
  constexpr std::string_view line_ends("\r\n\0", 3);
  std::string text;
  text.reserve(512 + response.body.size());
  text.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ").append(phrase_of(response.status));
  text.append("\r\nDate: ").append(framing.date);
  for (const auto& [name, value] : response.headers.fields()) {
    if (!is_token(name) || is_ours(name) || value.find_first_of(line_ends) != value.npos) continue;
    text.append("\r\n").append(name).append(": ").append(value);
  }
  if (may_have_body(response.status)) text.append("\r\nContent-Length: ").append(std::to_string(response.body.size()));
  text.append(framing.keep_alive ? "\r\n\r\n" : "\r\nConnection: close\r\n\r\n");
  if (!framing.head_only && may_have_body(response.status)) text.append(response.body);
  return text;
}

http::Response plain_response(int status) {
  http::Response response;
  response.status = status;
  response.headers.add("Content-Type", "text/plain");
  response.body = std::to_string(status) + " " + std::string(phrase_of(status)) + "\n";
  return response;
}

}  // namespace crest::adapters
