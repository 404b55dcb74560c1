// A KnotServer is a real authoritative name server, Knot, on a free port of loopback: plain, signed and wrongly anchored
// zones, made in a scratch folder. A machine without knotd fails the test.
#pragma once

#include <csignal>
#include <poll.h>
#include <sys/prctl.h>

#include <gtest/gtest.h>

#include "adapters/listen_socket.hpp"
#include "adapters/temporary_folder.hpp"
#include "child.hpp"

namespace crest::testing {

class KnotServer {
 public:
  static constexpr const char* server_path = "/usr/sbin/knotd";
  static constexpr int patience_ms = 20'000;

  struct Zone {
    std::string name;     // without a trailing dot
    std::string records;  // lines of a zone file, relative to the zone
    bool is_signed = false;
    bool without_file = false;  // so that it answers SERVFAIL
  };

  explicit KnotServer(const std::vector<Zone>& zones) : port_(free_port()) {
    for (const char* name : {"run", "db", "zones"}) std::filesystem::create_directory(folder_ / name);
    write_settings(zones);
    start();
  }
  ~KnotServer() {
    if (child_ <= 0) return;
    ::kill(child_, SIGTERM);
    ::waitpid(child_, nullptr, 0);
  }
  KnotServer(const KnotServer&) = delete;
  KnotServer& operator=(const KnotServer&) = delete;

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  // The DS records of a signed zone, as a trust anchor file.
  std::string anchor(const std::string& zone) const { return tool("/usr/sbin/keymgr", {zone + ".", "ds"}); }
  // Adds a record to a running zone: owner (relative), type and data as in a zone file.
  void add(const std::string& zone, const std::vector<std::string>& record) const {
    tool("/usr/sbin/knotc", {"-b", "zone-begin", zone});
    std::vector<std::string> words = {"-b", "zone-set", zone, record[0], "300"};
    words.insert(words.end(), record.begin() + 1, record.end());
    tool("/usr/sbin/knotc", words);
    tool("/usr/sbin/knotc", {"-b", "zone-commit", zone});
  }

 private:
  static std::uint16_t free_port() {
    return adapters::local_port(adapters::listen_on({"127.0.0.1", 0}).value().front());
  }
  std::string tool(const std::string& path, const std::vector<std::string>& arguments) const {
    std::vector<std::string> words = {path, "-c", folder_ / "knot.conf"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    const Ended ended = run({.words = words});
    EXPECT_EQ(ended.code, 0) << path << ": " << ended.out << ended.err;
    return ended.out;
  }
  void write_settings(const std::vector<Zone>& zones) {
    std::string text =
        "server:\n    rundir: \"" + (folder_ / "run") + "\"\n    listen: 127.0.0.1@" + std::to_string(port_) + "\n";
    if (::geteuid() == 0) text += "    user: root:root\n";  // it would drop to a user that the folder is closed to
    text += "log:\n  - target: stderr\n    any: info\ndatabase:\n    storage: \"" + (folder_ / "db") + "\"\n";
    text += "policy:\n  - id: quick\n    algorithm: ecdsap256sha256\n    single-type-signing: on\n    nsec3: off\n";
    text += "template:\n  - id: default\n    storage: \"" + (folder_ / "zones") +
            "\"\n    file: \"%s.zone\"\n    zonefile-sync: -1\n    semantic-checks: off\nzone:\n";
    for (const auto& zone : zones) {
      text += "  - domain: " + zone.name + "\n";
      if (zone.is_signed) text += "    dnssec-signing: on\n    dnssec-policy: quick\n";
      if (zone.without_file) continue;
      folder_.write("zones/" + zone.name + ".zone",
                    "$ORIGIN " + zone.name +
                        ".\n$TTL 300\n@ IN SOA ns1 hostmaster 1 3600 600 86400 3600\n@ IN NS ns1\n" +
                        "ns1 IN A 127.0.0.1\n" + zone.records);
    }
    folder_.write("knot.conf", text);
  }
  void start() {
    child_detail::Pipe said;
    std::vector<std::string> words = {server_path, "-c", folder_ / "knot.conf"};
    std::vector<std::string> variables = child_detail::environment();
    const auto argument = child_detail::pointers(words), environment = child_detail::pointers(variables);
    child_ = ::fork();
    if (child_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      child_detail::become({}, argument.data(), environment.data(), said.write.get(), said.write.get());
    }
    said.write.close();
    std::string log;
    pollfd wait{said.read.get(), POLLIN, 0};
    while (log.find("server started") == log.npos) {
      if (::poll(&wait, 1, patience_ms) == 1 && child_detail::take(said.read, log)) continue;
      ADD_FAILURE() << "knotd (package knot) does not start: " << log;
      return;
    }
    log_ = std::move(said.read);  // what it goes on to say fits into the pipe
  }

  adapters::TemporaryFolder folder_;
  std::uint16_t port_;
  pid_t child_ = -1;
  adapters::Descriptor log_;
};

}  // namespace crest::testing
