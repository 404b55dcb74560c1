#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "crypto/key.hpp"
#include "crypto/openssl.hpp"
#include "crypto/plain_p256.hpp"
#include "crypto/test_keys.hpp"
#include "encoding/base64.hpp"
#include "encoding/pem.hpp"

namespace crest::crypto {
namespace {

// All of these are the key of RFC 7515 appendix A.3; the passphrase is "correct".
constexpr std::string_view sec1 = R"(-----BEGIN EC PRIVATE KEY-----
MHcCAQEEII6bEJ5xkJi/mASH3x9dd+nLKWBuvtImO19XwhPfhPSyoAoGCCqGSM49
AwEHoUQDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEXH8UTNG72b
focs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==
-----END EC PRIVATE KEY-----
)";
constexpr std::string_view sec1_compressed = R"(-----BEGIN EC PRIVATE KEY-----
MFcCAQEEII6bEJ5xkJi/mASH3x9dd+nLKWBuvtImO19XwhPfhPSyoAoGCCqGSM49
AwEHoSQDIgADf83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU=
-----END EC PRIVATE KEY-----
)";
constexpr std::string_view sec1_explicit = R"(-----BEGIN EC PRIVATE KEY-----
MIIBaAIBAQQgjpsQnnGQmL+YBIffH1136cspYG6+0iY7X1fCE9+E9LKggfowgfcC
AQEwLAYHKoZIzj0BAQIhAP////8AAAABAAAAAAAAAAAAAAAA////////////////
MFsEIP////8AAAABAAAAAAAAAAAAAAAA///////////////8BCBaxjXYqjqT57Pr
vVV2mIa8ZR0GsMxTsPY7zjw+J9JgSwMVAMSdNgiG5wSTamZ44ROdJreBn36QBEEE
axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54W
K84zV2sxXs7LtkBoN79R9QIhAP////8AAAAA//////////+85vqtpxeehPO5ysL8
YyVRAgEBoUQDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEXH8UTN
G72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==
-----END EC PRIVATE KEY-----
)";
constexpr std::string_view pbes2 = R"(-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAiEgCwGD83NgQICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEAQIEEHA+ovRWSZsP5z+2pJo1DAsEgZBn
zNaBTNhmGnPpgfHPWc0iXYVN2HcqS1WjV19HoggbjRA4gB3wesyECFHnaAH99fmb
MeMLXcR4Qrzgza/vhMXCUeDAIkZ2vXxE/PMUH0Lkty8sFGn9tncH7TF6odqx5c2S
RQtFJ197TSiUQAWEdfro443+/Cp4mOgOkbTma2VndSBSis4UNtAbNHbIF2nQ1AA=
-----END ENCRYPTED PRIVATE KEY-----
)";
constexpr std::string_view proc_type = R"(-----BEGIN EC PRIVATE KEY-----
Proc-Type: 4,ENCRYPTED
DEK-Info: AES-128-CBC,CECCE93190B235193512F8ADED5920D2

izSpVkwEj/ULwiv2SToPnUgvI+pzFSUVGe/LYB1ruof+a8zG3plqjy+MkWjjrtfl
atrjtUsk3fjFrW5MaLau8m2dYdHa9u3qylkcchIshdbAogF8qlssBo6KQySkutEq
e1IkEbu8FsT/LfvYqmXvDJo67ytpqij+z4e7PhBW7jI=
-----END EC PRIVATE KEY-----
)";
constexpr std::string_view other_half = R"(-----BEGIN EC PRIVATE KEY-----
MHcCAQEEII6bEJ5xkJi/mASH3x9cd+nLKWBuvtImO19XwhPfhPSyoAoGCCqGSM49
AwEHoUQDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEXH8UTNG72b
focs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==
-----END EC PRIVATE KEY-----
)";
constexpr std::string_view secp256k1 = R"(-----BEGIN EC PRIVATE KEY-----
MHQCAQEEIIj6mNIH8BfaqoFx46G03VlHsPoWilk2RhtGhZO1PGjUoAcGBSuBBAAK
oUQDQgAEvbABZvOjNFvNL3RaYdW/43IBe6EfUn2k1kMQI9uTbWPz6Rdq4CcmcwWr
5oaNwVNxngCM9IWQTcGxesFUkaO/qw==
-----END EC PRIVATE KEY-----
)";
constexpr std::string_view ed448 = R"(-----BEGIN PRIVATE KEY-----
MEcCAQAwBQYDK2VxBDsEOTDMtxOssne5kRDmuzaq2EimPZseip0YXmBng9yHE1RU
RTt0KEYuQnkFWhIo21CcAEBCPsP1H0GAGw==
-----END PRIVATE KEY-----
)";
constexpr std::string_view parameters = R"(-----BEGIN EC PARAMETERS-----
BggqhkjOPQMBBw==
-----END EC PARAMETERS-----
)";

