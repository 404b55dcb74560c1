#include "adapters/sql_repositories.hpp"
#include "adapters/sql_text.hpp"

namespace crest::adapters {
namespace {

using namespace ca::store;

constexpr std::string_view status_words[] = {"signing", "issued", "revoked"};
std::string_view word_of(CertificateStatus status) { return status_words[static_cast<std::size_t>(status)]; }
CertificateStatus certificate_status(std::string_view word) {
  const auto at = std::find(std::begin(status_words), std::end(status_words), word);
  const bool known = at != std::end(status_words);  // what somebody else wrote must not count as good
  return known ? static_cast<CertificateStatus>(at - std::begin(status_words)) : CertificateStatus::revoked;
}

CertificateRow read_row(const SqlQuery& query) {
  return {.serial = query.text(0),
          .order = query.text(1),
          .account = query.text(2),
          .status = certificate_status(query.text(3)),
          .tbs_sha256 = query.text(4),
          .der = query.blob(5),
          .issuer = query.text(6),
          .created = query.time(7),
          .not_after = query.time(8),
          .revoked_at = query.optional_time(9),
          .revocation_reason = static_cast<int>(query.integer(10)),
          .names = words_of(query.text(11)),
          .not_before = query.time(12),
          .profile = query.text(13),
          .replaced_by = query.text(14)};
}

// For LIKE; a name has neither "%" nor "_" in it, and what has finds nothing.
std::string pattern_of(const std::string& text) {
  const bool plain = text.find_first_of("%_\\") == std::string::npos;
  return text.empty() ? "" : plain ? "%" + text + "%" : " ";
}

class SqlCertificates final : public Certificates {
 public:
  explicit SqlCertificates(SqlConnection& connection) : connection_(connection) {}

