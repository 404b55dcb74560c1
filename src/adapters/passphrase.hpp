// Reads a passphrase from where no other process can see it: never from arguments or the environment.
#pragma once

#include <string>

#include "core/result.hpp"
#include "core/secret.hpp"

namespace crest::adapters {

inline constexpr std::size_t passphrase_bytes_max = 1024;

struct PassphraseSource {
  enum class Kind {
    terminal,    // asked for without echo, on the controlling terminal
    file,        // `value` is its path; readable by its owner only
    descriptor,  // `value` is its number; read to its end
    credential,  // `value` names a systemd credential in `credentials_folder`
  };
  Kind kind = Kind::terminal;
  std::string value;
  std::string credentials_folder;  // what $CREDENTIALS_DIRECTORY says; the caller reads it

  std::string prompt = "Passphrase";  // terminal only
  bool ask_twice = false;             // terminal only: for a passphrase that is new
};

// Without its one trailing newline. Blocks for as long as the person or the other end of the descriptor takes.
// Errors: config, saying which source and what to do; usage when the person gave up.
Result<Secret> read_passphrase(const PassphraseSource& source);

}  // namespace crest::adapters
