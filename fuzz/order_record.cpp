// A record of an order that is read can be written, and reads as the same; damaged ones are errors, never crashes.
#include "client/order_record.hpp"

#include <cstdlib>

using namespace crest;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto json = encoding::Json::parse(as_text({data, size}));
  if (!json) return 0;
  const auto record = client::order_record_from_json(*json);
  if (!record) return 0;
  const encoding::Json written = client::to_json(*record);
  const auto again = client::order_record_from_json(written);
  if (!again || client::to_json(*again) != written) std::abort();
  if (!client::asks_the_same(record->request, again->request)) std::abort();
  return 0;
}
