#include "core/error.hpp"

#include <algorithm>
#include <array>

namespace crest {
namespace {

constexpr std::size_t subproblems_shown_max = 10;
constexpr std::string_view acme_prefix = "urn:ietf:params:acme:error:";

constexpr std::array<std::string_view, 25> kind_words = {
    "usage",         "config",       "storage",
    "clock_suspect", "dns",          "connect",
    "tls",           "ca_protocol",  "response_too_large",
    "bad_token",     "rate_limited", "bad_nonce",
    "account",       "eab",          "user_action",
    "no_challenge",  "authz_failed", "order_failed",
    "cert_rejected", "port_in_use",  "hook_failed",
    "timeout",       "locked",       "internal",
    "internal"};  // malformed never leaves the process under its own name

// A CA that says no to the name, the key or the request will say so again.
constexpr std::array<std::string_view, 7> refusals = {
    "rejectedIdentifier", "unsupportedIdentifier", "caa",           "badCSR",
    "badPublicKey",       "badSignatureAlgorithm", "invalidProfile"};

bool is_refusal(const Problem& problem) {  // of the whole, or of one name in it
  if (std::find(refusals.begin(), refusals.end(), problem.acme_word()) != refusals.end()) return true;
  return std::any_of(problem.subproblems.begin(), problem.subproblems.end(), is_refusal);
}

std::string join(std::string_view first, std::string_view second) {
  if (first.empty()) return std::string(second);
  if (second.empty()) return std::string(first);
  return std::string(first) + ": " + std::string(second);
}

// What the server said, for people; ours comes first, so that a long speech cuts nothing but itself.
std::string words_of(const Problem& problem) {
  std::string text;
  if (!problem.detail.empty()) text += " (the server says: " + problem.detail.printable() + ")";
  if (!problem.instance.empty()) text += " (see " + problem.instance.printable() + ")";
  std::size_t shown = 0;
  for (const Problem& sub : problem.subproblems) {
    if (++shown > subproblems_shown_max) return text + "; and more";
    text += "; ";
    if (sub.identifier) text += Untrusted(sub.identifier->value).printable(253) + ": ";
    text += sub.detail.printable();
  }
  return text;
}

}  // namespace

std::string_view Problem::acme_word() const {
  std::string_view text = type;
  return text.starts_with(acme_prefix) ? text.substr(acme_prefix.size()) : std::string_view{};
}

std::string_view to_string(ErrorKind kind) { return kind_words[static_cast<std::size_t>(kind)]; }

bool Error::retryable() const {
  switch (kind) {
    case ErrorKind::clock_suspect:
    case ErrorKind::dns:
    case ErrorKind::connect:
    case ErrorKind::rate_limited:
    case ErrorKind::bad_nonce:
    case ErrorKind::timeout:
    case ErrorKind::locked:
    case ErrorKind::authz_failed: return true;
    case ErrorKind::order_failed: return !problem || !is_refusal(*problem);
    case ErrorKind::ca_protocol:  // a broken proxy or a server error passes; a CA that says no does not
      return !problem || problem->status == 0 || problem->status >= 500;
    default: return false;
  }
}

bool Error::needs_operator() const { return !retryable(); }

int Error::exit_code() const {
  if (kind == ErrorKind::usage) return 64;
  return retryable() ? 75 : 2;
}

std::string Error::describe() const {
  std::string text = join(context, message);
  if (problem) text += words_of(*problem);
  return Untrusted(std::move(text)).printable(described_chars_max);
}

Error Error::as(ErrorKind other) && {
  kind = other;
  return std::move(*this);
}

Error Error::at(std::string_view where) && {
  context = join(where, context);
  return std::move(*this);
}

Error make_error(ErrorKind kind, std::string message, std::string context) {
  Error error;
  error.kind = kind;
  error.message = std::move(message);
  error.context = std::move(context);
  return error;
}

}  // namespace crest
