// The validators that ca.toml names, with what the CA shows to them.
#pragma once

#include "ca/va/perspectives.hpp"
#include "config/ca_config.hpp"

namespace crest::apps::crest_ca {

// Reads their files, which are in `folder` unless their paths are absolute. `transport` outlives them. Error: config.
Result<std::vector<ca::va::Perspectives::RemotePtr>> remote_validators(
    const std::vector<config::ValidatorSettings>& settings, const std::string& folder, http::Transport& transport);

// A certificate and its key in PEM, for either end. Error: config, also when others can read the key, or it is of another
// certificate.
Result<ClientIdentity> identity_in(const std::string& folder, const std::string& certificate, const std::string& key);

}  // namespace crest::apps::crest_ca
