// Reads the settings of step-ca (its ca.json), and says what a crest-ca in its place is to be like. Pure: files are named,
// not opened.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ca/authority.hpp"

namespace crest::import {

struct StepCaChoice {
  std::string provisioner;  // which of the ACME provisioners; "": the only one
};

// A setting of ca.json that is not what it was.
struct Note {
  enum class Kind {
    changed,      // it means something else here
    not_carried,  // it is left behind
  };
  Kind kind = Kind::not_carried;
  std::string setting;  // its path: "authority.provisioners[2]"
  std::string why, advice;
};
std::string_view to_string(Note::Kind kind);

struct StepCaPlan {
  std::vector<std::string> root_files;  // PEM; one of them is the issuer's
  std::string certificate_file, key_file;
  bool password_known = false;  // ca.json holds the one of the key
  Secret password;
  std::string host, listen;
  std::string status_listen;  // "": the status is told nowhere
  bool dnssec = false;
  ca::AuthorityOptions options;
  std::vector<Note> notes;
};

// Errors: malformed, with the path of what is wrong in the JSON; config, for settings that cannot be taken over at all,
// or when it has to be said which provisioner is meant.
Result<StepCaPlan> read_step_ca(std::string_view ca_json, const StepCaChoice& choice);

}  // namespace crest::import
