// crest show NAME: one certificate, looked at whole. The key is never printed.
#include "apps/crest/verb.hpp"
#include "core/result.hpp"

namespace crest::apps {
namespace {

Result<Issued> show(const Show& flags) {
  const Client client = TRY(Client::open(flags.options));
  return client.show(flags.name);
}

}  // namespace

int run(const Show& flags, std::stop_token) {
  const Result<Issued> found = show(flags);
  if (!found) return report(found.error(), flags.output.json);
  if (flags.output.json) {
    encoding::Json certificate = to_json(*found);
    certificate.set("chain_pem", found->chain_pem);
    encoding::Json result = encoding::Json::object();
    result.set("class", "ok").set("certificate", std::move(certificate));
    print_json(result);
  } else {
    print_line(to_text(*found));
  }
  return 0;
}

}  // namespace crest::apps
