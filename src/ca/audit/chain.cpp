#include "ca/audit/chain.hpp"

#include <algorithm>

#include "crypto/digest.hpp"
#include "encoding/base64.hpp"
#include "encoding/json.hpp"

namespace crest::ca::audit {
namespace {

using encoding::Json;

constexpr std::string_view key_fact = "key", signature_fact = "signature", context = "crest-ca audit checkpoint\n";

std::string digest_of(std::string_view text) { return encoding::hex(crypto::sha256(text)); }

std::string signed_text(std::string_view digest) { return std::string(context) + std::string(digest); }

Error broken(std::uint64_t number, const std::string& why) {
  return make_error(ErrorKind::malformed, "the audit log is broken: " + why + "; compare it with a copy",
                    "line " + std::to_string(number));
}

struct Parsed {
  std::uint64_t number = 0;
  std::string previous, kind, key, signature;
};

std::string fact_of(const Json& facts, std::string_view name) {
  const Json* fact = facts.find(name);
  return fact && fact->as_string() ? *fact->as_string() : "";
}

std::string name_of(const crypto::PublicKey& key) { return encoding::hex(crypto::sha256(key.spki())); }

Result<Parsed> parsed(std::string_view text, std::uint64_t expected) {
  const auto json = Json::parse(text);
  if (!json) return broken(expected, "it is no JSON (" + json.error().message + ")");
  if (json->dump() != text) return broken(expected, "it is not written as the CA writes it");
  const auto reader = encoding::JsonReader::of(*json);
  if (!reader) return broken(expected, "it is no object");
  const auto number = reader->integer("number");
  const auto previous = reader->string("previous"), kind = reader->string("event");
  const Json* facts = json->find("facts");
  if (!number || !previous || !kind || !facts) return broken(expected, "a member is missing");
  return Parsed{static_cast<std::uint64_t>(*number), *previous, *kind, fact_of(*facts, key_fact),
                fact_of(*facts, signature_fact)};
}

}  // namespace

Line next_line(const std::optional<Line>& last, const Event& event, Time when) {
  Json facts = Json::object();
  for (const auto& [name, value] : event.facts) facts.set(name, value);
  Line line{.number = last ? last->number + 1 : 1};
  Json json = Json::object();
  json.set("number", static_cast<std::int64_t>(line.number)).set("time", to_rfc3339(when)).set("event", event.kind);
  json.set("facts", std::move(facts)).set("previous", last ? last->digest : first_previous);
  line.text = json.dump();
  line.digest = digest_of(line.text);
  return line;
}

Result<Event> checkpoint(const Line& last, const crypto::Signer& key) {
  const Bytes signature = TRY(key.sign(as_bytes(signed_text(last.digest))));
  return Event{std::string(checkpoint_kind),
               {{std::string(key_fact), name_of(key.public_key())},
                {std::string(signature_fact), encoding::base64url(signature)}}};
}

Result<void> Verifier::check_signature(const std::string& digest, const std::string& key,
                                       const std::string& signature) const {
  const auto found = std::ranges::find(keys_, key, name_of);
  if (found == keys_.end()) return broken(lines() + 1, "the checkpoint is signed by a key that is none of the CA's");
  const auto octets = encoding::from_base64url(signature);
  if (octets && found->verify(as_bytes(signed_text(digest)), *octets)) return {};
  return broken(lines() + 1, "the signature of the checkpoint is not the CA's");
}

Result<void> Verifier::take(std::string_view text) {
  const std::uint64_t expected = lines() + 1;
  const Parsed line = TRY(parsed(text, expected));
  if (line.number != expected) {
    return broken(expected, "line " + std::to_string(line.number) + " stands in its place");
  }
  if (line.previous != (last_ ? last_->digest : first_previous)) {
    return broken(expected, "it does not follow from the line before, so one of the two was changed");
  }
  if (line.kind == checkpoint_kind) {
    TRY(check_signature(line.previous, line.key, line.signature));
    vouched_for_ = expected - 1;
  }
  last_ = Line{expected, std::string(text), digest_of(text)};
  return {};
}

}  // namespace crest::ca::audit
