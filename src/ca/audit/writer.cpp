#include "ca/audit/writer.hpp"

namespace crest::ca::audit {

Result<void> append(store::Tx& tx, const std::string& chain, const Event& event, Time now) {
  auto row = TRY(tx.audit.last(chain));
  std::optional<Line> last;
  if (row) last = Line{row->number, std::move(row->text), std::move(row->digest)};
  Line line = next_line(last, event, now);
  return tx.audit.append({chain, line.number, std::move(line.text), std::move(line.digest)});
}

}  // namespace crest::ca::audit
