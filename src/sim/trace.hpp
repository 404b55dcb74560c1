// A Trace is what happened in a world, in order: a digest of all of it, and its last lines for whoever looks for a cause.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "core/time.hpp"

namespace crest::sim {

class Trace {
 public:
  static constexpr std::size_t lines_max = 600, line_chars_max = 240;

  // One event at `now`: who saw it ("host1", "wire", "clock"), and what it was. A longer line is cut.
  void add(Time now, std::string_view who, std::string_view what);

  void pass(Time now);  // time went on, which is worth no line

  std::string digest() const;  // the same seed gives the same one
  std::uint64_t count() const { return count_; }
  std::vector<std::string> last_lines() const { return {lines_.begin(), lines_.end()}; }

 private:
  void mix(std::string_view text);

  std::deque<std::string> lines_;
  std::uint64_t digest_ = 0xcbf29ce484222325;  // FNV-1a, 64 bits: enough to tell two runs apart
  std::uint64_t count_ = 0;
};

}  // namespace crest::sim
