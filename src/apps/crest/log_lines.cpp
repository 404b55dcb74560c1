// What the library tells while it works, as lines for people on stderr.
#include <algorithm>
#include <array>

#include "apps/crest/terminal.hpp"
#include "apps/crest/verb.hpp"

namespace crest::apps {
namespace {

struct Sentence {
  std::string_view event, text;
};

constexpr std::array<Sentence, 9> sentences = {{
    {"account_unknown", "the CA has forgotten the account; its key is registered once more"},
    {"ca_not_remembered", "the certificate is published, but what was said of its CA could not be kept for renewals"},
    {"clock_offset", "the CA's clock and the one here differ; set the wrong one right (timedatectl shows this one)"},
    {"key_not_kept", "a key could not be put aside, so its order is kept; make room in the state folder"},
    {"place_not_remembered", "the certificate is published, but where http-01 is answered could not be kept"},
    {"proof_left_behind", "a proof could not be taken away; the next run tries again"},
    {"record_left_behind", "an order's record could not be removed; the next run sees that it is done"},
    {"record_not_saved", "what was reached could not be saved; the next run may repeat it"},
    {"replaces_refused", "the CA did not take the order as a renewal; it was asked for as a new certificate"},
}};

std::string line_of(LogLevel level, std::string_view event, const LogFields& fields) {
  const auto* known =
      std::find_if(sentences.begin(), sentences.end(), [&](const Sentence& one) { return one.event == event; });
  std::string line = std::string(to_string(level)) + ": " + std::string(event);
  if (known != sentences.end()) line += ": " + std::string(known->text);
  for (const auto& [name, value] : fields) line += "; " + name + " " + Untrusted(value).printable();
  return line;
}

}  // namespace

LogSink log_lines(const OutputFlags& flags) {
  const LogLevel least = flags.verbose ? LogLevel::info : LogLevel::warning;
  return [least](LogLevel level, std::string_view event, const LogFields& fields) {
    if (level >= least) show_note(line_of(level, event, fields));
  };
}

}  // namespace crest::apps
