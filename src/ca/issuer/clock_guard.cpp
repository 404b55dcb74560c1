#include "ca/issuer/clock_guard.hpp"

namespace crest::ca::issuer {
namespace {

Error suspect(Time now, std::string why) {
  return make_error(ErrorKind::clock_suspect,
                    "nothing is issued, since the clock says " + to_rfc3339(now) + " and " + std::move(why));
}

}  // namespace

Result<void> check_clock(Time now, std::optional<Time> newest_issued, const Validity& issuer) {
  if (newest_issued && now < *newest_issued - clock_step_max) {
    return suspect(now, "a certificate was issued at " + to_rfc3339(*newest_issued) +
                            " already; set the clock, or find out when it was wrong: issuing goes on by itself once "
                            "the clock is past that time");
  }
  if (now < issuer.not_before) {
    return suspect(now,
                   "the issuing certificate is valid from " + to_rfc3339(issuer.not_before) + " only; set the clock");
  }
  if (now >= issuer.not_after) {
    return suspect(now, "the issuing certificate was valid until " + to_rfc3339(issuer.not_after) +
                            "; make a new intermediate, or set the clock if it is wrong");
  }
  return {};
}

}  // namespace crest::ca::issuer
