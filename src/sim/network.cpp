#include "sim/network.hpp"

#include "encoding/json.hpp"
#include "encoding/url.hpp"

namespace crest::sim {
namespace {

Error lost(const http::Request& request) {
  return make_error(ErrorKind::timeout, "no answer came in time", request.url);
}
Error refused(const http::Request& request) {
  return make_error(ErrorKind::connect, "connection refused", request.url);
}

http::Response bad_gateway() {
  return {502, {{"Content-Type", "text/html"}}, "<html><body>Bad Gateway</body></html>", ""};
}

}  // namespace

void Network::add_host(const std::string& host) {
  const std::size_t number = hosts_.size() + 1;
  hosts_[host] = "10.0." + std::to_string(number / 250) + "." + std::to_string(number % 250 + 1);
  names_[host] = host;
}

void Network::add_name(const std::string& name, const std::string& host) { names_[name] = host; }

void Network::listen(const std::string& host, std::uint16_t port, http::Service* service) {
  services_[{host, port}] = service;
}

http::Service* Network::service(const std::string& host, std::uint16_t port) const {
  const auto found = services_.find({host, port});
  return found == services_.end() ? nullptr : found->second;
}

Result<Network::Destination> Network::find(const http::Request& request, const Call& call) const {
  const encoding::Url url = TRY(encoding::Url::parse(request.url));
  Destination destination;
  if (call.connect_to.empty()) {
    const auto named = names_.find(url.host);
    if (named == names_.end()) return make_error(ErrorKind::dns, "no such name", url.host);
    destination.host = named->second;
  } else {
    for (const auto& [host, address] : hosts_) {
      if (address == call.connect_to) destination.host = host;
    }
    if (destination.host.empty()) return make_error(ErrorKind::connect, "no route to host", call.connect_to);
  }
  destination.service = service(destination.host, url.port);
  return destination;
}

void Network::tell(const Sender& from, const std::string& to, const http::Request& request,
                   const http::Response* response, const std::string& fault) {
  if (watcher_) watcher_({from.host, to, &request, response, fault, from.purpose});
}

// The service gets what a listener would hand it: the target alone, and the sender's address.
Result<http::Response> Network::reach(const Sender& from, const Destination& to, const http::Request& request,
                                      const std::string& fault) {
  http::Request received = request;
  const encoding::Url url = TRY(encoding::Url::parse(request.url));
  received.url = url.target;
  if (!received.headers.get("Host")) received.headers.add("Host", url.authority());
  received.peer.address = hosts_.at(from.host);
  try {
    http::Response response = to.service->handle(received);
    tell(from, to.host, request, &response, fault);
    return response;
  } catch (const ProcessDied&) {
    tell(from, to.host, request, nullptr, "the server died");
    return make_error(ErrorKind::connect, "connection reset", request.url);
  }
}

// What a server that forgot its nonces answers; the request itself never reaches ours.
http::Response Network::reject_nonce(const Destination& to) {
  http::Request fetch;
  fetch.method = "HEAD";
  fetch.url = "/acme/corp/new-nonce";
  fetch.peer.address = "127.0.0.1";
  const http::Response fresh = to.service->handle(fetch);
  http::Response response{400, {{"Content-Type", "application/problem+json"}}, "", ""};
  if (const auto nonce = fresh.headers.get("Replay-Nonce")) {
    response.headers.add("Replay-Nonce", std::string(*nonce));
  }
  encoding::Json problem = encoding::Json::object();
  problem.set("type", "urn:ietf:params:acme:error:badNonce").set("detail", "the nonce is not one of ours");
  problem.set("status", 400);
  response.body = problem.dump();
  return response;
}

Result<http::Response> Network::carry(const Sender& from, const http::Request& request, const Call& call) {
  const FaultRates& rates = faults_.rates();
  if (rates.latency_max > Duration(0)) {
    clock_.advance(Duration(1 + faults_.random().below(static_cast<std::uint64_t>(rates.latency_max.count()))));
  }
  if (!from.validation && faults_.strikes(rates.client_dies_at_network, "client died before sending")) {
    throw ProcessDied{request.url};
  }
  const Destination to = TRY(find(request, call));
  const auto proxy = proxies_.find(from.host);
  if (proxy != proxies_.end() && !from.validation) {
    if (const std::optional<Page> instead = proxy->second->answer(clock_.now())) {
      tell(from, to.host, request, nullptr, to_string(*instead));
      return page(*instead);
    }
  }
  if (!to.service) {
    tell(from, to.host, request, nullptr, "refused");
    return refused(request);
  }
  if (!from.validation) return carry_faultily(from, to, request, call);
  if (faults_.strikes(rates.validation_lost, "validation lost")) {
    tell(from, to.host, request, nullptr, "lost");
    return lost(request);
  }
  return reach(from, to, request, "");
}

Result<http::Response> Network::carry_faultily(const Sender& from, const Destination& to, const http::Request& request,
                                               const Call& call) {
  const FaultRates& rates = faults_.rates();
  if (faults_.strikes(rates.request_lost, "request lost")) {
    clock_.advance(call.idle);
    tell(from, to.host, request, nullptr, "request lost");
    return lost(request);
  }
  if (faults_.strikes(rates.server_error, "server error")) {
    tell(from, to.host, request, nullptr, "502");
    return bad_gateway();
  }
  if (request.method == "POST" && faults_.strikes(rates.bad_nonce, "bad nonce")) {
    tell(from, to.host, request, nullptr, "badNonce");
    return reject_nonce(to);
  }
  http::Response response = TRY(reach(from, to, request, ""));
  if (faults_.strikes(rates.request_twice, "request twice")) {
    const Result<http::Response> second = reach(from, to, request, "twice");
    if (!second) faults_.count("server died at a doubled request");
  }
  if (faults_.strikes(rates.client_dies_at_network, "client died after sending")) throw ProcessDied{request.url};
  if (faults_.strikes(rates.reply_lost, "reply lost")) {
    clock_.advance(call.idle);
    return lost(request);
  }
  if (!response.body.empty() && faults_.strikes(rates.reply_cut, "reply cut")) {
    response.body.resize(response.body.size() / 2);
  }
  return response;
}

Result<dns::Answer> Network::query(std::string_view name, dns::RecordType type, const std::vector<std::string>&,
                                   const Call&) {
  dns::Answer answer;
  answer.final_name = std::string(name);
  const auto named = names_.find(std::string(name));
  if (named == names_.end()) {
    answer.outcome = dns::Outcome::no_such_name;
    return answer;
  }
  if (type != dns::RecordType::A) return answer;
  const encoding::IpAddress address = TRY(encoding::IpAddress::parse(hosts_.at(named->second)));
  answer.outcome = dns::Outcome::answer;
  answer.records.push_back({std::string(name), type, 60, address.octets()});
  return answer;
}

}  // namespace crest::sim
