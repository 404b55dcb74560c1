// crest revoke NAME: tells the CA that the live certificate is no longer good.
#include "apps/crest/verb.hpp"
#include "core/result.hpp"

namespace crest::apps {
namespace {

Result<void> revoke(const Revoke& flags, std::stop_token interrupted) {
  const Waiting how_long = TRY(waiting(flags.output, std::move(interrupted)));
  Client client = TRY(open_client(flags.options, flags.output));
  return client.revoke(flags.name, flags.reason, how_long);
}

}  // namespace

int run(const Revoke& flags, std::stop_token interrupted) {
  const Result<void> done = revoke(flags, std::move(interrupted));
  if (!done) return report(done.error(), flags.output.json);
  if (flags.output.json) {
    encoding::Json result = encoding::Json::object();
    result.set("class", "ok").set("name", flags.name).set("revoked", true);
    print_json(result);
  } else {
    print_line(flags.name + ": revoked. Its files are still there; crest renew --force " + flags.name +
               " brings another");
  }
  return 0;
}

}  // namespace crest::apps
