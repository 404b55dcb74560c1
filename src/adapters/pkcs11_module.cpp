#include "adapters/pkcs11_module.hpp"

#include <p11-kit/p11-kit.h>
#include <p11-kit/uri.h>

namespace crest::adapters {
namespace {

constexpr CK_ULONG slots_max = 64, objects_max = 2;  // a second one is enough to know that it is not the only one
constexpr CK_ULONG attribute_bytes_max = 16u << 10;

struct FreeUri {
  void operator()(P11KitUri* uri) const { p11_kit_uri_free(uri); }
};

Error config_error(std::string why, const std::string& uri) {
  return make_error(ErrorKind::config, std::move(why), uri);
}

std::string padded_text(const unsigned char* text, std::size_t size) {  // labels are filled up with blanks
  while (size > 0 && (text[size - 1] == ' ' || text[size - 1] == 0)) --size;
  return {reinterpret_cast<const char*>(text), size};
}

}  // namespace

Result<Pkcs11Target> pkcs11_target(const std::string& text) {
  const std::unique_ptr<P11KitUri, FreeUri> uri(p11_kit_uri_new());
  const int code = p11_kit_uri_parse(text.c_str(), P11_KIT_URI_FOR_ANY, uri.get());
  if (code != P11_KIT_URI_OK) {
    return config_error(std::string("this is no PKCS#11 URI (") + p11_kit_uri_message(code) +
                            "); write one like pkcs11:token=ca;object=inter",
                        Untrusted(text).printable(200));
  }
  if (p11_kit_uri_get_pin_value(uri.get()) != nullptr) {
    return config_error(
        "the URI has the PIN in it, where others can see it; take pin-value out, and give the PIN as a "
        "passphrase",
        "pkcs11:...");
  }
  Pkcs11Target target;
  target.token =
      padded_text(p11_kit_uri_get_token_info(uri.get())->label, sizeof p11_kit_uri_get_token_info(uri.get())->label);
  if (const CK_ATTRIBUTE* label = p11_kit_uri_get_attribute(uri.get(), CKA_LABEL))
    target.object.assign(static_cast<const char*>(label->pValue), label->ulValueLen);
  if (const CK_ATTRIBUTE* id = p11_kit_uri_get_attribute(uri.get(), CKA_ID)) {
    const auto* octets = static_cast<const std::uint8_t*>(id->pValue);
    target.id.assign(octets, octets + id->ulValueLen);
  }
  if (target.object.empty() && target.id.empty())
    return config_error("the URI does not say which key; add object=LABEL or id=%01", text);
  return target;
}

bool is_session_lost(CK_RV code) {
  switch (code) {
    case CKR_SESSION_HANDLE_INVALID:
    case CKR_SESSION_CLOSED:
    case CKR_OBJECT_HANDLE_INVALID:
    case CKR_KEY_HANDLE_INVALID:
    case CKR_USER_NOT_LOGGED_IN:
    case CKR_DEVICE_REMOVED:
    case CKR_TOKEN_NOT_PRESENT:
    case CKR_DEVICE_ERROR: return true;
    default: return false;
  }
}

Error pkcs11_error(std::string_view what, CK_RV code, const std::string& uri) {
  const auto told = [&](ErrorKind kind, std::string_view advice) {
    return make_error(
        kind, "the token failed at " + std::string(what) + ": " + p11_kit_strerror(code) + "; " + std::string(advice),
        uri);
  };
  switch (code) {
    case CKR_PIN_INCORRECT:
    case CKR_PIN_LEN_RANGE:
    case CKR_PIN_INVALID: return told(ErrorKind::config, "give the right PIN: some tokens lock after a few wrong ones");
    case CKR_PIN_LOCKED: return told(ErrorKind::config, "have the token's security officer unlock it");
    case CKR_MECHANISM_INVALID: return told(ErrorKind::config, "choose a type of key that this token can use");
    case CKR_DEVICE_REMOVED:
    case CKR_TOKEN_NOT_PRESENT: return told(ErrorKind::storage, "put it back; signing goes on by itself");
    default: return told(ErrorKind::storage, "look at the token and its own log; it is tried again");
  }
}

Result<std::shared_ptr<Pkcs11Module>> Pkcs11Module::load(const std::string& path) {
  CK_FUNCTION_LIST* functions = p11_kit_module_load(path.c_str(), P11_KIT_MODULE_CRITICAL);
  if (functions == nullptr) {
    const char* why = p11_kit_message();
    return config_error(std::string("the PKCS#11 library cannot be loaded: ") + (why ? why : "no reason given") +
                            "; give the path of the token's library",
                        path);
  }
  const CK_RV code = p11_kit_module_initialize(functions);
  if (code != CKR_OK) {
    p11_kit_module_release(functions);
    return pkcs11_error("start", code, path);
  }
  return std::shared_ptr<Pkcs11Module>(new Pkcs11Module(functions));
}

Pkcs11Module::~Pkcs11Module() {
  p11_kit_module_finalize(functions_);
  p11_kit_module_release(functions_);
}

Result<CK_SLOT_ID> Pkcs11Module::slot_of(const Pkcs11Target& target, const std::string& uri) const {
  CK_SLOT_ID slots[slots_max];
  CK_ULONG count = slots_max;
  const CK_RV code = functions_->C_GetSlotList(CK_TRUE, slots, &count);
  if (code != CKR_OK) return pkcs11_error("listing the slots", code, uri);
  std::string seen;
  std::vector<CK_SLOT_ID> fitting;
  for (CK_ULONG i = 0; i < count; ++i) {
    CK_TOKEN_INFO info{};
    if (functions_->C_GetTokenInfo(slots[i], &info) != CKR_OK || (info.flags & CKF_TOKEN_INITIALIZED) == 0) continue;
    const std::string label = padded_text(info.label, sizeof info.label);
    seen += (seen.empty() ? "" : ", ") + Untrusted(label).printable(32);
    if (target.token.empty() || target.token == label) fitting.push_back(slots[i]);
  }
  if (fitting.size() == 1) return fitting.front();
  const std::string there = seen.empty() ? "there is no initialized token" : "there are: " + seen;
  return config_error(
      fitting.empty() ? "no such token; " + there : "several tokens fit; name one with token=LABEL (" + there + ")",
      uri);
}

Result<std::unique_ptr<Pkcs11Session>> Pkcs11Session::open(std::shared_ptr<Pkcs11Module> module, CK_SLOT_ID slot,
                                                           const Pkcs11Options& options, bool may_write) {
  CK_FUNCTION_LIST& functions = module->functions();
  const CK_FLAGS flags = CKF_SERIAL_SESSION | (may_write ? CKF_RW_SESSION : 0);
  CK_SESSION_HANDLE handle = 0;
  const CK_RV opened = functions.C_OpenSession(slot, flags, nullptr, nullptr, &handle);
  if (opened != CKR_OK) return pkcs11_error("opening a session", opened, options.uri);
  std::unique_ptr<Pkcs11Session> session(new Pkcs11Session(std::move(module), handle));
  const std::string_view pin = options.pin.reveal();
  auto* octets = reinterpret_cast<CK_UTF8CHAR*>(const_cast<char*>(pin.data()));
  const CK_RV logged_in = functions.C_Login(handle, CKU_USER, octets, pin.size());
  if (logged_in != CKR_OK && logged_in != CKR_USER_ALREADY_LOGGED_IN)
    return pkcs11_error("logging in", logged_in, options.uri);
  return session;
}

Pkcs11Session::~Pkcs11Session() { functions().C_CloseSession(handle_); }

Result<std::vector<CK_OBJECT_HANDLE>> Pkcs11Session::find_all(CK_OBJECT_CLASS kind, const Pkcs11Target& target,
                                                              const std::string& uri) const {
  std::vector<CK_ATTRIBUTE> wanted = {{CKA_CLASS, &kind, sizeof kind}};
  if (!target.object.empty())
    wanted.push_back({CKA_LABEL, const_cast<char*>(target.object.data()), target.object.size()});
  if (!target.id.empty()) wanted.push_back({CKA_ID, const_cast<std::uint8_t*>(target.id.data()), target.id.size()});
  CK_RV code = functions().C_FindObjectsInit(handle_, wanted.data(), wanted.size());
  if (code != CKR_OK) return pkcs11_error("looking for the key", code, uri);
  CK_OBJECT_HANDLE found[objects_max];
  CK_ULONG count = 0;
  code = functions().C_FindObjects(handle_, found, objects_max, &count);
  functions().C_FindObjectsFinal(handle_);
  if (code != CKR_OK) return pkcs11_error("looking for the key", code, uri);
  return std::vector<CK_OBJECT_HANDLE>(found, found + count);
}

Result<CK_OBJECT_HANDLE> Pkcs11Session::find(CK_OBJECT_CLASS kind, const Pkcs11Target& target,
                                             const std::string& uri) const {
  const auto found = TRY(find_all(kind, target, uri));
  if (found.size() == 1) return found.front();
  const std::string what = kind == CKO_PRIVATE_KEY ? "private key" : "public key";
  return config_error(found.empty() ? "the token has no such " + what + "; check the label and id, or make one"
                                    : "the token has several of such a " + what + "; add id= to the URI",
                      uri);
}

Result<Bytes> Pkcs11Session::attribute(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, const std::string& uri) const {
  CK_ATTRIBUTE one{type, nullptr, 0};
  CK_RV code = functions().C_GetAttributeValue(handle_, object, &one, 1);
  if (code != CKR_OK || one.ulValueLen > attribute_bytes_max) return pkcs11_error("reading the public key", code, uri);
  Bytes value(one.ulValueLen);
  one.pValue = value.data();
  code = functions().C_GetAttributeValue(handle_, object, &one, 1);
  if (code != CKR_OK) return pkcs11_error("reading the public key", code, uri);
  value.resize(one.ulValueLen);
  return value;
}

}  // namespace crest::adapters
