// Parts of the reader of ca.json, for src/import alone.
#pragma once

#include "encoding/json.hpp"
#include "import/step_ca.hpp"

namespace crest::import {

// Notes what is in an object and nobody has a use for.
void note_unknown(const encoding::JsonReader& object, std::initializer_list<std::string_view> known, StepCaPlan& plan);
void note_left(const encoding::JsonReader& object, std::string_view member, std::string why, std::string advice,
               StepCaPlan& plan);
Error cannot_take(const std::string& setting, std::string why);

// The chosen ACME provisioner, with what the authority says for all, as the profile, the policy and the directory.
Result<void> read_authority(const encoding::JsonReader& authority, const StepCaChoice& choice, StepCaPlan& plan);
// authority.policy
Result<void> read_policy(const encoding::JsonReader& policy, StepCaPlan& plan);

}  // namespace crest::import
