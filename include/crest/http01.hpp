// How a Client shows the CA that it controls a name over HTTP (RFC 8555 section 8.3).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <crest/result.hpp>

namespace crest {

namespace client {
class Solver;
}

// Kept with a certificate, so that its renewals are answered for at the same place.
struct Http01Place {
  std::string listen;   // the address of a listener of our own: ":80"
  std::string webroot;  // or the root of a web server that runs already, as absolute path

  friend bool operator==(const Http01Place&, const Http01Place&) = default;
};

// One of the two below.
class Http01Solver {
 public:
  virtual ~Http01Solver() = default;
  static Result<std::unique_ptr<Http01Solver>> open(const Http01Place& place);  // errors: as of the two
  virtual Http01Place place() const = 0;
  virtual client::Solver& solver() = 0;  // the library's own business
};

// A listener of our own. It answers live tokens and nothing else; the destructor closes it. Thread-safe.
class Http01Server final : public Http01Solver {
 public:
  // ":80" (IPv4 and IPv6), "127.0.0.1:5002", "[::1]:5002". Takes no port yet. Error: usage for text that is no address.
  static Result<std::unique_ptr<Http01Server>> open(const std::string& address);
  // Takes the port now; else the first order does, before its CA is asked. Errors: port_in_use, naming the holder where
  // it is known; config for a port that this user may not have.
  Result<void> listen();
  ~Http01Server() override;
  std::uint16_t port() const;  // the one taken; 0 before
  Http01Place place() const override;
  client::Solver& solver() override;

 private:
  struct Impl;
  explicit Http01Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Files under the root of a web server that runs already. Error: storage.
class Http01Webroot final : public Http01Solver {
 public:
  static Result<std::unique_ptr<Http01Webroot>> open(const std::string& folder);
  ~Http01Webroot() override;
  Http01Place place() const override;
  client::Solver& solver() override;

 private:
  struct Impl;
  explicit Http01Webroot(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace crest
