#include "adapters/pkcs11_signer.hpp"

#include <array>
#include <condition_variable>
#include <mutex>

#include <openssl/evp.h>

#include "adapters/pkcs11_module.hpp"
#include "encoding/der.hpp"
#include "jose/ecdsa_form.hpp"

namespace crest::adapters {
namespace {

using crypto::KeyType;
namespace der = encoding::der;

constexpr std::size_t signature_bytes_max = 1024;

struct Curve {
  KeyType type;
  std::string_view oid;  // DER content octets
};
constexpr std::array curves = {
    Curve{KeyType::ec_p256, std::string_view("\x2a\x86\x48\xce\x3d\x03\x01\x07", 8)},
    Curve{KeyType::ec_p384, std::string_view("\x2b\x81\x04\x00\x22", 5)},
    Curve{KeyType::ec_p521, std::string_view("\x2b\x81\x04\x00\x23", 5)},
};
constexpr std::string_view ed25519_oid("\x2b\x65\x70", 3);

unsigned rsa_bits(KeyType type) {
  switch (type) {
    case KeyType::rsa_2048: return 2048;
    case KeyType::rsa_3072: return 3072;
    case KeyType::rsa_4096: return 4096;
    default: return 0;
  }
}

Bytes digest(const EVP_MD* hash, ByteView message) {
  Bytes out(EVP_MAX_MD_SIZE);
  unsigned size = 0;
  EVP_Digest(message.data(), message.size(), out.data(), &size, hash, nullptr);
  out.resize(size);
  return out;
}

Error not_understood(std::string why, const std::string& uri) {
  return make_error(ErrorKind::config, "the token's key cannot be used: " + std::move(why), uri);
}

// CKA_EC_POINT is an OCTET STRING around the point; some tokens leave the wrapping out.
Bytes unwrapped_point(const Bytes& value) {
  ByteView input = value;
  const auto element = der::read(input);
  const bool wrapped = element && element->tag == der::tag_octet_string && input.empty();
  return wrapped ? to_bytes(element->content) : value;
}

Result<crypto::PublicKey> elliptic_key(const Pkcs11Session& session, CK_OBJECT_HANDLE object, const std::string& uri) {
  const Bytes parameters = TRY(session.attribute(object, CKA_EC_PARAMS, uri));
  const Bytes value = TRY(session.attribute(object, CKA_EC_POINT, uri));
  const Bytes point = unwrapped_point(value);
  for (const Curve& curve : curves) {
    if (parameters != der::element(der::tag_oid, as_bytes(curve.oid))) continue;
    const std::size_t half = jose::ecdsa_half_size(curve.type);
    if (point.size() != 1 + 2 * half || point[0] != 4) return not_understood("its point is not uncompressed", uri);
    const ByteView octets = ByteView(point).subspan(1);
    return crypto::PublicKey::from_components(
        curve.type, crypto::EcPoint{to_bytes(octets.first(half)), to_bytes(octets.last(half))});
  }
  return not_understood("its curve is none of P-256, P-384 and P-521", uri);
}

Result<crypto::PublicKey> rsa_key(const Pkcs11Session& session, CK_OBJECT_HANDLE object, const std::string& uri) {
  Bytes n = TRY(session.attribute(object, CKA_MODULUS, uri));
  Bytes e = TRY(session.attribute(object, CKA_PUBLIC_EXPONENT, uri));
  for (Bytes* number : {&n, &e}) {
    while (!number->empty() && number->front() == 0) number->erase(number->begin());
  }
  return crypto::PublicKey::from_components(KeyType::rsa_2048, crypto::RsaNumbers{std::move(n), std::move(e)});
}

Result<crypto::PublicKey> edwards_key(const Pkcs11Session& session, CK_OBJECT_HANDLE object, const std::string& uri) {
  const Bytes value = TRY(session.attribute(object, CKA_EC_POINT, uri));
  return crypto::PublicKey::from_components(KeyType::ed25519, crypto::OkpPoint{unwrapped_point(value)});
}

Result<crypto::PublicKey> public_key_of(const Pkcs11Session& session, const Pkcs11Target& target,
                                        const std::string& uri) {
  const CK_OBJECT_HANDLE object = TRY(session.find(CKO_PUBLIC_KEY, target, uri));
  CK_KEY_TYPE kind = 0;
  CK_ATTRIBUTE attribute{CKA_KEY_TYPE, &kind, sizeof kind};
  const CK_RV code = session.functions().C_GetAttributeValue(session.handle(), object, &attribute, 1);
  if (code != CKR_OK) return pkcs11_error("reading the public key", code, uri);
  switch (kind) {
    case CKK_EC: return elliptic_key(session, object, uri);
    case CKK_RSA: return rsa_key(session, object, uri);
    case CKK_EC_EDWARDS: return edwards_key(session, object, uri);
    default: return not_understood("it is neither RSA, ECDSA nor Ed25519", uri);
  }
}

// What a token is given, and how.
struct Job {
  CK_MECHANISM_TYPE mechanism;
  Bytes message;
};
Job job_for(KeyType type, ByteView message) {
  switch (type) {
    case KeyType::ec_p256: return {CKM_ECDSA, digest(EVP_sha256(), message)};
    case KeyType::ec_p384: return {CKM_ECDSA, digest(EVP_sha384(), message)};
    case KeyType::ec_p521: return {CKM_ECDSA, digest(EVP_sha512(), message)};
    case KeyType::ed25519: return {CKM_EDDSA, to_bytes(message)};
    default: return {CKM_SHA256_RSA_PKCS, to_bytes(message)};
  }
}

class Pkcs11Signer final : public crypto::Signer {
 public:
  Pkcs11Signer(Pkcs11Options options, Pkcs11Target target, std::shared_ptr<Pkcs11Module> module, CK_SLOT_ID slot,
               crypto::PublicKey key)
      : options_(std::move(options)),
        target_(std::move(target)),
        module_(std::move(module)),
        slot_(slot),
        key_(std::move(key)) {}

