#include "client/verify.hpp"

#include <algorithm>

namespace crest::client {
namespace {

Error rejected(const std::string& what, const x509::Certificate& leaf,
               std::string_view advice = "tell the CA's operator") {
  return make_error(ErrorKind::cert_rejected,
                    "the CA's certificate was refused, nothing was changed: " + what + "; " + std::string(advice),
                    "serial " + leaf.serial_hex());
}

std::string text_of(const std::vector<x509::SubjectName>& names) {
  constexpr std::size_t shown_max = 10;
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < shown_max; ++i)
    text += (i == 0 ? "" : ", ") + Untrusted(names[i].value).printable(253);
  if (names.size() > shown_max) text += " and more";
  return text.empty() ? "no name" : text;
}

Result<void> check_dates(const x509::Certificate& leaf, Time now) {
  if (leaf.not_after() <= leaf.not_before())
    return rejected("its life ends at " + to_rfc3339(leaf.not_after()) + ", before it begins", leaf);
  if (leaf.not_after() < now)
    return rejected("it expired at " + to_rfc3339(leaf.not_after()), leaf, "compare the clock here with the CA's");
  if (leaf.not_before() <= saturating_add(now, not_yet_valid_max)) return {};
  Error early = make_error(ErrorKind::clock_suspect,
                           "the certificate begins at " + to_rfc3339(leaf.not_before()) +
                               ", which is not yet; compare the clock here with the CA's",
                           "serial " + leaf.serial_hex());
  early.not_before = leaf.not_before();
  return early;
}

// One that is over makes the whole chain useless to whoever checks it (CF25).
Result<void> check_issuer_dates(const x509::Chain& chain, Time now) {
  const auto& all = chain.certificates();
  for (std::size_t i = 1; i < all.size(); ++i) {
    const std::string which = "certificate " + std::to_string(i + 1) + " of its chain ";
    if (all[i].not_after() < now) return rejected(which + "expired at " + to_rfc3339(all[i].not_after()), all.front());
    if (all[i].not_before() > saturating_add(now, not_yet_valid_max))
      return rejected(which + "begins at " + to_rfc3339(all[i].not_before()), all.front(),
                      "compare the clock here with the CA's");
  }
  return {};
}

Result<void> check_signatures(const x509::Chain& chain) {
  const auto& all = chain.certificates();
  for (std::size_t i = 1; i < all.size(); ++i) {
    if (!all[i].is_ca())
      return rejected("certificate " + std::to_string(i + 1) + " of its chain is no CA", all.front());
    if (!all[i - 1].signed_by(all[i]))
      return rejected("certificate " + std::to_string(i) + " of its chain is not signed by the next", all.front());
  }
  return {};
}

}  // namespace

Result<void> verify_leaf(const x509::Certificate& leaf, const crypto::PublicKey& key,
                         const std::vector<acme::Identifier>& identifiers, Time now) {
  if (!(leaf.public_key() == key)) return rejected("it is for another key than the one that was sent", leaf);  // CF20
  const std::vector<x509::SubjectName> wanted = acme::subject_names(identifiers);
  if (leaf.names() != wanted || leaf.has_other_names())  // CF21
    return rejected("it names " + text_of(leaf.names()) + (leaf.has_other_names() ? " and names of another kind" : "") +
                        " where " + text_of(wanted) + " was asked for",
                    leaf);
  return check_dates(leaf, now);
}

Result<void> verify_issued(const x509::Chain& chain, const crypto::PublicKey& key,
                           const std::vector<acme::Identifier>& identifiers,
                           const std::vector<x509::Certificate>* pinned_roots, Time now) {
  const x509::Certificate& leaf = chain.leaf();
  TRY(verify_leaf(leaf, key, identifiers, now));
  TRY(check_issuer_dates(chain, now));
  TRY(check_signatures(chain));
  if (pinned_roots == nullptr) return {};
  const auto anchored = x509::verify_chain(chain, *pinned_roots, now);
  if (anchored) return {};
  return rejected("its chain does not end in a pinned root (" + anchored.error().message + ")", leaf);  // CF24
}

}  // namespace crest::client
