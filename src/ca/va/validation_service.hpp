// A ValidationService looks at proofs for a CA that stands elsewhere in the network: the other end of a RemoteValidator.
// It knows its clients by certificates, and one that it does not know gets nothing: it would be a probe into the segment.
#pragma once

#include "ca/va/validator.hpp"
#include "core/log.hpp"

namespace crest::ca::va {

class ValidationService final : public http::Service {
 public:
  struct Deps {
    const Validator& validator;
    Log& log;
  };
  // `client_names`: DNS names, one of which a client's certificate must hold.
  ValidationService(std::vector<std::string> client_names, Deps deps);

  // Blocks for as long as a validation, on a thread of the listener: there it is the work. Thread-safe.
  http::Response handle(const http::Request& request) override;
  // What is under way ends soon, with a 503: for the end of the process. Does not block; thread-safe.
  void stop() { stopping_.request_stop(); }

 private:
  std::string client_of(const http::Request& request) const;

  std::vector<std::string> client_names_;
  Deps deps_;
  std::stop_source stopping_;
};

}  // namespace crest::ca::va
