// Turns say whose validation may begin: accounts one after the other, none with more at a time than its share, and no
// target with more than its own (SF52). A value; it knows neither tasks nor times.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "acme/identifier.hpp"
#include "ca/store/store.hpp"

namespace crest::ca {

struct TurnLimits {
  std::size_t validations_max = 8;  // at a time
  std::size_t per_account_max = 4;
  std::size_t per_target_max = 4;
};
// A share that is 0 is half of the validations: slow targets of one account, or of one owner, leave the rest to others.
TurnLimits turn_limits(std::size_t validations, std::size_t per_account = 0, std::size_t per_target = 0);

// What probably ails together when it is slow: the domain a name is in (itself when it has one or two labels), an IPv4
// address, the /64 that an IPv6 address is in. Pure.
std::string target_of(const acme::Identifier& identifier);

class Turns {
 public:
  using Line = std::map<std::uint64_t, store::Id>;

  explicit Turns(TurnLimits limits = {}) : limits_(limits) {}

  // An account that waits stands in line: a new one at its end, since at the front many new ones would starve an old one.
  void join(const store::Id& account);
  void leave(const store::Id& account);
  const Line& line() const { return line_; }  // whose turn it is, first

  bool may_begin(const store::Id& account, const std::string& target) const;
  // The account goes to the end of the line, if it stands there. `target` "" is nobody's.
  void begin(const store::Id& account, const std::string& target);
  void end(const store::Id& account, const std::string& target);

 private:
  using Counts = std::map<std::string, std::size_t>;

  TurnLimits limits_;
  std::uint64_t next_ticket_ = 0;
  Line line_;
  std::map<store::Id, std::uint64_t> tickets_;
  std::size_t running_ = 0;
  Counts by_account_, by_target_;  // that run
};

}  // namespace crest::ca
