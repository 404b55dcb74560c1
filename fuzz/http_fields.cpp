// Link, Retry-After and dates: bounded whatever comes, and every moment or URL given out can be used.
#include <cstdlib>

#include "core/bytes.hpp"
#include "encoding/url.hpp"
#include "http/link.hpp"
#include "http/retry_after.hpp"

using namespace crest;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text = to_text({data, size});
  const http::Headers headers = {{"Link", text}, {"Retry-After", text}, {"Date", "Sun, 06 Nov 1994 08:49:37 GMT"}};
  const std::vector<http::Link> links = http::links(headers);
  if (links.size() > http::links_max) std::abort();
  for (const http::Link& link : links) {
    if (link.relations.empty() || link.target.find('>') != std::string::npos) std::abort();
    for (const std::string& url : http::link_targets(headers, link.relations[0], "https://ca.example/x")) {
      if (!encoding::Url::parse(url)) std::abort();
    }
  }
  const Time now = from_unix_seconds(1'767'323'045);
  if (const auto moment = http::retry_after(headers, now)) {
    if (*moment < now || *moment > now + 36'500 * 24h) std::abort();
  }
  if (const auto time = http::from_http_date(text)) {
    if (*http::from_http_date(http::to_http_date(*time)) != *time) std::abort();
  }
  if (const auto time = from_rfc3339(text)) {
    const auto again = from_rfc3339(to_rfc3339(*time));
    if (!again || (*again != *time && unix_seconds(*time) >= -62'167'219'200 && unix_seconds(*time) < 253'402'300'800))
      std::abort();
  }
  return 0;
}
