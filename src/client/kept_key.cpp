#include "client/kept_key.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace crest::client {
namespace {

constexpr std::string_view suffix = ".pem", pem_begin = "-----BEGIN ";
constexpr std::size_t file_bytes_max = 64u << 10, url_chars_max = 2048, why_chars_max = 1000;
constexpr std::string_view opening =
    "The order of this key was given up after the CA had been asked to finalize it: there may be a certificate for "
    "it.\n";

struct Line {
  std::string_view label;
  std::string KeptKey::* value;
  std::size_t chars_max;
};
constexpr std::array<Line, 3> lines = {{{"Order: ", &KeptKey::order_url, url_chars_max},
                                        {"Certificate: ", &KeptKey::certificate_url, url_chars_max},
                                        {"Why: ", &KeptKey::why, why_chars_max}}};

std::optional<std::uint64_t> number_of(std::string_view file) {
  if (!file.ends_with(suffix)) return std::nullopt;
  file.remove_suffix(suffix.size());
  std::uint64_t number = 0;
  const auto [end, wrong] = std::from_chars(file.data(), file.data() + file.size(), number);
  if (wrong != std::errc() || end != file.data() + file.size()) return std::nullopt;
  return number;
}

Result<std::vector<std::uint64_t>> numbers_in(Disk& disk, const std::string& folder) {
  std::vector<std::uint64_t> numbers;
  const bool there = TRY(disk.exists(folder));
  if (!there) return numbers;
  const std::vector<DiskEntry> entries = TRY(disk.list(folder));
  for (const DiskEntry& entry : entries) {
    const auto number = number_of(entry.name);
    if (entry.type == DiskEntry::Type::file && number) numbers.push_back(*number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

std::string path_of(const std::string& folder, std::uint64_t number) {
  return joined(folder, std::to_string(number) + std::string(suffix));
}

}  // namespace

Result<bool> keep_key_of(Vault& vault, const OrderRecord& record, const std::string& why) {
  if (!record.finalize_sent || record.key_pem.empty()) return false;
  const KeptKey key{.key_pem = record.key_pem,
                    .order_url = record.order_url,
                    .certificate_url = record.certificate_url,
                    .why = why,
                    .path = {}};
  TRY(vault.keep_aside(record.request.name, key));
  return true;
}

std::string kept_key_text(const KeptKey& key) {
  std::string text(opening);
  for (const Line& line : lines)
    text += std::string(line.label) + Untrusted(key.*line.value).printable(line.chars_max) + "\n";
  return text + std::string(key.key_pem.reveal());
}

KeptKey kept_key_from_text(std::string_view text) {
  KeptKey key;
  const std::size_t begin = std::min(text.find(pem_begin), text.size());
  key.key_pem = Secret(std::string(text.substr(begin)));
  for (std::string_view rest = text.substr(0, begin); !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view one = rest.substr(0, end);
    for (const Line& line : lines)
      if (one.starts_with(line.label))
        key.*line.value = Untrusted(std::string(one.substr(line.label.size()))).printable(line.chars_max);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return key;
}

Result<void> write_kept_key(Disk& disk, const std::string& folder, const KeptKey& key, std::size_t keys_max) {
  TRY(make_folders(disk, folder));
  const std::vector<KeptKey> before = TRY(read_kept_keys(disk, folder));
  for (const KeptKey& other : before)  // a crash came before the order was dropped
    if (other.key_pem.reveal() == key.key_pem.reveal()) return {};
  std::vector<std::uint64_t> numbers = TRY(numbers_in(disk, folder));
  const std::uint64_t number = numbers.empty() ? 1 : numbers.back() + 1;
  TRY(replace_file(disk, path_of(folder, number), as_bytes(kept_key_text(key))));
  const std::size_t too_many = std::max(numbers.size() + 1, keys_max) - keys_max;
  for (std::size_t i = 0; i < too_many; ++i) (void)disk.remove(path_of(folder, numbers[i])).has_value();
  return {};
}

Result<std::vector<KeptKey>> read_kept_keys(Disk& disk, const std::string& folder) {
  std::vector<KeptKey> keys;
  const std::vector<std::uint64_t> numbers = TRY(numbers_in(disk, folder));
  for (const std::uint64_t number : numbers) {
    const auto bytes = disk.read(path_of(folder, number), file_bytes_max);
    KeptKey key = bytes ? kept_key_from_text(as_text(*bytes)) : KeptKey();
    if (!bytes) key.why = "cannot be read: " + bytes.error().describe();  // one never hides the others
    key.path = path_of(folder, number);
    keys.push_back(std::move(key));
  }
  return keys;
}

Result<void> remove_kept_keys(Disk& disk, const std::string& folder) {
  const bool there = TRY(disk.exists(folder));
  if (!there) return {};
  TRY(remove_tree(disk, folder));
  return disk.sync_folder(parent_of(folder));
}

}  // namespace crest::client
