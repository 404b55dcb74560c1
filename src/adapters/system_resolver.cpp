#include "adapters/system_resolver.hpp"

#include <condition_variable>
#include <mutex>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <system_error>
#include <thread>

namespace crest::adapters {
namespace {

constexpr std::size_t records_max = 64;

// Shared by the caller and by the thread that getaddrinfo blocks; whoever is last frees it.
struct Lookup {
  std::string name;
  dns::RecordType type = dns::RecordType::A;
  std::shared_ptr<std::atomic<int>> under_way;
  std::mutex mutex;
  std::condition_variable_any done;
  std::optional<Result<dns::Answer>> answer;
};

Bytes octets_of(const addrinfo& entry) {
  if (entry.ai_family == AF_INET) {
    const auto* address = reinterpret_cast<const sockaddr_in*>(entry.ai_addr);
    return to_bytes(ByteView(reinterpret_cast<const std::uint8_t*>(&address->sin_addr), sizeof address->sin_addr));
  }
  const auto* address = reinterpret_cast<const sockaddr_in6*>(entry.ai_addr);
  return to_bytes(ByteView(reinterpret_cast<const std::uint8_t*>(&address->sin6_addr), sizeof address->sin6_addr));
}

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (text.ends_with('.')) text.pop_back();
  return text;
}

Result<dns::Answer> failure(int code, const Lookup& lookup) {
  dns::Answer answer;
  answer.final_name = lookup.name;
  if (code == EAI_NODATA || code == EAI_ADDRFAMILY) return answer;
  if (code == EAI_NONAME) {
    answer.outcome = dns::Outcome::no_such_name;
    return answer;
  }
  const char* next =
      code == EAI_AGAIN ? "; check that the name servers of /etc/resolv.conf answer, then try again" : "";
  return make_error(ErrorKind::dns, std::string("the system's resolver failed: ") + ::gai_strerror(code) + next,
                    lookup.name);
}

Result<dns::Answer> look_up(const Lookup& lookup) {
  const int family = lookup.type == dns::RecordType::A ? AF_INET : AF_INET6;
  addrinfo hints{};
  hints.ai_family = family;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_CANONNAME;
  addrinfo* found = nullptr;
  const int code = ::getaddrinfo(lookup.name.c_str(), nullptr, &hints, &found);
  if (code != 0) return failure(code, lookup);
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owned(found, ::freeaddrinfo);
  dns::Answer answer;
  answer.outcome = dns::Outcome::answer;
  answer.final_name = found->ai_canonname != nullptr ? lower(found->ai_canonname) : lookup.name;
  for (const addrinfo* entry = found; entry != nullptr && answer.records.size() < records_max; entry = entry->ai_next) {
    if (entry->ai_family != family) continue;
    answer.records.push_back({answer.final_name, lookup.type, 0, octets_of(*entry)});
  }
  return answer;
}

void run(const std::shared_ptr<Lookup>& lookup) {
  std::optional<Result<dns::Answer>> answer;
  try {
    answer = look_up(*lookup);
  } catch (const std::bad_alloc&) {
    answer = make_error(ErrorKind::internal, "out of memory while looking up a name");
  }
  lookup->under_way->fetch_sub(1);
  const std::lock_guard lock(lookup->mutex);
  lookup->answer = std::move(answer);
  lookup->done.notify_all();
}

Result<void> start(const std::shared_ptr<Lookup>& lookup) {
  if (lookup->under_way->fetch_add(1) >= SystemResolver::lookups_max) {
    lookup->under_way->fetch_sub(1);
    return make_error(ErrorKind::dns, "too many look-ups hang already; check the name servers of /etc/resolv.conf",
                      lookup->name);
  }
  try {
    std::thread([lookup] { run(lookup); }).detach();
  } catch (const std::system_error&) {
    lookup->under_way->fetch_sub(1);
    return make_error(ErrorKind::dns, "no thread to look the name up; raise the limit of processes (ulimit -u)",
                      lookup->name);
  }
  return {};
}

}  // namespace

Result<dns::Answer> SystemResolver::query(std::string_view name, dns::RecordType type,
                                          const std::vector<std::string>& servers, const Call& call) {
  const std::string text(name);
  if (!servers.empty()) {
    return make_error(ErrorKind::dns,
                      "name servers of your choice are not supported yet; leave them out to use the system's", text);
  }
  if (type != dns::RecordType::A && type != dns::RecordType::AAAA) {
    return make_error(
        ErrorKind::dns,
        "the system's resolver finds addresses only, not " + std::string(dns::to_string(type)) + " records", text);
  }
  if (text.empty() || text.size() > 253 || text.find('\0') != text.npos) {
    return make_error(ErrorKind::dns, "not a name that can be looked up", Untrusted(text).printable());
  }
  const auto lookup = std::make_shared<Lookup>();
  lookup->name = lower(text);
  lookup->type = type;
  lookup->under_way = under_way_;
  TRY(start(lookup));
  std::unique_lock lock(lookup->mutex);
  if (lookup->done.wait_for(lock, call.stop, call.total, [&] { return lookup->answer.has_value(); })) {
    return *std::move(lookup->answer);
  }
  return make_error(ErrorKind::timeout,
                    call.stop.stop_requested() ? "stopped while looking up the name"
                                               : "no answer in time; check the name servers of /etc/resolv.conf",
                    text);
}

}  // namespace crest::adapters
