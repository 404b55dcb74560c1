#include "ca/ra/bindings.hpp"

#include "acme/problem.hpp"
#include "ca/ra/deps.hpp"

namespace crest::ca::ra {
namespace {

using acme::ProblemType;

constexpr std::size_t mac_key_octets = 32, kid_chars_max = 128;

Error malformed(const std::string& why) {
  return acme::rejection(ProblemType::malformed, "externalAccountBinding: " + why);
}

Error refused() {
  return acme::rejection(
      ProblemType::unauthorized,
      "externalAccountBinding: the key id or its MAC is not right, or the key may no longer be used; "
      "ask the CA's operator for another");
}

bool may_be_used(const store::EabKeyRow& key, Time now) {
  return !key.revoked && (!key.expires || now < *key.expires) && key.accounts < key.accounts_max;
}

}  // namespace

Result<Binding> Binding::read(const encoding::Json& json, const crypto::PublicKey& account_key, std::string_view url) {
  auto parsed = jose::parse_binding(json);
  if (const auto* fault = std::get_if<jose::JwsError>(&parsed)) return malformed(fault->detail);
  auto& binding = std::get<jose::ParsedBinding>(parsed);
  if (binding.url != url) return malformed("its url is another one");
  if (!(binding.key == account_key)) return malformed("it is for another account key");
  if (binding.kid.size() > kid_chars_max) return malformed("its kid is far too long");
  return Binding(std::move(binding));
}

Result<std::string> Binding::spend(store::Tx& tx, Time now) const {
  auto key = TRY(tx.eab_keys.by_id(parsed_.kid));
  const Bytes nobodys(mac_key_octets, 0);
  const bool proved = parsed_.verify(key ? key->mac_key : nobodys);
  if (!key || !proved || !may_be_used(*key, now)) return refused();
  ++key->accounts;
  TRY(tx.eab_keys.update(*key));
  return key->id;
}

store::EabKeyRow new_eab_key(std::string label, Random& random, Time now) {
  return {
      .id = new_id(random, now), .label = std::move(label), .mac_key = random.bytes(mac_key_octets), .created = now};
}

}  // namespace crest::ca::ra
