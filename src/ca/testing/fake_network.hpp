// Names and hosts that exist only in a test: a Resolver over a table, a Transport over a function for each host.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <set>

#include "core/clock.hpp"
#include "dns/resolver.hpp"
#include "encoding/url.hpp"
#include "http/transport.hpp"

namespace crest::ca::testing {

class FakeResolver final : public dns::Resolver {
 public:
  std::map<std::string, std::vector<std::string>> hosts;  // name to address texts
  std::set<std::string> broken;                           // SERVFAIL
  std::map<std::string, int> asked;

  Result<dns::Answer> query(std::string_view name, dns::RecordType type, const std::vector<std::string>&,
                            const Call&) override {
    const std::scoped_lock lock(mutex_);
    ++asked[std::string(name)];
    if (broken.contains(std::string(name))) return make_error(ErrorKind::dns, "the name server answers SERVFAIL");
    dns::Answer answer;
    const auto host = hosts.find(std::string(name));
    if (host == hosts.end()) {
      answer.outcome = dns::Outcome::no_such_name;
      return answer;
    }
    for (const auto& text : host->second) {
      const auto address = encoding::IpAddress::parse(text).value();
      const auto own_type = address.is_v4() ? dns::RecordType::A : dns::RecordType::AAAA;
      if (own_type == type) answer.records.push_back({std::string(name), type, 60, address.octets()});
    }
    answer.outcome = answer.records.empty() ? dns::Outcome::no_data : dns::Outcome::answer;
    return answer;
  }

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

}  // namespace crest::ca::testing
