// A Pkcs11Module is a loaded PKCS#11 library with its one token; a Pkcs11Session is a logged-in session in it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <p11-kit-1/p11-kit/pkcs11.h>

#include "adapters/pkcs11_signer.hpp"
#include "core/bytes.hpp"
#include "core/result.hpp"

namespace crest::adapters {

// Which token and which objects a URI means.
struct Pkcs11Target {
  std::string token, object;  // labels; "" any
  Bytes id;                   // CKA_ID; empty: any
};
Result<Pkcs11Target> pkcs11_target(const std::string& uri);  // errors: config

// What a return value means, and what to do about it.
Error pkcs11_error(std::string_view what, CK_RV code, const std::string& uri);
bool is_session_lost(CK_RV code);  // the token was reset or taken out: another session may work

class Pkcs11Module {
 public:
  static Result<std::shared_ptr<Pkcs11Module>> load(const std::string& path);
  ~Pkcs11Module();
  Pkcs11Module(const Pkcs11Module&) = delete;
  Pkcs11Module& operator=(const Pkcs11Module&) = delete;

  CK_FUNCTION_LIST& functions() const { return *functions_; }
  // The slot whose token has the label; with "" the only one there is. Error: config.
  Result<CK_SLOT_ID> slot_of(const Pkcs11Target& target, const std::string& uri) const;

 private:
  explicit Pkcs11Module(CK_FUNCTION_LIST* functions) : functions_(functions) {}
  CK_FUNCTION_LIST* functions_;
};

class Pkcs11Session {
 public:
  // Logs in unless another session of this process has. Errors: config for a wrong PIN, storage.
  static Result<std::unique_ptr<Pkcs11Session>> open(std::shared_ptr<Pkcs11Module> module, CK_SLOT_ID slot,
                                                     const Pkcs11Options& options, bool may_write);
  ~Pkcs11Session();

  CK_SESSION_HANDLE handle() const { return handle_; }
  CK_FUNCTION_LIST& functions() const { return module_->functions(); }
  // The one object of a class that the target means. Errors: config when there is none or more than one.
  Result<CK_OBJECT_HANDLE> find(CK_OBJECT_CLASS kind, const Pkcs11Target& target, const std::string& uri) const;
  Result<std::vector<CK_OBJECT_HANDLE>> find_all(CK_OBJECT_CLASS kind, const Pkcs11Target& target,
                                                 const std::string& uri) const;
  Result<Bytes> attribute(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, const std::string& uri) const;

 private:
  Pkcs11Session(std::shared_ptr<Pkcs11Module> module, CK_SESSION_HANDLE handle)
      : module_(std::move(module)), handle_(handle) {}
  std::shared_ptr<Pkcs11Module> module_;
  CK_SESSION_HANDLE handle_;
};

}  // namespace crest::adapters
