#include "ca/issuer/issuer_set.hpp"

#include <algorithm>
#include <array>

#include "acme/problem.hpp"

namespace crest::ca::issuer {
namespace {

using crypto::KeyType;

constexpr std::size_t issuers_max = 32;
constexpr std::array state_words = {std::pair{IssuerState::staged, std::string_view("staged")},
                                    std::pair{IssuerState::active, std::string_view("active")},
                                    std::pair{IssuerState::draining, std::string_view("draining")},
                                    std::pair{IssuerState::retired, std::string_view("retired")}};

Error unusable(const std::string& name, std::string why) {
  return make_error(ErrorKind::config, std::move(why), "issuer " + name);
}

bool is_rsa(KeyType type) {
  return type == KeyType::rsa_2048 || type == KeyType::rsa_3072 || type == KeyType::rsa_4096;
}

bool is_inside(Time begin, Time end, const Validity& validity) {
  return begin >= validity.not_before && end <= validity.not_after;
}

bool may_sign(const Candidate& candidate, const Need& need, Time now) {
  if (candidate.state != IssuerState::active) return false;
  if (!need.issuer.empty() && candidate.name != need.issuer) return false;
  if (need.exact && !is_inside(need.begin, need.end, candidate.validity)) return false;
  return now >= candidate.validity.not_before && now < candidate.validity.not_after;
}

int merit(const Candidate& candidate, const Need& need) {
  const bool whole = is_inside(need.begin, need.end, candidate.validity);
  const bool same_kind = need.key && is_rsa(*need.key) == is_rsa(candidate.key);
  return (whole ? 2 : 0) + (same_kind ? 1 : 0);
}

// What only keeps its chain has no key here.
class ChainOnly final : public Issuer {
 public:
  explicit ChainOnly(IssuerFacts facts) : facts_(std::move(facts)) {}
  bool is_at_hand() const override { return true; }
  const IssuerFacts& facts() const override { return facts_; }
  Result<Draft> draft(const Wanted&) const override { return without_key(); }
  Result<Progress> advance(const Journalled&, Time) const override { return without_key(); }
  Result<void> revoke(const x509::Certificate&, acme::RevocationReason, Time) const override { return {}; }

 private:
  static Error without_key() { return make_error(ErrorKind::internal, "an issuer without a key cannot sign"); }
  IssuerFacts facts_;
};

Result<std::shared_ptr<const Issuer>> opened(IssuingKey key, Random& random, const status::Options& status) {
  if (needs_key(key.state)) {
    if (!key.key) return make_error(ErrorKind::config, "it has no key");
    auto local = TRY(LocalIssuer::open(std::move(key.chain), *key.key, std::move(key.root), random, status));
    return std::shared_ptr<const Issuer>(std::move(local));
  }
  auto chain_only = TRY(chain_facts(std::move(key.chain), std::move(key.root)));
  return std::shared_ptr<const Issuer>(std::make_shared<ChainOnly>(std::move(chain_only)));
}

Result<void> check_alternates(const Member& member) {
  if (member.alternates.size() > alternate_chains_max) return unusable(member.name, "it has more than 8 other chains");
  for (const auto& alternate : member.alternates) {
    auto checked = check_alternate(alternate, member.issuer->facts().chain.leaf());
    if (!checked) return std::move(checked).error().at("issuer " + member.name);
  }
  return {};
}

Result<void> check_members(const std::vector<Member>& members) {
  if (members.size() > issuers_max) return make_error(ErrorKind::config, "there are more than 32 issuers");
  for (std::size_t i = 0; i < members.size(); ++i) {
    TRY(check_alternates(members[i]));
    for (std::size_t k = 0; k < i; ++k) {
      if (members[i].name == members[k].name) return unusable(members[i].name, "there are two of this name");
      if (members[i].issuer->facts().id == members[k].issuer->facts().id) {
        return unusable(members[i].name, "it has the key of \"" + members[k].name + "\"; a new issuer needs a new key");
      }
    }
  }
  if (std::ranges::find(members, IssuerState::active, &Member::state) != members.end()) return {};
  return make_error(ErrorKind::config, "no issuer is active, so nothing could be issued; make one active");
}

}  // namespace

std::string_view to_string(IssuerState state) {
  return std::ranges::find(state_words, state, &std::pair<IssuerState, std::string_view>::first)->second;
}

std::optional<IssuerState> issuer_state_from_word(std::string_view word) {
  const auto found = std::ranges::find(state_words, word, &std::pair<IssuerState, std::string_view>::second);
  return found == state_words.end() ? std::nullopt : std::optional(found->first);
}

std::optional<std::size_t> choose(std::span<const Candidate> candidates, const Need& need, Time now) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (!may_sign(candidates[i], need, now)) continue;
    if (!best || merit(candidates[i], need) > merit(candidates[*best], need)) best = i;
  }
  return best;
}

Result<IssuerSet> IssuerSet::open(std::vector<IssuingKey> keys, std::vector<Member> others, Random& random,
                                  const status::Options& status) {
  IssuerSet set;
  for (auto& key : keys) {
    const std::string name = key.name;
    const IssuerState state = key.state;
    const crypto::Signer* signer = needs_key(state) ? key.key : nullptr;
    auto alternates = std::move(key.alternates);
    auto issuer = opened(std::move(key), random, status);
    if (!issuer) return std::move(issuer).error().at("issuer " + name);
    set.members_.push_back({name, state, *std::move(issuer), signer, std::move(alternates)});
  }
  for (auto& other : others) set.members_.push_back(std::move(other));
  TRY(check_members(set.members_));
  return set;
}

