#include "adapters/passphrase.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "adapters/descriptor.hpp"
#include "adapters/temporary_folder.hpp"

namespace crest::adapters {
namespace {

using Kind = PassphraseSource::Kind;

std::string file_with(const TemporaryFolder& folder, const std::string& text, mode_t mode = 0600) {
  folder.write("pass", text);
  ::chmod((folder / "pass").c_str(), mode);
  return folder / "pass";
}

std::string outcome(const Result<Secret>& secret) {
  return secret ? std::string(secret->reveal()) : "error: " + secret.error().describe();
}

TEST(Passphrase, FileLosesOneNewline) {
  const TemporaryFolder folder;
  const std::pair<std::string, std::string> cases[] = {
      {"secret", "secret"}, {"secret\n", "secret"}, {"secret\r\n", "secret"}, {" with blanks \n", " with blanks "}};
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(outcome(read_passphrase({.kind = Kind::file, .value = file_with(folder, text)})), expected);
  }
  EXPECT_EQ(outcome(read_passphrase({.kind = Kind::file, .value = file_with(folder, std::string(1024, 'x') + "\n")})),
            std::string(1024, 'x'));
}

TEST(Passphrase, FileRefusesWhatIsNoPassphrase) {
  const TemporaryFolder folder;
  for (const std::string& text : {std::string(), std::string("\n"), std::string("a\n\n"), std::string("a\nb\n"),
                                  std::string("a\0b", 3), std::string(1025, 'x'), std::string(100'000, 'x')}) {
    const auto secret = read_passphrase({.kind = Kind::file, .value = file_with(folder, text)});
    ASSERT_FALSE(secret) << text.size();
    EXPECT_EQ(secret.error().kind, ErrorKind::config);
  }
  EXPECT_FALSE(read_passphrase({.kind = Kind::file, .value = folder / "absent"}));
  EXPECT_FALSE(read_passphrase({.kind = Kind::file, .value = folder.path()}));
}

TEST(Passphrase, SF85_FileThatOthersReadIsRefused) {
  const TemporaryFolder folder;
  for (const mode_t mode : {mode_t{0640}, mode_t{0604}, mode_t{0660}}) {
    const auto secret = read_passphrase({.kind = Kind::file, .value = file_with(folder, "secret", mode)});
    ASSERT_FALSE(secret) << mode;
    EXPECT_EQ(secret.error().message.find("secret"), std::string::npos);
    EXPECT_NE(secret.error().message.find("chmod"), std::string::npos);
  }
}

TEST(Passphrase, DescriptorIsReadToItsEnd) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  Descriptor reader(ends[0]), writer(ends[1]);
  ASSERT_EQ(::write(writer.get(), "from a pipe\n", 12), 12);
  writer.close();
  EXPECT_EQ(outcome(read_passphrase({.kind = Kind::descriptor, .value = std::to_string(reader.get())})), "from a pipe");
  for (const char* value : {"-1", "x", "3x", "", "999999", "99999999999999999999"}) {
    EXPECT_FALSE(read_passphrase({.kind = Kind::descriptor, .value = value})) << value;
  }
}

TEST(Passphrase, CredentialIsAPlainNameInTheFolder) {
  const TemporaryFolder folder;
  file_with(folder, "credential", 0440);  // as an access list shows
  const auto read = [&](const std::string& name, const std::string& where) {
    return read_passphrase({.kind = Kind::credential, .value = name, .credentials_folder = where});
  };
  EXPECT_EQ(outcome(read("pass", folder.path())), "credential");
  EXPECT_FALSE(read("pass", "")) << "no folder: not run by systemd";
  EXPECT_FALSE(read("../" + folder.path().substr(5) + "/pass", folder.path()));
  EXPECT_FALSE(read("..", folder.path()));
  EXPECT_FALSE(read("", folder.path()));
  file_with(folder, "credential", 0444);
  EXPECT_FALSE(read("pass", folder.path()));
}

// Types `keys` once a child with a terminal of its own asks; gives what the terminal showed and what the child read.
struct Typed {
  std::string shown, read;
};
Typed type_into_terminal(const std::vector<std::string>& keys, bool ask_twice) {
  int ends[2];
  if (::pipe(ends) != 0) return {};
  Descriptor reader(ends[0]), writer(ends[1]);
  int master = -1;
  const pid_t child = ::forkpty(&master, nullptr, nullptr, nullptr);
  if (child == 0) {
    const std::string text = outcome(read_passphrase({.ask_twice = ask_twice}));
    [[maybe_unused]] const ssize_t count = ::write(writer.get(), text.data(), text.size());
    ::_exit(0);
  }
  writer.close();
  const Descriptor terminal(master);
  Typed typed;
  std::size_t next = 0, answered = 0;
  for (pollfd wait{master, POLLIN, 0}; ::poll(&wait, 1, 10'000) > 0;) {
    char buffer[256];
    const ssize_t count = ::read(master, buffer, sizeof buffer);
    if (count <= 0) break;
    typed.shown.append(buffer, static_cast<std::size_t>(count));
    const std::size_t prompt = typed.shown.find(": ", answered);
    if (prompt == typed.shown.npos || next == keys.size()) continue;
    answered = prompt + 1;
    [[maybe_unused]] const ssize_t sent = ::write(master, keys[next].data(), keys[next].size());
    ++next;
  }
  char buffer[4096];
  for (ssize_t count; (count = ::read(reader.get(), buffer, sizeof buffer)) > 0;) {
    typed.read.append(buffer, static_cast<std::size_t>(count));
  }
  ::waitpid(child, nullptr, 0);
  return typed;
}

TEST(Passphrase, TerminalDoesNotEcho) {
  const Typed typed = type_into_terminal({"hunteR2\n"}, false);
  EXPECT_EQ(typed.read, "hunteR2");
  EXPECT_NE(typed.shown.find("Passphrase: "), std::string::npos);
  EXPECT_EQ(typed.shown.find("hunteR2"), std::string::npos);
}

TEST(Passphrase, TerminalEditsAsksTwiceAndGivesUp) {
  EXPECT_EQ(type_into_terminal({"wrong\x15rigx\x7fht\r"}, false).read, "right");
  EXPECT_EQ(type_into_terminal({"same\n", "same\n"}, true).read, "same");
  EXPECT_NE(type_into_terminal({"one\n", "two\n"}, true).read.find("differ"), std::string::npos);
  EXPECT_NE(type_into_terminal({"\n"}, false).read.find("empty"), std::string::npos);
  EXPECT_NE(type_into_terminal({"half\x03"}, false).read.find("no passphrase"), std::string::npos);
}

}  // namespace
}  // namespace crest::adapters
