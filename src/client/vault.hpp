// A Vault is what a client remembers: accounts, orders under way, and certificates in generations of which one is live.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/secret.hpp"
#include "disk/disk.hpp"
#include "encoding/json.hpp"

namespace crest::client {

// A private key and the chain that belongs to it; always a matching set.
struct Pair {
  Secret key_pem;
  std::string chain_pem;  // leaf first
  encoding::Json meta;    // the small record: names, not_before, not_after, ca, order URL ...
};

// The key of an order that was given up after it was sent to be finalized: the CA may have issued a certificate for it.
struct KeptKey {
  Secret key_pem;
  std::string order_url;
  std::string certificate_url;  // "" when the CA never said
  std::string why;              // one line, safe for a terminal
  std::string path;             // in the state folder; set by the vault
};

class Lease {
 public:
  virtual ~Lease() = default;
};

class Vault {
 public:
  virtual ~Vault() = default;
  // Records are JSON objects under a kind and a name ("accounts", "orders"). put() is durable when it returns. A record
  // that is damaged is put aside and reported as storage, never as absent (CF59); a newer format version is refused.
  virtual Result<std::optional<encoding::Json>> get(std::string_view kind, std::string_view name) = 0;
  virtual Result<void> put(std::string_view kind, std::string_view name, const encoding::Json& record) = 0;
  virtual Result<std::vector<std::string>> list(std::string_view kind) = 0;  // names as given, sorted
  virtual Result<void> remove(std::string_view kind, std::string_view name) = 0;

  // Certificates. publish() writes a new generation, reads it back, lets `verify` look at it, then swaps it live in one
  // step; returns its number. On any error the former generation stays live, byte for byte (CF51, CF60, promise 3); only
  // a disk that fails at the last sync of all, and again at going back, shows the new one, which is whole then.
  // The caller holds the lease on `name`.
  virtual Result<std::uint64_t> publish(std::string_view name, const Pair& pair,
                                        const std::function<Result<void>(const Pair&)>& verify) = 0;
  // live() and live_meta() need no lease. What a restored backup broke they make good when nobody holds it, and else
  // report: locked.
  virtual Result<std::optional<Pair>> live(std::string_view name) = 0;
  virtual Result<std::optional<encoding::Json>> live_meta(std::string_view name) = 0;  // parses no certificate
  virtual Result<std::vector<std::string>> certificates() = 0;
  // Makes the generation that is live durable: publish() may have failed after the swap, and whoever takes what live()
  // shows for published is about to drop what could get it again. Error: storage.
  virtual Result<void> settle(std::string_view name) = 0;

  // Keys put aside: the newest few of a certificate, until publish() has the next one live. keep_aside() is durable when
  // it returns, and keeps the same key once.
  virtual Result<void> keep_aside(std::string_view name, const KeptKey& key) = 0;
  virtual Result<std::vector<KeptKey>> kept_aside(std::string_view name) = 0;  // oldest first

  // One holder per name, over all processes; does not wait. Error: locked.
  virtual Result<std::unique_ptr<Lease>> lease(std::string_view name) = 0;
  // Enough room, and a file can be written (CF53): asked before a CA is. Error: storage.
  virtual Result<void> check_writable() = 0;
};

struct Generations;

// A FileVault is the Vault in files (faults.md 1.4 rule 2):
//   format                                version of the layout
//   accounts/<name>.json  orders/<name>.json  cas/<name>.json  http01/<name>.json    records, with version and checksum,
//                                         mode 0600
//   certificates/<name>/gen-N/{privkey,cert,chain,fullchain}.pem, meta.json    N grows for ever
//   certificates/<name>/live -> gen-N     the one swap
//   aside/<name>/N.pem                    keys put aside, with what is known of their orders in front of them
//   locks/<name>                          flock()ed, never stale
// <name> is encoded reversibly: lower case, digits, "-", "." stay, other octets become %xx (CF18b).
class FileVault final : public Vault {
 public:
  static constexpr std::size_t record_bytes_max = 1u << 20, pem_bytes_max = 8u << 20;
  static constexpr std::uint64_t generations_kept = 3, free_bytes_min = 1u << 20;
  static constexpr std::size_t keys_aside_max = 3;
  static constexpr int format_version = 1;

  // Creates what is missing, and asks for nothing more when the folder can only be read. Errors: storage; locked is
  // never returned here.
  static Result<std::unique_ptr<FileVault>> open(Disk& disk);
  static Result<bool> is_there(Disk& disk);  // whether somebody has opened one here before

  Result<std::optional<encoding::Json>> get(std::string_view kind, std::string_view name) override;
  Result<void> put(std::string_view kind, std::string_view name, const encoding::Json& record) override;
  Result<std::vector<std::string>> list(std::string_view kind) override;
  Result<void> remove(std::string_view kind, std::string_view name) override;
  Result<std::uint64_t> publish(std::string_view name, const Pair& pair,
                                const std::function<Result<void>(const Pair&)>& verify) override;
  Result<std::optional<Pair>> live(std::string_view name) override;
  Result<std::optional<encoding::Json>> live_meta(std::string_view name) override;
  Result<std::vector<std::string>> certificates() override;
  Result<void> settle(std::string_view name) override;
  Result<void> keep_aside(std::string_view name, const KeptKey& key) override;
  Result<std::vector<KeptKey>> kept_aside(std::string_view name) override;
  Result<std::unique_ptr<Lease>> lease(std::string_view name) override;
  Result<void> check_writable() override;

 private:
  explicit FileVault(Disk& disk) : disk_(disk) {}
  Result<void> write_and_check(const std::string& folder, const Pair& pair,
                               const std::function<Result<void>(const Pair&)>& verify);
  void prune(const std::string& folder, std::uint64_t fresh, const Generations& before);
  void go_back(const std::string& folder, std::uint64_t fresh, const Generations& before);
  Result<std::optional<std::uint64_t>> live_number(std::string_view name);
  Result<std::optional<std::uint64_t>> repaired_number(const std::string& folder);

  Disk& disk_;
};

std::string file_name_of(std::string_view name);
std::optional<std::string> name_of_file(std::string_view file_name);

}  // namespace crest::client
