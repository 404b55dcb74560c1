#include <algorithm>
#include <iostream>

#include "apps/crest_ca/audit_keys.hpp"
#include "apps/crest_ca/verb.hpp"
#include "ca/audit/chain.hpp"
#include "encoding/json.hpp"

namespace crest::apps::crest_ca {
namespace {

using ca::store::AuditRow;

constexpr std::size_t page = 500;

// The lines of a chain, from the first on. `take` may end it with an error.
Result<void> each_line(ca::store::Store& store, const std::string& chain,
                       const std::function<Result<void>(const AuditRow&)>& take) {
  std::uint64_t after = 0;
  while (true) {
    std::vector<AuditRow> rows;
    const auto read = [&](ca::store::Tx& tx) -> Result<void> {
      rows = TRY(tx.audit.list(chain, after, page));
      return {};
    };
    TRY(store.read(read));
    if (rows.empty()) return {};
    for (const auto& row : rows) TRY(take(row));
    after = rows.back().number;
  }
}

Result<std::vector<std::string>> chains_of(ca::store::Store& store, const std::string& wanted) {
  std::vector<std::string> chains;
  const auto read = [&](ca::store::Tx& tx) -> Result<void> {
    chains = TRY(tx.audit.chains());
    return {};
  };
  TRY(store.read(read));
  if (wanted.empty()) return chains;
  if (std::ranges::find(chains, wanted) == chains.end()) {
    return make_error(ErrorKind::usage, "there is no audit chain of that name; leave --chain away to see all", wanted);
  }
  return std::vector<std::string>{wanted};
}

struct Verdict {
  std::string chain;
  std::uint64_t lines = 0, vouched_for = 0;
  std::string broken;  // "" when it is whole
};

Result<Verdict> verdict_on(ca::store::Store& store, const std::string& chain,
                           const std::vector<crypto::PublicKey>& keys) {
  ca::audit::Verifier verifier(keys);
  Verdict verdict{.chain = chain};
  const auto read = each_line(store, chain, [&](const AuditRow& row) -> Result<void> {
    auto taken = verifier.take(row.text);
    if (taken && verifier.last()->digest != row.digest) {
      taken = make_error(ErrorKind::malformed,
                         "the audit log is broken: it is not what its own digest is of; compare it "
                         "with a copy",
                         "line " + std::to_string(row.number));
    }
    if (!taken) verdict.broken = taken.error().describe();
    return taken;
  });
  if (!read && verdict.broken.empty()) return read.error();
  verdict.lines = verifier.lines();
  verdict.vouched_for = verifier.vouched_for();
  return verdict;
}

encoding::Json to_json(const Verdict& verdict) {
  encoding::Json out = encoding::Json::object();
  out.set("chain", verdict.chain).set("lines", static_cast<std::int64_t>(verdict.lines));
  out.set("signed_up_to", static_cast<std::int64_t>(verdict.vouched_for)).set("whole", verdict.broken.empty());
  if (!verdict.broken.empty()) out.set("error", verdict.broken);
  return out;
}

std::string in_words(const Verdict& verdict) {
  const std::string name = Untrusted(verdict.chain).printable(100);
  if (!verdict.broken.empty()) return name + ": " + verdict.broken;
  return name + ": whole, " + std::to_string(verdict.lines) + " lines, signed up to line " +
         std::to_string(verdict.vouched_for);
}

Result<bool> verify(const Audit& flags) {
  const auto records = TRY(open_records(flags.folder));
  const auto keys = TRY(audit_keys(flags.folder, records));
  const auto chains = TRY(chains_of(*records.store, flags.chain));
  bool whole = true;
  encoding::Json all = encoding::Json::array();
  for (const auto& chain : chains) {
    const auto verdict = TRY(verdict_on(*records.store, chain, keys));
    whole = whole && verdict.broken.empty();
    if (flags.json) {
      all.push(to_json(verdict));
    } else {
      say(in_words(verdict));
    }
  }
  if (flags.json) {
    encoding::Json out = encoding::Json::object();
    out.set("whole", whole).set("chains", std::move(all));
    say(out.dump());
  }
  return whole;
}

// The lines as they are in the database: one JSON object each. Several chains follow each other.
Result<void> export_lines(const Audit& flags) {
  const auto records = TRY(open_records(flags.folder));
  const auto chains = TRY(chains_of(*records.store, flags.chain));
  for (const auto& chain : chains) {
    const auto print = [&](const AuditRow& row) -> Result<void> {
      if (!flags.json) {
        std::cout << row.text << '\n';
        return {};
      }
      encoding::Json out = encoding::Json::object();
      out.set("chain", row.chain).set("number", static_cast<std::int64_t>(row.number)).set("digest", row.digest);
      auto line = encoding::Json::parse(row.text);
      if (line) out.set("line", *std::move(line));
      std::cout << out.dump() << '\n';
      return {};
    };
    TRY(each_line(*records.store, chain, print));
  }
  std::cout << std::flush;
  if (!std::cout)
    return make_error(ErrorKind::storage, "the audit log could not be written out whole", "standard output");
  return {};
}

}  // namespace

int run(const Audit& flags) {
  if (flags.action == Audit::Action::export_lines) {
    const auto done = export_lines(flags);
    return done ? 0 : report(done.error());
  }
  const auto whole = verify(flags);
  if (!whole) return report(whole.error());
  constexpr int failed = 2;
  return *whole ? 0 : failed;
}

}  // namespace crest::apps::crest_ca