const Secret correct("correct");
const Secret wrong("wrong");

std::string text(std::string_view part) { return std::string(part); }

struct Refused {
  ErrorKind kind;
  std::string message;
};
Refused refused(std::string_view pem, const Secret* passphrase = nullptr) {
  const auto key = PrivateKey::from_pem(pem, passphrase);
  EXPECT_EQ(ERR_peek_error(), 0u);
  if (key) return {ErrorKind::internal, "accepted"};
  return {key.error().kind, key.error().message};
}

Bytes spki_of_v2() { return test_keys::p256().public_key().spki(); }

TEST(PrivateKey, FromPemReadsEveryForm) {
  struct Row {
    std::string_view name;
    std::string pem;
    const Secret* passphrase;
  };
  std::string crlf;
  for (const char c : sec1) crlf += c == '\n' ? "\r\n" : std::string(1, c);
  const std::vector<Row> rows = {
      {"pkcs8", text(test_keys::p256_pkcs8), nullptr},
      {"pkcs8, passphrase not needed", text(test_keys::p256_pkcs8), &correct},
      {"sec1", text(sec1), nullptr},
      {"sec1 with CRLF", crlf, nullptr},
      {"sec1 behind its parameters", text(parameters) + text(sec1), nullptr},
      {"sec1 with a compressed point", text(sec1_compressed), nullptr},
      {"sec1 between text", "Bag Attributes\n" + text(sec1) + "more\n", nullptr},
      {"pbes2", text(pbes2), &correct},
      {"proc-type", text(proc_type), &correct},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    const auto key = PrivateKey::from_pem(row.pem, row.passphrase);
    ASSERT_TRUE(key) << key.error().message;
    EXPECT_EQ(key->public_key().spki(), spki_of_v2());
    EXPECT_EQ(key->to_pem().reveal(), test_keys::p256_pkcs8);
  }
}

