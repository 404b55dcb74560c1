// A Proxy stands between a host and all others, and for some hours answers in their place, with pages of its own.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "http/transport.hpp"
#include "sim/faults.hpp"
#include "sim/intervals.hpp"

namespace crest::sim {

// A gateway that knows no way, one that finds nobody behind it, and a captive portal's "log in first".
enum class Page { not_found, bad_gateway, captive };
http::Response page(Page page);
std::string to_string(Page page);

class Proxy {
 public:
  struct Spell {
    Interval when;
    Page page = Page::captive;
    double share = 1;  // of the requests; the others get through
  };

  Proxy(Faults& faults, std::uint64_t seed) : faults_(faults), random_(seed) {}
  void plan(Time from, Time until);  // on some days, at the rate of the faults
  void add(Spell spell) { spells_.push_back(spell); }

  std::vector<Interval> times() const;
  // What a request gets instead of its answer; nullopt: it gets through.
  std::optional<Page> answer(Time now);

 private:
  Faults& faults_;
  SeededRandom random_;
  std::vector<Spell> spells_;
};

}  // namespace crest::sim
