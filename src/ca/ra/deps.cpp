#include "ca/ra/deps.hpp"

#include "acme/problem.hpp"
#include "encoding/base64.hpp"

namespace crest::ca::ra {
namespace {

constexpr std::size_t id_octets = 16;
constexpr std::string_view digits = "0123456789abcdefghijklmnopqrstuv";  // in the order of their octets
constexpr int digit_bits = 5, time_digits = 9;                           // milliseconds, good for a thousand years
constexpr int not_found = 404;

}  // namespace

store::Id new_id(Random& random, Time now) {
  auto time = static_cast<std::uint64_t>(now.time_since_epoch().count());
  store::Id id(time_digits, '0');
  for (auto digit = id.rbegin(); digit != id.rend(); ++digit, time >>= digit_bits) *digit = digits[time & 31];
  return id + encoding::base64url(random.bytes(id_octets));
}

Error no_such(std::string_view what) {
  return acme::rejection(acme::ProblemType::malformed, "this account has no such " + std::string(what), not_found);
}

}  // namespace crest::ca::ra
