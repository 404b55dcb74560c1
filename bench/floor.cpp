// crest-floor does what no CA can leave out for a certificate, and nothing else, and says how many of those a second of
// CPU time is good for: 6 verifications of a JWS, 1 check of a CSR, 2 builds and signatures of a certificate, 1 parse-back,
// 1 fetch over HTTP, 14 TLS records over loopback, 3 transactions. 32 certificates go along together in one thread, so that
// nothing waits, nothing is handed over, and each transaction is that of 32.
//
//   crest-floor [CERTIFICATES]
//
// The work is done by the same functions as in crest-ca, on a store with the same settings. What clients and hosts do is
// done by a child process and not counted. Prints one JSON object.
#include <array>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <openssl/ssl.h>

#include "acme/challenge.hpp"
#include "acme/order.hpp"
#include "adapters/curl_transport.hpp"
#include "adapters/server_channel.hpp"
#include "adapters/sqlite_store.hpp"
#include "adapters/system_clock.hpp"
#include "ca/audit/writer.hpp"
#include "ca/hierarchy.hpp"
#include "ca/issuer/csr_check.hpp"
#include "ca/ra/deps.hpp"
#include "crypto/digest.hpp"
#include "encoding/base64.hpp"
#include "encoding/der.hpp"
#include "jose/jws.hpp"
#include "x509/asn1.hpp"
#include "x509/build.hpp"
#include "x509/csr.hpp"

