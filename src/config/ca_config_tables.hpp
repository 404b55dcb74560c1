// Tables of ca.toml that are read in files of their own.
#pragma once

#include "config/ca_config.hpp"
#include "config/document.hpp"

namespace crest::config {

Result<std::vector<crypto::KeyType>> read_key_types(TableReader& table, const std::string& key,
                                                    const std::vector<crypto::KeyType>& fallback);
Result<void> read_profiles(TableReader& root, ca::AuthorityOptions& options);   // [profile.<name>], default_profile
Result<void> read_issuers(TableReader& root, CaConfig& config);                 // [issuer.<name>]
Result<void> read_admission(TableReader& root, ca::AuthorityOptions& options);  // [accounts], [policy], [limits]
Result<void> read_validation(TableReader& root, CaConfig& config);              // [validation]
Result<void> read_validators(TableReader& root, CaConfig& config);              // [validator.<name>], [[perspective]]

bool is_listen_address(std::string_view text);  // ":9000", "127.0.0.1:9000", "[::1]:9000"; port 0 is any that is free
bool is_base_url(const std::string& text);      // https, without a path

// The same tables as text; "" where there is nothing to say.
std::string profiles_text(const ca::AuthorityOptions& options);
std::string issuers_text(const std::vector<IssuerSettings>& issuers);
std::string admission_text(const ca::AuthorityOptions& options);
std::string validators_text(const CaConfig& config);
std::string issuer_text(const IssuerSettings& issuer);

// How ca.toml is written. A setting stands in a line with its meaning.
std::string quoted(const std::string& text);
std::string quoted(Duration span);
std::string truth(bool value);
std::string key_list(const std::vector<crypto::KeyType>& types);
std::string text_list(const std::vector<std::string>& texts);
std::string line(const std::string& name, std::size_t name_width, const std::string& value, const std::string& meaning);

}  // namespace crest::config
