#include <charconv>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "adapters/listen_socket.hpp"
#include "core/error.hpp"

namespace crest::adapters {
namespace {

namespace fs = std::filesystem;

constexpr int lines_max = 100'000;
constexpr std::string_view state_listen = "0A";

// The inodes of sockets that listen on `port`, from a table of proc(5): "sl local rem st tx:rx tr:tm retrnsmt uid
// timeout inode", where local ends with ":" and the port in hex.
void listeners_of(const char* table, std::uint16_t port, std::set<std::string>& inodes) {
  std::ifstream file(table);
  std::string line;
  for (int count = 0; count < lines_max && std::getline(file, line); ++count) {
    std::istringstream words(line);
    std::string number, local, remote, state, skipped, inode;
    words >> number >> local >> remote >> state;
    for (int i = 0; i < 5; ++i) words >> skipped;
    words >> inode;
    const std::size_t colon = local.rfind(':');
    if (colon == local.npos || state != state_listen) continue;
    unsigned found = 0;
    std::from_chars(local.data() + colon + 1, local.data() + local.size(), found, 16);
    if (found == port && !inode.empty()) inodes.insert("socket:[" + inode + "]");
  }
}

bool is_number(const std::string& text) { return text.find_first_not_of("0123456789") == text.npos; }

bool has_one_of(const fs::path& process, const std::set<std::string>& inodes) {
  std::error_code problem;
  for (fs::directory_iterator entry(process / "fd", problem), end; !problem && entry != end; entry.increment(problem)) {
    std::error_code unreadable;
    if (inodes.count(fs::read_symlink(entry->path(), unreadable).string()) != 0) return true;
  }
  return false;
}

}  // namespace

std::string port_holder(std::uint16_t port) {
  std::set<std::string> inodes;
  listeners_of("/proc/net/tcp", port, inodes);
  listeners_of("/proc/net/tcp6", port, inodes);
  if (inodes.empty()) return {};
  std::error_code problem;
  for (fs::directory_iterator entry("/proc", problem), end; !problem && entry != end; entry.increment(problem)) {
    const std::string process = entry->path().filename().string();
    if (!is_number(process) || !has_one_of(entry->path(), inodes)) continue;
    std::ifstream file(entry->path() / "comm");
    std::string command;
    std::getline(file, command);
    return Untrusted(command).printable(64) + ", process " + process;
  }
  return {};
}

}  // namespace crest::adapters
