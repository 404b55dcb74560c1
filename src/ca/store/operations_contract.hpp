// The promises of the repositories in operations.hpp as tests, for every Store; included by store_contract.hpp.
#pragma once

#include "ca/store/store_contract_fixture.hpp"

namespace crest::ca::store {

TEST_P(StoreContract, EAB_09_KeysAreKeptAndChanged) {
  EabKeyRow key{.id = "k1",
                .label = "team 7",
                .mac_key = to_bytes("0123456789abcdef0123456789abcdef"),
                .allow = {"corp.example", "10.0.0.0/8"},
                .profiles = {"short"},
                .accounts_max = 3,
                .created = now,
                .expires = now + 24h};
  write([&](Tx& tx) -> Result<void> {
    EXPECT_TRUE(*tx.eab_keys.insert(key));
    EXPECT_FALSE(*tx.eab_keys.insert(key));
    EabKeyRow other = key;
    other.id = "k2";
    other.expires.reset();
    EXPECT_TRUE(*tx.eab_keys.insert(other));
    return {};
  });
  write([&](Tx& tx) -> Result<void> {
    EabKeyRow row = **tx.eab_keys.by_id("k1");
    EXPECT_EQ(row.label, key.label);
    EXPECT_EQ(row.mac_key, key.mac_key);
    EXPECT_EQ(row.allow, key.allow);
    EXPECT_EQ(row.profiles, key.profiles);
    EXPECT_EQ(row.accounts_max, 3u);
    EXPECT_EQ(row.created, now);
    EXPECT_EQ(row.expires, key.expires);
    EXPECT_FALSE(row.revoked);
    row.accounts = 2;
    row.revoked = now;
    EXPECT_TRUE(*tx.eab_keys.update(row));
    row.id = "absent";
    EXPECT_FALSE(*tx.eab_keys.update(row));
    return {};
  });
  read([&](Tx& tx) -> Result<void> {
    EXPECT_EQ((*tx.eab_keys.by_id("k1"))->accounts, 2u);
    EXPECT_EQ((*tx.eab_keys.by_id("k1"))->revoked, now);
    EXPECT_FALSE((*tx.eab_keys.by_id("k2"))->expires);
    EXPECT_FALSE(*tx.eab_keys.by_id("k3"));
    EXPECT_EQ(tx.eab_keys.list("", 1)->front().id, "k1");
    EXPECT_EQ(tx.eab_keys.list("k1", 9)->front().id, "k2");
    EXPECT_TRUE(tx.eab_keys.list("k2", 9)->empty());
    return {};
  });
}

TEST_P(StoreContract, SF62_SpendingsAreForgottenWhenTheySayNothing) {
  write([&](Tx& tx) -> Result<void> {
    TRY(tx.spendings.put("a", now));
    TRY(tx.spendings.put("b", now + 1h));
    TRY(tx.spendings.put("a", now + 1s));
    return {};
  });
  write([&](Tx& tx) -> Result<void> {
    EXPECT_EQ(*tx.spendings.full_at("a"), now + 1s);
    EXPECT_FALSE(*tx.spendings.full_at("c"));
    EXPECT_EQ(*tx.spendings.remove_full(now, 9), 0u);
    EXPECT_EQ(*tx.spendings.remove_full(now + 2h, 1), 1u);
    EXPECT_EQ(*tx.spendings.remove_full(now + 2h, 9), 1u);
    EXPECT_FALSE(*tx.spendings.full_at("b"));
    return {};
  });
}

TEST_P(StoreContract, SF67_ALeaseHasOneHolderAndANewNumberForEach) {
  write([&](Tx& tx) -> Result<void> {
    EXPECT_EQ(*tx.leases.take("crl", "a", now, now + 30s), 1u);
    EXPECT_EQ(*tx.leases.take("crl", "b", now + 1s, now + 40s), std::nullopt);
    EXPECT_EQ(*tx.leases.take("other", "b", now, now + 30s), 1u);
    EXPECT_EQ(*tx.leases.take("crl", "a", now + 29s, now + 59s), 1u);  // kept
    EXPECT_EQ(*tx.leases.take("crl", "b", now + 30s, now + 90s), std::nullopt);
    EXPECT_TRUE(*tx.leases.is_current("crl", 1));
    EXPECT_EQ(*tx.leases.take("crl", "b", now + 59s, now + 90s), 2u);
    EXPECT_FALSE(*tx.leases.is_current("crl", 1));
    EXPECT_TRUE(*tx.leases.is_current("crl", 2));
    EXPECT_EQ(*tx.leases.take("crl", "a", now + 60s, now + 90s), std::nullopt);
    EXPECT_EQ(*tx.leases.take("crl", "b", now + 90s, now + 120s), 3u);  // its own, but it had run out
    EXPECT_FALSE(*tx.leases.is_current("absent", 1));
    return {};
  });
  read([&](Tx& tx) -> Result<void> {
    const auto all = *tx.leases.all();
    EXPECT_EQ(all.size(), 2u);
    EXPECT_EQ(all.front().name, "crl");
    EXPECT_EQ(all.front().holder, "b");
    EXPECT_EQ(all.front().fence, 3u);
    EXPECT_EQ(all.front().until, now + 120s);
    EXPECT_EQ(all.back().name, "other");
    return {};
  });
}

TEST_P(StoreContract, SF67_WhatANodeIsAtBecomesAnothers) {
  write([&](Tx& tx) -> Result<void> {
    for (const auto& [id, node] : {std::pair("a", "north"), std::pair("b", "north"), std::pair("c", "south")}) {
      auto proof = authorization(id);
      proof.node = node;
      proof.challenges[0].status =
          id == std::string("b") ? acme::ChallengeStatus::valid : acme::ChallengeStatus::processing;
      TRY(tx.authorizations.insert(proof));
      auto wanted = order(id);
      wanted.node = node;
      TRY(tx.orders.insert(wanted));
      wanted.status = id == std::string("b") ? acme::OrderStatus::valid : acme::OrderStatus::processing;
      EXPECT_TRUE(*tx.orders.update_if(wanted, acme::OrderStatus::pending));
    }
    return {};
  });
  const auto hand_over = [](Tx& tx) -> Result<void> {
    TRY(tx.authorizations.hand_over("north", "west"));
    return tx.orders.hand_over("north", "west");
  };
  const auto nodes = [&](const Id& id) {
    std::pair<std::string, std::string> out;
    read([&](Tx& tx) -> Result<void> {
      out = {(*tx.authorizations.by_id(id))->node, (*tx.orders.by_id(id))->node};
      return {};
    });
    return out;
  };
  EXPECT_FALSE(store->write([&](Tx& tx) -> Result<void> {
    TRY(hand_over(tx));
    return make_error(ErrorKind::internal, "planned");
  }));
  EXPECT_EQ(nodes("a"), std::pair(std::string("north"), std::string("north")));
  write(hand_over);
  EXPECT_EQ(nodes("a"), std::pair(std::string("west"), std::string("west")));
  EXPECT_EQ(nodes("b"), std::pair(std::string("north"), std::string("north"))) << "it is over";
  EXPECT_EQ(nodes("c"), std::pair(std::string("south"), std::string("south")));
}

TEST_P(StoreContract, IssuersAreRememberedAsTheyWere) {
  write([&](Tx& tx) -> Result<void> {
    TRY(tx.issuers.put({"b", "chain b", "root", now}));
    TRY(tx.issuers.put({"a", "chain a", "root", now + 1s}));
    TRY(tx.issuers.put({"b", "another", "another", now + 2s}));
    return {};
  });
  read([&](Tx& tx) -> Result<void> {
    EXPECT_EQ((*tx.issuers.by_id("b"))->chain_pem, "chain b");
    EXPECT_FALSE(*tx.issuers.by_id("c"));
    const auto all = *tx.issuers.all();
    EXPECT_EQ(all.size(), 2u);
    EXPECT_EQ(all.front().id, "b");
    return {};
  });
}

TEST_P(StoreContract, CRL_02_AnOlderListNeverReplacesANewerOne) {
  CrlRow list{.issuer = "i", .partition = 0, .number = 7, .this_update = now, .next_update = now + 24h};
  list.der = to_bytes("seven");
  write([&](Tx& tx) -> Result<void> {
    EXPECT_TRUE(*tx.crls.put(list));
    CrlRow other = list;
    other.partition = 1;
    other.number = 3;
    EXPECT_TRUE(*tx.crls.put(other));
    for (const std::uint64_t number : {7u, 6u}) {
      other = list;
      other.number = number;
      other.der = to_bytes("old");
      EXPECT_FALSE(*tx.crls.put(other)) << number;
    }
    list.number = std::uint64_t{1} << 60;
    list.revocations = 5;
    list.der = to_bytes("newer");
    EXPECT_TRUE(*tx.crls.put(list));
    return {};
  });
  read([&](Tx& tx) -> Result<void> {
    const auto latest = **tx.crls.latest("i", 0);
    EXPECT_EQ(latest.number, std::uint64_t{1} << 60);
    EXPECT_EQ(as_text(latest.der), "newer");
    EXPECT_EQ(latest.next_update, now + 24h);
    EXPECT_EQ(latest.revocations, 5u);
    const auto heads = *tx.crls.heads("i");
    EXPECT_EQ(heads.size(), 2u);
    EXPECT_EQ(heads.at(0).number, latest.number);
    EXPECT_EQ(heads.at(0).revocations, 5u);
    EXPECT_EQ(heads.at(1).partition, 1u);
    EXPECT_TRUE(heads.at(1).der.empty());
    EXPECT_TRUE(tx.crls.heads("h")->empty());
    EXPECT_EQ((*tx.crls.latest("i", 1))->number, 3u);
    EXPECT_FALSE(*tx.crls.latest("i", 2));
    return {};
  });
}

TEST_P(StoreContract, SF87_TheAuditLogOnlyGrows) {
  write([&](Tx& tx) -> Result<void> {
    EXPECT_FALSE(*tx.audit.last("node-1"));
    TRY(tx.audit.append({"node-1", 1, "one", "d1"}));
    TRY(tx.audit.append({"node-1", 2, "two", "d2"}));
    TRY(tx.audit.append({"node-0", 1, "other", "d"}));
    return {};
  });
  EXPECT_FALSE(store->write([&](Tx& tx) { return tx.audit.append({"node-1", 2, "forged", "d"}); }));
  read([&](Tx& tx) -> Result<void> {
    EXPECT_EQ((*tx.audit.last("node-1"))->text, "two");
    EXPECT_EQ((*tx.audit.last("node-0"))->digest, "d");
    EXPECT_FALSE(*tx.audit.last("node-2"));
    const auto lines = *tx.audit.list("node-1", 1, 9);
    EXPECT_EQ(lines.size(), 1u);
    EXPECT_EQ(lines.front().number, 2u);
    EXPECT_EQ(tx.audit.list("node-1", 0, 1)->front().number, 1u);
    EXPECT_EQ(*tx.audit.chains(), (std::vector<std::string>{"node-0", "node-1"}));
    return {};
  });
}

TEST_P(StoreContract, CertificatesAreFoundByWhatTheyAreFor) {
  write([&](Tx& tx) -> Result<void> {
    for (int i = 1; i <= 4; ++i) {
      auto row = certificate("0" + std::to_string(i), "o" + std::to_string(i));
      row.names = {"app" + std::to_string(i) + ".corp.example", "*.lab.example"};
      row.not_before = now;
      row.not_after = now + 1h * i;
      row.account = i == 1 ? "other" : "acct";
      row.profile = i == 2 ? "short" : "default";
      row.status = i == 3 ? CertificateStatus::revoked : CertificateStatus::issued;
      EXPECT_TRUE(*tx.certificates.insert(row));
    }
    return {};
  });
  read([&](Tx& tx) -> Result<void> {
    const auto found = [&](const CertificateFilter& filter, std::optional<CertificateCursor> after = {},
                           std::size_t most = 9) {
      std::string serials;
      const auto rows = *tx.certificates.search(filter, after, most);
      for (const auto& row : rows) serials += row.serial;
      return serials;
    };
    EXPECT_EQ(found({}), "04030201");
    EXPECT_EQ(found({}, {}, 2), "0403");
    EXPECT_EQ(found({}, CertificateCursor{now + 3h, "03"}), "0201");
    EXPECT_EQ(found({.text = "app2"}), "02");
    EXPECT_EQ(found({.text = "lab.example"}), "04030201");
    EXPECT_EQ(found({.text = "%"}), "");
    EXPECT_EQ(found({.text = "app_"}), "");
    EXPECT_EQ(found({.account = "other"}), "01");
    EXPECT_EQ(found({.profile = "short"}), "02");
    EXPECT_EQ(found({.issuer = "i"}), "04030201");
    EXPECT_EQ(found({.issuer = "j"}), "");
    EXPECT_EQ(found({.status = CertificateStatus::revoked}), "03");
    EXPECT_EQ(found({.valid_at = now + 90min}), "040302");
    EXPECT_EQ(found({.valid_at = now - 1s}), "");
    const auto row = **tx.certificates.by_serial("02");
    EXPECT_EQ(row.names, (std::vector<std::string>{"app2.corp.example", "*.lab.example"}));
    EXPECT_EQ(row.not_before, now);
    return {};
  });
}

TEST_P(StoreContract, CRL_04_RevokedOnesAreListedInPages) {
  write([&](Tx& tx) -> Result<void> {
    for (int i = 1; i <= 5; ++i) {
      auto row = certificate("0" + std::to_string(i), "o" + std::to_string(i));
      row.status = i == 2 ? CertificateStatus::issued : CertificateStatus::revoked;
      row.revoked_at = now + 1s * i;
      row.revocation_reason = i;
      row.issuer = i == 3 ? "j" : "i";
      row.not_after = i == 4 ? now : now + 1h;
      EXPECT_TRUE(*tx.certificates.insert(row));
    }
    return {};
  });
  read([&](Tx& tx) -> Result<void> {
    const auto first = *tx.certificates.revoked("i", now + 1s, "", 1);
    EXPECT_EQ(first.size(), 1u);
    EXPECT_EQ(first.front().serial, "01");
    EXPECT_EQ(first.front().revoked_at, now + 1s);
    EXPECT_EQ(first.front().reason, 1);
    const auto rest = *tx.certificates.revoked("i", now + 1s, "01", 9);
    EXPECT_EQ(rest.size(), 1u);
    EXPECT_EQ(rest.front().serial, "05");
    EXPECT_EQ(tx.certificates.revoked("i", now, "", 9)->size(), 3u);
    return {};
  });
}

TEST_P(StoreContract, SF83_EveryRevocationCounts) {
  const auto revocations = [&](const std::string& issuer) {
    std::uint64_t count = 99;
    read([&](Tx& tx) -> Result<void> {
      count = TRY(tx.certificates.revocations(issuer));
      return {};
    });
    return count;
  };
  auto row = certificate("01", "o1");
  write([&](Tx& tx) -> Result<void> {
    EXPECT_TRUE(*tx.certificates.insert(row));
    return {};
  });
  EXPECT_EQ(revocations("i"), 0u);
  row.status = CertificateStatus::revoked;
  for (const auto& [expected, count] : {std::pair{CertificateStatus::issued, 0u},  // changes nothing
                                        {CertificateStatus::signing, 1u},
                                        {CertificateStatus::revoked, 2u}}) {  // another reason
    write([&](Tx& tx) -> Result<void> {
      TRY(tx.certificates.update_if(row, expected));
      return {};
    });
    EXPECT_EQ(revocations("i"), count);
  }
  EXPECT_FALSE(store->write([&](Tx& tx) -> Result<void> {
    TRY(tx.certificates.update_if(row, CertificateStatus::revoked));
    return make_error(ErrorKind::internal, "rolled back");
  }));
  EXPECT_EQ(revocations("i"), 2u);
  EXPECT_EQ(revocations("j"), 0u);
  write([&](Tx& tx) -> Result<void> { return tx.certificates.remove("01"); });
  EXPECT_EQ(revocations("i"), 2u);
}

TEST_P(StoreContract, ARI_15_ACertificateSaysWhatReplacesIt) {
  write([&](Tx& tx) -> Result<void> {
    EXPECT_TRUE(*tx.certificates.insert(certificate("01", "o1")));
    EXPECT_TRUE(*tx.certificates.set_replaced_by("01", "o2"));
    EXPECT_FALSE(*tx.certificates.set_replaced_by("02", "o2"));
    return {};
  });
  read([&](Tx& tx) -> Result<void> {
    EXPECT_EQ((*tx.certificates.by_serial("01"))->replaced_by, "o2");
    return {};
  });
}

TEST_P(StoreContract, SF62_WhatIsOverIsRemovedInSteps) {
  write([&](Tx& tx) -> Result<void> {
    for (int i = 1; i <= 3; ++i) {
      const std::string number = std::to_string(i);
      auto pending = order("p" + number);
      pending.expires = now + 1h * i;
      TRY(tx.orders.insert(pending));
      auto proof = authorization("a" + number);
      proof.expires = now + 1h * i;
      TRY(tx.authorizations.insert(proof));
      auto row = certificate("0" + number, "c" + number);
      row.not_after = now + 1h * i;
      EXPECT_TRUE(*tx.certificates.insert(row));
    }
    auto issued = order("c1");
    issued.expires = now;
    issued.serial = "01";
    TRY(tx.orders.insert(issued));
    auto under_way = order("busy");
    under_way.expires = now;
    under_way.status = acme::OrderStatus::processing;
    return tx.orders.insert(under_way);
  });
  write([&](Tx& tx) -> Result<void> {
    EXPECT_EQ(*tx.orders.remove_unissued(now + 3h, 1), 1u);
    EXPECT_FALSE(*tx.orders.by_id("p1"));
    EXPECT_EQ(*tx.orders.remove_unissued(now + 3h, 9), 1u);
    EXPECT_TRUE(*tx.orders.by_id("p3"));
    EXPECT_TRUE(*tx.orders.by_id("c1"));
    EXPECT_TRUE(*tx.orders.by_id("busy"));
    EXPECT_EQ(tx.orders.with_authorization("az-1")->size(), 3u);
    EXPECT_EQ(*tx.authorizations.remove_expired(now + 3h, 9), 2u);
    EXPECT_FALSE(*tx.authorizations.by_id("a2"));
    EXPECT_TRUE(*tx.authorizations.by_id("a3"));
    const auto over = *tx.certificates.expired(now + 3h, {}, 9);
    EXPECT_EQ(over.size(), 2u);
    EXPECT_EQ(over.front().serial, "01");
    EXPECT_EQ(over.front().order, "c1");
    EXPECT_EQ(over.front().not_after, now + 1h);
    EXPECT_EQ(tx.certificates.expired(now + 3h, {}, 1)->size(), 1u);
    const auto behind = *tx.certificates.expired(now + 3h, CertificateCursor{now + 1h, "01"}, 9);
    EXPECT_EQ(behind.size(), 1u);
    EXPECT_EQ(behind.front().serial, "02");
    EXPECT_EQ(tx.certificates.expired(now + 3h, CertificateCursor{now + 1h, "00"}, 9)->size(), 2u) << "by serial, too";
    EXPECT_TRUE(tx.certificates.expired(now + 3h, CertificateCursor{now + 2h, "02"}, 9)->empty());
    TRY(tx.certificates.remove("01"));
    TRY(tx.orders.remove("c1"));
    TRY(tx.certificates.remove("absent"));
    return {};
  });
  const auto failed = store->write([&](Tx& tx) -> Result<void> {
    TRY(tx.orders.remove("p3"));
    TRY(tx.certificates.remove("02"));
    TRY(tx.authorizations.remove_expired(now + 24h, 9));
    return make_error(ErrorKind::internal, "planned");
  });
  EXPECT_FALSE(failed);
  read([&](Tx& tx) -> Result<void> {
    EXPECT_FALSE(*tx.certificates.by_serial("01"));
    EXPECT_FALSE(*tx.orders.by_id("c1"));
    EXPECT_TRUE(*tx.orders.by_id("p3"));
    EXPECT_TRUE(*tx.certificates.by_serial("02"));
    EXPECT_TRUE(*tx.certificates.by_order("c2"));
    EXPECT_TRUE(*tx.authorizations.by_id("a3"));
    EXPECT_EQ(tx.orders.with_authorization("az-1")->size(), 2u);
    return {};
  });
}

TEST_P(StoreContract, OperationsOfAFailedTransactionAreUndone) {
  const auto failed = store->write([&](Tx& tx) -> Result<void> {
    TRY(tx.eab_keys.insert({.id = "gone", .created = now}));
    TRY(tx.spendings.put("gone", now));
    TRY(tx.leases.take("gone", "a", now, now + 30s));
    TRY(tx.issuers.put({"gone", "", "", now}));
    TRY(tx.crls.put({.issuer = "gone", .number = 1, .this_update = now, .next_update = now}));
    TRY(tx.audit.append({"gone", 1, "", ""}));
    return make_error(ErrorKind::internal, "planned");
  });
  EXPECT_FALSE(failed);
  read([&](Tx& tx) -> Result<void> {
    EXPECT_FALSE(*tx.eab_keys.by_id("gone"));
    EXPECT_FALSE(*tx.spendings.full_at("gone"));
    EXPECT_TRUE(*tx.leases.is_current("gone", 0));
    EXPECT_FALSE(*tx.issuers.by_id("gone"));
    EXPECT_FALSE(*tx.crls.latest("gone", 0));
    EXPECT_FALSE(*tx.audit.last("gone"));
    return {};
  });
}

}  // namespace crest::ca::store