TEST(PrivateKey, FromPemReadsPkcs1) {
  const PrivateKey key = test_keys::rsa_2048();
  const BioPtr bio(BIO_new(BIO_s_mem()));
  ASSERT_EQ(PEM_write_bio_PrivateKey_traditional(bio.get(), key.native(), nullptr, nullptr, 0, nullptr, nullptr), 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  const std::string pem(data, static_cast<std::size_t>(size));
  ASSERT_TRUE(pem.starts_with("-----BEGIN RSA PRIVATE KEY-----"));
  EXPECT_EQ(PrivateKey::from_pem(pem).value().public_key(), key.public_key());
}

TEST(PrivateKey, FromPemRefusesTheRest) {
  struct Row {
    std::string_view what;
    std::string pem;
    std::string_view message;
  };
  std::string broken = text(sec1);
  broken[60] = '!';
  const std::vector<Row> rows = {
      {"nothing", "", "there is none"},
      {"garbage", std::string(1000, '\xfe'), "there is none"},
      {"zero octets", std::string(1000, '\0'), "there is none"},
      {"a public key", "-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n", "there is none"},
      {"parameters only", text(parameters), "there is none"},
      {"broken base64", broken, "cannot be read"},
      {"no end", text(sec1).substr(0, 150), "END line is missing"},
      {"an empty block", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n", "cannot be read"},
      {"two keys", text(sec1) + text(test_keys::p256_pkcs8), "more than one"},
      {"explicit parameters", text(sec1_explicit), "its kind is not supported"},
      {"another curve", text(secp256k1), "its kind is not supported"},
      {"another algorithm", text(ed448), "its kind is not supported"},
      {"halves that do not match", text(other_half), "do not belong together"},
      {"openssh", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n-----END OPENSSH PRIVATE KEY-----\n", "OpenSSH"},
      {"over 64 KiB", text(sec1) + std::string(64u << 10, '\n'), "longer than 64 KiB"},
      {"far over 64 KiB", std::string(5u << 20, 'A'), "longer than 64 KiB"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    const Refused answer = refused(row.pem);
    EXPECT_EQ(answer.kind, ErrorKind::malformed);
    EXPECT_NE(answer.message.find(row.message), std::string::npos) << answer.message;
  }
}

TEST(PrivateKey, SF10_SmallRsaKeysAreRefused) {
  const PkeyPtr small(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{1024}));
  const BioPtr bio(BIO_new(BIO_s_mem()));
  ASSERT_EQ(PEM_write_bio_PKCS8PrivateKey(bio.get(), small.get(), nullptr, nullptr, 0, nullptr, nullptr), 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  EXPECT_NE(refused({data, static_cast<std::size_t>(size)}).message.find("has 1024 bits"), std::string::npos);
}

TEST(PrivateKey, FromPemTellsAMissingPassphraseFromAWrongOne) {
  const Secret empty, too_long(std::string(1025, 'x'));
  for (const std::string_view pem : {pbes2, proc_type}) {
    EXPECT_EQ(refused(pem).kind, ErrorKind::config);
    EXPECT_NE(refused(pem).message.find("give its passphrase"), std::string::npos);
    for (const Secret* passphrase : {&wrong, &empty}) {
      EXPECT_EQ(refused(pem, passphrase).kind, ErrorKind::config);
      EXPECT_NE(refused(pem, passphrase).message.find("does not open it"), std::string::npos);
    }
    EXPECT_EQ(refused(pem, &too_long).kind, ErrorKind::config);
  }
}

TEST(PrivateKey, ToPemGoesBothWaysForEveryType) {
  for (const KeyType type :
       {KeyType::ec_p256, KeyType::ec_p384, KeyType::ec_p521, KeyType::rsa_2048, KeyType::ed25519}) {
    SCOPED_TRACE(to_string(type));
    const PrivateKey key = PrivateKey::generate(type).value();
    const Secret pem = key.to_pem();
    EXPECT_TRUE(pem.reveal().starts_with("-----BEGIN PRIVATE KEY-----\n"));
    const PrivateKey read = PrivateKey::from_pem(pem.reveal()).value();
    EXPECT_EQ(read.public_key(), key.public_key());
    EXPECT_EQ(read.to_pem().reveal(), pem.reveal());
    EXPECT_TRUE(key.public_key().verify(to_bytes("x"), read.sign(to_bytes("x")).value()));
  }
  EXPECT_EQ(test_keys::ed25519().to_pem().reveal(), test_keys::ed25519_pkcs8);
}

TEST(PrivateKey, SF85_EncryptedWithScryptAndAes256) {
  const PrivateKey key = test_keys::p256();
  const std::string pem = key.to_encrypted_pem(correct).value();
  EXPECT_TRUE(pem.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
  EXPECT_EQ(PrivateKey::from_pem(pem, &correct).value().public_key(), key.public_key());
  EXPECT_EQ(refused(pem).kind, ErrorKind::config);
  EXPECT_EQ(refused(pem, &wrong).kind, ErrorKind::config);
  EXPECT_NE(key.to_encrypted_pem(correct).value(), pem) << "salt and IV are new every time";

  std::string base64 = pem.substr(pem.find('\n') + 1);
  base64.resize(base64.find('-'));
  std::erase(base64, '\n');
  const std::string der = encoding::hex(encoding::from_base64_lenient(base64).value());
  EXPECT_NE(der.find("06092a864886f70d01050d"), std::string::npos) << "PBES2";
  EXPECT_NE(der.find("06092b06010401da47040b"), std::string::npos) << "scrypt";
  EXPECT_NE(der.find("060960864801650304012a"), std::string::npos) << "AES-256-CBC";
}

TEST(PrivateKey, EncryptionNeedsAPassphrase) {
  const PrivateKey key = test_keys::p256();
  EXPECT_EQ(key.to_encrypted_pem(Secret()).error().kind, ErrorKind::config);
  EXPECT_EQ(key.to_encrypted_pem(Secret(std::string(1025, 'x'))).error().kind, ErrorKind::config);
  const Secret longest(std::string(1024, 'x'));
  EXPECT_TRUE(PrivateKey::from_pem(key.to_encrypted_pem(longest).value(), &longest));
}

TEST(PrivateKey, Ed25519MatchesRfc8032) {
  const PrivateKey key = test_keys::ed25519();  // test 1 of section 7.1
  EXPECT_EQ(
      encoding::hex(key.sign({}).value()),
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe"
      "24655141438e7a100b");
}

TEST(PrivateKey, KeysAreSharedBetweenThreads) {
  const PrivateKey key = test_keys::p256();
  const PublicKey shown = key.public_key();
  std::vector<std::thread> threads;
  std::vector<int> good(4, 0);
  for (int worker = 0; worker < 4; ++worker) {
    threads.emplace_back([&, worker, copy = key] {
      for (int i = 0; i < 20; ++i) {
        const Bytes message = to_bytes(std::to_string(worker * 100 + i));
        const PublicKey read = PublicKey::from_spki(shown.spki()).value();
        good[static_cast<std::size_t>(worker)] +=
            read.verify(message, copy.sign(message).value()) && shown.verify(message, key.sign(message).value());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, std::vector<int>(4, 20));
}

TEST(GeneratedKeys, GivesANewKeyEachTime) {
  GeneratedKeys keys;
  EXPECT_FALSE(keys.next(KeyType::ec_p256).value().public_key() == keys.next(KeyType::ec_p256).value().public_key());
}

// The quick reader and OpenSSL's decoders agree on what both can read, and the quick one leaves the rest alone.
TEST(PlainP256, ReadsWhatToPemWritesAndNothingElse) {
  const PrivateKey key = PrivateKey::generate(KeyType::ec_p256).value();
  const Secret pem = key.to_pem();
  const PkeyPtr quick = read_plain_p256(pem.reveal());
  ASSERT_TRUE(quick);
  EXPECT_EQ(EVP_PKEY_eq(quick.get(), key.native()), 1);
  EXPECT_FALSE(read_plain_p256(PrivateKey::generate(KeyType::ec_p384).value().to_pem().reveal()));
  EXPECT_FALSE(read_plain_p256(std::string(pem.reveal().substr(0, 100))));
  EXPECT_FALSE(read_plain_p256("no key"));
}

TEST(PlainP256, AnotherKeysPublicHalfIsRefused) {
  const std::string one(PrivateKey::generate(KeyType::ec_p256).value().to_pem().reveal());
  const std::string two(PrivateKey::generate(KeyType::ec_p256).value().to_pem().reveal());
  Bytes mixed = encoding::parse_pem(one).value().front().der;
  const Bytes other = encoding::parse_pem(two).value().front().der;
  std::copy(other.end() - 65, other.end(), mixed.end() - 65);
  EXPECT_FALSE(PrivateKey::from_pem(encoding::to_pem("PRIVATE KEY", mixed)));
}

TEST(PlainP256, ScalarsOutOfRangeAreRefused) {
  Bytes der = encoding::parse_pem(PrivateKey::generate(KeyType::ec_p256).value().to_pem().reveal()).value().front().der;
  for (const std::uint8_t fill : {0x00, 0xff}) {
    std::fill_n(der.begin() + 36, 32, fill);
    EXPECT_FALSE(read_plain_p256(encoding::to_pem("PRIVATE KEY", der)));
    EXPECT_FALSE(PrivateKey::from_pem(encoding::to_pem("PRIVATE KEY", der)));
  }
}

}  // namespace
}  // namespace crest::crypto
