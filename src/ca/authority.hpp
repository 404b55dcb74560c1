// An Authority is a whole ACME CA behind one http::Service: web edge, registration, validation, issuing; each in its
// own folder, joined here and nowhere else.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ca/health.hpp"
#include "ca/issuer/issuer_set.hpp"
#include "ca/issuer/profile_set.hpp"
#include "ca/jobs/clean_up.hpp"
#include "ca/nonce/nonce_source.hpp"
#include "ca/ra/admission.hpp"
#include "ca/status/options.hpp"
#include "ca/store/store.hpp"
#include "ca/va/perspectives.hpp"
#include "core/clock.hpp"
#include "core/log.hpp"
#include "core/meter.hpp"
#include "core/random.hpp"
#include "crypto/key.hpp"
#include "dns/resolver.hpp"
#include "http/transport.hpp"
#include "x509/certificate.hpp"

namespace crest::ca {

inline std::vector<crypto::KeyType> all_key_types() {
  return {crypto::KeyType::ec_p256,  crypto::KeyType::ec_p384,  crypto::KeyType::ec_p521, crypto::KeyType::rsa_2048,
          crypto::KeyType::rsa_3072, crypto::KeyType::rsa_4096, crypto::KeyType::ed25519};
}

struct AuthorityOptions {
  std::string base_url;                  // "https://ca.corp.example:9000", without a slash at the end (JWS-21)
  std::vector<std::string> former_urls;  // the base_url of earlier times: account URLs under them stay good
  std::string name = "corp";             // /acme/<name>/directory
  std::string node = "main";             // this process among those that share a store; the name of its audit chain
  std::string instance;                  // this process alone; "" is made up
  bool shared_store = false;             // other nodes work on it, too
  Retention retention;
  // What certificates are like by the profile "default", which is offered while it is the default one.
  Duration leaf_life{24 * 3'600'000};
  Duration leaf_life_max{7 * 24 * 3'600'000};  // for notAfter in an order; more is refused, never cut (ORD-06)
  Duration backdate{60'000};                   // for clocks that are behind (SF82)
  Duration order_life{24 * 3'600'000};
  Duration authorization_life{24 * 3'600'000};
  bool reuse_authorizations = false;
  bool reuse_orders = false;  // not for machines that share an account: they would share the order, too
  bool subdomains = false;    // proof of a domain may be proof of all names below it (RFC 9444); not together with CAA
  std::vector<std::string> methods = va::Validator::default_methods();  // those it lacks something for are not offered
  std::uint16_t http01_port = 80, tls_alpn01_port = 443;
  va::EgressPolicy egress;
  std::vector<std::string> resolvers;  // empty: the system's
  va::CaaOptions caa;
  va::PersistOptions persist;
  std::vector<va::PerspectiveRule> perspectives;  // from where else proofs are looked at; see Deps::validators
  bool allow_reserved_names = false;              // "a.invalid", "1.0.0.10.in-addr.arpa" (SF29)
  std::size_t labels_max = 10;                    // of a name (SF20)
  bool allow_single_label_names = false;          // "localhost"; written by init --lab
  std::size_t identifiers_max = 100;              // an order
  std::size_t pending_orders_max = 300;           // an account (SF61)
  std::size_t workers = 8;                        // validations at a time; one thread more should call work()
  std::size_t validations_per_account = 0, validations_per_target = 0;  // of them; 0: half (SF52), see ca/turns
  ra::Policy policy{.label = "ca.toml", .any_name = true, .any_address = true};
  std::vector<ra::ScopedPolicy> scoped_policies;
  bool eab_required = false;
  ra::Limits limits;
  std::vector<crypto::KeyType> account_key_types = all_key_types();  // ec_p256 is among them (RFC 8555 section 6.2)
  std::vector<crypto::KeyType> leaf_key_types = all_key_types();
  std::vector<x509::ExtendedUsage> leaf_usages = {x509::ExtendedUsage::server_auth};
  std::vector<issuer::Profile> profiles;  // further ones
  std::string default_profile = "default";
  std::string terms_of_service, website;
  status::Options status;
  std::string incident_url;  // shown with certificates that must be renewed at once
};

issuer::Profile profile_of_leaf(const AuthorityOptions& options);
// All that are offered. Error: config.
Result<issuer::ProfileSet> profiles_of(const AuthorityOptions& options);

// What stands in the way of these options, each with the member's name ("leaf_life", "profile.short.life"); base_url is
// left out. Pure.
using issuer::OptionFault;
std::vector<OptionFault> faults_of(const AuthorityOptions& options);

va::Validator::Options validation_of(const AuthorityOptions& options);

// What an order for `identifier` alone would be told by a CA with these options, as far as it does not depend on limits:
// by the checks of newOrder itself. `issuers` nullptr: it has none yet. Pure. Errors: config, internal.
Result<ra::Ruling> ruling_on(const acme::Identifier& identifier, const std::optional<std::string>& profile,
                             const ra::Asker& asker, const AuthorityOptions& options, const issuer::IssuerSet* issuers,
                             Time now);

using issuer::IssuingKey;

class Authority final : public http::Service {
 public:
  struct Deps {
    store::Store& store;
    dns::Resolver& resolver;
    http::Transport& egress;  // for validation only: honours Call::connect_to
    std::vector<IssuingKey> issuers;
    Clock& clock;
    Random& random;
    Log& log;
    Meter& meter;
    x509::TlsProbe* probe = nullptr;                // nullptr: tls-alpn-01 is not offered
    std::vector<issuer::Member> more_issuers = {};  // other CAs, behind the ones with keys at hand
    nonce::NonceSource* nonces = nullptr;           // what outlives this, or is shared; nullptr: one of its own
    std::vector<va::Perspectives::RemotePtr> validators = {};  // those that options.perspectives name
  };
  // Reads what a crash left unfinished: processing challenges are validated again, what was about to be signed is signed
  // by the next work(). Errors: storage, config (key and certificate do not match, base_url, name).
  static Result<std::unique_ptr<Authority>> open(AuthorityOptions options, Deps deps);
  ~Authority() override;

