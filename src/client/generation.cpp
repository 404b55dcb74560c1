#include "client/generation.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "client/record_file.hpp"
#include "client/vault.hpp"
#include "core/planted.hpp"
#include "x509/certificate.hpp"

namespace crest::client {
namespace {

constexpr std::string_view prefix = "gen-", link_temporary = "live.new";
constexpr std::string_view key_file = "privkey.pem", cert_file = "cert.pem", chain_file = "chain.pem",
                           fullchain_file = "fullchain.pem", meta_file = "meta.json";
constexpr int looks_max = 3;

struct NamedText {
  std::string_view name;
  std::string_view text;
};

Error unusable(Error error, const std::string& path) { return std::move(error).as(ErrorKind::storage).at(path); }

Result<std::string> read_text(Disk& disk, const std::string& folder, std::string_view name) {
  const Bytes bytes = TRY(disk.read(joined(folder, name), FileVault::pem_bytes_max));
  return to_text(bytes);
}

Result<void> write_durably(Disk& disk, const std::string& folder, const NamedText& file) {
  const std::string path = joined(folder, file.name);
  TRY(disk.create(path, as_bytes(file.text), private_file_mode));
  if (planted(Planted::skip_key_sync) && file.name == key_file) return {};
  return disk.sync(path);
}

Result<void> check_pair(const Pair& pair, const std::string& folder) {
  const auto key = crypto::PrivateKey::from_pem(pair.key_pem.reveal());
  if (!key) return unusable(key.error(), joined(folder, key_file));
  const auto chain = x509::Chain::from_pem(pair.chain_pem);
  if (!chain) return unusable(chain.error(), joined(folder, fullchain_file));
  if (key->public_key() == chain->leaf().public_key()) return {};
  return make_error(ErrorKind::storage, "the key and the certificate do not belong together", folder);
}

Generations sorted_out(const std::vector<DiskEntry>& entries) {
  Generations found;
  for (const DiskEntry& entry : entries) {
    if (entry.type != DiskEntry::Type::folder) continue;
    if (const auto number = generation_number(entry.name)) found.numbers.push_back(*number);
    if (entry.name == live_name) found.live_is_folder = true;
    if (entry.name == restored_name) found.restored_is_there = true;
  }
  std::sort(found.numbers.begin(), found.numbers.end());
  return found;
}

Result<void> check_parts(Disk& disk, const std::string& folder, const std::string& fullchain) {
  const std::string cert = TRY(read_text(disk, folder, cert_file));
  const std::string chain = TRY(read_text(disk, folder, chain_file));
  if (cert + chain == fullchain) return {};
  return make_error(ErrorKind::storage, "cert.pem and chain.pem are not what is in fullchain.pem", folder);
}

}  // namespace

std::string generation_name(std::uint64_t number) { return std::string(prefix) + std::to_string(number); }

std::optional<std::uint64_t> generation_number(std::string_view name) {
  if (!name.starts_with(prefix)) return std::nullopt;
  name.remove_prefix(prefix.size());
  std::uint64_t number = 0;
  const auto [end, wrong] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (wrong != std::errc() || end != name.data() + name.size() || number == 0) return std::nullopt;
  if (std::to_string(number) != name) return std::nullopt;
  return number;
}

Result<Generations> look_at_generations(Disk& disk, const std::string& folder) {
  const bool there = TRY(disk.exists(folder));
  if (!there) return Generations();
  for (int look = 1;; ++look) {
    // Before the list: a link read after it may name a generation that was published in between.
    const auto target = disk.read_link(joined(folder, live_name));
    const std::vector<DiskEntry> entries = TRY(disk.list(folder));
    const bool is_link = std::any_of(entries.begin(), entries.end(), [](const DiskEntry& entry) {
      return entry.name == live_name && entry.type == DiskEntry::Type::link;
    });
    if (is_link && !target && look == looks_max) return target.error();
    if (is_link && !target) continue;  // it has come since
    Generations found = sorted_out(entries);
    if (is_link) found.live = generation_number(*target);
    return found;
  }
}

bool is_lost(const Generations& found) {
  return found.live && !std::binary_search(found.numbers.begin(), found.numbers.end(), *found.live);
}

bool is_broken(const Generations& found) { return found.live_is_folder || found.restored_is_there || is_lost(found); }

Result<void> write_generation(Disk& disk, const std::string& folder, const Pair& pair) {
  const x509::Chain chain = TRY(x509::Chain::from_pem(pair.chain_pem));
  const std::string cert = chain.leaf().pem(), issuers = chain.issuers_pem(), full = chain.pem();
  const std::string meta = record_text(pair.meta);
  const std::array<NamedText, 5> files = {{{key_file, pair.key_pem.reveal()},
                                           {cert_file, cert},
                                           {chain_file, issuers},
                                           {fullchain_file, full},
                                           {meta_file, meta}}};
  TRY(disk.make_folder(folder, private_folder_mode));
  for (const NamedText& file : files) TRY(write_durably(disk, folder, file));
  TRY(disk.sync_folder(folder));
  return disk.sync_folder(parent_of(folder));
}

Result<Pair> read_generation(Disk& disk, const std::string& folder) {
  Pair pair;
  std::string key = TRY(read_text(disk, folder, key_file));
  pair.key_pem = Secret(std::move(key));
  pair.chain_pem = TRY(read_text(disk, folder, fullchain_file));
  TRY(check_parts(disk, folder, pair.chain_pem));
  TRY(check_pair(pair, folder));
  const std::string meta = TRY(read_text(disk, folder, meta_file));
  auto record = record_from_text(meta);
  if (!record) return unusable(record.error(), joined(folder, meta_file));
  pair.meta = *std::move(record);
  return pair;
}

Result<void> swap_live(Disk& disk, const std::string& folder, std::uint64_t number) {
  const std::string temporary = joined(folder, link_temporary);
  TRY(disk.remove(temporary));
  TRY(disk.link_to(generation_name(number), temporary));
  TRY(disk.rename(temporary, joined(folder, live_name)));
  return disk.sync_folder(folder);
}

// Durable step by step: `live.restored` says that a repair is under way, so that a crash in it is seen.
Result<void> repair_live(Disk& disk, const std::string& folder, const Generations& found) {
  const std::string restored = joined(folder, restored_name);
  if (found.live_is_folder) {
    TRY(remove_tree(disk, restored));
    TRY(disk.rename(joined(folder, live_name), restored));
    TRY(disk.sync_folder(folder));
  }
  for (auto number = found.numbers.rbegin(); number != found.numbers.rend(); ++number) {
    if (!read_generation(disk, joined(folder, generation_name(*number)))) continue;
    TRY(swap_live(disk, folder, *number));
    return remove_tree(disk, restored);
  }
  const auto whole = read_generation(disk, restored);
  if (!whole) return whole.error();
  const std::uint64_t number = found.numbers.empty() ? 1 : found.numbers.back() + 1;
  TRY(disk.rename(restored, joined(folder, generation_name(number))));
  return swap_live(disk, folder, number);
}

}  // namespace crest::client
