#include <cstdlib>

#include "adapters/passphrase.hpp"
#include "apps/crest_ca/verb.hpp"

namespace crest::apps::crest_ca {

using Kind = adapters::PassphraseSource::Kind;

Result<Secret> passphrase(const PassphraseFlags& flags, const std::string& prompt, Asking asking) {
  adapters::PassphraseSource source;
  int given = 0;
  if (!flags.file.empty()) {
    source.kind = Kind::file;
    source.value = flags.file;
    ++given;
  }
  if (flags.descriptor) {
    source.kind = Kind::descriptor;
    source.value = std::to_string(*flags.descriptor);
    ++given;
  }
  if (!flags.credential.empty()) {
    const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
    source.kind = Kind::credential;
    source.value = flags.credential;
    source.credentials_folder = folder ? folder : "";
    ++given;
  }
  if (given > 1) return make_error(ErrorKind::usage, "give the passphrase in one way only");
  source.prompt = prompt;
  source.ask_twice = asking == Asking::twice;
  return adapters::read_passphrase(source);
}

}  // namespace crest::apps::crest_ca
