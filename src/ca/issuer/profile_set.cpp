#include "ca/issuer/profile_set.hpp"

#include <algorithm>

#include "acme/problem.hpp"

namespace crest::ca::issuer {
namespace {

using acme::Identifier;
using acme::IdentifierType;

constexpr std::size_t shown_chars_max = 80;

Error impossible(std::string why) { return make_error(ErrorKind::config, std::move(why)); }

Error refused(std::string why) { return acme::rejection(acme::ProblemType::invalidProfile, std::move(why)); }

// "" or the kind of name that it is not for.
std::string kind_refused(const Identifier& identifier, const Profile& profile) {
  if (identifier.type == IdentifierType::ip) return profile.addresses ? "" : "IP addresses";
  if (identifier.is_wildcard()) return profile.wildcards ? "" : "wildcards";
  return profile.hosts ? "" : "host names";
}

std::string description_of(const Profile& profile) {
  return profile.description.empty() ? "valid for " + to_human(profile.life) : profile.description;
}

}  // namespace

Result<ProfileSet> ProfileSet::make(std::vector<Profile> profiles, const std::string& default_name) {
  if (profiles.size() > profiles_max) return impossible("there are more than 100 profiles; offer fewer");
  ProfileSet set;
  set.profiles_ = std::move(profiles);
  for (const auto& profile : set.profiles_) {
    if (set.find(profile.name) != &profile) return impossible("there are two profiles \"" + profile.name + "\"");
  }
  const Profile* found = set.find(default_name);
  if (!found) {
    return impossible("the default profile \"" + default_name + "\" is none of the profiles: " + set.names());
  }
  set.default_ = static_cast<std::size_t>(found - set.profiles_.data());
  return set;
}

const Profile* ProfileSet::find(std::string_view name) const {
  const auto found = std::ranges::find(profiles_, name, &Profile::name);
  return found == profiles_.end() ? nullptr : &*found;
}

std::string ProfileSet::names() const {
  std::string text;
  for (const auto& profile : profiles_) text += (text.empty() ? "" : ", ") + profile.name;
  return text;
}

Result<const Profile*> ProfileSet::chosen(const std::optional<std::string>& asked,
                                          const std::vector<Identifier>& identifiers) const {
  const Profile* profile = asked ? find(*asked) : &for_no_wish();
  if (!profile) {
    return refused("there is no profile \"" + Untrusted(*asked).printable(shown_chars_max) + "\"; ask for one of " +
                   names() + ", or for none");
  }
  for (const auto& identifier : identifiers) {
    const std::string kind = kind_refused(identifier, *profile);
    if (kind.empty()) continue;
    return refused("the profile " + profile->name + " is not for " + kind + " such as " + identifier.value +
                   "; this CA offers " + names());
  }
  return profile;
}

Result<const Profile*> ProfileSet::pinned(const std::string& pin) const {
  const Profile* profile = find(name_in_pin(pin));
  if (profile && profile->pin() == pin) return profile;
  return refused("the profile " + std::string(name_in_pin(pin)) + (profile ? " has changed" : " is no longer offered") +
                 " since the order was made; order again");
}

std::map<std::string, std::string> ProfileSet::descriptions() const {
  std::map<std::string, std::string> out;
  for (const auto& profile : profiles_) out.emplace(profile.name, description_of(profile));
  return out;
}

}  // namespace crest::ca::issuer
