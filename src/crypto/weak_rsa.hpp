// RSA moduli that can be factored at little cost (SF10). Pure; about a tenth of a millisecond.
#pragma once

#include <string>

#include "core/bytes.hpp"

namespace crest::crypto {

inline constexpr unsigned small_prime_max = 751;  // smaller primes must not divide a modulus
inline constexpr int fermat_rounds = 110;         // for primes that lie close together

// What is wrong with the modulus `n` (big-endian), or "": a small factor, two primes close together (Fermat), or the
// fingerprint of the generator behind CVE-2017-15361 (ROCA).
std::string why_factorable(ByteView n);

}  // namespace crest::crypto
