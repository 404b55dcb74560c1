// A Solver makes one kind of proof visible, and takes exactly that proof away again (RFC 8555 section 8).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "acme/identifier.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace crest::client {

struct Proof {
  acme::Identifier identifier;
  std::string token;
  std::string key_authorization;
};

class Solver {
 public:
  virtual ~Solver() = default;
  virtual std::string_view method() const = 0;  // "http-01"
  // Before an order is made: can this work at all (port free, folder writable)? Errors: port_in_use, storage.
  virtual Result<void> check() = 0;
  // MUST leave other proofs alone; presenting the same proof again is no error.
  virtual Result<void> present(const Proof& proof) = 0;
  // MUST succeed when the proof is not there. Called also after a crash, for what a record says was presented.
  virtual Result<void> clean_up(const Proof& proof) = 0;
};

using Solvers = std::vector<Solver*>;  // borrowed, in order of preference

}  // namespace crest::client