namespace {

using namespace crest;
namespace store = ca::store;

constexpr std::size_t together = 32, verifications = 6, record_bytes_max = 16u << 10;
constexpr std::size_t pairs = verifications + 1;  // a request and its response are a record each; one is for a nonce
constexpr std::array<std::size_t, pairs> response_bytes = {900, 950, 550, 950, 900, 2'300, 350};
constexpr std::string_view
    name = "load.test",
    request_head =
        "POST /acme/corp/order/0123456789abcdefghijklmnopqrstu/finalize HTTP/1.1\r\nHost: localhost:9000\r\n"
        "User-Agent: crest/0.1.0\r\nAccept-Language: en\r\nContent-Type: application/jose+json\r\nContent-Length: "
        "0000\r\n\r\n";

void must(bool condition, const char* what) {
  if (!condition) throw std::runtime_error(what);
}

double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

enum Step { verification, csr_check, build_and_sign, parse_back, fetch, tls_records, transactions, steps };
constexpr std::array<const char*, steps> step_names = {"verification", "csr_check",   "build_and_sign", "parse_back",
                                                       "fetch",        "tls_records", "transactions"};

struct SslDeleter {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using SslPtr = std::unique_ptr<SSL, SslDeleter>;

int listener(std::uint16_t& port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  must(::bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0 && ::listen(socket, 128) == 0, "no listener");
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  port = ntohs(address.sin_port);
  return socket;
}

void send_at_once(int socket) {
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

int connected_to(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  must(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "no connection");
  send_at_once(socket);
  return socket;
}

// What both sides know from before they part.
struct Script {
  std::array<crypto::PrivateKey, together> account_keys = keys();
  std::array<std::array<std::string, pairs>, together> requests;
  std::array<std::string, pairs> responses;
  std::string token = encoding::base64url(crypto::sha256(std::string_view("token")));
  std::string key_authorization = acme::key_authorization(token, account_keys[0].public_key());
  Bytes csr;

  Script() {
    const auto leaf_key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
    csr = x509::make_csr(leaf_key, {{x509::SubjectName::Type::dns, std::string(name)}}).value();
    const std::string payloads[] = {R"({"identifiers":[{"type":"dns","value":"load.test"}]})", "", "{}", "",
                                    R"({"csr":")" + encoding::base64url(csr) + R"("})",        ""};
    for (std::size_t i = 0; i < together; ++i) {
      for (std::size_t pair = 0; pair < verifications; ++pair) {
        requests[i][pair] =
            std::string(request_head) +
            jose::sign(account_keys[i], {"https://localhost:9000/acme/corp/account/" + token}, "AAECAwQFBgcICQoLDA0ODw",
                       "https://localhost:9000/acme/corp/order/" + token, payloads[pair])
                .value()
                .dump();
      }
      requests[i][verifications] = request_head;
    }
    for (std::size_t pair = 0; pair < pairs; ++pair) responses[pair] = std::string(response_bytes[pair], 'r');
  }

 private:
  static std::array<crypto::PrivateKey, together> keys() {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return std::array{(static_cast<void>(I), crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value())...};
    }(std::make_index_sequence<together>());
  }
};

// The hosts that are asked for key authorizations.
void answer_fetches(int socket, const std::string& body) {
  const std::string response =
      "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nConnection: close\r\n"
      "Content-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body;
  std::array<char, 4096> request{};
  while (true) {
    const int client = ::accept(socket, nullptr, nullptr);
    if (client < 0) return;
    if (::recv(client, request.data(), request.size(), 0) > 0) {
      [[maybe_unused]] const auto sent = ::send(client, response.data(), response.size(), MSG_NOSIGNAL);
    }
    ::close(client);
  }
}

// The clients: all write, then all read, for as long as the other side is there.
[[noreturn]] void other_side(const Script& script, int hosts, std::uint16_t port) {
  std::signal(SIGPIPE, SIG_IGN);
  std::thread([&] { answer_fetches(hosts, script.key_authorization); }).detach();
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  std::array<SslPtr, together> clients;
  for (SslPtr& client : clients) {
    client.reset(SSL_new(context));
    SSL_set_fd(client.get(), connected_to(port));
    if (SSL_connect(client.get()) != 1) ::_exit(1);
  }
  std::array<char, record_bytes_max> response{};
  for (std::size_t pair = 0;; pair = (pair + 1) % pairs) {
    for (std::size_t i = 0; i < together; ++i) {
      const std::string& request = script.requests[i][pair];
      if (SSL_write(clients[i].get(), request.data(), static_cast<int>(request.size())) <= 0) ::_exit(0);
    }
    for (const SslPtr& client : clients) {
      if (SSL_read(client.get(), response.data(), static_cast<int>(response.size())) <= 0) ::_exit(0);
    }
  }
}

struct UnderWay {  // one of those that go along together
  SslPtr channel;
  int socket = -1;
  std::string request;
  store::OrderRow order;
  store::AuthorizationRow authorization;
  store::CertificateRow certificate;
  x509::ToBeSigned tbs;
  Bytes der;
};

class Floor {
 public:
  Floor(const Script& script, const std::string& folder, std::uint16_t hosts)
      : script_(script),
        store_(adapters::open_sqlite_store(folder + "/store.sqlite").value()),
        hierarchy_(ca::make_hierarchy({}, issuer_key_, issuer_key_, random_, clock_.now()).value()) {
    fetched_.url = "http://" + std::string(name) + ":" + std::to_string(hosts) + acme::http01_path(script.token);
    fetched_.headers = {{"User-Agent", "crest-ca (ACME validation)"}, {"Accept", "*/*"}};
    for (auto& one : all_) one.order.account = "0123456789abcdefghijklmnopqrstu";
  }

  void accept(int socket) {
    tls_ = adapters::make_server_tls(hierarchy_.intermediate.pem(), issuer_key_.to_pem()).value();
    for (auto& one : all_) {
      one.socket = ::accept(socket, nullptr, nullptr);
      send_at_once(one.socket);
      one.channel.reset(SSL_new(tls_.get()));
      SSL_set_fd(one.channel.get(), one.socket);
      must(SSL_accept(one.channel.get()) == 1, "no handshake");
    }
  }

  void run_together() {
    for (std::size_t pair = 0; pair < pairs; ++pair) {
      pollfd last{.fd = all_.back().socket, .events = POLLIN, .revents = 0};
      ::poll(&last, 1, -1);
      each(tls_records, [](UnderWay& one) { read(one); });
      if (pair < verifications) each(verification, [this](UnderWay& one) { verify(one); });
      if (pair == 0) commit([this](store::Tx& tx, UnderWay& one) { return insert_order(tx, one); });
      if (pair == 2) {
        each(fetch, [this](UnderWay&) { validate(); });
        commit([this](store::Tx& tx, UnderWay& one) { return store_proof(tx, one); });
      }
      if (pair == 4) issue();
      each(tls_records, [&](UnderWay& one) { write(one, script_.responses[pair]); });
    }
  }

  std::array<double, steps> cpu{};  // seconds for each step

 private:
  template <typename Work>
  void charge(Step step, const Work& work) {
    const double before = cpu_seconds();
    work();
    cpu[step] += cpu_seconds() - before;
  }
  template <typename Work>
  void each(Step step, const Work& work) {
    charge(step, [&] {
      for (auto& one : all_) work(one);
    });
  }
  template <typename Work>
  void commit(const Work& work) {
    charge(transactions, [&] {
      const auto all = [&](store::Tx& tx) -> Result<void> {
        for (auto& one : all_) TRY(work(tx, one));
        return {};
      };
      store_->write(all).value();
    });
  }

  static void read(UnderWay& one) {
    one.request.resize(record_bytes_max);
    const int count = SSL_read(one.channel.get(), one.request.data(), static_cast<int>(one.request.size()));
    must(count > 0, "nothing was read");
    one.request.resize(static_cast<std::size_t>(count));
  }
  static void write(UnderWay& one, const std::string& response) {
    must(SSL_write(one.channel.get(), response.data(), static_cast<int>(response.size())) > 0, "nothing was written");
  }

  void verify(const UnderWay& one) const {
    const auto& key = script_.account_keys[static_cast<std::size_t>(&one - all_.data())].public_key();
    const auto parsed = jose::parse_jws(std::string_view(one.request).substr(request_head.size()));
    must(!jose::verify(std::get<jose::ParsedJws>(parsed), key), "a signature is bad");
  }

  void validate() {
    Call call;
    call.connect_to = "127.0.0.1";
    must(transport_.send(fetched_, call).value().body == script_.key_authorization, "a host answers something else");
  }

  Result<void> insert_order(store::Tx& tx, UnderWay& one) {
    const Time now = clock_.now();
    one.authorization = {.id = ca::ra::new_id(random_, now),
                         .account = one.order.account,
                         .identifier = {acme::IdentifierType::dns, std::string(name)},
                         .token = acme::new_token(random_),
                         .challenges = {{.method = "http-01"}, {.method = "dns-01"}, {.method = "tls-alpn-01"}},
                         .created = now,
                         .expires = now + 24h};
    one.order = {.id = ca::ra::new_id(random_, now),
                 .account = one.order.account,
                 .identifiers = {one.authorization.identifier},
                 .authorizations = {one.authorization.id},
                 .profile = "default",
                 .created = now,
                 .expires = now + 24h};
    TRY(tx.authorizations.insert(one.authorization));
    return tx.orders.insert(one.order);
  }

  Result<void> store_proof(store::Tx& tx, UnderWay& one) {
    one.authorization.status = acme::AuthorizationStatus::valid;
    one.authorization.key_authorization = script_.key_authorization;
    one.authorization.challenges[0].status = acme::ChallengeStatus::valid;
    one.authorization.challenges[0].validated = clock_.now();
    TRY(tx.authorizations.update_if(one.authorization, acme::AuthorizationStatus::pending));
    return {};
  }

  void issue() {
    const std::vector<x509::SubjectName> names = {{x509::SubjectName::Type::dns, std::string(name)}};
    crypto::PublicKey key;
    each(csr_check, [&](UnderWay&) { key = ca::issuer::key_of_csr(script_.csr, names, {key_type}).value(); });
    each(build_and_sign, [&](UnderWay& one) {
      x509::CertificateTemplate parts{.serial = x509::new_serial(random_),
                                      .not_before = clock_.now(),
                                      .not_after = x509::last_second(clock_.now(), 24h),
                                      .subject = {},
                                      .names = names,
                                      .key_usage = static_cast<unsigned>(x509::KeyUsage::digital_signature),
                                      .extended_usages = {x509::ExtendedUsage::server_auth},
                                      .crl_url = "http://localhost:9080/crl",
                                      .ocsp_url = "http://localhost:9080/ocsp"};
      for (const auto* signer : {&throw_away_, &issuer_key_}) build_and_sign_by(*signer, parts, key, one);
    });
    each(parse_back, [](UnderWay& one) {
      const auto made = x509::Certificate::from_der(one.der).value();
      one.certificate.serial = made.serial_hex();
      one.certificate.not_before = made.not_before();
      one.certificate.not_after = made.not_after();
    });
    commit([this](store::Tx& tx, UnderWay& one) { return store_certificate(tx, one); });
  }

  void build_and_sign_by(const crypto::PrivateKey& signer, const x509::CertificateTemplate& parts,
                         const crypto::PublicKey& key, UnderWay& one) const {
    one.tbs = x509::to_be_signed(parts, key, &hierarchy_.intermediate, issuer_key_.public_key()).value();
    const Bytes bits = x509::asn1::bit_string(signer.sign(one.tbs.tbs).value());
    one.der = encoding::der::sequence({one.tbs.tbs, one.tbs.algorithm, bits});
  }

  Result<void> store_certificate(store::Tx& tx, UnderWay& one) {
    const Time now = clock_.now();
    auto& row = one.certificate;
    row.order = one.order.id;
    row.account = one.order.account;
    row.status = store::CertificateStatus::issued;
    row.tbs_sha256 = encoding::hex(crypto::sha256(ByteView(one.tbs.tbs)));
    row.der = one.der;
    row.issuer = "0123456789abcdef0123456789abcdef01234567";
    row.created = now;
    row.names = {std::string(name)};
    row.profile = "default";
    one.order.status = acme::OrderStatus::valid;
    one.order.serial = row.serial;
    TRY(tx.certificates.insert(row));
    TRY(tx.orders.update_if(one.order, acme::OrderStatus::pending));
    return ca::audit::append(tx, "main", {"signature_journalled", {{"serial", row.serial}, {"order", row.order}}}, now);
  }

  static constexpr crypto::KeyType key_type = crypto::KeyType::ec_p256;

  const Script& script_;
  adapters::SystemClock clock_;
  crypto::SystemRandom random_;
  std::unique_ptr<store::Store> store_;
  crypto::PrivateKey issuer_key_ = crypto::PrivateKey::generate(key_type).value();
  crypto::PrivateKey throw_away_ = crypto::PrivateKey::generate(key_type).value();
  ca::Hierarchy hierarchy_;
  adapters::ServerTls tls_;
  adapters::CurlTransport transport_;
  http::Request fetched_;
  std::array<UnderWay, together> all_;
};

void measure(const std::string& folder, std::size_t certificates) {
  const Script script;
  std::uint16_t hosts_port = 0, port = 0;
  const int hosts = listener(hosts_port), server = listener(port);
  const pid_t child = ::fork();
  if (child == 0) other_side(script, hosts, port);
  Floor floor(script, folder, hosts_port);
  floor.accept(server);
  floor.run_together();  // warms up
  floor.cpu = {};
  const auto begun = std::chrono::steady_clock::now();
  const double before = cpu_seconds();
  const std::size_t rounds = (certificates + together - 1) / together;
  for (std::size_t round = 0; round < rounds; ++round) floor.run_together();
  const double cpu = cpu_seconds() - before;
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begun;
  ::kill(child, SIGTERM);
  ::waitpid(child, nullptr, 0);

  const auto count = static_cast<double>(rounds * together);
  encoding::Json row = encoding::Json::object();
  row.set("certificates", static_cast<std::int64_t>(rounds * together));
  row.set("cpu_seconds", cpu).set("wall_seconds", wall.count());
  row.set("certs_per_cpu_second", count / cpu).set("certs_per_second", count / wall.count());
  for (std::size_t i = 0; i < steps; ++i)
    row.set(std::string(step_names[i]) + "_microseconds", floor.cpu[i] / count * 1e6);
  std::cout << row.dump() << std::endl;
}

}  // namespace

int main(int count, char** words) {
  std::string folder = (std::filesystem::temp_directory_path() / "crest-floor-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) return 2;
  int code = 0;
  try {
    measure(folder, count > 1 ? std::stoul(words[1]) : 2'048);
  } catch (const std::exception& error) {
    std::cerr << "crest-floor: " << error.what() << "\n";
    code = 2;
  }
  std::filesystem::remove_all(folder);
  return code;
}
