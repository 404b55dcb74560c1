#include "adapters/curl_exchange.hpp"

#include <algorithm>
#include <charconv>

#include "adapters/curl_error.hpp"
#include "adapters/sigpipe_guard.hpp"
#include "core/time.hpp"
#include "encoding/url.hpp"

namespace crest::adapters {
namespace {

constexpr char user_agent_product[] = "crest/0.1.0";

using SlistPtr = std::unique_ptr<curl_slist, void (*)(curl_slist*)>;

template <typename Value>
bool set(CURL* easy, CURLoption option, Value value) {
  return curl_easy_setopt(easy, option, value) == CURLE_OK;
}

curl_off_t info(CURL* easy, CURLINFO what) {
  curl_off_t value = 0;
  return curl_easy_getinfo(easy, what, &value) == CURLE_OK ? value : 0;
}

long info_long(CURL* easy, CURLINFO what) {
  long value = 0;
  return curl_easy_getinfo(easy, what, &value) == CURLE_OK ? value : 0;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool has_line_end(std::string_view text) { return text.find_first_of(std::string_view("\r\n\0", 3)) != text.npos; }

std::string shown(const std::string& url) { return Untrusted(url).printable(300); }

std::string too_much(std::string_view what, std::size_t most, std::string_view unit) {
  return std::string(what) + " more than " + std::to_string(most) + " " + std::string(unit) +
         "; check the URL, and look at what answers there";
}

// The request is in the multi handle for as long as this lives.
class Attached {
 public:
  explicit Attached(const CurlHandle& handle) : handle_(handle) {
    curl_multi_add_handle(handle.multi(), handle.easy());
  }
  Attached(const Attached&) = delete;
  Attached& operator=(const Attached&) = delete;
  ~Attached() { curl_multi_remove_handle(handle_.multi(), handle_.easy()); }

 private:
  const CurlHandle& handle_;
};

}  // namespace

CurlExchange::CurlExchange(CurlHandle& handle, const http::Request& request, const std::string& url, const Call& call,
                           Steady::time_point deadline)
    : handle_(handle),
      request_(request),
      url_(url),
      call_(call),
      deadline_(deadline),
      last_sign_of_life_(Steady::now()) {}

Result<http::Response> CurlExchange::run() {
  const SigpipeGuard no_sigpipe;
  curl_slist* list = TRY(header_list());
  const SlistPtr headers(list, curl_slist_free_all);
  std::string connect_to;
  if (!call_.connect_to.empty()) {
    const bool v6 = call_.connect_to.find(':') != std::string::npos;
    connect_to = "::" + (v6 ? "[" + call_.connect_to + "]" : call_.connect_to) + ":";
  }
  const SlistPtr targets(connect_to.empty() ? nullptr : curl_slist_append(nullptr, connect_to.c_str()),
                         curl_slist_free_all);
  if (!connect_to.empty() && !targets) return make_error(ErrorKind::internal, "out of memory in an HTTP exchange");
  CURL* easy = handle_.easy();
  if (!set(easy, CURLOPT_HTTPHEADER, headers.get()) || !set(easy, CURLOPT_CONNECT_TO, targets.get())) {
    return make_error(ErrorKind::internal, "libcurl takes no headers");
  }
  TRY(prepare());
  const CURLcode code = perform();
  set(easy, CURLOPT_HTTPHEADER, static_cast<curl_slist*>(nullptr));
  set(easy, CURLOPT_CONNECT_TO, static_cast<curl_slist*>(nullptr));
  if (call_.connected && (phase() >= Phase::handshake || response_.status != 0)) *call_.connected = true;
  if (refusal_) return *std::move(refusal_);
  if (code != CURLE_OK && !body_cut_) return failure(code);
  return std::move(response_);
}

Result<curl_slist*> CurlExchange::header_list() const {
  SlistPtr list(nullptr, curl_slist_free_all);
  const auto add = [&list](const std::string& line) {
    curl_slist* longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) return false;
    list.release();
    list.reset(longer);
    return true;
  };
  // libcurl adds these two of itself unless told otherwise.
  bool ok = add("Expect:");
  if (!request_.headers.get("Content-Type")) ok = ok && add("Content-Type:");
  if (!request_.headers.get("User-Agent")) {
    ok = ok && add(std::string("User-Agent: ") + user_agent_product + " libcurl/" +
                   curl_version_info(CURLVERSION_NOW)->version);
  }
  for (const auto& [name, value] : request_.headers.fields()) {
    if (name.empty() || has_line_end(name) || has_line_end(value) || name.find(':') != name.npos) {
      return make_error(ErrorKind::internal, "a request header would break the request", shown(name));
    }
    ok = ok && add(value.empty() ? name + ";" : name + ": " + value);
  }
  if (!ok) return make_error(ErrorKind::internal, "out of memory in an HTTP exchange");
  return list.release();
}

bool CurlExchange::set_method() {
  CURL* easy = handle_.easy();
  const std::string& method = request_.method;
  bool ok = set(easy, CURLOPT_CUSTOMREQUEST, static_cast<char*>(nullptr)) && set(easy, CURLOPT_HTTPGET, 1L);
  if (method == "GET") return ok;
  if (method == "HEAD") return ok && set(easy, CURLOPT_NOBODY, 1L);
  if (method != "POST") ok = ok && set(easy, CURLOPT_CUSTOMREQUEST, method.c_str());
  if (method != "POST" && request_.body.empty()) return ok;
  return ok && set(easy, CURLOPT_POST, 1L) && set(easy, CURLOPT_POSTFIELDS, request_.body.c_str()) &&
         set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
}

Result<void> CurlExchange::prepare() {
  CURL* easy = handle_.easy();
  const auto left = std::chrono::ceil<Duration>(deadline_ - Steady::now());
  if (left <= Duration(0)) return timed_out();
  if (call_.stop.stop_requested()) return stopped();
  const bool is_token = request_.method.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string::npos;
  if (request_.method.empty() || !is_token)
    return make_error(ErrorKind::internal, "not an HTTP method", shown(request_.method));
  bool ok = set_method() && set(easy, CURLOPT_URL, url_.c_str());
  ok = ok && set(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(left.count()));
  // With several addresses libcurl shares this out among them, so that one that is dead does not use it up.
  ok = ok && set(easy, CURLOPT_CONNECTTIMEOUT_MS,
                 static_cast<long>(std::max(Duration(1), std::min(left, call_.idle)).count()));
  ok = ok && set(easy, CURLOPT_HEADERFUNCTION, &CurlExchange::on_header) && set(easy, CURLOPT_HEADERDATA, this);
  ok = ok && set(easy, CURLOPT_WRITEFUNCTION, &CurlExchange::on_body) && set(easy, CURLOPT_WRITEDATA, this);
  if (!ok) return make_error(ErrorKind::internal, "libcurl does not take the request", shown(url_));
  return {};
}

CURLcode CurlExchange::perform() {
  CURLM* multi = handle_.multi();
  const Attached attached(handle_);
  const std::stop_callback wake(call_.stop, [multi] { curl_multi_wakeup(multi); });
  for (int running = 1;;) {
    if (curl_multi_perform(multi, &running) != CURLM_OK) return CURLE_FAILED_INIT;
    if (running == 0) break;
    const auto now = Steady::now();
    refusal_ = overdue(now);
    if (refusal_) return CURLE_ABORTED_BY_CALLBACK;
    const auto until = std::min(deadline_, last_sign_of_life_ + call_.idle);
    const auto wait = std::clamp(std::chrono::ceil<Duration>(until - now), Duration(1), Duration(1000));
    if (curl_multi_poll(multi, nullptr, 0, static_cast<int>(wait.count()), nullptr) != CURLM_OK)
      return CURLE_FAILED_INIT;
  }
  int left = 0;
  const CURLMsg* message = curl_multi_info_read(multi, &left);
  return message != nullptr ? message->data.result : CURLE_FAILED_INIT;
}

std::optional<Error> CurlExchange::overdue(Steady::time_point now) {
  if (call_.stop.stop_requested()) return stopped();
  const auto octets = octets_ + static_cast<std::uint64_t>(info(handle_.easy(), CURLINFO_SIZE_UPLOAD_T));
  const Phase current = phase();
  if (octets != octets_seen_ || current != phase_seen_) last_sign_of_life_ = now;
  octets_seen_ = octets;
  phase_seen_ = current;
  if (now >= deadline_ || now - last_sign_of_life_ >= call_.idle) return timed_out();
  return std::nullopt;
}

CurlExchange::Phase CurlExchange::phase() const {
  CURL* easy = handle_.easy();
  if (info(easy, CURLINFO_PRETRANSFER_TIME_T) != 0 || octets_ != 0) return Phase::answer;
  if (info_long(easy, CURLINFO_LOCAL_PORT) > 0) return Phase::handshake;  // CONNECT_TIME comes after it
  return info(easy, CURLINFO_NAMELOOKUP_TIME_T) != 0 ? Phase::connect : Phase::look_up;
}

Error CurlExchange::timed_out() const {
  constexpr const char* words[] = {
      "no address for the name came in time; check the name servers",
      "no connection came about in time; check that the server runs and that no firewall is in between",
      "the TLS handshake did not end in time; check that the server runs and speaks TLS",
      "the answer did not come in time; look at the server, or try again later"};
  return make_error(ErrorKind::timeout, words[static_cast<std::size_t>(phase())], shown(url_));
}

Error CurlExchange::stopped() const {
  return make_error(ErrorKind::timeout, "stopped before there was an answer", shown(url_));
}

Error CurlExchange::failure(CURLcode code) const {
  if (code == CURLE_OPERATION_TIMEDOUT) return timed_out();
  CURL* easy = handle_.easy();
  CurlFailure failure;
  failure.code = code;
  failure.text = handle_.error_text();
  failure.verify_result = info_long(easy, CURLINFO_SSL_VERIFYRESULT);
  failure.os_error = info_long(easy, CURLINFO_OS_ERRNO);
  failure.proxy_status = info_long(easy, CURLINFO_HTTP_CONNECTCODE);
  failure.url = url_;
  const auto url = encoding::Url::parse(url_);
  failure.host = url ? url->host : "the server";
  return curl_error(failure);
}

// The first reason counts; libcurl then ends the transfer with an error that nobody looks at.
bool CurlExchange::refuse(ErrorKind kind, std::string message) {
  if (!refusal_) refusal_ = make_error(kind, std::move(message), shown(url_));
  return false;
}

// Counts go on over interim answers (100, 103): endless ones end as well.
bool CurlExchange::take_header(std::string_view line) {
  octets_ += line.size();
  header_bytes_ += line.size();
  if (header_bytes_ > call_.header_bytes_max) {
    return refuse(ErrorKind::response_too_large,
                  too_much("the headers of the answer have", call_.header_bytes_max, "octets"));
  }
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  if (headers_done_) return true;  // a trailer: nothing of ours reads it
  if (line.starts_with("HTTP/")) return begin_answer(line);
  if (line.empty()) return end_of_headers();
  if (++header_count_ > call_.header_count_max) {
    return refuse(ErrorKind::response_too_large, too_much("the answer has", call_.header_count_max, "headers"));
  }
  const std::size_t colon = line.find(':');
  if (colon == line.npos || colon == 0 || line.front() == ' ' || line.front() == '\t') {
    return refuse(ErrorKind::ca_protocol,
                  "the answer has a header line that is none; look at the server, or at a proxy in between");
  }
  response_.headers.add(std::string(line.substr(0, colon)), std::string(trimmed(line.substr(colon + 1))));
  return true;
}

bool CurlExchange::begin_answer(std::string_view status_line) {
  response_ = {};
  const std::size_t blank = status_line.find(' ');
  if (blank == status_line.npos) return refuse(ErrorKind::ca_protocol, "the answer has no HTTP status");
  const std::string_view digits = status_line.substr(blank + 1, 3);
  std::from_chars(digits.data(), digits.data() + digits.size(), response_.status);
  if (response_.status >= 100 && response_.status <= 999) return true;
  return refuse(ErrorKind::ca_protocol, "the answer has no HTTP status");
}

bool CurlExchange::end_of_headers() {
  if (response_.status < 200) return true;
  headers_done_ = true;
  // Not asked for; and what unpacks to gigabytes is small on the wire (CF3).
  for (const std::string_view coding : response_.headers.all("Content-Encoding")) {
    if (http::equal_no_case(coding, "identity") || coding.empty()) continue;
    return refuse(ErrorKind::ca_protocol,
                  "the answer is compressed, which was not asked for; look at the server, or at a proxy in between");
  }
  return true;
}

bool CurlExchange::take_body(std::string_view data) {
  octets_ += data.size();
  const std::size_t room = call_.body_bytes_max - std::min(call_.body_bytes_max, response_.body.size());
  if (data.size() > room) {
    body_cut_ = call_.body_stops_at_cap;
    response_.body.append(data.substr(0, room));
    if (body_cut_) return false;  // libcurl ends the transfer and the connection with it
    return refuse(ErrorKind::response_too_large, too_much("the answer has", call_.body_bytes_max, "octets"));
  }
  response_.body.append(data);
  return true;
}

// No exception may cross libcurl's frames.
std::size_t CurlExchange::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  try {
    return static_cast<CurlExchange*>(self)->take_header({data, size * count}) ? size * count : CURL_WRITEFUNC_ERROR;
  } catch (const std::bad_alloc&) {
    return CURL_WRITEFUNC_ERROR;
  }
}

std::size_t CurlExchange::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  try {
    return static_cast<CurlExchange*>(self)->take_body({data, size * count}) ? size * count : CURL_WRITEFUNC_ERROR;
  } catch (const std::bad_alloc&) {
    return CURL_WRITEFUNC_ERROR;
  }
}

}  // namespace crest::adapters
