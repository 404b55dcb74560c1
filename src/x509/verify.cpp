#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "crypto/openssl.hpp"
#include "x509/certificate.hpp"

namespace crest::x509 {
namespace {

constexpr int security_level = 2;  // at least 112 bits: no SHA-1, no RSA under 2048 (SSL_CTX_set_security_level(3))

Error rejected(std::string why, std::string context = {}) {
  return make_error(ErrorKind::cert_rejected, std::move(why), std::move(context));
}

Result<crypto::X509Ptr> native(const Certificate& certificate) {
  const unsigned char* in = certificate.der().data();
  crypto::X509Ptr out(d2i_X509(nullptr, &in, static_cast<long>(certificate.der().size())));
  if (!out) return rejected("OpenSSL cannot read the certificate: " + crypto::openssl_error(), certificate.subject());
  return out;
}

// Nothing but `anchors`: no system store, no look-up by hash.
Result<crypto::X509StorePtr> make_store(const std::vector<Certificate>& anchors) {
  auto store = crypto::made(crypto::X509StorePtr(X509_STORE_new()));
  for (const Certificate& anchor : anchors) {
    const crypto::X509Ptr certificate = TRY(native(anchor));
    if (X509_STORE_add_cert(store.get(), certificate.get()) != 1) crypto::out_of_memory();
  }
  return store;
}

Result<crypto::X509StackPtr> make_untrusted(const Chain& chain) {
  auto stack = crypto::made(crypto::X509StackPtr(sk_X509_new_null()));
  for (std::size_t i = 1; i < chain.certificates().size(); ++i) {
    crypto::X509Ptr certificate = TRY(native(chain.certificates()[i]));
    if (sk_X509_push(stack.get(), certificate.get()) <= 0) crypto::out_of_memory();
    (void)certificate.release();
  }
  return stack;
}

void set_rules(X509_STORE_CTX* context, Time when) {
  X509_VERIFY_PARAM* param = X509_STORE_CTX_get0_param(context);
  X509_VERIFY_PARAM_set_time(param, static_cast<time_t>(unix_seconds(when)));
  X509_VERIFY_PARAM_set_depth(param, static_cast<int>(chain_length_max));
  X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_ANY);
  X509_VERIFY_PARAM_set_auth_level(param, security_level);
}

Error failure(X509_STORE_CTX* context, const Chain& chain) {
  const int code = X509_STORE_CTX_get_error(context);
  const int depth = X509_STORE_CTX_get_error_depth(context);
  ERR_clear_error();
  std::string hint = "; ask who runs the CA for a chain that holds";
  if (code == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY || code == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT ||
      code == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN || code == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT ||
      code == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE) {
    hint = "; check that the root of this chain is among the trusted ones";
  } else if (code == X509_V_ERR_CERT_NOT_YET_VALID || code == X509_V_ERR_CERT_HAS_EXPIRED) {
    hint = "; check the clocks of this machine and of the CA";
  }
  return rejected("the chain does not lead to a trusted root: " + std::string(X509_verify_cert_error_string(code)) +
                      " at depth " + std::to_string(depth) + hint,
                  chain.leaf().subject());
}

}  // namespace

Result<void> verify_chain(const Chain& chain, const std::vector<Certificate>& anchors, Time when) {
  if (anchors.empty()) return rejected("there is no trusted root to verify the chain against; configure one");
  const crypto::X509StorePtr store = TRY(make_store(anchors));
  const crypto::X509Ptr leaf = TRY(native(chain.leaf()));
  const crypto::X509StackPtr untrusted = TRY(make_untrusted(chain));
  const auto context = crypto::made(crypto::X509StoreCtxPtr(X509_STORE_CTX_new()));
  if (X509_STORE_CTX_init(context.get(), store.get(), leaf.get(), untrusted.get()) != 1) crypto::out_of_memory();
  set_rules(context.get(), when);
  if (X509_verify_cert(context.get()) != 1) return failure(context.get(), chain);
  return {};
}

}  // namespace crest::x509
