// What the promises of a Store are tried on.
#pragma once

#include <functional>
#include <memory>

#include <gtest/gtest.h>

#include "ca/store/store.hpp"
#include "core/time.hpp"

namespace crest::ca::store {

using MakeStore = std::function<std::unique_ptr<Store>()>;

class StoreContract : public testing::TestWithParam<MakeStore> {
 protected:
  std::unique_ptr<Store> store = GetParam()();
  const Time now = from_unix_seconds(1'767'225'600);

  AccountRow account(const Id& id) const {
    return {.id = id,
            .thumbprint = "thumb-" + id,
            .key_spki = to_bytes("spki-" + id),
            .contact = {"mailto:a@corp.example", "mailto:\"b\"@corp.example"},
            .terms_agreed = true,
            .terms = "https://ca.test/terms/1",
            .binding_json = R"({"a":1})",
            .created = now};
  }
  OrderRow order(const Id& id, const Id& owner = "acct") const {
    return {.id = id,
            .account = owner,
            .identifiers = {{acme::IdentifierType::dns, "b.corp.example"},  // kept in this order
                            {acme::IdentifierType::ip, "192.0.2.1"},
                            {acme::IdentifierType::dns, "a.corp.example"}},
            .authorizations = {"az-1", "az-2"},
            .not_before = now,
            .not_after = now + 24h,
            .profile = "leaf",
            .replaces = "x.y",
            .error_json = "{}",
            .serial = "",
            .created = now,
            .expires = now + 1h};
  }
  AuthorizationRow authorization(const Id& id, const Id& owner = "acct") const {
    return {.id = id,
            .account = owner,
            .identifier = {acme::IdentifierType::dns, "a.corp.example"},
            .token = "tok",
            .key_authorization = "",
            .challenges = {{.method = "http-01"}, {.method = "dns-01"}},
            .created = now,
            .expires = now + 1h};
  }
  CertificateRow certificate(const std::string& serial, const Id& of_order) const {
    return {.serial = serial,
            .order = of_order,
            .account = "acct",
            .tbs_sha256 = "ab",
            .der = to_bytes("tbs"),
            .issuer = "i",
            .created = now,
            .not_after = now + 24h};
  }

  void write(const Work& work) {
    const auto done = store->write(work);
    EXPECT_TRUE(done) << (done ? "" : done.error().describe());
  }
  void read(const Work& work) {
    const auto done = store->read(work);
    EXPECT_TRUE(done) << (done ? "" : done.error().describe());
  }
};

}  // namespace crest::ca::store
