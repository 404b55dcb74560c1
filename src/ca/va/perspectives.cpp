#include "ca/va/perspectives.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace crest::ca::va {
namespace {

constexpr std::size_t why_chars_max = 300;

bool is_at_or_below(std::string_view name, std::string_view suffix) {
  return name == suffix || (name.ends_with(suffix) && name[name.size() - suffix.size() - 1] == '.');
}

}  // namespace

bool PerspectiveRule::names(const acme::Identifier& identifier) const {
  if (suffixes.empty() && networks.empty()) return true;
  if (identifier.type == acme::IdentifierType::dns) {
    return std::ranges::any_of(suffixes,
                               [&](const std::string& suffix) { return is_at_or_below(identifier.value, suffix); });
  }
  const auto address = encoding::IpAddress::parse(identifier.value);
  return address && std::ranges::any_of(networks, [&](const auto& network) { return network.contains(*address); });
}

// One claim in its round. Thread-safe.
class Perspectives::Poll {
 public:
  explicit Poll(const Party& party) : party_(party), remote_(party.remote.size()) {
    if (party.rule.local) own_ = Opinion::outstanding;
    quorum_ = party.rule.quorum == 0 ? usual_quorum(remote_.size()) : party.rule.quorum;
  }

  std::stop_token settled() const { return settled_.get_token(); }
  void give_up() { settled_.request_stop(); }

  void hear_own(Verdict verdict) {
    const std::scoped_lock lock(mutex_);
    if (finding_ != Finding::open) return;
    own_ = verdict.problem ? Opinion::disagrees : Opinion::agrees;
    hear(std::move(verdict), "this CA");
  }
  void hear(std::size_t index, Result<Verdict> verdict) {
    const std::scoped_lock lock(mutex_);
    if (finding_ != Finding::open) return;  // what is decided stands
    const std::string& name = party_.remote[index]->name();
    if (!verdict) {
      remote_[index] = Opinion::absent;
      return note(name + " could not be asked: " + verdict.error().describe());
    }
    remote_[index] = verdict->problem ? Opinion::disagrees : Opinion::agrees;
    hear(*std::move(verdict), name);
  }

  // What was decided; blocks until it is.
  Verdict wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return finding_ != Finding::open; });
    Verdict out;
    if (finding_ == Finding::refused) {
      out = std::move(*refusal_);
    } else if (finding_ == Finding::too_few) {
      out = failed(acme::ProblemType::serverInternal,
                   "too few of the places that this CA looks from could be asked now; try again later", true);
    } else {
      out.reusable_for = reusable_for_;
    }
    out.for_operator = notes_;
    return out;
  }

 private:
  void hear(Verdict verdict, const std::string& name) {
    if (verdict.reusable_for && !verdict.problem)
      reusable_for_ = std::min(reusable_for_.value_or(*verdict.reusable_for), *verdict.reusable_for);
    if (!verdict.problem) return decide();
    const std::string& cause = verdict.for_operator;
    std::string why = name + ": " + verdict.problem->detail.printable(why_chars_max);
    if (!cause.empty()) why += " (" + cause + ")";
    if (own_ != Opinion::disagrees) {
      verdict.problem->detail = Untrusted("seen from another place in the network: " + verdict.problem->detail.raw());
    }
    const bool all_transient = verdict.transient && (!refusal_ || refusal_->transient);
    if (!refusal_ || own_ == Opinion::disagrees) refusal_ = std::move(verdict);
    refusal_->transient = all_transient;
    note(std::move(why));
  }
  void note(std::string text) {
    notes_ += (notes_.empty() ? "" : "; ") + std::move(text);
    decide();
  }
  void decide() {
    finding_ = finding_of(own_, remote_, quorum_);
    if (finding_ == Finding::open) return;
    changed_.notify_all();
    settled_.request_stop();
  }

  const Party& party_;
  std::stop_source settled_;  // whoever still looks may stop
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Opinion> own_;
  std::vector<Opinion> remote_;
  std::size_t quorum_;
  Finding finding_ = Finding::open;
  std::optional<Verdict> refusal_;  // the CA's own, or the first
  std::optional<Duration> reusable_for_;
  std::string notes_;
};

Perspectives::Perspectives(const Validator& local, std::vector<PerspectiveRule> rules,
                           const std::vector<RemotePtr>& remote)
    : local_(local) {
  for (auto& rule : rules) {
    Party party;
    for (const auto& name : rule.validators) {
      const auto found = std::ranges::find(remote, name, [](const RemotePtr& each) { return each->name(); });
      if (found != remote.end()) party.remote.push_back(*found);
    }
    party.rule = std::move(rule);
    parties_.push_back(std::move(party));
  }
}

Verdict Perspectives::validate(const Claim& claim, const std::stop_token& stop) const {
  const auto party =
      std::ranges::find_if(parties_, [&](const Party& each) { return each.rule.names(claim.identifier); });
  if (party == parties_.end()) return local_.validate(claim, stop);
  Poll poll(*party);
  const std::stop_callback at_stop(stop, [&] { poll.give_up(); });
  const auto ask = [&](std::size_t index) {
    try {
      poll.hear(index, party->remote[index]->ask(claim, poll.settled()));
    } catch (const std::exception& failure) {
      poll.hear(index, make_error(ErrorKind::internal, failure.what()));
    }
  };
  std::vector<std::jthread> asking;  // goes first: the rest is stopped by then
  for (std::size_t i = 0; i < party->remote.size(); ++i) {
    try {
      asking.emplace_back(ask, i);
    } catch (const std::system_error& none) {
      poll.hear(i, make_error(ErrorKind::internal, std::string("no thread to ask it: ") + none.what()));
    }
  }
  if (party->rule.local) poll.hear_own(local_.validate(claim, poll.settled()));
  return poll.wait();
}

}  // namespace crest::ca::va
