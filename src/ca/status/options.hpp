// How the status of certificates is told: where, and for how long an answer holds.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/time.hpp"

namespace crest::ca::status {

struct Options {
  // What stands in certificates, in front of the path: "http://ca.corp.example:9080", without a slash at the end. "":
  // nobody tells, and certificates name no place.
  std::string url;
  Duration crl_life{24 * 3'600'000};
  // 0: one list holds all. Otherwise a power of two up to 256: there are that many lists beside the full one, and each
  // certificate names the list that it would stand in.
  std::uint32_t crl_parts = 0;
  Duration ocsp_life{8 * 3'600'000};
  Duration responder_life{7 * 24 * 3'600'000};  // of the certificate that signs OCSP
  Duration backdate{60'000};                    // for clocks that are behind
  Duration look_every{2'000};                   // for revocations that somebody else has made

  bool is_on() const { return !url.empty(); }
};

inline constexpr std::uint32_t crl_parts_most = 256;

// What stands in the way of these options, each with the member's name. Pure.
struct Fault {
  std::string option, why;
};
std::vector<Fault> faults_of(const Options& options);

}  // namespace crest::ca::status
