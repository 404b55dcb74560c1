// The promises of a Store as tests. A store's own test file says how to make one:
//   INSTANTIATE_TEST_SUITE_P(Memory, StoreContract, testing::Values([] { return std::make_unique<MemoryStore>(); }));
#pragma once

#include <algorithm>
#include <atomic>
#include <thread>

#include "ca/store/operations_contract.hpp"
#include "ca/store/store_contract_fixture.hpp"

namespace crest::ca::store {

TEST_P(StoreContract, ACC_21_AKeyHasOneAccount) {
  write([&](Tx& tx) -> Result<void> {
    EXPECT_TRUE(*tx.accounts.insert(account("a")));
    auto twin = account("b");
    twin.thumbprint = "thumb-a";
    EXPECT_FALSE(*tx.accounts.insert(twin));
    return {};
  });
  read([&](Tx& tx) -> Result<void> {
    const auto row = TRY(tx.accounts.by_id("a"));
    EXPECT_TRUE(row.has_value());
    if (!row) return {};
    EXPECT_EQ(row->contact, account("a").contact);
    EXPECT_EQ(row->key_spki, account("a").key_spki);
    EXPECT_TRUE(row->terms_agreed);
    EXPECT_EQ(row->terms, "https://ca.test/terms/1");
    EXPECT_EQ(row->binding_json, R"({"a":1})");
    EXPECT_EQ(row->created, now);
    EXPECT_EQ((*tx.accounts.by_thumbprint("thumb-a"))->id, "a");
    EXPECT_FALSE(*tx.accounts.by_id("b"));
    EXPECT_FALSE(*tx.accounts.by_thumbprint("thumb-b"));
    return {};
  });
}

TEST_P(StoreContract, KEY_05_AKeyMovesOnlyToAFreeThumbprint) {
  write([&](Tx& tx) -> Result<void> {
    EXPECT_TRUE(*tx.accounts.insert(account("a")));
    EXPECT_TRUE(*tx.accounts.insert(account("b")));
    auto row = account("a");
    row.thumbprint = "thumb-b";
    EXPECT_FALSE(*tx.accounts.update(row));
    row.thumbprint = "new";
    row.terms = "https://ca.test/terms/2";
    row.status = acme::AccountStatus::deactivated;
    EXPECT_TRUE(*tx.accounts.update(row));
    EXPECT_FALSE(*tx.accounts.update(account("c")));
    return {};
  });
  read([&](Tx& tx) -> Result<void> {
    EXPECT_FALSE(*tx.accounts.by_thumbprint("thumb-a"));
    EXPECT_EQ((*tx.accounts.by_thumbprint("new"))->status, acme::AccountStatus::deactivated);
    EXPECT_EQ((*tx.accounts.by_thumbprint("new"))->terms, "https://ca.test/terms/2");
    return {};
  });
}

TEST_P(StoreContract, OrdersComeBackAsWritten) {
  write([&](Tx& tx) -> Result<void> { return tx.orders.insert(order("o")); });
  read([&](Tx& tx) -> Result<void> {
    const auto row = TRY(tx.orders.by_id("o"));
    EXPECT_TRUE(row.has_value());
    if (!row) return {};
    const auto expected = order("o");
    EXPECT_EQ(row->account, expected.account);
    EXPECT_EQ(row->status, acme::OrderStatus::pending);
    EXPECT_EQ(row->identifiers, expected.identifiers);
    EXPECT_EQ(row->authorizations, expected.authorizations);
    EXPECT_EQ(row->not_before, expected.not_before);
    EXPECT_EQ(row->not_after, expected.not_after);
    EXPECT_EQ(row->profile, expected.profile);
    EXPECT_EQ(row->replaces, expected.replaces);
    EXPECT_EQ(row->error_json, expected.error_json);
    EXPECT_EQ(row->serial, expected.serial);
    EXPECT_EQ(row->created, expected.created);
    EXPECT_EQ(row->expires, expected.expires);
    EXPECT_FALSE(*tx.orders.by_id("p"));
    return {};
  });
}

TEST_P(StoreContract, SF31_AnOrderMovesOnceFromAStatus) {
  write([&](Tx& tx) -> Result<void> {
    TRY(tx.orders.insert(order("o")));
    auto row = order("o");
    row.status = acme::OrderStatus::processing;
    row.serial = "01";
    row.expires -= 1h;
    EXPECT_TRUE(*tx.orders.update_if(row, acme::OrderStatus::pending));
    EXPECT_EQ((*tx.orders.by_id("o"))->expires, row.expires) << "a promise may get shorter";
    EXPECT_FALSE(*tx.orders.update_if(row, acme::OrderStatus::pending));
    EXPECT_FALSE(*tx.orders.update_if(order("absent"), acme::OrderStatus::pending));
    EXPECT_EQ(*tx.orders.with_status(acme::OrderStatus::processing, 9), std::vector<Id>{"o"});
    EXPECT_TRUE(tx.orders.with_status(acme::OrderStatus::pending, 9)->empty());
    EXPECT_EQ((*tx.orders.by_id("o"))->serial, "01");
    return {};
  });
}

TEST_P(StoreContract, ACC_18_OrdersArePagedNewestFirst) {
  write([&](Tx& tx) -> Result<void> {
    for (const auto* id : {"o1", "o2", "o3", "o4"}) TRY(tx.orders.insert(order(id)));
    TRY(tx.orders.insert(order("x1", "other")));
    return {};
  });
  read([&](Tx& tx) -> Result<void> {
    EXPECT_EQ(*tx.orders.by_account("acct", "", 3), (std::vector<Id>{"o4", "o3", "o2"}));
    EXPECT_EQ(*tx.orders.by_account("acct", "o2", 3), (std::vector<Id>{"o1"}));
    EXPECT_TRUE(tx.orders.by_account("acct", "o1", 3)->empty());
    EXPECT_TRUE(tx.orders.by_account("acct", "x1", 3)->empty());
    EXPECT_EQ(*tx.orders.by_account("other", "", 3), (std::vector<Id>{"x1"}));
    EXPECT_TRUE(tx.orders.by_account("nobody", "", 3)->empty());
    EXPECT_EQ(*tx.orders.with_authorization("az-1"), (std::vector<Id>{"o1", "o2", "o3", "o4", "x1"}));
    EXPECT_TRUE(tx.orders.with_authorization("az-9")->empty());
    return {};
  });
}

TEST_P(StoreContract, ACC_16_FindsWhatEndsWithAnAccount) {
  write([&](Tx& tx) -> Result<void> {
    for (const auto* id : {"o1", "o2", "o3", "o4"}) TRY(tx.orders.insert(order(id)));
    TRY(tx.orders.insert(order("x1", "other")));
    auto gone = order("o2");
    gone.status = acme::OrderStatus::invalid;
    EXPECT_TRUE(*tx.orders.update_if(gone, acme::OrderStatus::pending));
    auto late = order("o5");
    late.expires = now;
    TRY(tx.orders.insert(late));
    for (const auto* id : {"a1", "a2", "a3", "a4"}) {
      auto row = authorization(id);
      row.status = acme::AuthorizationStatus::valid;
      if (id == std::string("a2")) row.identifier.value = "z.corp.example";
      if (id == std::string("a3")) row.expires = now;
      if (id == std::string("a4")) row.status = acme::AuthorizationStatus::pending;
      TRY(tx.authorizations.insert(row));
    }
    auto foreign = authorization("x1", "other");
    foreign.status = acme::AuthorizationStatus::valid;
    return tx.authorizations.insert(foreign);
  });
  read([&](Tx& tx) -> Result<void> {
    auto open = TRY(tx.orders.open_of("acct", now, 9));
    std::sort(open.begin(), open.end());
    EXPECT_EQ(open, (std::vector<Id>{"o1", "o3", "o4"}));
    EXPECT_EQ(tx.orders.open_of("acct", now, 2)->size(), 2u);
    EXPECT_TRUE(tx.orders.open_of("nobody", now, 9)->empty());
    auto valid = TRY(tx.authorizations.valid_of("acct", now, 9));
    std::sort(valid.begin(), valid.end());
    EXPECT_EQ(valid, (std::vector<Id>{"a1", "a2"}));
    EXPECT_EQ(tx.authorizations.valid_of("acct", now, 1)->size(), 1u);
    EXPECT_TRUE(tx.authorizations.valid_of("nobody", now, 9)->empty());
    return {};
  });
}

TEST_P(StoreContract, SF61_CountsWhatIsStillOpen) {
  write([&](Tx& tx) -> Result<void> {
    for (const auto* id : {"o1", "o2", "o3"}) TRY(tx.orders.insert(order(id)));
    auto row = order("o1");
    row.status = acme::OrderStatus::invalid;
    EXPECT_TRUE(*tx.orders.update_if(row, acme::OrderStatus::pending));
    EXPECT_EQ(*tx.orders.count_open("acct", now), 2u);
    EXPECT_EQ(*tx.orders.count_open("acct", now + 2h), 0u);
    EXPECT_EQ(*tx.orders.count_open("other", now), 0u);
    return {};
  });
}

TEST_P(StoreContract, AuthorizationsComeBackAsWritten) {
  write([&](Tx& tx) -> Result<void> {
    TRY(tx.authorizations.insert(authorization("z")));
    auto row = authorization("z");
    row.key_authorization = "tok.thumb";
    row.challenges[0].status = acme::ChallengeStatus::processing;
    row.challenges[0].error_json = R"({"type":"t"})";
    EXPECT_TRUE(*tx.authorizations.update_if(row, acme::AuthorizationStatus::pending));
    EXPECT_EQ(*tx.authorizations.with_processing_challenge(9), std::vector<Id>{"z"});
    return {};
  });
  write([&](Tx& tx) -> Result<void> {
    const auto found = TRY(tx.authorizations.by_id("z"));
    auto row = found.value();
    EXPECT_EQ(row.identifier, authorization("z").identifier);
    EXPECT_EQ(row.scope, Scope::name);
    EXPECT_EQ(row.token, "tok");
    EXPECT_EQ(row.key_authorization, "tok.thumb");
    EXPECT_EQ(row.challenges.size(), 2u);
    EXPECT_EQ(row.challenges[0].method, "http-01");
    EXPECT_EQ(row.challenges[0].error_json, R"({"type":"t"})");
    EXPECT_EQ(row.challenges[1].status, acme::ChallengeStatus::pending);
    EXPECT_EQ(row.expires, now + 1h);
    row.challenges[0].status = acme::ChallengeStatus::valid;
    row.challenges[0].validated = now + 1s;
    row.status = acme::AuthorizationStatus::valid;
    EXPECT_TRUE(*tx.authorizations.update_if(row, acme::AuthorizationStatus::pending));
    EXPECT_FALSE(*tx.authorizations.update_if(row, acme::AuthorizationStatus::pending));
    EXPECT_TRUE(tx.authorizations.with_processing_challenge(9)->empty());
    return {};
  });
  read([&](Tx& tx) -> Result<void> {
    EXPECT_EQ((*tx.authorizations.by_id("z"))->challenges[0].validated, now + 1s);
    return {};
  });
}

TEST_P(StoreContract, SF33_AValidAuthorizationBelongsToAccountNameAndWildcardFlag) {
  const auto name = authorization("z").identifier;
  write([&](Tx& tx) -> Result<void> {
    auto row = authorization("z");
    row.status = acme::AuthorizationStatus::valid;
    TRY(tx.authorizations.insert(row));
    TRY(tx.authorizations.insert(authorization("pending")));
    EXPECT_EQ((*tx.authorizations.find_valid("acct", name, Scope::name, now))->id, "z");
    EXPECT_FALSE(*tx.authorizations.find_valid("acct", name, Scope::wildcard, now));
    EXPECT_FALSE(*tx.authorizations.find_valid("other", name, Scope::name, now));
    EXPECT_FALSE(
        *tx.authorizations.find_valid("acct", {acme::IdentifierType::dns, "b.corp.example"}, Scope::name, now));
    EXPECT_FALSE(*tx.authorizations.find_valid("acct", {acme::IdentifierType::ip, name.value}, Scope::name, now));
    EXPECT_FALSE(*tx.authorizations.find_valid("acct", name, Scope::name, now + 1h));
    return {};
  });
}

TEST_P(StoreContract, SF31_SF68_SerialAndOrderAreUnique) {
  write([&](Tx& tx) -> Result<void> {
    EXPECT_TRUE(*tx.certificates.insert(certificate("01", "o1")));
    EXPECT_FALSE(*tx.certificates.insert(certificate("01", "o2")));
    EXPECT_FALSE(*tx.certificates.insert(certificate("02", "o1")));
    EXPECT_TRUE(*tx.certificates.insert(certificate("03", "o3")));
    EXPECT_EQ(*tx.certificates.count(), 2u);
    EXPECT_EQ((*tx.certificates.by_order("o3"))->serial, "03");
    EXPECT_FALSE(*tx.certificates.by_order("o2"));
    EXPECT_FALSE(*tx.certificates.by_serial("02"));
    return {};
  });
}

TEST_P(StoreContract, SF63_ACertificateGoesFromSigningToIssuedToRevoked) {
  write([&](Tx& tx) -> Result<void> {
    EXPECT_TRUE(*tx.certificates.insert(certificate("01", "o1")));
    EXPECT_TRUE(*tx.certificates.insert(certificate("02", "o2")));
    auto row = certificate("01", "o1");
    row.status = CertificateStatus::issued;
    row.der = to_bytes("der");
    EXPECT_TRUE(*tx.certificates.update_if(row, CertificateStatus::signing));
    EXPECT_FALSE(*tx.certificates.update_if(row, CertificateStatus::signing));
    const auto signing = TRY(tx.certificates.with_status(CertificateStatus::signing, 9));
    EXPECT_EQ(signing.size(), 1u);
    EXPECT_EQ(signing.front().serial, "02");
    EXPECT_EQ(signing.front().der, to_bytes("tbs"));
    auto waits = certificate("02", "o2");
    waits.der = to_bytes("a handle");
    waits.tbs_sha256 = "cd";
    EXPECT_TRUE(*tx.certificates.update_if(waits, CertificateStatus::signing));
    EXPECT_EQ((*tx.certificates.by_serial("02"))->tbs_sha256, "cd");
    row.status = CertificateStatus::revoked;
    row.revoked_at = now;
    row.revocation_reason = 1;
    EXPECT_TRUE(*tx.certificates.update_if(row, CertificateStatus::issued));
    return {};
  });
  read([&](Tx& tx) -> Result<void> {
    const auto found = TRY(tx.certificates.by_serial("01"));
    const auto& row = found.value();
    EXPECT_EQ(row.status, CertificateStatus::revoked);
    EXPECT_EQ(row.der, to_bytes("der"));
    EXPECT_EQ(row.revoked_at, now);
    EXPECT_EQ(row.revocation_reason, 1);
    EXPECT_EQ(row.issuer, "i");
    EXPECT_EQ(row.account, "acct");
    EXPECT_EQ(row.tbs_sha256, "ab");
    EXPECT_EQ(row.not_after, now + 24h);
    return {};
  });
}

TEST_P(StoreContract, SF80_KnowsWhenItIssuedLast) {
  const auto newest = [&] {
    std::optional<Time> found;
    read([&](Tx& tx) -> Result<void> {
      found = TRY(tx.certificates.newest());
      return {};
    });
    return found;
  };
  EXPECT_EQ(newest(), std::nullopt);
  for (const auto& [serial, at] : {std::pair{"01", 1h}, {"02", 3h}, {"03", 2h}}) {
    auto row = certificate(serial, serial);
    row.created = now + at;
    write([&](Tx& tx) -> Result<void> {
      EXPECT_TRUE(*tx.certificates.insert(row));
      return {};
    });
  }
  EXPECT_EQ(newest(), now + 3h);
  EXPECT_FALSE(store->write([&](Tx& tx) -> Result<void> {
    auto row = certificate("04", "04");
    row.created = now + 9h;
    TRY(tx.certificates.insert(row));
    return make_error(ErrorKind::usage, "not this one");
  }));
  EXPECT_EQ(newest(), now + 3h);
}

TEST_P(StoreContract, REV_10_BlockedKeysStay) {
  write([&](Tx& tx) -> Result<void> {
    TRY(tx.blocked_keys.insert("k", now));
    return tx.blocked_keys.insert("k", now + 1s);
  });
  read([&](Tx& tx) -> Result<void> {
    EXPECT_TRUE(*tx.blocked_keys.contains("k"));
    EXPECT_FALSE(*tx.blocked_keys.contains("j"));
    return {};
  });
}

TEST_P(StoreContract, AnErrorRollsEverythingBack) {
  write([&](Tx& tx) -> Result<void> {
    EXPECT_TRUE(*tx.accounts.insert(account("kept")));
    TRY(tx.orders.insert(order("kept")));
    TRY(tx.authorizations.insert(authorization("kept")));
    EXPECT_TRUE(*tx.certificates.insert(certificate("01", "kept")));
    return {};
  });
  const auto failed = store->write([&](Tx& tx) -> Result<void> {
    auto changed = account("kept");
    changed.thumbprint = "moved";
    EXPECT_TRUE(*tx.accounts.update(changed));
    EXPECT_TRUE(*tx.accounts.insert(account("gone")));
    TRY(tx.orders.insert(order("gone")));
    auto moved = order("kept");
    moved.status = acme::OrderStatus::processing;
    EXPECT_TRUE(*tx.orders.update_if(moved, acme::OrderStatus::pending));
    auto tried = authorization("kept");
    tried.challenges[0].status = acme::ChallengeStatus::processing;
    EXPECT_TRUE(*tx.authorizations.update_if(tried, acme::AuthorizationStatus::pending));
    TRY(tx.authorizations.insert(authorization("gone")));
    EXPECT_TRUE(*tx.certificates.insert(certificate("02", "gone")));
    auto issued = certificate("01", "kept");
    issued.status = CertificateStatus::issued;
    EXPECT_TRUE(*tx.certificates.update_if(issued, CertificateStatus::signing));
    TRY(tx.blocked_keys.insert("gone", now));
    return make_error(ErrorKind::storage, "planned");
  });
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "planned");
  read([&](Tx& tx) -> Result<void> {
    EXPECT_EQ((*tx.accounts.by_thumbprint("thumb-kept"))->id, "kept");
    EXPECT_FALSE(*tx.accounts.by_thumbprint("moved"));
    EXPECT_FALSE(*tx.accounts.by_id("gone"));
    EXPECT_EQ((*tx.orders.by_id("kept"))->status, acme::OrderStatus::pending);
    EXPECT_EQ(*tx.orders.count_open("acct", now), 1u);
    EXPECT_EQ(*tx.orders.by_account("acct", "", 9), std::vector<Id>{"kept"});
    EXPECT_EQ(*tx.orders.with_authorization("az-1"), std::vector<Id>{"kept"});
    EXPECT_TRUE(tx.authorizations.with_processing_challenge(9)->empty());
    EXPECT_FALSE(*tx.authorizations.by_id("gone"));
    EXPECT_EQ(*tx.certificates.count(), 1u);
    EXPECT_FALSE(*tx.certificates.by_order("gone"));
    EXPECT_EQ((*tx.certificates.by_serial("01"))->status, CertificateStatus::signing);
    EXPECT_FALSE(*tx.blocked_keys.contains("gone"));
    return {};
  });
}

