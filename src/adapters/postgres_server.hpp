// A PostgresServer is a PostgreSQL of a test's own: in a folder of its own, on a Unix socket, gone with the test.
#pragma once

#include <atomic>
#include <csignal>
#include <filesystem>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <stdexcept>
#include <string>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "adapters/descriptor.hpp"
#include "adapters/postgres.hpp"

namespace crest::adapters {

class PostgresServer {
 public:
  static PostgresServer& shared() {  // one for all tests of a program
    static PostgresServer server;
    return server;
  }

  PostgresServer() {
    std::filesystem::permissions(folder_.path(), std::filesystem::perms::all);  // the server runs as somebody else
    wait(start({"initdb", "-D", data(), "-A", "trust", "-U", "crest", "-E", "UTF8", "--no-locale", "--no-sync"}));
    run();
  }
  ~PostgresServer() { stop(SIGINT); }

  // A connection string for tables that nobody has seen yet.
  std::string fresh_target() {
    static std::atomic<int> count{0};
    const std::string schema = "t" + std::to_string(++count);
    const auto connection = PostgresConnection::open(base()).value();
    connection->execute(("CREATE SCHEMA " + schema).c_str()).value();
    return base() + " options='-c search_path=" + schema + "'";
  }
  std::string base() const { return "host=" + folder_.path() + " user=crest dbname=postgres"; }

  void run() {
    server_ = start({"postgres", "-D", data(), "-k", folder_.path(), "-c", "listen_addresses=", "-c", "fsync=off", "-c",
                     "log_min_messages=fatal", "-c", "max_connections=60"});
    const Descriptor ended(static_cast<int>(::syscall(SYS_pidfd_open, server_, 0)));
    for (int tries = 0; tries < 200; ++tries) {
      if (PostgresConnection::open(base())) return;
      pollfd wait{ended.get(), POLLIN, 0};  // a server that ends will never answer
      if (::poll(&wait, 1, 50) == 1) break;
    }
    throw std::runtime_error("PostgreSQL did not start: run it by hand and look at what it says");
  }
  void stop(int signal) {  // SIGINT ends every connection, SIGQUIT is a crash
    if (server_ <= 0) return;
    ::kill(server_, signal);
    ::waitpid(server_, nullptr, 0);
    server_ = -1;
  }

 private:
  static constexpr const char* programs = "/usr/lib/postgresql/15/bin/";

  std::string data() const { return folder_.path() + "/data"; }

  static void become_somebody() {  // PostgreSQL does not run as root
    if (::geteuid() != 0) return;
    const passwd* user = ::getpwnam("postgres");
    if (user == nullptr) user = ::getpwnam("nobody");
    if (user == nullptr || ::setgroups(0, nullptr) != 0 || ::setgid(user->pw_gid) != 0 || ::setuid(user->pw_uid) != 0)
      ::_exit(126);
  }
  static pid_t start(std::vector<std::string> words) {
    words.front() = programs + words.front();
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const pid_t child = ::fork();
    if (child == 0) {
      become_somebody();
      if (::freopen("/dev/null", "w", stdout) == nullptr || ::freopen("/dev/null", "w", stderr) == nullptr)
        ::_exit(126);
      ::execv(arguments[0], arguments.data());
      ::_exit(127);
    }
    return child;
  }
  static void wait(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
      throw std::runtime_error("PostgreSQL 15 is needed: the package postgresql");
  }

  // Not in TMPDIR, which may be closed to the server's user, and is too long for a socket's path.
  class Folder {
   public:
    Folder() : path_("/tmp/crest-postgres-XXXXXX") {
      if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("no folder in /tmp");
    }
    ~Folder() {
      std::error_code ignored;
      std::filesystem::remove_all(path_, ignored);
    }
    const std::string& path() const { return path_; }

   private:
    std::string path_;
  };

  Folder folder_;
  pid_t server_ = -1;
};

}  // namespace crest::adapters
