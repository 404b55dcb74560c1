#include "ca/ra/deps.hpp"

#include "acme/problem.hpp"
#include "encoding/base64.hpp"

namespace crest::ca::ra {
namespace {

constexpr std::size_t id_octets = 16;
constexpr int not_found = 404;

}  // namespace

store::Id new_id(Random& random) { return encoding::base64url(random.bytes(id_octets)); }

Error no_such(std::string_view what) {
  return acme::rejection(acme::ProblemType::malformed, "this account has no such " + std::string(what), not_found);
}

}  // namespace crest::ca::ra
