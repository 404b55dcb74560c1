// A generation is one folder gen-N of a certificate: five files that belong together.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/vault.hpp"
#include "disk/disk.hpp"

namespace crest::client {

inline constexpr std::string_view live_name = "live", restored_name = "live.restored";

std::string generation_name(std::uint64_t number);                      // "gen-7"
std::optional<std::uint64_t> generation_number(std::string_view name);  // nullopt for another name

// What is in certificates/<name>.
struct Generations {
  std::vector<std::uint64_t> numbers;  // ascending; whole or not
  std::optional<std::uint64_t> live;   // what the link says
  bool live_is_folder = false;         // a backup that followed the link was restored (CF61)
  bool restored_is_there = false;      // such a repair was cut short
};
// Needs no lease: what is found live is never younger than what is found there.
Result<Generations> look_at_generations(Disk& disk, const std::string& folder);

bool is_lost(const Generations& found);    // `live` is a link to nothing
bool is_broken(const Generations& found);  // `live` is to be made good

// All five files, synced, and the folder synced with its parent. Nothing is live yet.
Result<void> write_generation(Disk& disk, const std::string& folder, const Pair& pair);
// The files of `folder` ("certificates/x/live", ".../gen-7"), which must be a pair: the key of the leaf (SPKI), and
// cert, chain and fullchain the same certificates. Error: storage, saying which file.
Result<Pair> read_generation(Disk& disk, const std::string& folder);

// Makes `live` of `folder` the link to gen-N, in one rename, and durable.
Result<void> swap_live(Disk& disk, const std::string& folder, std::uint64_t number);
// Under the certificate's lease. The newest whole generation becomes live again where a folder took the link's place; where there is none, that folder
// itself becomes one.
Result<void> repair_live(Disk& disk, const std::string& folder, const Generations& found);

}  // namespace crest::client