Result<IssuerSet> IssuerSet::without_keys(std::vector<IssuingKey> issuers) {
  IssuerSet set;
  for (auto& each : issuers) {
    auto facts = chain_facts(std::move(each.chain), std::move(each.root));
    if (!facts) return std::move(facts).error().at("issuer " + each.name);
    set.members_.push_back({each.name, each.state, std::make_shared<ChainOnly>(*std::move(facts))});
  }
  TRY(check_members(set.members_));
  return set;
}

std::vector<Candidate> IssuerSet::candidates() const {
  std::vector<Candidate> out;
  out.reserve(members_.size());
  for (const auto& member : members_) {
    const auto& facts = member.issuer->facts();
    out.push_back({member.name, member.state, facts.validity, facts.key_type});
  }
  return out;
}

const Issuer& IssuerSet::choose(const Profile& profile, const RequestedValidity& requested, std::optional<KeyType> key,
                                Time now) const {
  Need need{.issuer = profile.issuer,
            .begin = requested.not_before.value_or(now),
            .exact = requested.not_before || requested.not_after,
            .key = key};
  need.end = requested.not_after.value_or(x509::last_second(need.begin, profile.life));
  const auto all = candidates();
  auto found = issuer::choose(all, need, now);
  need.exact = false;
  if (!found) found = issuer::choose(all, need, now);
  const auto named = [&](const Member& member) {
    return member.state == IssuerState::active && (profile.issuer.empty() || member.name == profile.issuer);
  };
  return found ? *members_[*found].issuer : *std::ranges::find_if(members_, named)->issuer;
}

const Issuer* IssuerSet::find(std::string_view id) const {
  const auto found =
      std::ranges::find_if(members_, [&](const Member& member) { return member.issuer->facts().id == id; });
  return found == members_.end() ? nullptr : found->issuer.get();
}

bool IssuerSet::has_elsewhere() const {
  return std::ranges::any_of(members_, [](const Member& member) { return !member.issuer->is_at_hand(); });
}

const Issuer* IssuerSet::signing(std::string_view id) const {
  for (const auto& member : members_) {
    if (member.issuer->facts().id == id && needs_key(member.state)) return member.issuer.get();
  }
  return nullptr;
}

Result<void> IssuerSet::check(const Profile& profile) const {
  if (profile.issuer.empty()) return {};
  const auto found = std::ranges::find(members_, profile.issuer, &Member::name);
  if (found != members_.end() && found->state == IssuerState::active) return {};
  const std::string why =
      found == members_.end() ? "there is none of this name" : "it is " + std::string(to_string(found->state));
  return make_error(ErrorKind::config,
                    "its issuer \"" + profile.issuer + "\" cannot sign: " + why + "; name one that is active",
                    "profile " + profile.name);
}

Result<void> IssuerSet::check_names(const std::vector<acme::Identifier>& identifiers, const Profile& profile,
                                    Time now) const {
  const auto& facts = choose(profile, {}, std::nullopt, now).facts();
  std::vector<Problem> refused;
  for (const auto& identifier : identifiers) {
    if (facts.permits(identifier.subject_name())) continue;
    refused.push_back(acme::make_problem(acme::ProblemType::rejectedIdentifier,
                                         identifier.value + ": the issuing CA's name constraints do not permit it"));
    refused.back().identifier = Problem::Subject{std::string(acme::to_string(identifier.type)), identifier.value};
  }
  if (refused.empty()) return {};
  auto problem = acme::make_problem(acme::ProblemType::rejectedIdentifier, refused.front().detail.raw());
  problem.subproblems = std::move(refused);
  return acme::rejection(std::move(problem));
}

Validity IssuerSet::validity(Time now) const { return choose({}, {}, std::nullopt, now).facts().validity; }

std::string IssuerSet::roots_pem() const {
  std::vector<const x509::Certificate*> seen;
  std::string out;
  for (const auto& member : members_) {
    const auto& root = member.issuer->facts().root;
    if (std::ranges::any_of(seen, [&](const auto* other) { return other->der() == root.der(); })) continue;
    seen.push_back(&root);
    out += root.pem();
  }
  return out;
}

std::vector<store::IssuerRow> IssuerSet::rows(Time now) const {
  std::vector<store::IssuerRow> out;
  for (const auto& member : members_) {
    if (member.state == IssuerState::staged) continue;
    const auto& facts = member.issuer->facts();
    out.push_back({facts.id, facts.chain_pem, facts.root.pem(), now});
  }
  return out;
}

std::string IssuerSet::issuers_pem(std::string_view id) const {
  for (const auto& member : members_) {
    if (member.issuer->facts().id == id) return member.issuer->facts().chain_pem;
  }
  return {};
}

std::vector<IssuerSet::Alternate> IssuerSet::alternates(std::string_view id, Time now) const {
  std::vector<Alternate> out;
  for (const auto& member : members_) {
    if (member.alternates.empty() || member.issuer->facts().id != id) continue;
    for (std::size_t i = 0; i < member.alternates.size(); ++i) {
      const auto& each = member.alternates[i];
      if (is_good_at(each, now)) out.push_back({i + 1, each.chain.pem()});
    }
  }
  return out;
}

}  // namespace crest::ca::issuer