  Result<bool> insert(const CertificateRow& row) override {
    const std::string names = joined_words(row.names);
    SqlQuery query(connection_,
                   "INSERT INTO certificates (serial, order_id, account, status, tbs_sha256, der, issuer, created, "
                   "not_after, revoked_at, revocation_reason, names, not_before, profile, replaced_by) "
                   "VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING");
    query.bind(row.serial).bind(row.order).bind(row.account).bind(word_of(row.status)).bind(row.tbs_sha256);
    query.bind(ByteView(row.der)).bind(row.issuer).bind(milliseconds(row.created)).bind(milliseconds(row.not_after));
    query.bind(row.revoked_at).bind(std::int64_t(row.revocation_reason)).bind(names);
    query.bind(milliseconds(row.not_before)).bind(row.profile);
    const std::uint64_t changed = TRY(query.bind(row.replaced_by).run());
    if (changed == 1 && row.status == CertificateStatus::revoked) TRY(count_revocation(row.issuer));
    return changed == 1;
  }
  Result<std::optional<CertificateRow>> by_serial(const std::string& serial) override {
    SqlQuery query(connection_,
                   "SELECT serial, order_id, account, status, tbs_sha256, der, issuer, created, not_after, revoked_at, "
                   "revocation_reason, names, not_before, profile, replaced_by FROM certificates WHERE serial = ?");
    return row_of(query.bind(serial), read_row);
  }
  Result<std::optional<CertificateRow>> by_order(const Id& order) override {
    SqlQuery query(connection_,
                   "SELECT serial, order_id, account, status, tbs_sha256, der, issuer, created, not_after, revoked_at, "
                   "revocation_reason, names, not_before, profile, replaced_by FROM certificates WHERE order_id = ?");
    return row_of(query.bind(order), read_row);
  }
  Result<bool> update_if(const CertificateRow& row, CertificateStatus expected) override {
    SqlQuery query(connection_,
                   "UPDATE certificates SET status = ?, der = ?, tbs_sha256 = ?, revoked_at = ?, revocation_reason = ? "
                   "WHERE serial = ? AND status = ?");
    query.bind(word_of(row.status)).bind(ByteView(row.der)).bind(row.tbs_sha256).bind(row.revoked_at);
    query.bind(std::int64_t(row.revocation_reason)).bind(row.serial);
    const std::uint64_t changed = TRY(query.bind(word_of(expected)).run());
    if (changed == 1 && row.status == CertificateStatus::revoked) TRY(count_revocation(row.issuer));
    return changed == 1;
  }
  Result<std::vector<CertificateRow>> with_status(CertificateStatus status, std::size_t count_max) override {
    if (status == CertificateStatus::signing) {  // the index that a restart reads
      SqlQuery query(connection_,
                     "SELECT serial, order_id, account, status, tbs_sha256, der, issuer, created, not_after, "
                     "revoked_at, revocation_reason, names, not_before, profile, replaced_by FROM certificates "
                     "WHERE status = 'signing' ORDER BY created LIMIT ?");
      return rows_of(query.bind(limit(count_max)), read_row);
    }
    SqlQuery query(connection_,
                   "SELECT serial, order_id, account, status, tbs_sha256, der, issuer, created, not_after, revoked_at, "
                   "revocation_reason, names, not_before, profile, replaced_by FROM certificates WHERE status = ? "
                   "ORDER BY created LIMIT ?");
    return rows_of(query.bind(word_of(status)).bind(limit(count_max)), read_row);
  }
  Result<std::uint64_t> count() override {
    SqlQuery query(connection_, "SELECT count(*) FROM certificates");
    TRY(query.row());
    return static_cast<std::uint64_t>(query.integer(0));
  }
  Result<std::optional<Time>> newest() override {
    SqlQuery query(connection_, "SELECT max(created) FROM certificates");
    TRY(query.row());
    return query.optional_time(0);
  }
  Result<std::vector<CertificateRow>> search(const CertificateFilter& filter,
                                             const std::optional<CertificateCursor>& after,
                                             std::size_t count_max) override {
    const std::string pattern = pattern_of(filter.text);
    const std::string serial = after ? after->serial : "";
    const std::string_view status = filter.status ? word_of(*filter.status) : "";
    SqlQuery query(connection_,
                   "SELECT serial, order_id, account, status, tbs_sha256, der, issuer, created, not_after, revoked_at, "
                   "revocation_reason, names, not_before, profile, replaced_by FROM certificates "
                   "WHERE (?1 = '' OR not_after < ?2 OR (not_after = ?2 AND serial < ?1)) "
                   "AND (?3 = '' OR names LIKE ?3) AND (?4 = '' OR account = ?4) AND (?5 = '' OR issuer = ?5) "
                   "AND (?6 = '' OR profile = ?6) AND (?7 = '' OR status = ?7) "
                   "AND (CAST(?8 AS BIGINT) < 0 OR (not_before <= ?8 AND not_after >= ?8)) "
                   "ORDER BY not_after DESC, serial DESC LIMIT ?9");
    query.bind(serial).bind(after ? milliseconds(after->not_after) : std::int64_t{0}).bind(pattern);
    query.bind(filter.account).bind(filter.issuer).bind(filter.profile).bind(status);
    query.bind(filter.valid_at ? milliseconds(*filter.valid_at) : std::int64_t{-1});
    return rows_of(query.bind(limit(count_max)), read_row);
  }
  Result<std::vector<RevokedRow>> revoked(const std::string& issuer, Time not_after_min, const std::string& after,
                                          std::size_t count_max) override {
    SqlQuery query(connection_,
                   "SELECT serial, revoked_at, revocation_reason FROM certificates WHERE status = 'revoked' "
                   "AND issuer = ? AND not_after >= ? AND serial > ? ORDER BY serial LIMIT ?");
    query.bind(issuer).bind(milliseconds(not_after_min)).bind(after).bind(limit(count_max));
    return rows_of(query, [](const SqlQuery& row) {
      return RevokedRow{row.text(0), row.time(1), static_cast<int>(row.integer(2))};
    });
  }
  Result<std::uint64_t> revocations(const std::string& issuer) override {
    SqlQuery query(connection_, "SELECT number FROM revocation_counts WHERE issuer = ?");
    const bool there = TRY(query.bind(issuer).row());
    return there ? static_cast<std::uint64_t>(query.integer(0)) : std::uint64_t{0};
  }
  Result<bool> set_replaced_by(const std::string& serial, const Id& order) override {
    SqlQuery query(connection_, "UPDATE certificates SET replaced_by = ? WHERE serial = ?");
    const std::uint64_t changed = TRY(query.bind(order).bind(serial).run());
    return changed == 1;
  }
  Result<std::vector<ExpiredRow>> expired(Time before, const std::optional<CertificateCursor>& after,
                                          std::size_t count_max) override {
    const std::string serial = after ? after->serial : "";
    SqlQuery query(connection_,
                   "SELECT serial, order_id, not_after FROM certificates WHERE not_after < ? "
                   "AND (not_after, serial) > (?, ?) ORDER BY not_after, serial LIMIT ?");
    query.bind(milliseconds(before)).bind(after ? milliseconds(after->not_after) : std::int64_t{-1}).bind(serial);
    return rows_of(query.bind(limit(count_max)),
                   [](const SqlQuery& row) { return ExpiredRow{row.text(0), row.text(1), row.time(2)}; });
  }
  Result<void> remove(const std::string& serial) override {
    SqlQuery query(connection_, "DELETE FROM certificates WHERE serial = ?");
    TRY(query.bind(serial).run());
    return {};
  }

 private:
  Result<void> count_revocation(const std::string& issuer) {
    SqlQuery query(connection_,
                   "INSERT INTO revocation_counts (issuer, number) VALUES (?,1) "
                   "ON CONFLICT (issuer) DO UPDATE SET number = revocation_counts.number + 1");
    TRY(query.bind(issuer).run());
    return {};
  }

  SqlConnection& connection_;
};

}  // namespace

std::unique_ptr<Certificates> make_sql_certificates(SqlConnection& connection) {
  return std::make_unique<SqlCertificates>(connection);
}

}  // namespace crest::adapters
