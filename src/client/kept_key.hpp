// Keys put aside, in files: PEM that any tool reads, with what is known of the order in lines in front of it.
#pragma once

#include <string>
#include <vector>

#include "client/order_record.hpp"
#include "client/vault.hpp"
#include "disk/disk.hpp"

namespace crest::client {

// Before an order is dropped: its key goes to `vault` when the CA may have issued for it. Error: storage; then the order
// must not be dropped.
Result<bool> keep_key_of(Vault& vault, const OrderRecord& record, const std::string& why);  // whether there was one

std::string kept_key_text(const KeptKey& key);
KeptKey kept_key_from_text(std::string_view text);  // what is missing in it stays empty

// In `folder`, as N.pem, where N grows; beyond `keys_max` the oldest goes. A key that is there already is not repeated.
Result<void> write_kept_key(Disk& disk, const std::string& folder, const KeptKey& key, std::size_t keys_max);
Result<std::vector<KeptKey>> read_kept_keys(Disk& disk, const std::string& folder);  // oldest first
Result<void> remove_kept_keys(Disk& disk, const std::string& folder);

}  // namespace crest::client
