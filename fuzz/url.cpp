// A URL that was accepted survives being written; what a reference resolves to is a URL again; addresses too.
#include "encoding/url.hpp"

#include <cstdlib>

#include "core/bytes.hpp"
#include "encoding/ip.hpp"

using namespace crest;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text({data, size});
  if (const auto url = encoding::Url::parse(text)) {
    const auto again = encoding::Url::parse(url->str());
    if (!again && url->str().size() <= encoding::Url::length_max) std::abort();
    if (again && (again->host != url->host || again->port != url->port || again->target != url->target)) std::abort();
    if (url->host.empty() || url->port == 0 || !url->target.starts_with('/')) std::abort();
    if (url->str().find_first_of(" \r\n\t@#\\\"<>") < url->str().find('/', 8)) std::abort();
  }
  const auto resolved = encoding::resolve("https://ca.example:8443/acme/dir?x", text);
  if (resolved && !encoding::Url::parse(*resolved)) std::abort();
  if (const auto address = encoding::IpAddress::parse(text)) {
    if (*encoding::IpAddress::parse(address->str()) != *address) std::abort();
  }
  if (const auto network = encoding::IpNetwork::parse(text)) {
    if (encoding::IpNetwork::parse(network->str())->str() != network->str()) std::abort();
  }
  return 0;
}
