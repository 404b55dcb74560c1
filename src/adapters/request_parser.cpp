#include "adapters/request_parser.hpp"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

namespace crest::adapters {
namespace {

namespace beast_http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

std::string text_of(string_view view) { return {view.data(), view.size()}; }

bool has_control(string_view text) {
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if ((octet < 0x20 && octet != '\t') || octet == 0x7f) return true;
  }
  return false;
}

}  // namespace

// Beast's grammar, its callbacks writing straight into our Request: no field is copied twice.
class RequestParser::Beast final : public beast_http::basic_parser<true> {
 public:
  explicit Beast(const RequestLimits& limits) : header_count_left_(limits.header_count_max) {
    eager(true);
    header_limit(static_cast<std::uint32_t>(limits.header_bytes_max));
    body_limit(limits.body_bytes_max);
  }

  http::Request request;
  int version = 11;
  int status = 400;  // should the request fail
  bool wants_continue = false;

 private:
  void fail(int failure_status, error_code& ec) {
    status = failure_status;
    ec = make_error_code(beast_http::error::bad_value);
  }

  void on_request_impl(beast_http::verb, string_view method, string_view target, int http_version,
                       error_code& ec) override {
    version = http_version;
    if (http_version != 10 && http_version != 11) return fail(505, ec);
    request.method = text_of(method);
    request.url = text_of(target);
  }

  void on_field_impl(beast_http::field field, string_view name, string_view value, error_code& ec) override {
    if (header_count_left_-- == 0) return fail(431, ec);
    if (has_control(value)) return fail(400, ec);
    if (field == beast_http::field::host && hosts_++ > 0) return fail(400, ec);
    // Anything but chunked would leave Beast without an end of the body, and two readers with two opinions about it.
    if (field == beast_http::field::transfer_encoding && !boost::beast::iequals(value, "chunked")) return fail(501, ec);
    if (field == beast_http::field::transfer_encoding && version == 10) return fail(400, ec);
    if (field == beast_http::field::expect) {
      if (!boost::beast::iequals(value, "100-continue")) return fail(417, ec);
      wants_continue = version == 11;
    }
    request.headers.add(text_of(name), text_of(value));
  }

  void on_header_impl(error_code& ec) override {
    if (version == 11 && hosts_ != 1) fail(400, ec);  // RFC 9112 section 3.2
  }
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override {
    if (length) request.body.reserve(static_cast<std::size_t>(*length));  // Beast has checked it against the limit
  }
  std::size_t on_body_impl(string_view body, error_code&) override {
    wants_continue = false;
    request.body.append(body.data(), body.size());
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override { wants_continue = false; }
  std::size_t on_chunk_body_impl(std::uint64_t, string_view body, error_code& ec) override {
    return on_body_impl(body, ec);
  }
  void on_response_impl(int, string_view, int, error_code&) override {}
  void on_finish_impl(error_code&) override {}

  std::size_t header_count_left_;
  int hosts_ = 0;
};

RequestParser::RequestParser(const RequestLimits& limits) : limits_(limits), beast_(std::make_unique<Beast>(limits)) {}
RequestParser::~RequestParser() = default;

RequestParser::Progress RequestParser::feed(std::string_view data) {
  Progress progress;
  while (!beast_->is_done()) {
    error_code ec;
    const std::string_view rest = data.substr(progress.consumed);
    if (rest.empty()) return progress;
    const std::size_t count = beast_->put(boost::asio::const_buffer(rest.data(), rest.size()), ec);
    progress.consumed += count;
    if (ec == beast_http::error::need_more) return progress;
    if (ec) {
      if (ec == beast_http::error::body_limit) beast_->status = 413;
      if (ec == beast_http::error::header_limit) beast_->status = 431;
      if (ec == beast_http::error::bad_version) beast_->status = 505;
      progress.state = State::failed;
      return progress;
    }
    if (count == 0 && !beast_->is_done()) return progress;
  }
  progress.state = State::done;
  return progress;
}

int RequestParser::failure_status() const { return beast_->status; }
bool RequestParser::keep_alive() const { return beast_->version == 11 && beast_->keep_alive(); }
bool RequestParser::head_only() const { return beast_->request.method == "HEAD"; }
bool RequestParser::expects_continue() const { return beast_->is_header_done() && beast_->wants_continue; }

http::Request RequestParser::take() {
  http::Request request = std::move(beast_->request);
  beast_ = std::make_unique<Beast>(limits_);
  return request;
}

}  // namespace crest::adapters
