#include "crypto/key.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <openssl/err.h>

#include "crypto/ed25519_point.hpp"
#include "crypto/openssl.hpp"
#include "crypto/spki.hpp"
#include "crypto/test_keys.hpp"
#include "encoding/base64.hpp"
#include "encoding/der.hpp"

namespace crest::crypto {
namespace {

Bytes hex(std::string_view text) { return encoding::from_hex(text).value(); }
Bytes b64(std::string_view text) { return encoding::from_base64url(text).value(); }

constexpr KeyType quick_types[] = {KeyType::ec_p256, KeyType::ec_p384, KeyType::ec_p521, KeyType::rsa_2048,
                                   KeyType::ed25519};

EcPoint v2_point() {
  return {b64("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"), b64("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")};
}

std::string refusal(const Result<PublicKey>& key) {
  if (key) return "accepted";
  return key.error().kind == ErrorKind::malformed ? key.error().message : "other kind: " + key.error().message;
}

RsaNumbers rsa_numbers(std::size_t octets, Bytes e = {1, 0, 1}) {  // no real modulus: only its form is looked at
  RsaNumbers numbers{Bytes(octets, 0xb5), std::move(e)};
  return numbers;
}

TEST(KeyType, WordsGoBothWays) {
  for (const KeyType type : {KeyType::ec_p256, KeyType::ec_p384, KeyType::ec_p521, KeyType::rsa_2048, KeyType::rsa_3072,
                             KeyType::rsa_4096, KeyType::ed25519}) {
    EXPECT_EQ(key_type_from_text(to_string(type)).value(), type);
  }
  EXPECT_EQ(to_string(KeyType::ec_p256), "ec-p256");
  EXPECT_EQ(to_string(KeyType::rsa_4096), "rsa-4096");
  const auto wrong = key_type_from_text("rsa-1024");
  EXPECT_EQ(wrong.error().kind, ErrorKind::usage);
  EXPECT_NE(wrong.error().message.find("ec-p256, ec-p384"), std::string::npos);
}

// Every type; the long RSA keys are fixed, because making them takes seconds.
std::vector<PrivateKey> one_of_each() {
  std::vector<PrivateKey> keys;
  for (const KeyType type : quick_types) keys.push_back(PrivateKey::generate(type).value());
  keys.push_back(test_keys::rsa_3072());
  keys.push_back(test_keys::rsa_4096());
  return keys;
}

TEST(PublicKey, EveryTypeSignsAndVerifies) {
  for (const PrivateKey& key : one_of_each()) {
    const KeyType type = key.public_key().type();
    SCOPED_TRACE(to_string(type));
    const PublicKey& shown = key.public_key();
    Bytes message = to_bytes("what is signed");
    Bytes signature = key.sign(message).value();
    EXPECT_TRUE(shown.verify(message, signature));
    for (std::size_t at = 0; at < signature.size(); at += 5) {
      for (const std::uint8_t bit : {0x01, 0x80}) {
        signature[at] ^= bit;
        EXPECT_FALSE(shown.verify(message, signature)) << "octet " << at;
        signature[at] ^= bit;
      }
    }
    message[3] ^= 0x10;
    EXPECT_FALSE(shown.verify(message, signature));
    EXPECT_FALSE(shown.verify(message, {}));
    EXPECT_EQ(ERR_peek_error(), 0u) << "a refused signature must leave nothing in OpenSSL's queue";
  }
}

TEST(PublicKey, AnotherKeyOfTheSameTypeVerifiesNothing) {
  const Bytes message = to_bytes("what is signed");
  for (const KeyType type : quick_types) {
    const PrivateKey signer = PrivateKey::generate(type).value(), other = PrivateKey::generate(type).value();
    EXPECT_EQ(signer.public_key().type(), type);
    EXPECT_FALSE(other.public_key().verify(message, signer.sign(message).value())) << to_string(type);
  }
}

TEST(PublicKey, SpkiAndComponentsGoBothWays) {
  for (const PrivateKey& made : one_of_each()) {
    const KeyType type = made.public_key().type();
    SCOPED_TRACE(to_string(type));
    const PublicKey& key = made.public_key();
    const PublicKey read = PublicKey::from_spki(key.spki()).value();
    EXPECT_EQ(read, key);
    EXPECT_EQ(read.type(), type);
    EXPECT_EQ(PublicKey::from_components(type, key.components()).value(), key);
    const Bytes message = to_bytes("x");
    EXPECT_TRUE(read.verify(message, made.sign(message).value()));
    for (EVP_PKEY* native : {key.native(), made.native()}) {  // our DER is OpenSSL's
      unsigned char* raw = nullptr;
      const int size = i2d_PUBKEY(native, &raw);
      const OctetsPtr octets(raw);
      ASSERT_GT(size, 0);
      EXPECT_EQ(Bytes(raw, raw + size), key.spki());
    }
  }
}

TEST(PublicKey, SaysItsSize) {
  const std::vector<std::pair<KeyType, unsigned>> rows = {
      {KeyType::ec_p256, 256}, {KeyType::ec_p384, 384}, {KeyType::ec_p521, 521}, {KeyType::ed25519, 256}};
  for (const auto& [type, bits] : rows) EXPECT_EQ(PrivateKey::generate(type).value().public_key().bits(), bits);
  EXPECT_EQ(test_keys::rsa_3072().public_key().type(), KeyType::rsa_3072);
  EXPECT_EQ(test_keys::rsa_4096().public_key().type(), KeyType::rsa_4096);
  struct Row {
    std::size_t octets;
    KeyType type;
  };
  for (const Row& row : {Row{256, KeyType::rsa_2048}, Row{383, KeyType::rsa_2048}, Row{384, KeyType::rsa_3072},
                         Row{511, KeyType::rsa_3072}, Row{512, KeyType::rsa_4096}, Row{1024, KeyType::rsa_4096}}) {
    const PublicKey key = PublicKey::from_components(KeyType::rsa_2048, rsa_numbers(row.octets)).value();
    EXPECT_EQ(key.type(), row.type) << row.octets;
    EXPECT_EQ(key.bits(), row.octets * 8);
    EXPECT_EQ(PublicKey::from_spki(key.spki()).value(), key);
  }
}

TEST(PublicKey, ADefaultOneVerifiesNothing) {
  const PublicKey none;
  EXPECT_FALSE(none.verify(to_bytes("x"), to_bytes("y")));
  EXPECT_TRUE(none.spki().empty());
  EXPECT_EQ(none.native(), nullptr);
  (void)none.components();
}

TEST(PublicKey, SF10_RsaStructureIsChecked) {
  const auto rsa = [](RsaNumbers numbers) {
    return refusal(PublicKey::from_components(KeyType::rsa_2048, std::move(numbers)));
  };
  EXPECT_EQ(rsa(rsa_numbers(255)), "public key: its RSA modulus has 2040 bits; use 2048 to 8192");
  RsaNumbers one_bit_short = rsa_numbers(256);
  one_bit_short.n.front() = 0x7f;
  EXPECT_EQ(rsa(one_bit_short), "public key: its RSA modulus has 2047 bits; use 2048 to 8192");
  EXPECT_EQ(rsa(rsa_numbers(1025)), "public key: its RSA modulus has 8200 bits; use 2048 to 8192");
  EXPECT_EQ(rsa(rsa_numbers(1024)), "accepted");
  RsaNumbers even = rsa_numbers(256);
  even.n.back() ^= 1;
  EXPECT_EQ(rsa(even), "public key: its RSA modulus is even");
  EXPECT_EQ(rsa(rsa_numbers(256, {1})), "public key: its RSA exponent is even or 1; use 65537");
  EXPECT_EQ(rsa(rsa_numbers(256, {4})), "public key: its RSA exponent is even or 1; use 65537");
  EXPECT_EQ(rsa(rsa_numbers(256, {3})), "accepted");
  EXPECT_EQ(rsa(rsa_numbers(256, Bytes(9, 1))), "public key: its RSA exponent has over 64 bits; use 65537");
  EXPECT_EQ(rsa(rsa_numbers(256, {})), "public key: an RSA number is empty or has a leading zero octet");
  EXPECT_EQ(rsa(rsa_numbers(256, {0, 1, 0, 1})), "public key: an RSA number is empty or has a leading zero octet");
  EXPECT_EQ(rsa({}), "public key: an RSA number is empty or has a leading zero octet");
}

TEST(PublicKey, SF10_PointsOffTheCurveAreRefused) {
  const std::string off = "public key: its point is not on the curve, or of small order";
  for (const KeyType type : {KeyType::ec_p256, KeyType::ec_p384, KeyType::ec_p521}) {
    auto point = std::get<EcPoint>(PrivateKey::generate(type).value().public_key().components());
    EcPoint wrong = point;
    wrong.y.back() ^= 1;
    EXPECT_EQ(refusal(PublicKey::from_components(type, wrong)), off);
    EXPECT_EQ(refusal(PublicKey::from_components(type, EcPoint{Bytes(point.x.size()), Bytes(point.x.size())})), off);
    EXPECT_EQ(refusal(PublicKey::from_components(type, EcPoint{Bytes(point.x.size(), 0xff), point.y})), off);
    wrong = point;
    wrong.x.erase(wrong.x.begin());
    EXPECT_NE(refusal(PublicKey::from_components(type, wrong)).find("octets each"), std::string::npos);
    wrong = point;
    wrong.x.insert(wrong.x.begin(), 0);
    EXPECT_NE(refusal(PublicKey::from_components(type, wrong)).find("octets each"), std::string::npos);
  }
  EXPECT_EQ(ERR_peek_error(), 0u);
}

TEST(PublicKey, JWS_13_NumbersMustBelongToTheType) {
  const std::string mixed = "public key: its numbers do not belong to its type";
  EXPECT_EQ(refusal(PublicKey::from_components(KeyType::rsa_2048, v2_point())), mixed);
  EXPECT_EQ(refusal(PublicKey::from_components(KeyType::ed25519, v2_point())), mixed);
  EXPECT_EQ(refusal(PublicKey::from_components(KeyType::ec_p256, rsa_numbers(256))), mixed);
  EXPECT_EQ(refusal(PublicKey::from_components(KeyType::ec_p256, OkpPoint{Bytes(32, 1)})), mixed);
  EXPECT_NE(refusal(PublicKey::from_components(KeyType::ec_p384, v2_point())), "accepted");
}

TEST(PublicKey, SF10_Ed25519PointsMustBeUseful) {
  const auto ed = [](Bytes x) { return refusal(PublicKey::from_components(KeyType::ed25519, OkpPoint{std::move(x)})); };
  EXPECT_EQ(ed(b64("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")), "accepted");
  const std::string off = "public key: its point is not on the curve, or of small order";
  Bytes small(32);
  EXPECT_EQ(ed(small), off);  // order 4
  small[0] = 1;
  EXPECT_EQ(ed(small), off);                                                                    // the neutral element
  EXPECT_EQ(ed(hex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")), off);  // order 2
  for (const char* order8 : {"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
                             "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
                             "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
                             "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"}) {
    EXPECT_EQ(ed(hex(order8)), off);
  }
  EXPECT_EQ(ed(hex("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")), off);  // y = p + 1
  EXPECT_EQ(ed(Bytes(32, 0xff)), off);
  Bytes no_point(32);
  no_point[0] = 2;
  EXPECT_EQ(ed(no_point), off);
  EXPECT_EQ(ed(Bytes(31, 1)), "public key: its Ed25519 key is not 32 octets");
}

TEST(Ed25519Point, AcceptsEveryGeneratedKey) {
  for (int i = 0; i < 50; ++i) {
    const PublicKey key = PrivateKey::generate(KeyType::ed25519).value().public_key();
    EXPECT_TRUE(is_ed25519_public_key(std::get<OkpPoint>(key.components()).x));
  }
}

TEST(PublicKey, FromSpkiRefusesOtherForms) {
  const PublicKey key = PublicKey::from_components(KeyType::ec_p256, v2_point()).value();
  struct Row {
    const char* why;
    std::string spki;
  };
  const std::vector<Row> rows = {
      {"explicit parameters",
       "3082014b3082010306072a8648ce3d02013081f7020101302c06072a8648ce3d0101022100ffffffff0000000100000000000000000000"
       "0000ffffffffffffffffffffffff305b0420ffffffff00000001000000000000000000000000fffffffffffffffffffffffc04205ac635"
       "d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b031500c49d360886e704936a6678e1139d26b7819f7e90044104"
       "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315e"
       "cecbb6406837bf51f5022100ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551020101034200047fcdce27"
       "70f6c45d4183cbee6fdb4b7b580733357be9ef13bacf6e3c7bd15445c7f144cd1bbd9b7e872cdfedb9eeb9f4b3695d6ea90b24ad8a4623"
       "288588e5ad"},
      {"is compressed",
       "3039301306072a8648ce3d020106082a8648ce3d030107032200037fcdce2770f6c45d4183cbee6fdb4b7b580733357be9ef13bacf6e3c"
       "7bd15445"},
      {"1024 bits",
       "30819f300d06092a864886f70d010101050003818d0030818902818100b595c3a3c6784d606acd3954dd6b7e546c3a3d7f0104a2fb8c85"
       "473d4acc554a78a10b9df29e7ea39a6f0a59552d419e755fc5db96fcdf66656631ea63e7b33596634adf4fc9aff9ccf861bda82e5e526e"
       "7562f8d303457d3a2abb268e5c69ff4b4eca64f7e607286474965cb1cc377f87f94cef96d6a46e831df4285269a0970203010001"},
      {"curve is not supported",  // secp256k1
       "3056301006072a8648ce3d020106052b8104000a034200047fcdce2770f6c45d4183cbee6fdb4b7b580733357be9ef13bacf6e3c7bd154"
       "45c7f144cd1bbd9b7e872cdfedb9eeb9f4b3695d6ea90b24ad8a4623288588e5ad"},
      {"algorithm is not supported",  // X25519
       "302a300506032b656e032100d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"},
      {"octets follow", encoding::hex(key.spki()) + "00"},
  };
  for (const Row& row : rows) {
    EXPECT_NE(refusal(PublicKey::from_spki(hex(row.spki))).find(row.why), std::string::npos)
        << row.why << ": " << refusal(PublicKey::from_spki(hex(row.spki)));
  }
  EXPECT_NE(refusal(PublicKey::from_spki({})), "accepted");
  EXPECT_NE(refusal(PublicKey::from_spki(Bytes(3000, 0x30))).find("longer than"), std::string::npos);
}

TEST(PublicKey, FromSpkiRefusesEveryTruncationAndKnowsTheRegularForm) {
  const PrivateKey rsa = test_keys::rsa_2048();
  const Bytes& der = rsa.public_key().spki();
  for (std::size_t size = 0; size < der.size(); ++size) {
    EXPECT_FALSE(PublicKey::from_spki(ByteView(der).first(size))) << size;
  }
  const auto [n, e] = std::get<RsaNumbers>(rsa.public_key().components());
  namespace d = encoding::der;
  Bytes padded_n = n;
  padded_n.insert(padded_n.begin(), 2, 0);
  const Bytes n_element = d::element(d::tag_integer, padded_n);
  const Bytes e_element = d::element(d::tag_integer, e);
  Bytes bits = d::sequence({n_element, e_element});
  bits.insert(bits.begin(), 0);
  const Bytes algorithm = hex("300d06092a864886f70d0101010500");
  const Bytes bit_string = d::element(d::tag_bit_string, bits);
  EXPECT_NE(refusal(PublicKey::from_spki(d::sequence({algorithm, bit_string}))).find("not in DER"), std::string::npos);

  Bytes without_null = der;  // AlgorithmIdentifier without its NULL (RFC 3279 section 2.3.1 wants it)
  const Bytes short_algorithm = hex("300b06092a864886f70d010101");
  ByteView rest = der;
  ByteView inside = d::read(rest).value().content;
  (void)d::read(inside).value();
  const Bytes again = d::sequence({short_algorithm, inside});
  EXPECT_NE(refusal(PublicKey::from_spki(again)).find("not in DER"), std::string::npos);
}

TEST(PublicKey, FromSpkiSurvivesEveryFlippedBit) {
  const Bytes good = test_keys::p256().public_key().spki();
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    Bytes changed = good;
    changed[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
    const auto key = PublicKey::from_spki(changed);
    if (!key) continue;
    EXPECT_EQ(key->spki(), changed);  // one flip in a P-256 key may, rarely, be another key
  }
}

TEST(PublicKey, SF9_EcdsaZeroSignaturesAreRefused) {
  const PublicKey key = test_keys::p256().public_key();
  const std::string n = "022100ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
  for (const std::string& signature :
       std::vector<std::string>{"3006020100020100", "3006020101020100", "3006020100020101", "304602" + n.substr(2) + n,
                                "3080020101020101"
                                "0000"}) {
    EXPECT_FALSE(key.verify(to_bytes("any"), hex(signature))) << signature;
  }
}

}  // namespace
}  // namespace crest::crypto
