#include "adapters/sql_repositories.hpp"

namespace crest::adapters {

SqlTables::SqlTables(SqlConnection& connection)
    : accounts_(make_sql_accounts(connection)),
      orders_(make_sql_orders(connection)),
      authorizations_(make_sql_authorizations(connection)),
      certificates_(make_sql_certificates(connection)),
      blocked_keys_(make_sql_blocked_keys(connection)),
      eab_keys_(make_sql_eab_keys(connection)),
      spendings_(make_sql_spendings(connection)),
      leases_(make_sql_leases(connection)),
      issuers_(make_sql_issuers(connection)),
      crls_(make_sql_crls(connection)),
      audit_(make_sql_audit_log(connection)),
      tx_{*accounts_,  *orders_, *authorizations_, *certificates_, *blocked_keys_, *eab_keys_,
          *spendings_, *leases_, *issuers_,        *crls_,         *audit_} {}

}  // namespace crest::adapters
