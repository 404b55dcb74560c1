// A ProfileSet is what a CA offers: profiles by name, and one of them for orders that ask for none
// (draft-ietf-acme-profiles). Pure.
#pragma once

#include <map>

#include "acme/identifier.hpp"
#include "ca/issuer/profile.hpp"

namespace crest::ca::issuer {

inline constexpr std::size_t profiles_max = 100;

class ProfileSet {
 public:
  // Error: config, for a set that cannot be offered: none, too many, a name twice, a default that is none of them.
  static Result<ProfileSet> make(std::vector<Profile> profiles, const std::string& default_name);

  // The profile for a new order. Error: rejection invalidProfile, for one that there is not, or that is not for such
  // identifiers (PRO-02). The profile lives as long as the set does.
  Result<const Profile*> chosen(const std::optional<std::string>& asked,
                                const std::vector<acme::Identifier>& identifiers) const;
  // The one that an order keeps the pin of. Error: rejection invalidProfile, once it is gone or another (PRO-04, SF36).
  Result<const Profile*> pinned(const std::string& pin) const;

  bool has(std::string_view name) const { return find(name) != nullptr; }
  std::string names() const;  // of all, for messages
  const Profile& for_no_wish() const { return profiles_[default_]; }
  const std::vector<Profile>& all() const { return profiles_; }
  std::map<std::string, std::string> descriptions() const;  // by name (PRO-01)

 private:
  const Profile* find(std::string_view name) const;

  std::vector<Profile> profiles_;
  std::size_t default_ = 0;
};

}  // namespace crest::ca::issuer
