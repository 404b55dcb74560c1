// Which keys may vouch for the audit log: of issuers that lead to the CA's root, so that a row slipped into the database
// vouches for nothing.
#pragma once

#include "apps/crest_ca/ca_records.hpp"

namespace crest::apps::crest_ca {

// Errors: config, storage.
Result<std::vector<crypto::PublicKey>> audit_keys(const std::string& folder, const CaRecords& records);

}  // namespace crest::apps::crest_ca
