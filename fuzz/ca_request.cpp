// Any request at all into a whole CA: it must answer each with a status and, for errors, a problem document.
// Input: method, a blank, target, a newline, content type, a newline, body.
#include <cstdlib>

#include "ca/testing/test_ca.hpp"

namespace {

using crest::ca::testing::TestCa;

TestCa& shared_ca() {
  static TestCa ca;
  return ca;
}

std::string_view cut(std::string_view& rest, char end) {
  const auto at = rest.find(end);
  const auto out = rest.substr(0, at);
  rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + 1);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  crest::http::Request request;
  request.method = cut(rest, ' ');
  request.url = cut(rest, '\n');
  request.headers.add("Content-Type", std::string(cut(rest, '\n')));
  request.body = rest;
  const auto response = shared_ca().authority->handle(request);
  if (response.status < 200 || response.status > 599 || response.status == 500) std::abort();
  const bool is_problem = response.headers.get("Content-Type") == "application/problem+json";
  if (response.status >= 400 && !is_problem) std::abort();
  if (is_problem && !crest::encoding::Json::parse(response.body)) std::abort();
  return 0;
}
