#include "sim/trace.hpp"

#include "encoding/base64.hpp"

namespace crest::sim {

void Trace::mix(std::string_view text) {
  for (const char octet : text) digest_ = (digest_ ^ static_cast<std::uint8_t>(octet)) * 0x100000001b3;
}

void Trace::pass(Time now) { mix(std::to_string(now.time_since_epoch().count())); }

void Trace::add(Time now, std::string_view who, std::string_view what) {
  std::string line = to_rfc3339(now) + " " + std::string(who) + ": " + std::string(what);
  mix(line);
  if (line.size() > line_chars_max) line.resize(line_chars_max);
  if (lines_.size() == lines_max) lines_.pop_front();
  lines_.push_back(std::move(line));
  ++count_;
}

std::string Trace::digest() const {
  return encoding::hex({reinterpret_cast<const std::uint8_t*>(&digest_), sizeof digest_});
}

}  // namespace crest::sim
