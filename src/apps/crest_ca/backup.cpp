#include <filesystem>
#include <set>

#include "adapters/posix_disk.hpp"
#include "adapters/store_backup.hpp"
#include "adapters/system_clock.hpp"
#include "apps/crest_ca/audit_keys.hpp"
#include "apps/crest_ca/verb.hpp"
#include "ca/audit/chain.hpp"
#include "ca/audit/writer.hpp"
#include "config/ca_folder.hpp"
#include "config/store_edit.hpp"
#include "encoding/json.hpp"

namespace crest::apps::crest_ca {
namespace {

constexpr std::size_t file_bytes_max = 1u << 20, lines_at_a_time = 500;

bool is_inside(const std::string& path) {
  return !path.empty() && !path.starts_with('/') && path.find("..") == path.npos;
}

// Settings, certificates and encrypted keys; no passphrase, no PIN, and not the root's key, which has no business here.
Result<std::vector<adapters::CarriedFile>> files_of(Disk& disk, const config::CaConfig& config) {
  std::set<std::string> names = {config::ca_settings_file};
  for (const auto& issuer : config.issuers) {
    names.insert({issuer.certificate, issuer.root});
    if (!issuer.is_in_token()) names.insert(issuer.key);
  }
  std::vector<adapters::CarriedFile> files;
  for (const auto& name : names) {
    if (!is_inside(name)) continue;
    const bool there = TRY(disk.exists(name));
    if (!there) continue;
    const auto content = TRY(disk.read(name, file_bytes_max));
    files.push_back({name, to_text(content)});
  }
  return files;
}

struct Counts {
  std::uint64_t certificates = 0, audit_lines = 0;
  std::string newest;  // serial of the certificate that ends last
};

// Reads a CA's records as a person who doubts them would. Error: malformed, when the audit log is broken or a certificate
// cannot be read.
Result<Counts> checked(const std::string& folder) {
  const auto records = TRY(open_records(folder));
  const auto keys = TRY(audit_keys(folder, records));
  Counts counts;
  const auto work = [&](ca::store::Tx& tx) -> Result<void> {
    counts = {};
    counts.certificates = TRY(tx.certificates.count());
    const auto rows = TRY(tx.certificates.search({.status = ca::store::CertificateStatus::issued}, std::nullopt, 1));
    if (!rows.empty()) {
      counts.newest = rows.front().serial;
      const auto row = TRY(tx.certificates.by_serial(counts.newest));
      if (!row) return make_error(ErrorKind::malformed, "a certificate is not found by its serial number");
      TRY(x509::Certificate::from_der(row->der));
    }
    const auto chains = TRY(tx.audit.chains());
    for (const auto& chain : chains) {
      ca::audit::Verifier verifier(keys);
      for (std::uint64_t after = 0;;) {
        const auto lines = TRY(tx.audit.list(chain, after, lines_at_a_time));
        if (lines.empty()) break;
        for (const auto& line : lines) TRY(verifier.take(line.text));
        after = lines.back().number;
        counts.audit_lines += lines.size();
      }
    }
    return {};
  };
  TRY(records.store->read(work));
  return counts;
}

// What a backup is restored to: a folder, and the database its ca.toml names, or another.
struct Destination {
  std::string folder;
  std::string postgres;  // "": as ca.toml says
};

Result<void> put_records(const std::string& file, const Destination& to, const std::string& postgres) {
  const auto disk = TRY(adapters::open_posix_disk(to.folder));
  TRY(disk->make_folder(config::ca_store_folder, private_folder_mode));
  TRY(adapters::restore_sqlite(file, store_path(to.folder)));
  if (postgres.empty()) return {};
  auto moved = adapters::move_to_postgres(store_path(to.folder), postgres);
  std::error_code ignored;
  std::filesystem::remove_all(joined(to.folder, config::ca_store_folder), ignored);
  return moved;
}

// The last one: without it there is no CA.
Result<void> put_settings(Disk& disk, const std::string& text) {
  TRY(disk.create(config::ca_settings_file, as_bytes(text), private_file_mode));
  TRY(disk.sync(config::ca_settings_file));
  return disk.sync_folder("");
}

// The ca.toml of a backup, nothing of which lies outside of its folder.
Result<std::string> settings_of(const adapters::Carried& carried, const std::string& file) {
  std::string settings;
  for (const auto& each : carried.files) {
    if (!is_inside(each.path))
      return make_error(ErrorKind::malformed, "the backup names a file outside of its folder", each.path);
    if (each.path == config::ca_settings_file) settings = each.content;
  }
  if (settings.empty()) return make_error(ErrorKind::malformed, "the backup holds no ca.toml", file);
  return settings;
}

Result<void> put_files(Disk& disk, const adapters::Carried& carried) {
  for (const auto& each : carried.files) {
    if (each.path == config::ca_settings_file) continue;
    TRY(make_folders(disk, parent_of(each.path)));
    TRY(disk.create(each.path, as_bytes(each.content), private_file_mode));
    TRY(disk.sync(each.path));
  }
  return {};
}

Result<void> restore_into(const std::string& file, const Destination& to, Time now) {
  const auto carried = TRY(adapters::carried_by(file));
  auto settings = TRY(settings_of(carried, file));
  if (!to.postgres.empty()) settings = TRY(config::with_postgres(settings, config::ca_settings_file, to.postgres));
  const auto config = TRY(config::ca_config_from_toml(settings, config::ca_settings_file));
  const auto disk = TRY(adapters::open_posix_disk(to.folder));
  if (auto unused = config::check_unused(*disk); !unused) return std::move(unused).error().at(to.folder);
  TRY(put_records(file, to, config.postgres));
  TRY(put_files(*disk, carried));
  TRY(put_settings(*disk, settings));
  const auto records = TRY(open_records(to.folder));
  const ca::audit::Event event{"restored", {{"backup_made", to_rfc3339(carried.made)}}};
  return records.store->write(
      [&](ca::store::Tx& tx) { return ca::audit::append(tx, records.config.authority.node, event, now); });
}

// Where the records would be if it were in earnest; "" in the folder.
Result<std::string> database_of(const std::string& file) {
  const auto carried = TRY(adapters::carried_by(file));
  const auto settings = TRY(settings_of(carried, file));
  const auto config = TRY(config::ca_config_from_toml(settings, config::ca_settings_file));
  return config.postgres;
}

// A folder that goes with everything in it.
class Scratch {
 public:
  explicit Scratch(std::string path) : path_(std::move(path)) {}
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// In a folder, and a schema of the database, that are gone afterwards.
Result<Counts> rehearsed(const std::string& file, Time now) {
  const std::string database = TRY(database_of(file));
  std::unique_ptr<adapters::ScratchSchema> schema;
  if (!database.empty()) schema = TRY(adapters::ScratchSchema::create(database));
  const Scratch scratch(file + ".rehearsal");
  TRY(restore_into(file, {scratch.path(), schema ? schema->target() : ""}, now));
  return checked(scratch.path());
}

std::string in_words(const Counts& counts) {
  return std::to_string(counts.certificates) + " certificates, " + std::to_string(counts.audit_lines) +
         " lines of the audit log, all whole";
}

Result<void> back_up(const Backup& flags) {
  adapters::SystemClock clock;
  const auto disk = TRY(adapters::open_posix_disk(flags.folder, {.create = false}));
  const auto config = TRY(config::read_settings(*disk, flags.folder));
  adapters::Carried carried{clock.now(), {}};
  carried.files = TRY(files_of(*disk, config));
  if (config.postgres.empty()) {
    TRY(adapters::back_up_sqlite(store_path(flags.folder), flags.file, carried));
  } else {
    TRY(adapters::back_up_postgres(config.postgres, flags.file, carried));
  }
  if (!flags.rehearse) {
    say("The backup is " + flags.file + ". Try it: crest-ca rehearse " + flags.file);
    return {};
  }
  auto counts = rehearsed(flags.file, clock.now());
  if (!counts) return std::move(counts).error().at("the backup is made, but its rehearsal failed");
  say("The backup is " + flags.file + ", and was restored for a try: " + in_words(*counts) + ".");
  return {};
}

Result<void> rehearse(const Rehearse& flags) {
  const auto counts = TRY(rehearsed(flags.file, adapters::SystemClock().now()));
  say(flags.file + " was restored for a try: " + in_words(counts) + ".");
  return {};
}

Result<void> restore(const Restore& flags) {
  adapters::SystemClock clock;
  const auto carried = TRY(adapters::carried_by(flags.file));
  TRY(restore_into(flags.file, {flags.folder, flags.postgres}, clock.now()));
  say("The CA of " + to_rfc3339(carried.made) + " is in " + flags.folder + ". Start it: crest-ca serve " +
      flags.folder);
  say("It knows nothing of what was issued or revoked since. Serial numbers are random and numbers of revocation lists "
      "go by the clock, so that neither comes twice; revoke again what was revoked meanwhile.");
  return {};
}

}  // namespace

int run(const Backup& flags) {
  const auto done = back_up(flags);
  return done ? 0 : report(done.error());
}

int run(const Rehearse& flags) {
  const auto done = rehearse(flags);
  return done ? 0 : report(done.error());
}

int run(const Restore& flags) {
  const auto done = restore(flags);
  return done ? 0 : report(done.error());
}

}  // namespace crest::apps::crest_ca
