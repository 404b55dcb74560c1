// Names and hosts that exist only in a test: a Resolver over a table, a Transport over a function for each host.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <set>

#include "core/clock.hpp"
#include "dns/resolver.hpp"
#include "encoding/url.hpp"
#include "http/transport.hpp"
#include "x509/tls_probe.hpp"

namespace crest::ca::testing {

class FakeResolver final : public dns::Resolver {
 public:
  std::map<std::string, std::vector<std::string>> hosts;                          // name to address texts
  std::map<std::pair<std::string, dns::RecordType>, std::vector<Bytes>> records;  // RDATA, of any other type
  std::map<std::string, std::string> aliases;                                     // name to where its CNAME leads
  std::uint32_t ttl_seconds = 60;
  std::set<std::string> broken;  // SERVFAIL
  std::set<std::pair<std::string, dns::RecordType>> broken_types;
  std::optional<Error> failure;  // of every query: the resolver itself is ill
  std::map<std::string, int> asked;

  Result<dns::Answer> query(std::string_view name, dns::RecordType type, const std::vector<std::string>&,
                            const Call&) override {
    const std::scoped_lock lock(mutex_);
    ++asked[std::string(name)];
    queries.emplace_back(name, type);
    if (failure) return *failure;
    std::string owner(name);
    for (int steps = 0; aliases.contains(owner); ++steps) {
      if (steps == 16) return make_error(ErrorKind::dns, "the aliases go in a circle");
      owner = aliases.at(owner);
    }
    if (broken.contains(owner) || broken_types.contains({owner, type})) {
      return make_error(ErrorKind::dns, "the name server answers SERVFAIL");
    }
    dns::Answer answer;
    answer.final_name = owner;
    const auto host = hosts.find(owner);
    if (host != hosts.end()) {
      for (const auto& text : host->second) {
        const auto address = encoding::IpAddress::parse(text).value();
        const auto own_type = address.is_v4() ? dns::RecordType::A : dns::RecordType::AAAA;
        if (own_type == type) answer.records.push_back({owner, type, ttl_seconds, address.octets()});
      }
    }
    const auto found = records.find({owner, type});
    if (found != records.end()) {
      for (const auto& data : found->second) answer.records.push_back({owner, type, ttl_seconds, data});
    }
    const bool exists = host != hosts.end() ||
                        std::ranges::any_of(records, [&](const auto& entry) { return entry.first.first == owner; });
    answer.outcome = !answer.records.empty() ? dns::Outcome::answer
                     : exists                ? dns::Outcome::no_data
                                             : dns::Outcome::no_such_name;
    return answer;
  }

  // A TXT record, its text cut into strings of at most `string_max` octets.
  void add_txt(const std::string& name, std::string_view text, std::size_t string_max = 255) {
    Bytes data;
    do {
      const auto part = text.substr(0, string_max);
      data.push_back(static_cast<std::uint8_t>(part.size()));
      data.insert(data.end(), part.begin(), part.end());
      text.remove_prefix(part.size());
    } while (!text.empty());
    records[{name, dns::RecordType::TXT}].push_back(std::move(data));
  }

  std::vector<std::pair<std::string, dns::RecordType>> queries;  // in order

 private:
  std::mutex mutex_;
};

// Answers by the address that was connected to.
class FakeEgress final : public http::Transport {
 public:
  using Handler = std::function<Result<http::Response>(const http::Request&, const Call&)>;

  std::map<std::string, Handler> at;  // address text to handler; others refuse the connection
  struct Seen {
    std::string url, connect_to;
  };
  std::vector<Seen> seen;

  Result<http::Response> send(const http::Request& request, const Call& call) override {
    Handler handler;
    {
      const std::scoped_lock lock(mutex_);
      seen.push_back({request.url, call.connect_to});
      const auto found = at.find(call.connect_to);
      if (found == at.end()) return make_error(ErrorKind::connect, "connection refused", request.url);
      if (call.connected) *call.connected = true;
      handler = found->second;
    }
    return handler(request, call);
  }

  static Handler answers(int status, std::string body, http::Headers headers = {}) {
    return [=](const http::Request&, const Call& call) -> Result<http::Response> {
      return http::capped({.status = status, .headers = headers, .body = body}, call, "");
    };
  }
  static Handler redirects(int status, std::string location) {
    return answers(status, "<p>moved</p>", {{"Location", std::move(location)}});
  }
  static Handler fails(ErrorKind kind) {
    return [=](const http::Request&, const Call&) -> Result<http::Response> { return make_error(kind, "planned"); };
  }
  static Handler does_not_connect(ErrorKind kind = ErrorKind::connect) {
    return [=](const http::Request&, const Call& call) -> Result<http::Response> {
      if (call.connected) *call.connected = false;
      return make_error(kind, "planned");
    };
  }

 private:
  std::mutex mutex_;
};

// Answers handshakes by the address that was connected to.
class FakeProbe final : public x509::TlsProbe {
 public:
  using Handler = std::function<Result<x509::TlsAnswer>(const x509::TlsTarget&)>;

  std::map<std::string, Handler> at;  // address text to handler; others refuse the connection
  std::vector<x509::TlsTarget> seen;

  Result<x509::TlsAnswer> handshake(const x509::TlsTarget& target, const Call&) override {
    const std::scoped_lock lock(mutex_);
    seen.push_back(target);
    const auto found = at.find(target.address.str());
    if (found == at.end()) return make_error(ErrorKind::connect, "connection refused", target.address.str());
    return found->second(target);
  }

 private:
  std::mutex mutex_;
};

}  // namespace crest::ca::testing
