// crest obtain NAME...: a certificate for exactly these names.
#include "apps/crest/verb.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace crest::apps {
namespace {

Result<Issued> obtain(const Obtain& flags, std::stop_token interrupted) {
  if (flags.ca.options.directory.empty()) {
    return make_error(ErrorKind::usage,
                      "no CA is named, and there is no default one: give the URL of its ACME directory with "
                      "--directory or CREST_DIRECTORY (for crest-ca: https://HOST:9000/acme/NAME/directory)");
  }
  const Waiting how_long = TRY(waiting(flags.output, std::move(interrupted)));
  ClientOptions options = TRY(client_options(flags.ca));
  options.log = log_lines(flags.output);
  CertificateOptions certificate = flags.certificate;
  if (!flags.profile.empty()) certificate.profile = flags.profile;
  if (!flags.lifetime.empty()) {
    auto lifetime = duration_from_text(flags.lifetime);
    if (!lifetime) return std::move(lifetime).error().as(ErrorKind::usage).at("--lifetime");
    certificate.lifetime = *lifetime;
  }
  Client client = TRY(Client::open(options));
  const std::unique_ptr<Http01Solver> solver = TRY(open_solver(flags.solver));
  return solver ? client.obtain(certificate, *solver, how_long) : client.obtain(certificate, how_long);
}

}  // namespace

int run(const Obtain& flags, std::stop_token interrupted) {
  const Result<Issued> issued = obtain(flags, std::move(interrupted));
  if (!issued) return report(issued.error(), flags.output.json);
  if (flags.output.json) {
    encoding::Json result = encoding::Json::object();
    result.set("class", issued->renewed ? "ok" : "nothing_due").set("certificate", to_json(*issued));
    print_json(result);
  } else if (issued->renewed) {
    print_line(to_text(*issued));
  } else {
    print_line(issued->name + ": the certificate at hand serves until " + to_rfc3339(issued->not_after) +
               "; nothing was asked of the CA");
  }
  return !issued->renewed && flags.output.detailed_exit_code ? 1 : 0;
}

}  // namespace crest::apps
