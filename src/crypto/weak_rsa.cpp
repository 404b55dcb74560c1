#include "crypto/weak_rsa.hpp"

#include <vector>

#include "crypto/openssl.hpp"

namespace crest::crypto {
namespace {

constexpr unsigned fingerprint_prime_max = 167;
constexpr unsigned fingerprint_base = 65537;

const std::vector<unsigned>& odd_primes() {
  static const std::vector<unsigned> primes = [] {
    std::vector<unsigned> out;
    for (unsigned n = 3; n <= small_prime_max; n += 2) {
      bool prime = true;
      for (const unsigned p : out) prime = prime && n % p != 0;
      if (prime) out.push_back(n);
    }
    return out;
  }();
  return primes;
}

// Whether `residue` is a power of the base modulo `prime`: all primes of that generator are, modulo each small one.
bool is_power_of_base(unsigned residue, unsigned prime) {
  unsigned power = 1;
  do {
    if (power == residue) return true;
    power = power * (fingerprint_base % prime) % prime;
  } while (power != 1);
  return false;
}

void need(int done) {
  if (done != 1) out_of_memory();
}

BignumPtr number() { return made(BignumPtr(BN_new())); }

// The smallest a with a * a >= n, by Newton's method from above.
BignumPtr root_above(const BIGNUM* n, BN_CTX* context) {
  BignumPtr root = number(), next = number();
  need(BN_set_bit(root.get(), (BN_num_bits(n) + 1) / 2));
  while (true) {
    need(BN_div(next.get(), nullptr, n, root.get(), context));
    need(BN_add(next.get(), next.get(), root.get()));
    need(BN_rshift1(next.get(), next.get()));
    if (BN_cmp(next.get(), root.get()) >= 0) break;
    root.swap(next);
  }
  need(BN_sqr(next.get(), root.get(), context));
  if (BN_cmp(next.get(), n) < 0) need(BN_add_word(root.get(), 1));
  return root;
}

bool is_square(const BIGNUM* n, BN_CTX* context) {
  if (BN_is_zero(n)) return true;
  constexpr BN_ULONG modulus = 64;  // squares leave one of twelve residues: most numbers end here
  const BN_ULONG residue = BN_mod_word(n, modulus);
  bool possible = false;
  for (BN_ULONG i = 0; i < modulus; ++i) possible = possible || i * i % modulus == residue;
  if (!possible) return false;
  const BignumPtr root = root_above(n, context);
  const BignumPtr square = number();
  need(BN_sqr(square.get(), root.get(), context));
  return BN_cmp(square.get(), n) == 0;
}

// n = (a - b)(a + b): close factors show in a few steps from the root of n upwards.
bool has_close_factors(const BIGNUM* n) {
  const BnCtxPtr context = made(BnCtxPtr(BN_CTX_new()));
  const BignumPtr a = root_above(n, context.get());
  const BignumPtr rest = number();
  for (int round = 0; round < fermat_rounds; ++round) {
    need(BN_sqr(rest.get(), a.get(), context.get()));
    need(BN_sub(rest.get(), rest.get(), n));
    if (is_square(rest.get(), context.get())) return true;
    need(BN_add_word(a.get(), 1));
  }
  return false;
}

}  // namespace

std::string why_factorable(ByteView n) {
  const BignumPtr modulus = made(BignumPtr(BN_bin2bn(n.data(), static_cast<int>(n.size()), nullptr)));
  if (!BN_is_odd(modulus.get())) return "the RSA modulus is even";
  bool fingerprint = true;
  for (const unsigned prime : odd_primes()) {
    const auto residue = static_cast<unsigned>(BN_mod_word(modulus.get(), prime));
    if (residue == 0) return "the RSA modulus has the small factor " + std::to_string(prime);
    fingerprint = fingerprint && (prime > fingerprint_prime_max || is_power_of_base(residue, prime));
  }
  if (fingerprint) return "the RSA key comes from a faulty generator (CVE-2017-15361) and can be factored";
  if (has_close_factors(modulus.get()))
    return "the primes of the RSA key lie so close together that it can be factored";
  return {};
}

}  // namespace crest::crypto
