// crest list: what is kept here, from the small records.
#include <algorithm>

#include "apps/crest/verb.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace crest::apps {
namespace {

Result<std::vector<CertificateInfo>> list(const List& flags) {
  const Client client = TRY(open_client(flags.options, flags.output));
  return client.list();
}

void print_table(const std::vector<CertificateInfo>& certificates) {
  std::size_t width = 4;
  for (const CertificateInfo& certificate : certificates) width = std::max(width, certificate.name.size());
  const auto padded = [&](std::string text) { return text + std::string(width + 2 - text.size(), ' '); };
  if (!certificates.empty()) print_line(padded("NAME") + "RENEW AT              NOT AFTER             NAMES");
  for (const CertificateInfo& certificate : certificates) {
    const std::string rest =
        to_rfc3339(certificate.renew_at) + "  " + to_rfc3339(certificate.not_after) + "  " + joined(certificate.names);
    print_line(padded(certificate.name) + (certificate.damaged.empty() ? rest : "damaged: " + certificate.damaged));
  }
}

}  // namespace

// A damaged record does not hide the others, but a person must see to it.
int run(const List& flags, std::stop_token) {
  const Result<std::vector<CertificateInfo>> certificates = list(flags);
  if (!certificates) return report(certificates.error(), flags.output.json);
  const bool damaged = std::any_of(certificates->begin(), certificates->end(),
                                   [](const CertificateInfo& certificate) { return !certificate.damaged.empty(); });
  if (flags.output.json) {
    encoding::Json items = encoding::Json::array();
    for (const CertificateInfo& certificate : *certificates) items.push(to_json(certificate));
    encoding::Json result = encoding::Json::object();
    result.set("class", damaged ? "storage" : "ok").set("certificates", std::move(items));
    print_json(result);
  } else {
    print_table(*certificates);
    if (certificates->empty())
      print_line("no certificate is kept in " + flags.options.state_dir + "; see crest obtain");
  }
  return damaged ? 2 : 0;
}

}  // namespace crest::apps
