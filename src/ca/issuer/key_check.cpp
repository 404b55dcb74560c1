#include "ca/issuer/key_check.hpp"

namespace crest::ca {
namespace {

constexpr std::string_view text = "crest-ca key check\n";  // no certificate begins like this

}  // namespace

Result<void> KeyCheck::attempt() const {
  if (!key_) return {};
  const Bytes signature = TRY(key_->sign(as_bytes(text)));
  if (key_->public_key().verify(as_bytes(text), signature)) return {};
  return make_error(ErrorKind::internal, "the issuing key gives signatures that do not fit its certificate");
}

Result<void> KeyCheck::state(Time now) {
  const std::scoped_lock lock(mutex_);
  if (tried_ && now >= *tried_ && now - *tried_ < spacing) return last_;
  tried_ = now;
  last_ = alarm_.tell(attempt());
  return last_;
}

}  // namespace crest::ca