  const crypto::PublicKey& public_key() const override { return key_; }
  Result<Bytes> sign(ByteView message) const override;

 private:
  // A session with the private key's handle in it, used by one thread at a time.
  struct Place {
    std::unique_ptr<Pkcs11Session> session;
    CK_OBJECT_HANDLE key = 0;
  };
  Result<Place> take() const;
  void give_back(Place place) const;
  Result<Place> fresh() const;
  CK_RV sign_once(const Place& place, Job& job, Bytes& signature) const;

  Pkcs11Options options_;
  Pkcs11Target target_;
  std::shared_ptr<Pkcs11Module> module_;
  CK_SLOT_ID slot_;
  crypto::PublicKey key_;
  mutable std::mutex mutex_;
  mutable std::condition_variable freed_;
  mutable std::vector<Place> idle_;
  mutable std::size_t used_ = 0;
};

Result<Pkcs11Signer::Place> Pkcs11Signer::fresh() const {
  Place place;
  place.session = TRY(Pkcs11Session::open(module_, slot_, options_, false));
  place.key = TRY(place.session->find(CKO_PRIVATE_KEY, target_, options_.uri));
  return place;
}

Result<Pkcs11Signer::Place> Pkcs11Signer::take() const {
  std::unique_lock lock(mutex_);
  if (!freed_.wait_for(lock, options_.patience, [this] { return used_ < options_.sessions_max; })) {
    return make_error(ErrorKind::timeout, "all sessions with the token are busy; it is tried again", options_.uri);
  }
  ++used_;
  Place place;
  if (!idle_.empty()) {
    place = std::move(idle_.back());
    idle_.pop_back();
  }
  return place;
}

void Pkcs11Signer::give_back(Place place) const {
  const std::scoped_lock lock(mutex_);
  --used_;
  if (place.session) idle_.push_back(std::move(place));
  freed_.notify_one();
}

CK_RV Pkcs11Signer::sign_once(const Place& place, Job& job, Bytes& signature) const {
  CK_FUNCTION_LIST& functions = place.session->functions();
  CK_MECHANISM mechanism{job.mechanism, nullptr, 0};
  const CK_RV code = functions.C_SignInit(place.session->handle(), &mechanism, place.key);
  if (code != CKR_OK) return code;
  signature.assign(signature_bytes_max, 0);
  CK_ULONG size = signature.size();
  const CK_RV done =
      functions.C_Sign(place.session->handle(), job.message.data(), job.message.size(), signature.data(), &size);
  signature.resize(done == CKR_OK ? size : 0);
  return done;
}

Result<Bytes> Pkcs11Signer::sign(ByteView message) const {
  Place place = TRY(take());
  Job job = job_for(key_.type(), message);
  Bytes signature;
  CK_RV code = CKR_SESSION_HANDLE_INVALID;
  if (place.session) code = sign_once(place, job, signature);
  if (is_session_lost(code)) {  // once more, from the beginning
    auto another = fresh();
    if (!another) {
      give_back({});
      return std::move(another).error();
    }
    place = *std::move(another);
    code = sign_once(place, job, signature);
  }
  give_back(code == CKR_OK ? std::move(place) : Place{});
  if (code != CKR_OK) return pkcs11_error("signing", code, options_.uri);
  if (jose::ecdsa_half_size(key_.type()) == 0) return signature;
  auto in_der = jose::ecdsa_to_der(key_.type(), signature);
  if (!in_der) return make_error(ErrorKind::storage, "the token's signature is none; look at the token", options_.uri);
  return *std::move(in_der);
}

}  // namespace

Result<std::unique_ptr<crypto::Signer>> open_pkcs11_signer(Pkcs11Options options) {
  Pkcs11Target target = TRY(pkcs11_target(options.uri));
  auto module = TRY(Pkcs11Module::load(options.module));
  const CK_SLOT_ID slot = TRY(module->slot_of(target, options.uri));
  crypto::PublicKey key;
  {
    const auto session = TRY(Pkcs11Session::open(module, slot, options, false));
    TRY(session->find(CKO_PRIVATE_KEY, target, options.uri));
    key = TRY(public_key_of(*session, target, options.uri));
  }
  return std::unique_ptr<crypto::Signer>(
      std::make_unique<Pkcs11Signer>(std::move(options), std::move(target), std::move(module), slot, std::move(key)));
}

Result<crypto::PublicKey> generate_pkcs11_key(const Pkcs11Options& options, KeyType type) {
  Pkcs11Target target = TRY(pkcs11_target(options.uri));
  const auto module = TRY(Pkcs11Module::load(options.module));
  const CK_SLOT_ID slot = TRY(module->slot_of(target, options.uri));
  const auto session = TRY(Pkcs11Session::open(module, slot, options, true));
  const auto there = TRY(session->find_all(CKO_PRIVATE_KEY, target, options.uri));
  if (!there.empty()) {
    return make_error(ErrorKind::config, "the token has such a key already; choose another label", options.uri);
  }
  if (target.id.empty()) target.id = to_bytes(target.object);

  CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
  CK_ULONG bits = rsa_bits(type);
  Bytes exponent{1, 0, 1}, parameters = der::element(der::tag_oid, as_bytes(ed25519_oid));
  for (const Curve& curve : curves) {
    if (curve.type == type) parameters = der::element(der::tag_oid, as_bytes(curve.oid));
  }
  std::vector<CK_ATTRIBUTE> common = {{CKA_TOKEN, &yes, sizeof yes}, {CKA_ID, target.id.data(), target.id.size()}};
  if (!target.object.empty()) common.push_back({CKA_LABEL, target.object.data(), target.object.size()});
  std::vector<CK_ATTRIBUTE> public_half = common, private_half = common;
  public_half.push_back({CKA_VERIFY, &yes, sizeof yes});
  if (bits != 0) {
    public_half.push_back({CKA_MODULUS_BITS, &bits, sizeof bits});
    public_half.push_back({CKA_PUBLIC_EXPONENT, exponent.data(), exponent.size()});
  } else {
    public_half.push_back({CKA_EC_PARAMS, parameters.data(), parameters.size()});
  }
  for (const CK_ATTRIBUTE& one : {CK_ATTRIBUTE{CKA_PRIVATE, &yes, sizeof yes},
                                  {CKA_SENSITIVE, &yes, sizeof yes},
                                  {CKA_EXTRACTABLE, &no, sizeof no},
                                  {CKA_SIGN, &yes, sizeof yes}})
    private_half.push_back(one);
  CK_MECHANISM mechanism{bits != 0                  ? CK_MECHANISM_TYPE{CKM_RSA_PKCS_KEY_PAIR_GEN}
                         : type == KeyType::ed25519 ? CK_MECHANISM_TYPE{CKM_EC_EDWARDS_KEY_PAIR_GEN}
                                                    : CK_MECHANISM_TYPE{CKM_EC_KEY_PAIR_GEN},
                         nullptr, 0};
  CK_OBJECT_HANDLE public_object = 0, private_object = 0;
  const CK_RV code =
      session->functions().C_GenerateKeyPair(session->handle(), &mechanism, public_half.data(), public_half.size(),
                                             private_half.data(), private_half.size(), &public_object, &private_object);
  if (code != CKR_OK) return pkcs11_error("making a key", code, options.uri);
  return public_key_of(*session, target, options.uri);
}

}  // namespace crest::adapters
