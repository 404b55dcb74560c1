#include "adapters/unbound_resolver.hpp"

#include <algorithm>
#include <unistd.h>

#include "adapters/text_file.hpp"
#include "adapters/unbound_context.hpp"
#include "dns/name.hpp"

namespace crest::adapters {
namespace {

using dns::RecordType;

constexpr std::size_t hosts_bytes_max = 256u << 10, resolv_conf_bytes_max = 16u << 10, anchor_bytes_max = 256u << 10;

// Names that no zone of the public DNS delegates: whoever uses them inside has no chain from the root, and the root's
// signed denial would make every answer bogus.
constexpr auto private_domains = {"test",     "local",       "internal", "home.arpa", "lan",  "home",   "corp",
                                  "intranet", "localdomain", "private",  "mail",      "host", "domain", "ad"};

// libunbound answers these itself unless it is told not to.
constexpr auto domains_to_ask = {"test", "home.arpa"};

constexpr std::string_view fixed_settings =
    "server:\n"
    "  directory: \"\"\n  chroot: \"\"\n  username: \"\"\n  pidfile: \"\"\n  use-syslog: no\n"
    "  do-not-query-localhost: no\n"
    "  edns-buffer-size: 1232\n"
    "  outgoing-range: 128\n  outgoing-num-tcp: 32\n  num-queries-per-thread: 256\n"
    "  msg-cache-size: 256k\n  rrset-cache-size: 512k\n  key-cache-size: 1m\n  neg-cache-size: 64k\n"
    "  infra-cache-numhosts: 1000\n"
    "  cache-max-ttl: 864000\n"
    "  aggressive-nsec: no\n  trust-anchor-signaling: no\n  root-key-sentinel: no\n"
    "  unblock-lan-zones: yes\n  insecure-lan-zones: yes\n";

bool is_plain_path(std::string_view path) { return path.find_first_of("\"\\\n\r") == path.npos && !path.empty(); }

Result<void> check_anchor(const std::string& path) {
  if (!is_plain_path(path)) {
    return make_error(ErrorKind::config, "not a path for trust anchors", Untrusted(path).printable());
  }
  TRY(read_text_file(path, anchor_bytes_max));
  return {};
}

// A file that is not there says nothing; one that cannot be read whole must not be taken for one.
Result<std::string> read_where_there(const std::string& path, std::size_t bytes_max) {
  if (!is_there(path)) return std::string();
  return read_text_file(path, bytes_max);
}

}  // namespace

UnboundResolver::~UnboundResolver() = default;

Result<std::unique_ptr<UnboundResolver>> UnboundResolver::open(Options options) {
  for (const auto& path : options.trust_anchor_files) TRY(check_anchor(path));
  for (auto& domain : options.insecure_domains) {
    const auto name = dns::Name::from_user(domain);
    if (!name) return Error(name.error()).as(ErrorKind::config).at("insecure domain");
    domain = name->str();
  }
  const bool has_root = ::access(options.root_anchor_file.c_str(), R_OK) == 0;
  if (!has_root || !is_plain_path(options.root_anchor_file)) options.root_anchor_file.clear();
  std::unique_ptr<UnboundResolver> resolver(new UnboundResolver(std::move(options)));
  const auto own = TRY(resolver->servers_for({}));
  TRY(resolver->context_for(own));
  return resolver;
}

Result<std::vector<dns::NameServer>> UnboundResolver::servers_for(const std::vector<std::string>& servers) const {
  if (servers.empty()) {
    const auto text = TRY(read_where_there(options_.resolv_conf_file, resolv_conf_bytes_max));
    return dns::servers_of_resolv_conf(text);
  }
  std::vector<dns::NameServer> out;
  for (const auto& text : servers) {
    const auto server = TRY(dns::name_server_from_text(text));
    out.push_back(server);
  }
  return out;
}

std::string UnboundResolver::settings_for(const std::vector<dns::NameServer>& servers) const {
  std::string text(fixed_settings);
  const auto line = [&](const char* key, const std::string& value) {
    text += "  " + std::string(key) + ": \"" + value + "\"\n";
  };
  for (const char* domain : domains_to_ask) text += "  local-zone: \"" + std::string(domain) + ".\" nodefault\n";
  text += options_.dnssec ? "  module-config: \"validator iterator\"\n" : "  module-config: \"iterator\"\n";
  if (options_.dnssec) {
    if (!options_.root_anchor_file.empty()) line("trust-anchor-file", options_.root_anchor_file);
    for (const auto& path : options_.trust_anchor_files) line("trust-anchor-file", path);
    for (const char* domain : private_domains) line("domain-insecure", domain);
    for (const auto& domain : options_.insecure_domains) line("domain-insecure", domain);
  }
  text += "forward-zone:\n  name: \".\"\n  forward-no-cache: yes\n";
  for (const auto& server : servers) line("forward-addr", server.address + "@" + std::to_string(server.port));
  return text;
}

Result<UnboundResolver::ContextPtr> UnboundResolver::context_for(const std::vector<dns::NameServer>& servers) {
  const auto now = std::chrono::steady_clock::now();
  std::string settings = settings_for(servers);
  std::vector<ContextPtr> old;  // ends outside of the lock: it joins threads
  const std::lock_guard lock(mutex_);
  for (auto slot = slots_.begin(); slot != slots_.end();) {
    const bool due = now - slot->second.made >= context_life;
    if (due) old.push_back(std::move(slot->second.context));
    slot = due ? slots_.erase(slot) : std::next(slot);
  }
  if (const auto found = slots_.find(settings); found != slots_.end()) return found->second.context;
  if (slots_.size() >= contexts_max) {
    return make_error(ErrorKind::dns, "too many sets of name servers are in use at a time; use fewer");
  }
  auto made = TRY(UnboundContext::make(settings));
  ContextPtr context = std::move(made);
  slots_[std::move(settings)] = {context, now};
  return context;
}

Result<dns::Answer> UnboundResolver::query(std::string_view name, RecordType type,
                                           const std::vector<std::string>& servers, const Call& call) {
  std::string text = dns::folded(name);
  if (text.ends_with('.')) text.pop_back();
  if (text.empty() || text.size() > dns::Name::length_max || text.find('\0') != text.npos) {
    return make_error(ErrorKind::dns, "not a name that can be looked up", Untrusted(text).printable());
  }
  const bool is_address = type == RecordType::A || type == RecordType::AAAA;
  if (servers.empty() && is_address) {
    const auto hosts = TRY(read_where_there(options_.hosts_file, hosts_bytes_max));
    const auto own = dns::addresses_in_hosts(hosts, text);
    dns::Answer answer{.outcome = dns::Outcome::no_data, .final_name = text};
    for (const auto& address : own) {
      if (address.is_v4() == (type == RecordType::A)) answer.records.push_back({text, type, 0, address.octets()});
    }
    if (!answer.records.empty()) answer.outcome = dns::Outcome::answer;
    if (!own.empty()) return answer;
  }
  const auto chosen = TRY(servers_for(servers));
  const ContextPtr context = TRY(context_for(chosen));
  return context->query(text, type, call);
}

}  // namespace crest::adapters
