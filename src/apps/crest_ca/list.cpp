// crest-ca list and search: what was issued, a page at a time, those that end last first.
#include "adapters/system_clock.hpp"
#include "apps/crest_ca/ca_records.hpp"
#include "apps/crest_ca/certificate_text.hpp"
#include "apps/crest_ca/verb.hpp"

namespace crest::apps::crest_ca {
namespace {

using ca::store::CertificateCursor;
using ca::store::CertificateFilter;
using ca::store::CertificateRow;
using ca::store::CertificateStatus;

constexpr std::size_t rows_most = 1'000, names_chars_max = 120;
constexpr char cursor_separator = '/';

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

Result<CertificateFilter> filter_of(const List& flags, Time now) {
  CertificateFilter filter{.text = lower(flags.text),
                           .account = flags.account,
                           .issuer = flags.issuer,
                           .profile = flags.profile,
                           .status = {},
                           .valid_at = {}};
  if (flags.state == "valid") {
    filter.status = CertificateStatus::issued;
    filter.valid_at = now;
  } else if (flags.state == "revoked") {
    filter.status = CertificateStatus::revoked;
  } else if (flags.state == "signing") {
    filter.status = CertificateStatus::signing;
  } else if (!flags.state.empty()) {
    return make_error(ErrorKind::usage, "--state: valid, revoked or signing is expected");
  }
  return filter;
}

Error not_a_cursor() {
  return make_error(ErrorKind::usage, "--after: what the page before said at its end is expected");
}

Result<std::optional<CertificateCursor>> cursor_of(const std::string& text) {
  if (text.empty()) return std::optional<CertificateCursor>();
  const auto at = text.find(cursor_separator);
  if (at == text.npos) return not_a_cursor();
  const auto time = from_rfc3339(text.substr(0, at));
  if (!time) return not_a_cursor();
  auto serial = TRY(serial_from_user(text.substr(at + 1)));
  return std::optional(CertificateCursor{*time, std::move(serial)});
}

struct Page {
  std::vector<CertificateRow> rows;
  std::string next;  // "" when there are no more
};

Result<Page> page_of(const List& flags, ca::store::Store& store, Time now) {
  const auto filter = TRY(filter_of(flags, now));
  const auto after = TRY(cursor_of(flags.after));
  Page page;
  const auto work = [&](ca::store::Tx& tx) -> Result<void> {
    page.rows = TRY(tx.certificates.search(filter, after, flags.limit + 1));
    return {};
  };
  TRY(store.read(work));
  if (page.rows.size() <= flags.limit) return page;
  page.rows.pop_back();
  page.next = to_rfc3339(page.rows.back().not_after) + cursor_separator + page.rows.back().serial;
  return page;
}

void say_json(const Page& page, Time now) {
  encoding::Json all = encoding::Json::array();
  for (const auto& row : page.rows) all.push(to_json(row, now));
  encoding::Json out = encoding::Json::object();
  out.set("certificates", std::move(all));
  if (!page.next.empty()) out.set("next", page.next);
  say(out.dump());
}

void say_table(const Page& page, const List& flags, Time now) {
  if (page.rows.empty()) {
    const bool any = flags.text.empty() && flags.account.empty() && flags.issuer.empty() && flags.profile.empty() &&
                     flags.state.empty() && flags.after.empty();
    say(any ? "No certificate has been issued yet." : "No certificate is like that.");
    return;
  }
  for (const auto& row : page.rows) {
    say(row.serial + "  " + std::string(state_of(row, now)) + "  until " + to_rfc3339(row.not_after) + "  " +
        names_text(row, names_chars_max));
  }
  if (!page.next.empty()) say("There are more: --after " + page.next);
}

Result<void> list(const List& flags) {
  if (flags.limit == 0 || flags.limit > rows_most)
    return make_error(ErrorKind::usage, "--limit: a number from 1 to 1000 is expected");
  const auto records = TRY(open_records(flags.folder));
  const Time now = adapters::SystemClock().now();
  const auto page = TRY(page_of(flags, *records.store, now));
  if (flags.json) {
    say_json(page, now);
  } else {
    say_table(page, flags, now);
  }
  return {};
}

}  // namespace

int run(const List& flags) {
  const auto done = list(flags);
  return done ? 0 : report(done.error());
}

}  // namespace crest::apps::crest_ca
