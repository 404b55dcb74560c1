#include <algorithm>
#include <set>

#include "client/generation.hpp"
#include "client/kept_key.hpp"
#include "client/record_file.hpp"
#include "client/vault.hpp"
#include "core/planted.hpp"

namespace crest::client {
namespace {

constexpr std::string_view format_file = "format", certificates_folder = "certificates", locks_folder = "locks";
constexpr std::string_view aside_folder = "aside";
constexpr std::string_view record_suffix = ".json", damaged_suffix = ".json.damaged", test_file = "write-test";
constexpr std::size_t file_name_chars_max = 200, format_bytes_max = 4096;  // file systems allow 255 with suffixes

class FileLease final : public Lease {
 public:
  explicit FileLease(std::unique_ptr<DiskLock> lock) : lock_(std::move(lock)) {}

 private:
  std::unique_ptr<DiskLock> lock_;
};

Result<std::string> checked_name(std::string_view name) {
  std::string file_name = file_name_of(name);
  if (!file_name.empty() && file_name.size() <= file_name_chars_max) return file_name;
  return make_error(ErrorKind::usage,
                    "a certificate's name must have 1 to " + std::to_string(file_name_chars_max) +
                        " characters; crest obtain --name gives it a shorter one",
                    Untrusted(std::string(name)).printable(60));
}

Result<std::string> folder_of(std::string_view name, std::string_view in = certificates_folder) {
  const std::string file_name = TRY(checked_name(name));
  return joined(in, file_name);
}

Result<void> check_format(Disk& disk) {
  const bool there = TRY(disk.exists(format_file));
  if (!there) {
    encoding::Json format = encoding::Json::object();
    format.set("layout", FileVault::format_version);
    return replace_file(disk, format_file, as_bytes(record_text(format)));
  }
  const Bytes bytes = TRY(disk.read(format_file, format_bytes_max));
  const auto record = record_from_text(as_text(bytes));
  const encoding::Json* layout = record ? record->find("layout") : nullptr;
  const std::int64_t* version = layout != nullptr ? layout->as_int() : nullptr;
  if (version == nullptr)
    return make_error(ErrorKind::storage,
                      "the file that says which layout this folder has is damaged; if it is Crest's, "
                      "delete that one file and start again",
                      std::string(format_file));
  if (*version > FileVault::format_version)
    return make_error(ErrorKind::storage,
                      "a newer Crest laid this folder out (version " + std::to_string(*version) +
                          "); use that one, or another folder",
                      std::string(format_file));
  return {};
}

// Records that cannot be read are put aside, so that they are looked at once and never overwritten unseen.
Error put_aside(Disk& disk, const std::string& path, const std::string& damaged, const Error& why) {
  const auto moved = disk.rename(path, damaged);
  const auto durable = moved ? disk.sync_folder(parent_of(path)) : moved;
  return make_error(ErrorKind::storage,
                    "this record is damaged (" + why.describe() + ")" +
                        (durable ? "; it was kept as " + damaged +
                                       ": restore it from a backup, or delete that file to "
                                       "start without it"
                                 : ", and could not be put aside"),
                    path);
}

// A set that cannot be read, told by somebody who knows nothing of what can be done.
Error unreadable(Error why) {
  if (why.message.find(';') == std::string::npos)
    why.message += "; restore it from a backup, or let crest obtain get another";
  return why;
}

}  // namespace

Result<bool> FileVault::is_there(Disk& disk) { return disk.exists(format_file); }

Result<std::unique_ptr<FileVault>> FileVault::open(Disk& disk) {
  TRY(check_format(disk));
  for (const std::string_view folder : {std::string_view("accounts"), std::string_view("orders"),
                                        std::string_view("cas"), certificates_folder, locks_folder}) {
    const bool there = TRY(disk.exists(folder));
    if (!there) TRY(make_folders(disk, folder));
  }
  for (const std::string_view folder : {"", "accounts", "orders", "cas", "http01"})
    (void)remove_temporaries(disk, folder).has_value();  // a folder that can only be read is no reason to stop
  return std::unique_ptr<FileVault>(new FileVault(disk));
}

Result<std::optional<encoding::Json>> FileVault::get(std::string_view kind, std::string_view name) {
  const std::string file_name = TRY(checked_name(name));
  const std::string base = joined(kind, file_name);
  const std::string path = base + std::string(record_suffix), damaged = base + std::string(damaged_suffix);
  const auto bytes = disk_.read(path, record_bytes_max);
  bool there = true;
  if (!bytes) there = TRY(disk_.exists(path));  // asked after: another process may remove it at any moment
  if (!there) {
    const bool was_damaged = TRY(disk_.exists(damaged));
    if (!was_damaged) return std::optional<encoding::Json>();
    return make_error(ErrorKind::storage,
                      "this record was found damaged: restore it from a backup, or delete the file to start without it",
                      damaged);
  }
  if (!bytes) return bytes.error();
  auto record = record_from_text(as_text(*bytes));
  if (record) return std::optional<encoding::Json>(*std::move(record));
  if (record.error().kind != ErrorKind::malformed) return std::move(record.error()).as(ErrorKind::storage).at(path);
  return put_aside(disk_, path, damaged, record.error());
}

Result<void> FileVault::put(std::string_view kind, std::string_view name, const encoding::Json& record) {
  const std::string file_name = TRY(checked_name(name));
  const bool there = TRY(disk_.exists(kind));
  if (!there) TRY(make_folders(disk_, kind));  // a kind that an older Crest did not keep
  return replace_file(disk_, joined(kind, file_name) + std::string(record_suffix), as_bytes(record_text(record)));
}

Result<std::vector<std::string>> FileVault::list(std::string_view kind) {
  std::vector<std::string> names;
  const bool there = TRY(disk_.exists(kind));
  if (!there) return names;
  const std::vector<DiskEntry> entries = TRY(disk_.list(kind));
  for (const DiskEntry& entry : entries) {
    std::string_view file = entry.name;
    if (entry.type != DiskEntry::Type::file || !file.ends_with(record_suffix)) continue;
    file.remove_suffix(record_suffix.size());
    if (auto name = name_of_file(file)) names.push_back(*std::move(name));
  }
  std::sort(names.begin(), names.end());
  return names;
}

Result<void> FileVault::remove(std::string_view kind, std::string_view name) {
  const std::string file_name = TRY(checked_name(name));
  const std::string base = joined(kind, file_name);
  TRY(disk_.remove(base + std::string(record_suffix)));
  TRY(disk_.remove(base + std::string(damaged_suffix)));
  return disk_.sync_folder(kind);
}

Result<std::uint64_t> FileVault::publish(std::string_view name, const Pair& pair,
                                         const std::function<Result<void>(const Pair&)>& verify) {
  const std::string folder = TRY(folder_of(name));
  TRY(make_folders(disk_, folder));
  Generations found = TRY(look_at_generations(disk_, folder));
  if (is_broken(found)) {
    (void)repair_live(disk_, folder, found).has_value();  // without it the new generation makes it good
    found = TRY(look_at_generations(disk_, folder));
  }
  const std::uint64_t number = (found.numbers.empty() ? 0 : found.numbers.back()) + 1;
  const std::string fresh = joined(folder, generation_name(number));
  if (found.live && planted(Planted::publish_key_before_certificate))
    TRY(replace_file(disk_, joined(joined(folder, generation_name(*found.live)), "privkey.pem"),
                     as_bytes(pair.key_pem.reveal())));
  Pair numbered = pair;
  numbered.meta.set("generation", static_cast<std::int64_t>(number));
  const auto written = write_and_check(fresh, numbered, verify);
  const auto swapped = written ? swap_live(disk_, folder, number) : written;
  if (!swapped) {
    go_back(folder, number, found);
    return swapped.error();
  }
  prune(folder, number, found);
  (void)remove_kept_keys(disk_, joined(aside_folder, file_name_of(name))).has_value();
  return number;
}

Result<void> FileVault::write_and_check(const std::string& folder, const Pair& pair,
                                        const std::function<Result<void>(const Pair&)>& verify) {
  TRY(write_generation(disk_, folder, pair));
  const Pair written = TRY(read_generation(disk_, folder));
  return verify(written);
}

// After a failure. What is reported is why, not how tidying up went. Where the swap was made and only its sync failed,
// either link may be there after a crash: then both generations stay.
void FileVault::go_back(const std::string& folder, std::uint64_t fresh, const Generations& before) {
  const auto target = disk_.read_link(joined(folder, live_name));
  if (!target || *target != generation_name(fresh)) {
    (void)remove_tree(disk_, joined(folder, generation_name(fresh))).has_value();
  } else if (before.live) {
    (void)swap_live(disk_, folder, *before.live).has_value();
  }
  if (before.numbers.empty()) (void)disk_.remove(folder).has_value();  // empty again, unless something else is in it
}

// Keeps the new generation, the one that was live before it, and the youngest others; what a crash left half done goes.
void FileVault::prune(const std::string& folder, std::uint64_t fresh, const Generations& before) {
  std::set<std::uint64_t> kept = {fresh};
  if (before.live) kept.insert(*before.live);
  for (auto number = before.numbers.rbegin(); number != before.numbers.rend(); ++number) {
    const bool left_over = before.live && *number > *before.live;
    if (!left_over && kept.size() < generations_kept) kept.insert(*number);
  }
  for (const std::uint64_t number : before.numbers)
    if (!kept.contains(number)) (void)remove_tree(disk_, joined(folder, generation_name(number))).has_value();
}

Result<std::optional<Pair>> FileVault::live(std::string_view name) {
  const std::string folder = TRY(folder_of(name));
  const std::optional<std::uint64_t> number = TRY(live_number(name));
  if (!number) return std::optional<Pair>();
  auto pair = read_generation(disk_, joined(folder, generation_name(*number)));
  if (!pair) return unreadable(std::move(pair.error()));
  return std::optional<Pair>(*std::move(pair));
}

Result<std::optional<encoding::Json>> FileVault::live_meta(std::string_view name) {
  const std::string folder = TRY(folder_of(name));
  const std::optional<std::uint64_t> number = TRY(live_number(name));
  if (!number) return std::optional<encoding::Json>();
  const std::string path = joined(joined(folder, generation_name(*number)), "meta.json");
  const Bytes bytes = TRY(disk_.read(path, record_bytes_max));
  auto record = record_from_text(as_text(bytes));
  if (!record) return unreadable(std::move(record.error()).as(ErrorKind::storage).at(path));
  return std::optional<encoding::Json>(*std::move(record));
}

// Read once, and then by its number: a swap meanwhile must not mix two generations.
Result<std::optional<std::uint64_t>> FileVault::live_number(std::string_view name) {
  const std::string folder = TRY(folder_of(name));
  const Generations found = TRY(look_at_generations(disk_, folder));
  if (!is_broken(found)) return found.live;
  const auto turn = lease(name);
  if (turn) return repaired_number(folder);
  if (found.live && !is_lost(found)) return found.live;  // only what is left of a repair is in the way
  if (turn.error().kind != ErrorKind::locked) return turn.error();
  return make_error(ErrorKind::locked,
                    "its link `live` is broken, and another process is at work on it; try again soon", folder);
}

// Under the lease, and so after another look. A folder in the link's place, and a link to nothing, are made good (CF61).
Result<std::optional<std::uint64_t>> FileVault::repaired_number(const std::string& folder) {
  Generations found = TRY(look_at_generations(disk_, folder));
  if (is_broken(found)) {
    const auto repaired = repair_live(disk_, folder, found);
    if (!repaired && (found.live_is_folder || found.restored_is_there)) return repaired.error();
    found = TRY(look_at_generations(disk_, folder));
    if (!repaired) found.live.reset();  // a link to nothing, and no whole generation: there is no certificate
  }
  return found.live;
}

Result<std::vector<std::string>> FileVault::certificates() {
  std::vector<std::string> names;
  const std::vector<DiskEntry> entries = TRY(disk_.list(certificates_folder));
  for (const DiskEntry& entry : entries) {
    if (entry.type != DiskEntry::Type::folder) continue;
    if (auto name = name_of_file(entry.name)) names.push_back(*std::move(name));
  }
  std::sort(names.begin(), names.end());
  return names;
}

Result<void> FileVault::settle(std::string_view name) {
  const std::string folder = TRY(folder_of(name));
  return disk_.sync_folder(folder);  // the generation and the folder's own name were durable before the swap
}

Result<void> FileVault::keep_aside(std::string_view name, const KeptKey& key) {
  const std::string folder = TRY(folder_of(name, aside_folder));
  return write_kept_key(disk_, folder, key, keys_aside_max);
}

Result<std::vector<KeptKey>> FileVault::kept_aside(std::string_view name) {
  const std::string folder = TRY(folder_of(name, aside_folder));
  return read_kept_keys(disk_, folder);
}

Result<std::unique_ptr<Lease>> FileVault::lease(std::string_view name) {
  const std::string file_name = TRY(checked_name(name));
  auto lock = disk_.lock(joined(locks_folder, file_name));
  if (lock) return std::unique_ptr<Lease>(std::make_unique<FileLease>(*std::move(lock)));
  return std::move(lock.error()).at(name);
}

Result<void> FileVault::check_writable() {
  const std::uint64_t free = TRY(disk_.free_bytes());
  if (free < free_bytes_min)
    return make_error(ErrorKind::storage, "only " + std::to_string(free >> 10) +
                                              " KiB are free where certificates are kept; "
                                              "make room, then try again");
  const auto turn = lease("write test");
  if (!turn && turn.error().kind == ErrorKind::locked) return {};  // another process is trying it right now
  if (!turn) return turn.error();
  TRY(replace_file(disk_, test_file, as_bytes("crest tries whether it can write here\n")));
  return disk_.remove(test_file);
}

}  // namespace crest::client
