// What may stand in an answer: the content type first, since a proxy's page parses as nothing (CF5).
#include "client/session.hpp"

namespace crest::client {
namespace {

constexpr std::size_t shown_chars_max = 80, reason_chars_max = 160, looked_at_bytes_max = 4096;

bool has_media_type(const http::Response& response, std::string_view wanted) {
  const std::string_view text = response.headers.get("Content-Type").value_or("");
  std::string_view type = text.substr(0, text.find(';'));
  while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
  return http::equal_no_case(type, wanted);
}

// The first line with something on it: what a person recognises a login page by.
Untrusted first_line(std::string_view body) {
  body = body.substr(0, looked_at_bytes_max);
  const std::size_t start = body.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) return {};
  body = body.substr(start);
  return Untrusted(Untrusted(std::string(body.substr(0, body.find_first_of("\r\n")))).printable(shown_chars_max));
}

Error unexpected(const http::Response& response, std::string message, std::string_view what) {
  Error error = make_error(ErrorKind::ca_protocol, std::move(message), std::string(what));
  Problem problem;
  problem.type = "about:blank";
  problem.detail = first_line(response.body);
  if (!problem.detail.empty()) error.problem = std::make_shared<const Problem>(std::move(problem));
  return error;
}

Error wrong_type(const http::Response& response, std::string_view wanted, std::string_view what) {
  const std::string type(response.headers.get("Content-Type").value_or(""));
  const std::string came = response.body.empty() ? "nothing"
                           : type.empty()        ? "text of no type"
                                                 : Untrusted(type).printable(shown_chars_max);
  return unexpected(response,
                    "the answer is " + came + " instead of " + std::string(wanted) +
                        "; check that the URL is that of an ACME server and that no proxy answers in its place",
                    what);
}

}  // namespace

Result<encoding::Json> json_of(const http::Response& response, std::string_view what) {
  constexpr std::string_view wanted = "application/json";
  if (response.body.empty() || !has_media_type(response, wanted)) return wrong_type(response, wanted, what);
  auto json = encoding::Json::parse(response.body);
  if (json) return json;
  return unexpected(response,
                    "the answer is no JSON (" + Untrusted(json.error().describe()).printable(reason_chars_max) +
                        "); tell the CA's operator",
                    what);
}

Error misshapen(Error error, std::string_view what) {
  if (error.message.find(';') == std::string::npos) error.message += "; tell the CA's operator";
  return std::move(error).as(ErrorKind::ca_protocol).at(what);
}

Result<std::string> chain_text_of(const http::Response& response, std::string_view what) {
  constexpr std::string_view wanted = "application/pem-certificate-chain";
  if (response.body.empty() || !has_media_type(response, wanted)) return wrong_type(response, wanted, what);
  return response.body;
}

}  // namespace crest::client
