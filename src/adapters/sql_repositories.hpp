// The CA's repositories on an SqlConnection inside a transaction, and all of them as a Tx.
#pragma once

#include <memory>

#include "adapters/sql.hpp"
#include "ca/store/store.hpp"

namespace crest::adapters {

// Each keeps a reference to the connection.
std::unique_ptr<ca::store::Accounts> make_sql_accounts(SqlConnection& connection);
std::unique_ptr<ca::store::Orders> make_sql_orders(SqlConnection& connection);
std::unique_ptr<ca::store::Authorizations> make_sql_authorizations(SqlConnection& connection);
std::unique_ptr<ca::store::Certificates> make_sql_certificates(SqlConnection& connection);
std::unique_ptr<ca::store::BlockedKeys> make_sql_blocked_keys(SqlConnection& connection);
std::unique_ptr<ca::store::EabKeys> make_sql_eab_keys(SqlConnection& connection);
std::unique_ptr<ca::store::Spendings> make_sql_spendings(SqlConnection& connection);
std::unique_ptr<ca::store::Leases> make_sql_leases(SqlConnection& connection);
std::unique_ptr<ca::store::Issuers> make_sql_issuers(SqlConnection& connection);
std::unique_ptr<ca::store::Crls> make_sql_crls(SqlConnection& connection);
std::unique_ptr<ca::store::AuditLog> make_sql_audit_log(SqlConnection& connection);

class SqlTables {
 public:
  explicit SqlTables(SqlConnection& connection);
  ca::store::Tx& tx() { return tx_; }

 private:
  std::unique_ptr<ca::store::Accounts> accounts_;
  std::unique_ptr<ca::store::Orders> orders_;
  std::unique_ptr<ca::store::Authorizations> authorizations_;
  std::unique_ptr<ca::store::Certificates> certificates_;
  std::unique_ptr<ca::store::BlockedKeys> blocked_keys_;
  std::unique_ptr<ca::store::EabKeys> eab_keys_;
  std::unique_ptr<ca::store::Spendings> spendings_;
  std::unique_ptr<ca::store::Leases> leases_;
  std::unique_ptr<ca::store::Issuers> issuers_;
  std::unique_ptr<ca::store::Crls> crls_;
  std::unique_ptr<ca::store::AuditLog> audit_;
  ca::store::Tx tx_;
};

}  // namespace crest::adapters
