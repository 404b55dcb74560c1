// An Error is what went wrong, to what, and what to do next; text that a server sent is kept apart from ours.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <crest/time.hpp>

namespace crest {

// Text from the other side of a wire. It can be stored and compared, but printed only through printable(),
// which strips control, bidirectional and zero-width characters, repairs UTF-8, folds to one line and cuts.
class Untrusted {
 public:
  static constexpr std::size_t printable_chars_max = 500;

  Untrusted() = default;
  explicit Untrusted(std::string raw) : raw_(std::move(raw)) {}

  std::string printable(std::size_t chars_max = printable_chars_max) const;
  const std::string& raw() const { return raw_; }  // never for a terminal, a shell or a path
  bool empty() const { return raw_.empty(); }
  friend bool operator==(const Untrusted&, const Untrusted&) = default;

 private:
  std::string raw_;
};

// A problem document (RFC 8555 section 6.7, RFC 7807).
struct Problem {
  struct Subject {  // the identifier a subproblem is about (RFC 8555 section 6.7.1)
    std::string type;
    std::string value;
  };

  std::string type;                     // "urn:ietf:params:acme:error:..." or "about:blank"
  Untrusted detail;                     // for people; may be localised
  int status = 0;                       // HTTP status; 0: absent
  Untrusted instance;                   // URL, with userActionRequired (RFC 8555 section 7.3.3)
  std::optional<Subject> identifier;    // in subproblems only
  std::vector<Problem> subproblems;     // RFC 8555 section 6.7.1
  std::vector<std::string> algorithms;  // with badSignatureAlgorithm (RFC 8555 section 6.2)

  // The last word of an ACME type ("badNonce"), or "" for any other type.
  std::string_view acme_word() const;
};

// The closed list of classes: each word is stable, stands in `--json`, and decides the exit code.
enum class ErrorKind {
  usage,
  config,
  storage,
  clock_suspect,
  dns,
  connect,
  tls,
  ca_protocol,
  response_too_large,
  bad_token,
  rate_limited,
  bad_nonce,
  account,
  eab,
  user_action,
  no_challenge,
  authz_failed,
  order_failed,
  cert_rejected,
  port_in_use,
  hook_failed,
  timeout,
  locked,
  internal,
  malformed,  // bytes that do not parse; whoever knows where they came from gives the error its class
};
std::string_view to_string(ErrorKind kind);

struct [[nodiscard]] Error {
  static constexpr std::size_t described_chars_max = 900;

  ErrorKind kind = ErrorKind::internal;
  std::string message;                     // ours: what happened, to what, what to do next; one line
  std::string context;                     // ours: where (a URL, a path, a name); may be empty
  std::shared_ptr<const Problem> problem;  // the server's words, where it sent a problem document
  std::optional<Time> not_before;          // the earliest moment to try again, where one is known

  bool retryable() const;        // the same call may succeed later with nothing changed
  bool needs_operator() const;   // a person must change something first
  int exit_code() const;         // 2, 64 or 75
  std::string describe() const;  // context, message and the server's words: one line, safe for a terminal

  // The same error as another class, or with the place it happened put in front of the context.
  Error as(ErrorKind other) &&;
  Error at(std::string_view where) &&;
};

Error make_error(ErrorKind kind, std::string message, std::string context = {});

}  // namespace crest
