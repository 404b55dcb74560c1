// The shortest real use: one certificate, once, from a CA of one's own; what is there and serves is not asked for again.
//
//   obtain_once DIRECTORY ROOT.pem STATE HTTP01_ADDRESS NAME...
#include <cstdio>
#include <string>
#include <vector>

#include <crest/client.hpp>

namespace {

int say(const crest::Error& error) {
  std::fprintf(stderr, "%s\n", error.describe().c_str());
  return error.retryable() ? 75 : 2;
}

int obtain_once(const std::string& directory, const std::string& root, const std::string& state,
                const std::string& address, const std::vector<std::string>& names) {
  auto client = crest::Client::open({.directory = directory,     // "https://ca.corp.example/acme/corp/directory"
                                     .trust_pem_files = {root},  // anchors for this CA only
                                     .contact = {"mailto:ops@corp.example"},
                                     .state_dir = state});
  if (!client) return say(client.error());
  auto http01 = crest::Http01Server::open(address);  // ":80" on a host that the CA reaches
  if (!http01) return say(http01.error());
  auto issued = client->obtain({.names = names}, **http01);
  if (!issued) return say(issued.error());
  std::printf("serial %s, until it is due the next call changes nothing\n%s", issued->serial.c_str(),
              issued->chain_pem.c_str());
  return 0;
}

}  // namespace

int main(int count, char** words) {
  if (count < 6) {
    std::fprintf(stderr, "usage: obtain_once DIRECTORY ROOT.pem STATE HTTP01_ADDRESS NAME...\n");
    return 64;
  }
  return obtain_once(words[1], words[2], words[3], words[4], {words + 5, words + count});
}