TEST_P(StoreContract, AReadCannotWrite) {
  const auto done = store->read([&](Tx& tx) -> Result<void> {
    TRY(tx.orders.insert(order("o")));
    return {};
  });
  EXPECT_FALSE(done);
  read([&](Tx& tx) -> Result<void> {
    EXPECT_FALSE(*tx.orders.by_id("o"));
    return {};
  });
  EXPECT_TRUE(store->check());
}

TEST_P(StoreContract, SF32_WritesFromManyThreadsAreSerial) {
  constexpr int threads_count = 4, rounds = 25;
  write([&](Tx& tx) -> Result<void> { return tx.orders.insert(order("o")); });
  std::atomic<int> wins = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < threads_count; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < rounds; ++i) {
          const auto id = std::to_string(t) + "-" + std::to_string(i);
          write([&](Tx& tx) -> Result<void> { return tx.orders.insert(order(id)); });
        }
        write([&](Tx& tx) -> Result<void> {
          auto row = order("o");
          row.status = acme::OrderStatus::processing;
          const bool won = TRY(tx.orders.update_if(row, acme::OrderStatus::pending));
          wins += won ? 1 : 0;
          return {};
        });
      });
    }
  }
  EXPECT_EQ(wins, 1);
  read([&](Tx& tx) -> Result<void> {
    EXPECT_EQ(*tx.orders.count_open("acct", now), static_cast<std::uint64_t>(threads_count * rounds));
    return {};
  });
}

}  // namespace crest::ca::store
