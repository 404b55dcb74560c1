// Every ACME object on arbitrary JSON: what is read is written so that it reads the same again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "acme/account.hpp"
#include "acme/authorization.hpp"
#include "acme/directory.hpp"
#include "acme/order.hpp"
#include "acme/problem.hpp"
#include "acme/renewal_info.hpp"
#include "acme/revocation.hpp"
#include "acme/select.hpp"

namespace {

using crest::acme::to_json;  // a Problem is a value of crest itself
using crest::encoding::Json;

template <typename Read>
void round_trip(const Json& json, Read read) {
  const auto first = read(json);
  if (!first) {
    if (first.error().describe().empty()) std::abort();
    return;
  }
  const Json written = to_json(*first);
  const auto second = read(written);
  if (!second || !(to_json(*second) == written)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace acme = crest::acme;
  const auto json = Json::parse(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!json) return 0;
  round_trip(*json, [](const Json& object) { return acme::directory_from_json(object, true); });
  round_trip(*json, acme::account_from_json);
  round_trip(*json, acme::new_account_from_json);
  round_trip(*json, acme::account_update_from_json);
  round_trip(*json, acme::order_from_json);
  round_trip(*json, acme::new_order_from_json);
  round_trip(*json, acme::authorization_from_json);
  round_trip(*json, acme::challenge_from_json);
  round_trip(*json, acme::renewal_info_from_json);
  round_trip(*json, acme::revocation_from_json);
  round_trip(*json, acme::finalize_from_json);
  round_trip(*json, acme::problem_from_json);
  if (const auto authorization = acme::authorization_from_json(*json)) {
    const auto challenge = acme::select_challenge(*authorization, {"http-01", "dns-01", "dns-persist-01"});
    if (challenge && challenge->url.empty()) std::abort();
  }
  return 0;
}
