// A RequestParser turns the octets of one HTTP/1.1 request (RFC 9112) into a Request. It does no I/O.
#pragma once

#include <memory>
#include <string_view>

#include "http/message.hpp"

namespace crest::adapters {

struct RequestLimits {
  std::size_t header_bytes_max = 16u << 10;  // SF60
  std::size_t header_count_max = 100;
  std::size_t body_bytes_max = http::request_bytes_max;
};

class RequestParser {
 public:
  explicit RequestParser(const RequestLimits& limits);
  ~RequestParser();

  enum class State { need_more, done, failed };
  struct Progress {
    State state = State::need_more;
    std::size_t consumed = 0;
  };
  // `data` begins with what the last call did not consume.
  Progress feed(std::string_view data);

  int failure_status() const;     // with failed: 400, 413, 417, 431, 501 or 505
  bool keep_alive() const;        // with done
  bool head_only() const;         // with done: the method is HEAD
  bool expects_continue() const;  // with need_more: the client waits for 100 before it sends the body
  // REQUIRES done. The parser is ready for the next request.
  http::Request take();

 private:
  class Beast;
  RequestLimits limits_;
  std::unique_ptr<Beast> beast_;
};

}  // namespace crest::adapters
