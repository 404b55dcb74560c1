// A CurlExchange is one request and its answer on a CurlHandle, within the limits of a Call.
#pragma once

#include <chrono>
#include <optional>

#include "adapters/curl_handle.hpp"
#include "http/message.hpp"

namespace crest::adapters {

class CurlExchange {
 public:
  using Steady = std::chrono::steady_clock;

  // All borrowed for as long as this lives. `url` stands in for the request's own; `deadline` is the end of the call.
  CurlExchange(CurlHandle& handle, const http::Request& request, const std::string& url, const Call& call,
               Steady::time_point deadline);

  // Once. Blocks until `deadline` at most; raises no SIGPIPE.
  Result<http::Response> run();

 private:
  enum class Phase { look_up, connect, handshake, answer };

  Result<void> prepare();
  bool set_method();
  Result<curl_slist*> header_list() const;
  CURLcode perform();
  std::optional<Error> overdue(Steady::time_point now);
  Phase phase() const;
  Error timed_out() const;
  Error stopped() const;
  Error failure(CURLcode code) const;

  bool take_header(std::string_view line);
  bool begin_answer(std::string_view status_line);
  bool end_of_headers();
  bool take_body(std::string_view data);
  bool refuse(ErrorKind kind, std::string message);
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);

  CurlHandle& handle_;
  const http::Request& request_;
  const std::string& url_;
  const Call& call_;
  const Steady::time_point deadline_;

  http::Response response_;
  std::optional<Error> refusal_;  // ours, from within a callback
  bool headers_done_ = false, body_cut_ = false;
  std::size_t header_bytes_ = 0, header_count_ = 0;
  std::uint64_t octets_ = 0, octets_seen_ = 0;  // of the answer, and of the request
  Phase phase_seen_ = Phase::look_up;
  Steady::time_point last_sign_of_life_;
};

}  // namespace crest::adapters
