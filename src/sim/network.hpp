// A Network joins services by name, address and port, and loses, doubles, delays and cuts what passes through it.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "dns/resolver.hpp"
#include "http/transport.hpp"
#include "sim/faults.hpp"
#include "sim/proxy.hpp"
#include "sim/virtual_clock.hpp"

namespace crest::sim {

struct Sender {
  std::string host;
  bool validation = false;  // the CA's fetch of a proof
  std::string purpose;      // the certificate that it is about, when a client asks
};

struct Exchange {        // what a watcher is told after each attempt to talk
  std::string from, to;  // host names
  const http::Request* request = nullptr;
  const http::Response* response = nullptr;  // what the service answered; nullptr when it was not reached
  std::string fault;                         // what the network did, or ""
  std::string purpose;                       // of the sender
};

class Network final : public dns::Resolver {
 public:
  using Watcher = std::function<void(const Exchange&)>;

  Network(VirtualClock& clock, Faults& faults) : clock_(clock), faults_(faults) {}

  // `host` gets an address of 10.0.0.0/8; several names may share it.
  void add_host(const std::string& host);
  void add_name(const std::string& name, const std::string& host);
  void listen(const std::string& host, std::uint16_t port, http::Service* service);  // nullptr: nobody listens
  void set_proxy(const std::string& host, Proxy* proxy) { proxies_[host] = proxy; }  // of what `host` asks
  http::Service* service(const std::string& host, std::uint16_t port) const;         // nullptr: nobody listens
  void watch(Watcher watcher) { watcher_ = std::move(watcher); }
  const std::string& address_of(const std::string& host) const { return hosts_.at(host); }

  // A request, with every fault that the rates ask for.
  Result<http::Response> carry(const Sender& from, const http::Request& request, const Call& call);

  Result<dns::Answer> query(std::string_view name, dns::RecordType type, const std::vector<std::string>& servers,
                            const Call& call) override;

 private:
  struct Destination {
    std::string host;
    http::Service* service = nullptr;
  };
  Result<Destination> find(const http::Request& request, const Call& call) const;
  Result<http::Response> carry_faultily(const Sender& from, const Destination& to, const http::Request& request,
                                        const Call& call);
  http::Response reject_nonce(const Destination& to);
  Result<http::Response> reach(const Sender& from, const Destination& to, const http::Request& request,
                               const std::string& fault);
  void tell(const Sender& from, const std::string& to, const http::Request& request, const http::Response* response,
            const std::string& fault);

  VirtualClock& clock_;
  Faults& faults_;
  Watcher watcher_;
  std::map<std::string, std::string> hosts_;  // host to address
  std::map<std::string, std::string> names_;  // name to host
  std::map<std::pair<std::string, std::uint16_t>, http::Service*> services_;
  std::map<std::string, Proxy*> proxies_;
};

// One host's way into the network.
class NetworkTransport final : public http::Transport {
 public:
  NetworkTransport(Network& network, Sender sender) : network_(network), sender_(std::move(sender)) {}
  Result<http::Response> send(const http::Request& request, const Call& call) override {
    return network_.carry(sender_, request, call);
  }
  void set_purpose(const std::string& certificate) { sender_.purpose = certificate; }

 private:
  Network& network_;
  Sender sender_;
};

}  // namespace crest::sim
