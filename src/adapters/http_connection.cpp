#include "adapters/http_connection.hpp"

#include <array>
#include <cerrno>
#include <ctime>
#include <sys/socket.h>

#include "adapters/response_text.hpp"
#include "core/time.hpp"
#include "http/retry_after.hpp"

namespace crest::adapters {
namespace {

constexpr std::size_t scratch_bytes = 16u << 10;
constexpr std::size_t answer_bytes_kept = 16u << 10;  // of a buffer, for the next answer
constexpr std::size_t drained_bytes_max = 1u << 20;
constexpr Duration drain_time_max{2'000};

std::string_view date_of_now() {
  thread_local std::time_t second = 0;
  thread_local std::string text;
  const std::time_t now = std::time(nullptr);
  if (now != second) {
    text = http::to_http_date(from_unix_seconds(now));
    second = now;
  }
  return text;
}

// Connections that wait hold no buffer: what a thread reads is digested before it reads for another.
std::span<char> scratch() {
  thread_local std::array<char, scratch_bytes> buffer;
  return buffer;
}

}  // namespace

HttpConnection::HttpConnection(Deps deps, int socket, ServerTls tls, ConnectionWatch& watch, std::string peer_address)
    : deps_(deps),
      socket_(socket),
      tls_(std::move(tls)),
      channel_(socket, tls_),
      watch_(watch),
      parser_({deps.options.header_bytes_max, deps.options.header_count_max, deps.options.body_bytes_max}) {
  request_.peer.address = std::move(peer_address);
  watch_.set_deadline(tls_ ? deps.options.handshake_time_max : deps.options.idle_time_max);
}

HttpConnection::Need HttpConnection::run() {
  for (;;) {
    switch (step()) {
      case Next::go_on: continue;
      case Next::readable: return Need::readable;
      case Next::writable: return Need::writable;
      case Next::worker: return Need::worker;
      case Next::end: return Need::end;
    }
  }
}

HttpConnection::Next HttpConnection::step() {
  switch (stage_) {
    case Stage::handshake: return shake_hands();
    case Stage::read: return read_request();
    case Stage::ready: return ready();
    case Stage::write: return write_answer();
    case Stage::drain: return discard();
  }
  return Next::end;
}

HttpConnection::Next HttpConnection::wait_of(ServerChannel::Status status) {
  switch (status) {
    case ServerChannel::Status::want_read: return Next::readable;
    case ServerChannel::Status::want_write: return Next::writable;
    default: return Next::end;
  }
}

HttpConnection::Next HttpConnection::shake_hands() {
  const auto status = channel_.handshake();
  if (status != ServerChannel::Status::done) return wait_of(status);
  watch_.set_deadline(deps_.options.idle_time_max);
  stage_ = Stage::read;
  return Next::go_on;
}

HttpConnection::Next HttpConnection::read_request() {
  const auto [status, count] = channel_.read(scratch());
  if (status != ServerChannel::Status::done) return wait_of(status);
  if (watch_.idle()) {
    watch_.set_idle(false);
    watch_.set_deadline(deps_.options.request_time_max);
  }
  const std::string_view fresh(scratch().data(), count);
  if (unread_.empty()) return digest(fresh);
  unread_.append(fresh);
  const std::string held = std::exchange(unread_, {});
  return digest(held);
}

HttpConnection::Next HttpConnection::digest(std::string_view data) {
  const auto [state, consumed] = parser_.feed(data);
  unread_.assign(data.substr(consumed));
  if (state == RequestParser::State::failed) return refuse(parser_.failure_status());
  if (state == RequestParser::State::done) {
    stage_ = Stage::ready;
    return Next::go_on;
  }
  if (parser_.expects_continue() && !std::exchange(continued_, true)) {
    constexpr std::string_view text = "HTTP/1.1 100 Continue\r\n\r\n";
    const auto [status, count] = channel_.write(text);
    if (status != ServerChannel::Status::done || count != text.size()) return Next::end;
  }
  return Next::go_on;
}

HttpConnection::Next HttpConnection::ready() {
  keep_alive_ = parser_.keep_alive() && !deps_.stopping.load(std::memory_order_relaxed);
  head_only_ = parser_.head_only();
  std::string address = std::move(request_.peer.address);
  request_ = parser_.take();
  request_.peer.address = std::move(address);
  watch_.clear_deadline();  // from here on it is our own time
  return Next::worker;
}

void HttpConnection::answer(http::Service& service, std::string request_id) {
  request_.peer.request_id = std::move(request_id);
  request_.peer.certificate_der = channel_.client_certificate_der();
  http::Response response;
  try {
    response = service.handle(request_);
  } catch (const std::exception& problem) {  // a bug, or no memory: theirs is one request, ours to go on
    deps_.log.error("request_failed", {{"request", request_.peer.request_id}, {"why", problem.what()}});
    response = plain_response(500);
  }
  set_answer(response);
}

void HttpConnection::answer_busy() {
  http::Response busy = plain_response(503);
  busy.headers.add("Retry-After", "1");
  set_answer(busy);
}

HttpConnection::Next HttpConnection::refuse(int status) {
  keep_alive_ = false;
  set_answer(plain_response(status));
  return Next::go_on;
}

void HttpConnection::set_answer(const http::Response& response) {
  answer_ = response_text(response, {head_only_, keep_alive_, date_of_now()});
  sent_ = 0;
  stage_ = Stage::write;
  watch_.set_deadline(deps_.options.request_time_max);
}

HttpConnection::Next HttpConnection::write_answer() {
  while (sent_ < answer_.size()) {
    const auto [status, count] = channel_.write(std::string_view(answer_).substr(sent_));
    if (status != ServerChannel::Status::done) return wait_of(status);
    sent_ += count;
  }
  if (answer_.capacity() > answer_bytes_kept) std::string().swap(answer_);
  if (keep_alive_) return await_request();
  channel_.say_goodbye();
  watch_.set_deadline(drain_time_max);
  stage_ = Stage::drain;
  return Next::go_on;
}

HttpConnection::Next HttpConnection::await_request() {
  stage_ = Stage::read;
  continued_ = false;
  if (!unread_.empty()) {
    watch_.set_deadline(deps_.options.request_time_max);
    const std::string held = std::exchange(unread_, {});
    return digest(held);
  }
  watch_.set_idle(true);
  watch_.set_deadline(deps_.options.idle_time_max);
  return channel_.has_buffered() ? Next::go_on : Next::readable;
}

// Closing with octets unread would reset the connection, and take the answer away from the peer.
HttpConnection::Next HttpConnection::discard() {
  while (drained_ < drained_bytes_max) {
    const ssize_t count = ::recv(socket_, scratch().data(), scratch().size(), 0);
    if (count < 0 && errno == EAGAIN) return Next::readable;
    if (count <= 0) return Next::end;
    drained_ += static_cast<std::size_t>(count);
  }
  return Next::end;
}

}  // namespace crest::adapters
