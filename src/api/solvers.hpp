// Where http-01 is answered: as the caller says, else where it was answered for the certificate before.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include <crest/http01.hpp>

#include "client/vault.hpp"

namespace crest::api {

// Error: storage, where what is kept cannot be read.
Result<std::optional<Http01Place>> place_of(client::Vault& vault, const std::string& name);
Result<void> keep_place(client::Vault& vault, const std::string& name,
                        const Http01Place& place);  // writes what changed

// The solvers of one run. Certificates that are answered for at the same place share one.
class Solvers {
 public:
  Solvers(client::Vault& vault, Http01Solver* given) : vault_(vault), given_(given) {}
  // Errors: usage, storage.
  Result<Http01Solver*> of(const std::string& name);

 private:
  client::Vault& vault_;
  Http01Solver* given_;  // null: nothing was said
  std::map<std::string, std::unique_ptr<Http01Solver>> opened_;
};

}  // namespace crest::api
