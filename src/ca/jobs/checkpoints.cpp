#include "ca/jobs/checkpoints.hpp"

#include "ca/audit/writer.hpp"
#include "encoding/json.hpp"

namespace crest::ca {
namespace {

constexpr Duration look_every{60'000};

bool is_checkpoint(const store::AuditRow& row) {
  const auto line = encoding::Json::parse(row.text);
  const auto* kind = line ? line->find("event") : nullptr;
  return kind && kind->as_string() && *kind->as_string() == audit::checkpoint_kind;
}

}  // namespace

bool is_checkpoint_due(std::uint64_t lines, Time last, Time now) {
  return lines >= checkpoint_lines_max || (lines > 0 && now - last >= checkpoint_spacing_max);
}

Result<void> Checkpoints::look(store::Tx& tx) {
  const auto row = TRY(tx.audit.last(deps_.chain));
  last_ = row ? row->number : 0;
  if (row && is_checkpoint(*row)) signed_ = last_;
  return {};
}

// Signed inside the transaction: no line may come between the digest that is signed and the checkpoint.
Result<Time> Checkpoints::step(Time now) {
  TRY(deps_.store.read([this](store::Tx& tx) { return look(tx); }));
  if (!is_checkpoint_due(last_ - signed_, signed_at_, now)) return now + look_every;
  std::uint64_t number = 0;
  const auto work = [&](store::Tx& tx) -> Result<void> {
    auto row = TRY(tx.audit.last(deps_.chain));
    if (!row) return {};
    number = row->number + 1;
    const auto event = TRY(audit::checkpoint({row->number, row->text, row->digest}, deps_.key));
    return audit::append(tx, deps_.chain, event, now);
  };
  TRY(deps_.store.write(work));
  signed_ = number;
  signed_at_ = now;
  return now + look_every;
}

}  // namespace crest::ca
