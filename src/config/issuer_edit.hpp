// Changes to the issuers in the text of ca.toml, which else belongs to the operator: only the lines that must change do.
#pragma once

#include "config/ca_config.hpp"

namespace crest::config {

// Each returns the new text, which reads back as a whole. Errors: config, with file, line and key; usage, for an issuer
// that there is not, or that there is already.
Result<std::string> with_issuer(std::string text, const std::string& file, const IssuerSettings& issuer);
Result<std::string> with_issuer_state(std::string text, const std::string& file, const std::string& name,
                                      ca::issuer::IssuerState state);

}  // namespace crest::config
