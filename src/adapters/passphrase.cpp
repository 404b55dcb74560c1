#include "adapters/passphrase.hpp"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "adapters/descriptor.hpp"
#include "adapters/text_file.hpp"

namespace crest::adapters {
namespace {

using Kind = PassphraseSource::Kind;

constexpr char control_c = 0x03, control_d = 0x04, control_u = 0x15, backspace = 0x08, rubout = 0x7f;

Error bad(const std::string& message, const std::string& where) {
  return make_error(ErrorKind::config, message, where);
}
Error failed(const std::string& what, const std::string& where) {
  return bad("cannot " + what + ": " + std::strerror(errno), where);
}

Error too_long(const std::string& where) {
  return bad("the passphrase is longer than 1024 octets; is this the right file?", where);
}

// The buffer is as large as it may get from the start: growing would leave copies behind in freed memory.
Result<Secret> read_to_end(int file, const std::string& where) {
  std::string text;
  text.reserve(passphrase_bytes_max + 3);
  char next = 0;
  for (;;) {
    const ssize_t count = ::read(file, &next, 1);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed("read the passphrase", where);
    if (count == 0) break;
    text += next;
    if (text.size() > passphrase_bytes_max + 2) return too_long(where);
  }
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  if (text.size() > passphrase_bytes_max) return too_long(where);
  if (text.empty()) return bad("the passphrase is empty; write it as one line", where);
  if (text.find_first_of(std::string_view("\0\n", 2)) != text.npos) {
    return bad("the passphrase has more than one line, or a NUL octet; write it as one line", where);
  }
  return Secret(std::move(text));
}

Result<Secret> from_file(const std::string& path, mode_t forbidden) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!file) return failed("open it", path);
  TRY(check_private_file(file.get(), forbidden, path));
  return read_to_end(file.get(), path);
}

Result<Secret> from_descriptor(const std::string& text) {
  int number = -1;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string where = "descriptor " + text;
  if (problem != std::errc() || end != text.data() + text.size() || number < 0) {
    return bad("not the number of an open descriptor", where);
  }
  TRY(check_private_file(number, S_IRWXG | S_IRWXO, where));
  return read_to_end(number, where);
}

Result<Secret> from_credential(const PassphraseSource& source) {
  const std::string& name = source.value;
  if (source.credentials_folder.empty()) {
    return bad("the service has no credentials; set LoadCredential= or LoadCredentialEncrypted= in its unit",
               "credential " + name);
  }
  if (name.empty() || name.find_first_of(std::string_view("/\0", 2)) != name.npos || name == "." || name == "..") {
    return bad("not the name of a credential; it is one plain file name", "credential");
  }
  // systemd grants the service its credentials by an access list, whose mask shows as the group's bits.
  return from_file(source.credentials_folder + "/" + name, S_IRWXO);
}

// Puts the terminal back as it was, however the reading ends. Signals are off meanwhile, so that none can end the
// process with the echo gone: what they would have said is read as a character.
class Quiet {
 public:
  explicit Quiet(int terminal) : terminal_(terminal) {
    if (::tcgetattr(terminal, &before_) != 0) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHONL | ICANON | ISIG);
    quiet.c_cc[VMIN] = 1;
    quiet.c_cc[VTIME] = 0;
    on_ = ::tcsetattr(terminal, TCSAFLUSH, &quiet) == 0;
  }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;
  ~Quiet() {
    if (on_) ::tcsetattr(terminal_, TCSAFLUSH, &before_);
  }
  bool on() const { return on_; }

 private:
  int terminal_;
  termios before_{};
  bool on_ = false;
};

void say(int terminal, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(terminal, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

Result<Secret> ask(int terminal, const std::string& prompt) {
  const Quiet quiet(terminal);
  if (!quiet.on()) return failed("turn off the echo", "terminal");
  say(terminal, prompt + ": ");
  std::string text;
  text.reserve(passphrase_bytes_max + 2);
  for (;;) {
    char next = 0;
    const ssize_t count = ::read(terminal, &next, 1);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed("read the passphrase", "terminal");
    if (count == 0 || next == control_c || next == control_d) {
      say(terminal, "\n");
      return make_error(ErrorKind::usage, "no passphrase was given", "terminal");
    }
    if (next == '\n' || next == '\r') break;
    if (next == backspace || next == rubout) {
      if (!text.empty()) text.pop_back();
    } else if (next == control_u) {
      text.clear();
    } else {
      text += next;
    }
    if (text.size() > passphrase_bytes_max) return bad("the passphrase is longer than 1024 octets", "terminal");
  }
  say(terminal, "\n");
  return Secret(std::move(text));
}

Result<Secret> from_terminal(const PassphraseSource& source) {
  const Descriptor terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
  if (!terminal)
    return bad("there is no terminal to ask on; give the passphrase by file:, fd: or credential:", "terminal");
  Secret first = TRY(ask(terminal.get(), source.prompt));
  if (first.empty()) return bad("the passphrase is empty; choose one", "terminal");
  if (!source.ask_twice) return first;
  const Secret second = TRY(ask(terminal.get(), source.prompt + ", once more"));
  if (first.reveal() != second.reveal()) return bad("the two passphrases differ; start again", "terminal");
  return first;
}

}  // namespace

Result<Secret> read_passphrase(const PassphraseSource& source) {
  switch (source.kind) {
    case Kind::terminal: return from_terminal(source);
    case Kind::file: return from_file(source.value, S_IRWXG | S_IRWXO);
    case Kind::descriptor: return from_descriptor(source.value);
    case Kind::credential: return from_credential(source);
  }
  return make_error(ErrorKind::internal, "no such source of a passphrase");
}

}  // namespace crest::adapters
