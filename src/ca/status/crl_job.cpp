#include "ca/status/crl_job.hpp"

#include <algorithm>

#include "ca/audit/writer.hpp"
#include "crypto/digest.hpp"
#include "encoding/base64.hpp"
#include "x509/asn1.hpp"
#include "x509/crl.hpp"

namespace crest::ca::status {
namespace {

using store::CrlRow;

constexpr Duration lease_time{5'000};   // who takes longer is refused by its number, if somebody else was there
constexpr Duration late_after{15'000};  // three times what another node may take before its lease is over
constexpr Duration look_again_within{60'000};
constexpr std::size_t page_rows = 5'000;

std::string lease_name(const std::string& issuer) { return "crl/" + issuer; }

const CrlRow* find(const std::vector<CrlRow>& lists, std::uint32_t part) {
  const auto found = std::ranges::find(lists, part, &CrlRow::partition);
  return found == lists.end() ? nullptr : &*found;
}

Time whole_seconds(Time time) { return from_unix_seconds(unix_seconds(time)); }

audit::Event event_of(const CrlRow& list) {
  return {"crl_signed",
          {{"issuer", list.issuer},
           {"part", std::to_string(list.partition)},
           {"number", std::to_string(list.number)},
           {"next_update", to_rfc3339(list.next_update)},
           {"sha256", encoding::hex(crypto::sha256(ByteView(list.der)))}}};
}

// A row that says what no list can hold must not keep the others out of it (SF83): it stands there without a reason.
x509::RevokedEntry entry_of(Bytes serial, const store::RevokedRow& row) {
  const Time when = std::clamp(row.revoked_at, Time{}, x509::asn1::latest_time);
  return {std::move(serial), whole_seconds(when), x509::is_full_list_reason(row.reason) ? row.reason : 0};
}

std::vector<x509::RevokedEntry> entries_of(const std::vector<store::RevokedRow>& rows, std::uint32_t part) {
  const std::uint32_t parts = parts_with(part);
  std::vector<x509::RevokedEntry> entries;
  for (const auto& row : rows) {
    if (part_of(row.serial, parts) != part) continue;
    auto serial = encoding::from_hex(row.serial);
    if (!serial || serial->empty()) continue;  // no certificate has such a number
    entries.push_back(entry_of(*std::move(serial), row));
  }
  return entries;
}

// No entry is younger than the list it stands in, and the list is not from tomorrow.
Time this_update(const std::vector<x509::RevokedEntry>& entries, const CrlTimes& times, Time now) {
  Time latest = now - times.backdate;
  for (const auto& entry : entries) latest = std::max(latest, entry.when);
  return whole_seconds(std::min(latest, now));
}

Result<bool> holds(const CrlRow& list, const std::vector<x509::RevokedEntry>& entries) {
  const ByteView held = TRY(x509::revoked_octets(ByteView(list.der)));
  const Bytes wanted = TRY(x509::revoked_octets(entries));
  return std::ranges::equal(held, wanted);
}

}  // namespace

CrlJob::CrlJob(const Options& options, Deps deps)
    : options_(options),
      times_{options.crl_life, options.backdate},
      deps_(std::move(deps)),
      alarm_(deps_.log, "crl_not_renewed") {}

Result<void> CrlJob::run(Time now) {
  Result<void> first;
  for (const auto& signer : deps_.signers) {
    auto done = renew(signer, now);
    note(signer, !done, now);
    if (!done && first) first = std::move(done).error().at("the revocation lists of " + signer.certificate.subject());
  }
  return alarm_.tell(std::move(first));
}

void CrlJob::note(const StatusSigner& signer, bool failed, Time now) {
  const auto list = deps_.shelf.find(signer.issuer_id, full_list);
  const auto wanted = revocations_.find(signer.issuer_id);
  const bool is_behind = list && wanted != revocations_.end() && list->revocations < wanted->second;
  const std::scoped_lock lock(mutex_);
  auto& standing = standing_[signer.issuer_id];
  standing.failed = failed;
  standing.looked_at = now;
  if (!is_behind) standing.behind_since.reset();
  if (is_behind && !standing.behind_since) standing.behind_since = now;
}

Result<CrlJob::Look> CrlJob::look(const StatusSigner& signer) const {
  Look out;
  const auto work = [&](store::Tx& tx) -> Result<void> {
    out.heads = TRY(tx.crls.heads(signer.issuer_id));
    out.revocations = TRY(tx.certificates.revocations(signer.issuer_id));
    return {};
  };
  TRY(deps_.store.read(work));
  return out;
}

// What somebody else has signed, or this node before it was started again.
Result<void> CrlJob::fetch(const StatusSigner& signer, const Look& look) {
  for (const auto& head : look.heads) {
    const auto held = deps_.shelf.find(signer.issuer_id, head.partition);
    if (held && held->number >= head.number) continue;
    std::optional<CrlRow> list;
    const auto work = [&](store::Tx& tx) -> Result<void> {
      list = TRY(tx.crls.latest(signer.issuer_id, head.partition));
      return {};
    };
    TRY(deps_.store.read(work));
    if (list) deps_.shelf.put(*std::move(list));
  }
  return {};
}

Result<void> CrlJob::renew(const StatusSigner& signer, Time now) {
  const Look seen = TRY(look(signer));
  deps_.cache.note(signer.issuer_id, seen.revocations);
  revocations_[signer.issuer_id] = seen.revocations;
  TRY(fetch(signer, seen));
  if (!is_due(seen.heads, seen.revocations, wanted_lists(seen.heads, options_.crl_parts), times_, now)) return {};
  std::optional<std::uint64_t> fence;
  const auto work = [&](store::Tx& tx) -> Result<void> {
    fence = TRY(tx.leases.take(lease_name(signer.issuer_id), deps_.node, now, now + lease_time));
    return {};
  };
  TRY(deps_.store.write(work));
  if (!fence) return {};  // another node is at it
  const Held current = TRY(held(signer, now));
  auto lists = TRY(signed_lists(signer, current, now));
  if (lists.empty()) return {};
  const bool published = TRY(publish(signer, *fence, lists, now));
  if (!published) return {};  // another node was faster: the next look fetches what it made
  for (auto& list : lists) deps_.shelf.put(std::move(list));
  return {};
}

Result<CrlJob::Held> CrlJob::held(const StatusSigner& signer, Time now) const {
  Held out;
  const auto work = [&](store::Tx& tx) -> Result<void> {
    out = {};
    out.look.heads = TRY(tx.crls.heads(signer.issuer_id));
    out.look.revocations = TRY(tx.certificates.revocations(signer.issuer_id));
    for (const std::uint32_t part : wanted_lists(out.look.heads, options_.crl_parts)) {
      auto list = TRY(tx.crls.latest(signer.issuer_id, part));
      if (list) out.lists.push_back(*std::move(list));
    }
    const Time since = kept_since(find(out.lists, full_list), times_, now);
    while (true) {
      const std::string after = out.revoked.empty() ? "" : out.revoked.back().serial;
      const auto page = TRY(tx.certificates.revoked(signer.issuer_id, since, after, page_rows));
      out.revoked.insert(out.revoked.end(), page.begin(), page.end());
      if (page.size() < page_rows) return {};
    }
  };
  TRY(deps_.store.read(work));
  return out;
}

// A part that would say the same is left alone until its own time comes.
Result<std::vector<CrlRow>> CrlJob::signed_lists(const StatusSigner& signer, const Held& held, Time now) const {
  const Places places(options_.url);
  std::vector<CrlRow> lists;
  for (const std::uint32_t part : wanted_lists(held.look.heads, options_.crl_parts)) {
    const CrlRow* previous = find(held.lists, part);
    auto entries = entries_of(held.revoked, part);
    const bool is_old = !previous || is_half_over(*previous, times_, now);
    if (!is_old && part == full_list && previous->revocations == held.look.revocations) continue;
    if (!is_old && part != full_list) {
      const bool is_same = TRY(holds(*previous, entries));
      if (is_same) continue;
    }
    const Time begin = this_update(entries, times_, now);
    x509::CrlTemplate parts{.this_update = begin,
                            .next_update = begin + times_.life,
                            .number = next_number(previous, now),
                            .revoked = std::move(entries),
                            .partition_url = part == full_list ? "" : places.crl(signer.issuer_id, part)};
    Bytes der = TRY(x509::make_crl(parts, signer.certificate, signer.key));
    lists.push_back(
        {signer.issuer_id, part, parts.number, begin, parts.next_update, held.look.revocations, std::move(der)});
  }
  return lists;
}

// Whether they are what everybody gets now; false when another node has taken over, or was faster.
Result<bool> CrlJob::publish(const StatusSigner& signer, std::uint64_t fence, const std::vector<CrlRow>& lists,
                             Time now) {
  bool is_late = false;
  const auto work = [&](store::Tx& tx) -> Result<void> {
    is_late = false;
    bool holds_good = TRY(tx.leases.is_current(lease_name(signer.issuer_id), fence));
    for (const auto& list : lists) {
      if (holds_good) holds_good = TRY(tx.crls.put(list));
      if (holds_good) TRY(audit::append(tx, deps_.node, event_of(list), now));
    }
    is_late = !holds_good;
    if (is_late) return make_error(ErrorKind::internal, "another node has signed the revocation lists");
    return {};
  };
  auto done = deps_.store.write(work);
  if (!done && is_late) return false;
  if (!done) return std::move(done).error();
  for (const auto& list : lists) {
    deps_.log.info("crl_signed", {{"issuer", list.issuer},
                                  {"part", std::to_string(list.partition)},
                                  {"number", std::to_string(list.number)},
                                  {"next_update", to_rfc3339(list.next_update)}});
  }
  deps_.meter.count("crest_ca_crls_signed_total", {}, static_cast<double>(lists.size()));
  return true;
}

Duration CrlJob::age(Time now) const {
  Duration oldest{0};
  for (const auto& signer : deps_.signers) {
    for (const std::uint32_t part : wanted_lists({}, options_.crl_parts)) {
      const auto list = deps_.shelf.find(signer.issuer_id, part);
      oldest = list ? std::max(oldest, now - list->this_update) : Duration::max();
      if (!list) return oldest;
    }
  }
  return oldest;
}

std::string CrlJob::trouble_of(const std::string& issuer, Time now) const {
  const std::scoped_lock lock(mutex_);
  const auto found = standing_.find(issuer);
  if (found == standing_.end()) return {};  // there has been no look yet, so there is no list either
  const auto& standing = found->second;
  if (standing.failed) return "a revocation list could not be signed anew; see the log";
  if (standing.behind_since && now >= *standing.behind_since + late_after) {
    return "something that was revoked does not stand in the revocation list that is served";
  }
  if (now >= standing.looked_at + look_again_within) return "revocations have not been looked for since a while";
  return {};
}

std::string CrlJob::trouble(Time now) const {
  for (const auto& signer : deps_.signers) {
    std::string why = trouble_of(signer.issuer_id, now);
    if (!why.empty()) return why;
    for (const std::uint32_t part : wanted_lists({}, options_.crl_parts)) {
      const auto list = deps_.shelf.find(signer.issuer_id, part);
      if (!list) return "a revocation list has not been signed yet";
      if (now >= list->next_update - times_.life / 4) return "a revocation list is old and could not be signed anew";
    }
  }
  return {};
}

}  // namespace crest::ca::status
