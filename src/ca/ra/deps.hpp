// What the registration side works with.
#pragma once

#include "ca/agenda.hpp"
#include "ca/jobs/membership.hpp"
#include "ca/ra/rules.hpp"
#include "ca/store/store.hpp"
#include "core/log.hpp"
#include "core/meter.hpp"
#include "core/random.hpp"

namespace crest::ca::ra {

struct Deps {
  const Rules& rules;
  store::Store& store;
  Agenda& agenda;
  Random& random;
  Log& log;
  Meter& meter;
  const std::string& audit_chain;  // where what happens is written: see ca/audit/writer.hpp
  const Membership& membership;
};

// 128 random bits behind the time: what is made together lies together in every index, however many there are.
store::Id new_id(Random& random, Time now);
// What is not there and what is another account's look the same (SF14).
Error no_such(std::string_view what);

}  // namespace crest::ca::ra
