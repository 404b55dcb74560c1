// An UnboundResolver speaks DNS itself, by libunbound: any record type, servers of the caller's choice, DNSSEC.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>

#include "dns/name_servers.hpp"
#include "dns/resolver.hpp"

namespace crest::adapters {

class UnboundContext;

// It asks servers that recurse: those of the call, else those of resolv.conf, and then the hosts file gives addresses
// first. TCP when an answer does not fit; CNAMEs followed. What was asked is forgotten at once, so that a record that was
// just written is seen; validated keys and which server is up for context_life (SF53).
class UnboundResolver final : public dns::Resolver {
 public:
  static constexpr std::chrono::seconds context_life{60};
  static constexpr std::size_t contexts_max = 16;  // sets of servers in use at a time

  struct Options {
    bool dnssec = true;  // false: for a network whose servers cannot answer for the root
    std::string root_anchor_file = "/usr/share/dns/root.key";  // Debian's dns-root-data; not there: no root anchor
    std::vector<std::string> trust_anchor_files;               // DS or DNSKEY records of private signed zones
    std::vector<std::string> insecure_domains;                 // never validated, beside those that nobody can delegate
    std::string hosts_file = "/etc/hosts", resolv_conf_file = "/etc/resolv.conf";
  };
  // Reads the anchors. Error: config, naming what cannot be used.
  static Result<std::unique_ptr<UnboundResolver>> open(Options options);
  ~UnboundResolver() override;

  // Blocks for at most call.total, and ends at once with call.stop; thread-safe. A record's TTL is what is left of it where
  // it was asked. Errors: dns (SERVFAIL and the like; an answer that fails DNSSEC validation, whose text says so), timeout.
  Result<dns::Answer> query(std::string_view name, dns::RecordType type, const std::vector<std::string>& servers,
                            const Call& call) override;

 private:
  using ContextPtr = std::shared_ptr<UnboundContext>;
  struct Slot {
    ContextPtr context;
    std::chrono::steady_clock::time_point made;
  };

  explicit UnboundResolver(Options options) : options_(std::move(options)) {}
  Result<std::vector<dns::NameServer>> servers_for(const std::vector<std::string>& servers) const;
  std::string settings_for(const std::vector<dns::NameServer>& servers) const;
  Result<ContextPtr> context_for(const std::vector<dns::NameServer>& servers);

  Options options_;
  std::mutex mutex_;
  std::map<std::string, Slot> slots_;  // by settings
};

}  // namespace crest::adapters
