#include "crypto/ed25519_point.hpp"

#include "crypto/openssl.hpp"

namespace crest::crypto {
namespace {

BignumPtr number(const char* hex) {
  BIGNUM* raw = nullptr;
  if (BN_hex2bn(&raw, hex) == 0) out_of_memory();
  return BignumPtr(raw);
}

// Curve constants of RFC 8032 section 5.1, and the y of the points of order 8.
struct Curve25519 {
  BignumPtr p = number("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed");
  BignumPtr d = number("52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3");
  BignumPtr half = number("3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff6");  // (p - 1) / 2
  BignumPtr minus_one = number("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffec");
  BignumPtr order8_a = number("05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826");
  BignumPtr order8_b = number("7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7");
};

const Curve25519& curve() {
  static const Curve25519 constants;
  return constants;
}

bool has_small_order(const BIGNUM* y) {
  const Curve25519& c = curve();
  return BN_is_zero(y) || BN_is_one(y) || BN_cmp(y, c.minus_one.get()) == 0 || BN_cmp(y, c.order8_a.get()) == 0 ||
         BN_cmp(y, c.order8_b.get()) == 0;
}

// Euler's criterion on x^2 = (y^2 - 1) / (d y^2 + 1): a quotient is a square where the product is one. Neither
// factor is zero here: y = 1 and -1 have small order, and -1/d is no square.
bool has_x(const BIGNUM* y) {
  const Curve25519& c = curve();
  const BnCtxPtr context = made(BnCtxPtr(BN_CTX_new()));
  const BignumPtr y2 = made(BignumPtr(BN_new()));
  const BignumPtr u = made(BignumPtr(BN_new()));
  const BignumPtr v = made(BignumPtr(BN_new()));
  const BIGNUM* p = c.p.get();
  const bool computed = BN_mod_sqr(y2.get(), y, p, context.get()) &&
                        BN_mod_sub(u.get(), y2.get(), BN_value_one(), p, context.get()) &&
                        BN_mod_mul(v.get(), y2.get(), c.d.get(), p, context.get()) &&
                        BN_mod_add(v.get(), v.get(), BN_value_one(), p, context.get()) &&
                        BN_mod_mul(u.get(), u.get(), v.get(), p, context.get()) &&
                        BN_mod_exp(u.get(), u.get(), c.half.get(), p, context.get());
  if (!computed) out_of_memory();
  return BN_is_one(u.get());
}

}  // namespace

bool is_ed25519_public_key(ByteView encoded) {
  Bytes octets = to_bytes(encoded);
  octets.back() &= 0x7f;  // the sign of x
  const BignumPtr y = made(BignumPtr(BN_lebin2bn(octets.data(), static_cast<int>(octets.size()), nullptr)));
  return BN_cmp(y.get(), curve().p.get()) < 0 && !has_small_order(y.get()) && has_x(y.get());
}

}  // namespace crest::crypto
