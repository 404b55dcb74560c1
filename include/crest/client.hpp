// A Client obtains, renews, lists and revokes certificates from one ACME CA and keeps them in a state folder.
// Start here.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <crest/http01.hpp>
#include <crest/log.hpp>
#include <crest/result.hpp>
#include <crest/time.hpp>

namespace crest {

struct ExternalAccount {  // RFC 8555 section 7.3.4
  std::string kid;
  std::string mac_key;  // as the CA gave it: base64url or base64
  std::string algorithm = "HS256";
};

struct ClientOptions {
  std::string directory;                       // URL of the CA's directory; there is no default CA
  std::vector<std::string> trust_pem_files;    // anchors for this CA only; empty: the system's
  std::string trust_pem;                       // more anchors, as text
  std::vector<std::string> pinned_root_files;  // the issued chain must end in one of these; empty: not checked
  std::vector<std::string> contact;            // "mailto:ops@corp.example"
  bool agree_terms_of_service = false;
  std::optional<ExternalAccount> external_account;
  std::string account_key_type = "ec-p256";
  std::string proxy;  // "http://proxy:3128"; "" none
  std::string state_dir = "/var/lib/crest";
  bool create_state_dir = true;  // false: open() fails where nothing was ever kept, as a mistyped folder should
  bool allow_http = false;       // tests only: a directory without TLS
  LogSink log;  // warnings that no result tells: a clock that is off, a proof left behind; empty: nowhere
};

struct CertificateOptions {
  std::vector<std::string> names;    // DNS names (IDN and wildcards allowed) and IP addresses
  std::string name;                  // under which it is kept; "" is the first of names
  std::string key_type = "ec-p256";  // ec-p256 ec-p384 ec-p521 rsa-2048 rsa-3072 rsa-4096 ed25519
  std::optional<std::string> profile;
  std::optional<Duration> lifetime;  // asks for notAfter; not every CA grants it
  bool retry_now = false;            // although an earlier failure, or the CA's rate limit, asks to wait
};

// What is live. Paths name files of one matching set.
struct CertificateInfo {
  std::string name;
  std::vector<std::string> names;
  std::string key_type;
  std::string serial;  // hex
  std::string issuer;
  std::string directory;       // the CA it came from
  Time not_before, not_after;  // the last second inside
  Time renew_at;               // 2/3 of the lifetime
  std::uint64_t generation = 0;
  std::string folder;   // <state_dir>/certificates/<name>/live
  std::string damaged;  // "", or why its record cannot be read: then only name and folder are known
};

// The key of an order that was given up although the CA may have issued for it: PEM, with the order in front of it.
struct KeyAside {
  std::string file;
  std::string order;        // URL
  std::string certificate;  // URL; "" when the CA never said
  std::string why;          // the order was given up
};

struct Issued : CertificateInfo {
  std::string key_pem;
  std::string chain_pem;  // leaf first
  bool renewed = false;   // false: what was there already serves, nothing was asked of the CA
  // By show() only:
  std::vector<KeyAside> keys_aside;   // the newest few, oldest first, until the next success
  std::optional<Http01Place> http01;  // where a renewal is answered for
};

struct RenewOutcome {
  std::string name;
  enum class Decision { not_due, renewed, failed, waiting } decision = Decision::not_due;
  std::string why;  // for people
  std::optional<CertificateInfo> certificate;
  std::optional<Error> error;
};

// Called on the calling thread, before each step that a person might wait for.
using Progress = std::function<void(const std::string& line)>;

struct Waiting {  // how long a call may block
  std::stop_token stop;
  Duration at_most{5 * 60'000};  // then: Error timeout; the order is resumed by the next call
  Progress progress;
};

// One thread at a time may use a Client; several Clients, also of several processes, may share a state folder. list() and
// show() only read, and may be called while another Client works there.
class Client {
 public:
  // Reads trust files, opens the state folder, making it where create_state_dir says so; talks to nobody. Errors: usage,
  // config, storage.
  static Result<Client> open(ClientOptions options);
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

  // A certificate for exactly these names: the live one when it serves and is not due, else a new one. An order under
  // way is resumed, never repeated. After repeated failures, and after a rate limit, the error's not_before is kept to:
  // a call before it asks nobody. Blocks up to waiting.at_most. One caller per certificate; others get `locked`.
  // Where http-01 is answered is remembered with the certificate; without a solver it is answered there, or on port 80.
  Result<Issued> obtain(const CertificateOptions& certificate, Http01Solver& solver, const Waiting& waiting = {});
  Result<Issued> obtain(const CertificateOptions& certificate, const Waiting& waiting = {});
  // Everything kept here, or the one named, from the CA it came from, with what was remembered of that one: files with
  // roots are read again. Where `directory` was empty, trust, pinned roots, an agreement and an external account given to
  // open() take the place of what was remembered. Renewed when due, or at once with `force`. Blocks up to waiting.at_most in
  // all, shared by those that are due; what its time, or a stop, did not reach is `waiting` with an error. Without a
  // solver http-01 is answered where it was for each certificate; one that is given is for this call.
  Result<std::vector<RenewOutcome>> renew(const std::optional<std::string>& name, bool force, Http01Solver& solver,
                                          const Waiting& waiting = {});
  Result<std::vector<RenewOutcome>> renew(const std::optional<std::string>& name, bool force,
                                          const Waiting& waiting = {});
  Result<std::vector<CertificateInfo>> list() const;  // reads records, not certificates
  Result<Issued> show(const std::string& name) const;
  // `reason`: a word of RFC 5280 section 5.3.1 ("superseded"), or "". Already revoked counts as done.
  Result<void> revoke(const std::string& name, const std::string& reason, const Waiting& waiting = {});

 private:
  struct Impl;
  explicit Client(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace crest