  http::Response handle(const http::Request& request) override;
  // What tells of the status of certificates, for a plain listener of its own: see ca/status. nullptr: options.status has
  // no URL, so nobody is told.
  http::Service* status();

  // One piece of background work (a validation, a signature that was put off), on the calling thread; false when there is
  // nothing to do at this time. Blocks for at most twenty seconds, or for as long as the slowest of the validators that are
  // asked (RemoteValidator::Options::timeout), less once `stop` is asked for; what was cut short is done after the next open(). Thread-safe: several workers may call it.
  bool work(std::stop_token stop = {});
  // Blocks until work() may have something to do, or `stop`.
  void wait_for_work(std::stop_token stop);
  // When work() will next have something to do that somebody waits for; nullopt: only after another request. What comes
  // round for ever (ca/jobs) does not count. For the simulator.
  std::optional<Time> next_work() const;

  // Takes up what is begun in the store and not on this one's agenda: another node or process has left it. Error: storage.
  Result<void> resume();

  // Whether this node has its place among those that share the store. False: the process of its name before it was not
  // stopped properly, and its lease is waited for by work(); until then clients are sent away. Does not block. Error:
  // config, when another process of this name lives.
  Result<bool> has_joined() const;
  // Gives the place back, for a node that may be started again at once; after the last request and the last work(). Blocks
  // for a write. Error: storage.
  Result<void> leave();

  // How each part is that issuing needs: database, disk, clock, a key that really signs (tried once a minute), and the
  // place among the nodes. Blocks for a write and, then, a signature; thread-safe.
  Health health();
  void gauge_state();  // tells the meter how much waits, how old the lists are, and how the CA is. Blocks as health()

  // A certificate for the CA's own listener, by the leaf profile; recorded like every other.
  Result<x509::Chain> issue_own(const crypto::PublicKey& key, const std::vector<acme::Identifier>& names);

 private:
  struct Impl;
  explicit Authority(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace crest::ca
