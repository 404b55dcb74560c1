// crest show NAME: one certificate, looked at whole. The key is never printed.
#include "apps/crest/verb.hpp"
#include "core/result.hpp"

namespace crest::apps {

using encoding::Json;

namespace {

Result<Issued> show(const Show& flags) {
  const Client client = TRY(open_client(flags.options, flags.output));
  return client.show(flags.name);
}

std::string place_of(const Http01Place& place) {
  return place.webroot.empty() ? "answered on " + place.listen : "answered with files under " + place.webroot;
}

}  // namespace

int run(const Show& flags, std::stop_token) {
  const Result<Issued> found = show(flags);
  if (!found) return report(found.error(), flags.output.json);
  if (flags.output.json) {
    Json certificate = to_json(*found);
    certificate.set("chain_pem", found->chain_pem);
    Json aside = Json::array();
    for (const KeyAside& key : found->keys_aside) aside.push(to_json(key));
    certificate.set("keys_aside", std::move(aside));
    if (found->http01) certificate.set("http01", to_json(*found->http01));
    Json result = Json::object();
    result.set("class", "ok").set("certificate", std::move(certificate));
    print_json(result);
  } else {
    print_line(to_text(*found));
    if (found->http01) print_line("  http-01    " + place_of(*found->http01));
    for (const KeyAside& key : found->keys_aside) {
      print_line("  key aside  " + key.file + ", of the order " + key.order + ", which was given up: " + key.why);
    }
  }
  return 0;
}

}  // namespace crest::apps
