// A CA's refusal with an arbitrary status and body: it becomes one clean line, whatever it holds.
#include "acme/problem.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  crest::http::Response response;
  response.status = 100 + (data[0] * 256 + data[1]) % 500;
  const std::string text(reinterpret_cast<const char*>(data + 2), size - 2);
  response.body = text;
  response.headers.add("Retry-After", text.substr(0, 40));
  const crest::Time now = crest::from_unix_seconds(1'767'225'600);
  const crest::Error error = crest::acme::error_from_response(response, "newOrder at https://ca.example/o", now);
  if (!error.problem || error.message.empty()) std::abort();
  if (error.not_before && *error.not_before < now) std::abort();
  for (const char c : error.describe()) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet < 0x20 || octet == 0x7f) std::abort();
  }
  return 0;
}
