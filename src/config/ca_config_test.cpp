#include "config/ca_config.hpp"

#include <gtest/gtest.h>

namespace crest::config {
namespace {

TEST(CaConfig, WhatIsWrittenIsReadBack) {
  CaConfig config;
  config.host = "ca.corp.example";
  config.listen = "127.0.0.1:9443";
  config.url = "https://acme.corp.example";
  config.workers = 3;
  config.validation_workers = 5;
  config.authority.validations_per_account = 2;
  config.authority.validations_per_target = 3;
  auto& options = config.authority;
  options.name = "lab-2";
  options.former_urls = {"https://old.corp.example", "https://10.0.0.7:9000"};
  options.leaf_life = 90min;
  options.leaf_life_max = 48h;
  options.backdate = 30s;
  options.leaf_usages = {x509::ExtendedUsage::server_auth, x509::ExtendedUsage::client_auth};
  options.leaf_key_types = {crypto::KeyType::ec_p256, crypto::KeyType::ed25519};
  options.order_life = 2h;
  options.authorization_life = 3h;
  options.reuse_authorizations = options.reuse_orders = true;
  options.allow_single_label_names = true;
  options.identifiers_max = 7;
  options.pending_orders_max = 8;
  options.http01_port = 5002;
  options.tls_alpn01_port = 5001;
  options.methods = {"dns-01", "tls-alpn-01"};
  options.resolvers = {"10.0.0.53", "[2001:db8::1]:5353"};
  options.persist = {.issuer_names = {"ca.corp.example"},
                     .draft = ca::va::DnsPersist01::Draft::draft_02,
                     .account_hash_prefix = "https://ca.corp.example/account/"};
  options.caa = {.enabled = false, .identities = {"ca2.corp.example"}, .exempt_zones = {"lab.corp.example"}};
  config.dns = {.dnssec = false, .trust_anchors = {"/etc/crest/corp.key"}, .insecure_domains = {"corp.example"}};
  ca::issuer::Profile profile{
      .name = "short", .description = "it says \"short\"", .life = 8h, .life_max = 9h, .backdate = 1s};
  profile.key_types = {crypto::KeyType::rsa_2048};
  profile.key_usage = 5;
  profile.must_staple = profile.common_name = true;
  profile.wildcards = false;
  profile.issuer = "hsm";
  profile.extensions = {x509::extra_extension("1.2.3", true, Bytes{5, 0}).value()};
  options.profiles = {profile, {.name = "a", .key_types = {crypto::KeyType::ed25519}}};
  options.default_profile = "short";
  config.issuers = {{.name = "hsm", .key = "pkcs11:object=x", .module = "/lib/x.so", .pin_file = "pin"},
                    {.name = "before",
                     .passphrase_file = "pass",
                     .state = ca::issuer::IssuerState::retired,
                     .alternate_chains = {"old.pem"}}};
  options.terms_of_service = "https://corp.example/terms?version=2";
  config.postgres = "host=db.corp.example dbname=crest sslmode=verify-full";
  options.shared_store = true;
  config.admin = {.listen = "127.0.0.1:9001", .client_ca = "operators.pem"};
  options.node = "north-1";
  options.retention = {.orders = 48h, .certificates = 30 * 24h};
  options.egress.allow = {{encoding::IpNetwork::parse("127.0.0.0/8").value(), ""},
                          {encoding::IpNetwork::parse("fd00::/8").value(), "corp.example"}};
  options.egress.deny = {{encoding::IpNetwork::parse("10.0.0.53").value(), ""}};
  config.status_listen = "10.0.0.1:9080";
  options.status = {.url = "http://ca.corp.example", .crl_life = 12h, .crl_parts = 64, .ocsp_life = 1h};
  options.eab_required = options.allow_reserved_names = true;
  options.labels_max = 5;
  options.account_key_types = {crypto::KeyType::rsa_2048, crypto::KeyType::ec_p256};
  options.policy = ca::ra::policy_from({.label = "ca.toml",
                                        .allow = {{"corp.example", "10.0.0.0/8"}},
                                        .deny = {"=x.corp.example"},
                                        .wildcards = false})
                       .value();
  options.scoped_policies = {{{.account = {}, .eab_key = "k", .profile = "a"},
                              ca::ra::policy_from({.label = "", .allow = {}, .deny = {}}).value()}};
  config.validators = {{.name = "dmz",
                        .url = "https://v.corp.example:9443",
                        .trust = "r.pem",
                        .certificate = "c.pem",
                        .key = "c.key",
                        .timeout = 5s},
                       {.name = "b", .url = "https://b.test", .trust = "r", .certificate = "c", .key = "k"}};
  options.perspectives = {{.suffixes = {"dmz.corp.example"},
                           .networks = {encoding::IpNetwork::parse("10.8.0.0/16").value()},
                           .validators = {"dmz"},
                           .local = false,
                           .quorum = 1},
                          {.validators = {"b", "dmz"}, .quorum = 2}};
  options.limits = {.orders = {7, 90min}, .failed_validations = {}, .accounts = {1, 24h}};
  const auto text = to_toml(config);
  const auto read = ca_config_from_toml(text, "ca.toml");
  ASSERT_TRUE(read) << read.error().describe() << "\n" << text;
  EXPECT_EQ(to_toml(*read), text);
  EXPECT_EQ(read->authority.limits, options.limits);
  EXPECT_EQ(read->authority.validations_per_account, 2u);
  EXPECT_EQ(read->authority.validations_per_target, 3u);
  EXPECT_EQ(read->authority.policy.allow, options.policy.allow);
  EXPECT_EQ(read->authority.scoped_policies.at(0).policy.label, "ca.toml, EAB key k, profile a");
  EXPECT_EQ(read->authority.leaf_usages, options.leaf_usages);
  EXPECT_EQ(read->authority.leaf_life, 90min);
  EXPECT_EQ(read->authority.egress.allow.size(), 2u);
  EXPECT_TRUE(may_validate_loopback(*read));
  EXPECT_EQ(read->issuers, config.issuers);
  EXPECT_EQ(read->validators, config.validators);
  ASSERT_EQ(read->authority.perspectives.size(), 2u);
  EXPECT_EQ(read->authority.perspectives[0].suffixes, options.perspectives[0].suffixes);
  EXPECT_EQ(read->authority.perspectives[1].quorum, 2u);
  ASSERT_EQ(read->authority.profiles.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(read->authority.profiles[i].pin(), options.profiles[i].pin());
  EXPECT_EQ(read->authority.profiles[0].description, profile.description);
}

TEST(CaConfig, AProfileBeginsWithWhatTheLeafTableSays) {
  const auto read = ca_config_from_toml(
      "[profile.long]\nlife = \"30d\"\n[profile.brief]\nlife = \"1m\"\n[leaf]\nlife = \"2h\"\nclient_auth = true",
      "ca.toml");
  ASSERT_TRUE(read) << read.error().describe();
  const auto& profiles = read->authority.profiles;
  EXPECT_EQ(profiles.at(0).name, "long");  // in the order of the file
  EXPECT_EQ(profiles[0].life_max, 30 * 24h);
  EXPECT_EQ(profiles[1].backdate, 20s);
  for (const auto& profile : profiles) EXPECT_EQ(profile.extended_usages.size(), 2u);
}

TEST(CaConfig, AnEmptyFileIsTheDefaults) {
  const auto read = ca_config_from_toml("", "ca.toml");
  ASSERT_TRUE(read) << read.error().describe();
  EXPECT_EQ(to_toml(*read), to_toml(CaConfig{}));
  EXPECT_EQ(read->authority.leaf_life, 24h);
  EXPECT_FALSE(may_validate_loopback(*read));
}

struct BadValue {
  const char* text;
  const char* message;
};
void expect_refused(std::initializer_list<BadValue> cases) {
  for (const auto& [text, message] : cases) {
    const auto read = ca_config_from_toml(text, "ca.toml");
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().kind, ErrorKind::config);
    EXPECT_TRUE(read.error().message.starts_with(message)) << read.error().describe();
    EXPECT_TRUE(read.error().context.starts_with("ca.toml:")) << read.error().describe();
    EXPECT_NE(read.error().context, "ca.toml:0") << text;
  }
}

TEST(CaConfig, ErrorsNameTheProfilesAndIssuersSetting) {
  expect_refused(
      {{"default_profile = \"short\"", "default_profile: the default profile \"short\" is none"},
       {"profile = 1", "profile: tables with names"},
       {"[profile]\nlife = \"1h\"", "profile.life: a table is expected: [profile.<name>]"},
       {"[profile.default]", "profile: the profile \"default\" is what [leaf] says"},
       {"[profile.Short]", "profile.Short.name: "},
       {"[profile.p]\nlive = \"1h\"", "profile.p.live: there is no such setting"},
       {"[profile.p]\nlife = \"10s\"", "profile.p.life: "},
       {"[profile.p]\nlife = \"9d\"\nlife_max = \"8d\"", "profile.p.life: it is longer than life_max"},
       {"[profile.p]\nbackdate = \"9h\"", "profile.p.backdate: "},
       {"[profile.p]\nkeys = []", "profile.p.keys: "},
       {"[profile.p]\nkeys = [\"dsa\"]", "profile.p.keys: "},
       {"[profile.p]\nkey_usages = [\"key_encipherment\"]", "profile.p.key_usages: \"digital_signature\" is expected"},
       {"[profile.p]\nkey_usages = [\"key_cert_sign\"]", "profile.p.key_usages: \"key_cert_sign\" is none of those"},
       {"[profile.p]\nusages = []", "profile.p.usages: "},
       {"[profile.p]\nusages = [\"ocsp_signing\"]", "profile.p.usages: "},
       {"[profile.p]\nmust_staple = 1", "profile.p.must_staple: "},
       {"[profile.p]\nnames = []", "profile.p.names: "},
       {"[profile.p]\nnames = [\"email\"]", "profile.p.names: "},
       {"[[profile.p.extension]]\noid = \"1\"\nvalue = \"0500\"", "profile.p.extension.oid: "},
       {"[[profile.p.extension]]\noid = \"2.5.29.19\"\nvalue = \"0500\"", "profile.p.extension.oid: the CA writes"},
       {"[[profile.p.extension]]\noid = \"1.2.3\"\nvalue = \"05\"", "profile.p.extension.value: "},
       {"[[profile.p.extension]]\noid = \"1.2.3\"\nvalue = \"x\"", "profile.p.extension.value: "},
       {"[[profile.p.extension]]\nid = \"1.2.3\"\nvalue = \"0500\"", "profile.p.extension."},
       {"[issuer.a]\nstate = \"staged\"", "issuer: none is active"},
       {"[issuer.a]\nstate = \"Active\"", "issuer.a.state: "},
       {"[issuer.A]", "issuer: the name of an issuer"},
       {"[issuer.a]\nkeys = \"a.key\"", "issuer.a.keys: there is no such setting"},
       {"[issuer.a]\nkey = \"\"", "issuer.a.key: "},
       {"[issuer.a]\nalternate_chains = \"old.pem\"", "issuer.a.alternate_chains: "},
       {"[issuer.a]\nalternate_chains = [1]", "issuer.a.alternate_chains"},
       {"[issuer.a]\nalternate_chains = ['1','2','3','4','5','6','7','8','9']", "issuer.a.alternate_chains: at most 8"},
       {"[issuer.a]\nmodule = \"/lib/x.so\"", "issuer.a.module: it goes with a key in a token"},
       {"[issuer.a]\npin_file = \"pin\"", "issuer.a.pin_file: it goes with a key in a token"},
       {"[issuer.a]\nkey = \"pkcs11:object=x?pin-value=1\"", "issuer.a.key: the PIN does not belong here"},
       {"[issuer.a]\nkey = \"pkcs11:object=x\"", "issuer.a.module: "},
       {"[issuer.a]\nkey = \"pkcs11:object=x\"\nmodule = \"/lib/x.so\"", "issuer.a.pin_file: "}});
}

TEST(CaConfig, ErrorsNameTheSetting) {
  expect_refused(
      {{"nmae = \"x\"", "nmae: there is no such setting"},
       {"former_urls = [\"https://old.corp.example/\"]", "former_urls: at most 8 https URLs without a path"},
       {"former_urls = [\"old.corp.example\"]", "former_urls: "},
       {"[leaf]\nlive = \"1h\"", "leaf.live: there is no such setting"},
       {"[leaf]\nlife = 24", "leaf.life: a duration in quotes"},
       {"[leaf]\nlife = \"9d\"", "leaf.life: it is longer than life_max"},
       {"[leaf]\nkeys = [\"rsa-1024\"]", "leaf.keys: "},
       {"[validation]\nhttp01_port = 0", "validation.http01_port: "},
       {"[store]\npostgres = \"host=db password=secret\"", "store.postgres: a password does not belong here"},
       {"[store]\npostgres = \"host=db password = 'secret'\"", "store.postgres: a password does not belong here"},
       {"[store]\npostgres = \"postgresql://crest:secret@db/crest\"",
        "store.postgres: a password does not belong here"},
       {"[store]\npostgres = \"postgres://db/crest?password=secret\"",
        "store.postgres: a password does not belong here"},
       {"[store]\nsqlite = \"x\"", "store.sqlite: "},
       {"[store]\nnode = \"\"", "store.node: "},
       {"[store]\nnode = \"North 1\"", "store.node: "},
       {"[admin]\nlisten = \"9001\"\nclient_ca = \"x\"", "admin.listen: "},
       {"[admin]\nlisten = \":9001\"", "admin.client_ca: "},
       {"[admin]\npassword = \"x\"", "admin.password: "},
       {"[retention]\norders = \"30m\"", "retention.orders: "},
       {"[retention]\ncertificates = \"1h\"", "retention.certificates: "},
       {"[retention]\ncertificates = 90", "retention.certificates: a duration in quotes"},
       {"[retention]\naccounts = \"90d\"", "retention.accounts: there is no such setting"},
       {"[validation]\ntls_alpn01_port = 65536", "validation.tls_alpn01_port: "},
       {"[validation]\nmethods = []", "validation.methods: "},
       {"[validation]\nmethods = [\"http-1\"]", "validation.methods: "},
       {"[validation]\nresolvers = [\"dns.corp.example\"]", "validation.resolvers: "},
       {"[validation]\ncaa = 1", "validation.caa: "},
       {"[validation]\ncaa_identities = [\"a b\"]", "validation.caa_identities: "},
       {"[validation]\ncaa_exempt = [\"*.corp.example\"]", "validation.caa_exempt: "},
       {"[validation]\npersist_issuers = [\"\"]", "validation.persist_issuers: "},
       {"[validation]\ninsecure_domains = [\"-\"]", "validation.insecure_domains: "},
       {"[validation]\ntrust_anchors = \"x\"", "validation.trust_anchors: "},
       {"[[validation.allow]]\nnetwork = \"10.0.0.0/33\"", "validation.allow.network: "},
       {"[[validation.allow]]\nnet = \"10.0.0.0/8\"", "validation.allow.network: "},
       {"[[validation.allow]]\nnetwork = \"10.0.0.0/8\"\nname = \"x\"", "validation.allow.name: "},
       {"host = \"a b\"", "host: "},
       {"url = \"https://ca.corp.example/\"", "url: "},
       {"url = \"ca.corp.example\"", "url: "},
       {"url = \"http://ca.corp.example\"", "url: "},
       {"name = \"\"", "name: it stands in every URL"},
       {"name = \"Corp\"", "name: "},
       {"name = \"../x\"", "name: "},
       {"name = 7", "name: "},
       {"host = \"*.corp.example\"", "host: "},
       {"host = \"\"", "host: "},
       {"listen = \"9000\"", "listen: "},
       {"listen = \"\"", "listen: "},
       {"listen = \":\"", "listen: "},
       {"listen = \":70000\"", "listen: "},
       {"listen = \"::1:9000\"", "listen: "},
       {"listen = \"ca.corp.example:9000\"", "listen: "},
       {"listen = \"[127.0.0.1]:9000\"", "listen: "},
       {"workers = 0", "workers: "},
       {"workers = \"8\"", "workers: "},
       {"[leaf]\nlife = \"10s\"", "leaf.life: "},
       {"[leaf]\nlife_max = \"10s\"", "leaf.life_max: "},
       {"[leaf]\nlife_max = \"4000d\"", "leaf.life_max: "},
       {"[leaf]\nlife_max = \"1h\"", "leaf.life: it is longer than life_max"},
       {"[leaf]\nbackdate = \"9h\"", "leaf.backdate: "},
       {"[leaf]\nkeys = []", "leaf.keys: "},
       {"[leaf]\nclient_auth = \"yes\"", "leaf.client_auth: "},
       {"[orders]\nlife = \"0s\"", "orders.life: "},
       {"[orders]\nlife = \"400d\"", "orders.life: "},
       {"[orders]\nauthorization_life = \"59s\"", "orders.authorization_life: "},
       {"[orders]\nauthorization_life = \"99999999d\"", "orders.authorization_life: "},
       {"[orders]\nreuse_authorizations = 1", "orders.reuse_authorizations: "},
       {"[orders]\nreuse_orders = 1", "orders.reuse_orders: "},
       {"[orders]\nsingle_label_names = 1", "orders.single_label_names: "},
       {"[orders]\nidentifiers_max = 101", "orders.identifiers_max: "},
       {"[orders]\nopen_max = 0", "orders.open_max: "},
       {"[validation]\nworkers = 257", "validation.workers: "},
       {"[validation]\nper_account = 0", "validation.per_account: "},
       {"[validation]\nper_target = 257", "validation.per_target: "},
       {"[validation]\nper_target = \"2\"", "validation.per_target: "},
       {"[[validation.allow]]\nnetwork = \"10.0.0.0/8\"\nnames = \"*.corp.example\"", "validation.allow.names: "},
       {"[[validation.deny]]\nnetwork = \"10.0.0.0/8\"\nnames = \".corp.example\"", "validation.deny.names: "},
       {"[accounts]\neab_required = 1", "accounts.eab_required: "},
       {"[accounts]\nkeys = [\"rsa-2048\"]", "accounts.keys: every ACME server takes ES256"},
       {"[accounts]\nkeys = [\"rsa-1024\"]", "accounts.keys: "},
       {"[accounts]\neab = true", "accounts.eab: there is no such setting"},
       {"[policy]\nallow = [\"*.*.corp.example\"]", "policy.allow: \"*.*.corp.example\" is neither a name"},
       {"[policy]\nallow = [\"corp.example\"]\ndeny = [\"10.0.0.0/33\"]", "policy.deny: "},
       {"[policy]\nallow = \"corp.example\"", "policy.allow: "},
       {"[policy]\nlabels_max = 0", "policy.labels_max: "},
       {"[policy]\nreserved_names = 1", "policy.reserved_names: "},
       {"[[policy.only]]\nallow = [\"corp.example\"]", "policy.only.account: an account, an eab_key or a profile"},
       {"[[policy.only]]\nprofile = \"shrot\"\ndeny = [\"a.example\"]",
        "policy.only.profile: there is none of this name; there are default"},
       {"[[policy.only]]\naccount = \"x\"\ndeny = [\"a b\"]", "policy.only.deny: "},
       {"[limits]\norders = \"300\"", "limits.orders: \"300\" is no limit; write"},
       {"[limits]\naccounts = \"0 in 1h\"", "limits.accounts: "},
       {"[limits]\nfailed_validations = \"5 in 0s\"", "limits.failed_validations: "},
       {"[limits]\norders = 300", "limits.orders: "},
       {"[directory]\nterms_of_service = \"see the wiki\"", "directory.terms_of_service: "},
       {"[directory]\nwebsite = \"ftp://corp.example\"", "directory.website: "}});
}

TEST(CaConfig, DNP_09_BadSettingsOfDraft02AreErrors) {
  expect_refused({{"[validation]\npersist_draft = \"03\"", "validation.persist_draft: "},
                  {"[validation]\npersist_draft = \"02\"", "validation.persist_hash_prefix: draft 02 needs"},
                  {"[validation]\npersist_draft = \"02\"\npersist_hash_prefix = \"https://a.example/x;y\"",
                   "validation.persist_hash_prefix: "},
                  {"[validation]\npersist_draft = \"02\"\npersist_hash_prefix = \"https://a.example/\"\n"
                   "persist_issuers = [\"b.example\"]",
                   "validation.persist_issuers: by draft 02 each has to be in caa_identities"}});
}

TEST(CaConfig, ErrorsNameTheStatusSetting) {
  expect_refused({{"[status]\nlisten = \"9080\"", "status.listen: "},
                  {"[status]\nlisten = \":9080\"\nurl = \"https://ca.corp.example\"", "status.url: an http URL"},
                  {"[status]\nlisten = \":9080\"\nurl = \"http://ca.corp.example/pki\"", "status.url: "},
                  {"[status]\nurl = \"http://ca.corp.example\"", "status.url: nobody would answer there"},
                  {"[status]\ncrl_life = \"5m\"", "status.crl_life: "},
                  {"[status]\ncrl_life = \"91d\"", "status.crl_life: "},
                  {"[status]\nocsp_life = \"8d\"", "status.ocsp_life: "},
                  {"[status]\ncrl_parts = 3", "status.crl_parts: 0, for one list"},
                  {"[status]\ncrl_parts = 512", "status.crl_parts: "},
                  {"[status]\nshards = 4", "status.shards: there is no such setting"}});
}

TEST(CaConfig, SF51_ErrorsNameTheValidatorsSetting) {
#define VALIDATOR "[validator.a]\nurl = \"https://a.test\"\ntrust = \"r\"\ncertificate = \"c\"\nkey = \"k\"\n"
  expect_refused({{"[validator.a]", "validator.a.url: an https URL"},
                  {"[validator.a]\nurl = \"http://a.test\"", "validator.a.url: an https URL"},
                  {"[validator.a]\nurl = \"https://a.test/x\"", "validator.a.url: an https URL"},
                  {"[validator.a]\nurl = \"https://a.test\"", "validator.a.trust: a PEM file"},
                  {"[validator.A_b]", "validator: the name of a validator"},
                  {VALIDATOR "timeout = \"2m\"", "validator.a.timeout: "},
                  {VALIDATOR "trsut = \"x\"", "validator.a.trsut: there is no such setting"},
                  {"[[perspective]]", "perspective.validators: "},
                  {"[[perspective]]\nvalidators = [\"b\"]", "perspective.validators: there is no [validator.b]"},
                  {VALIDATOR "[[perspective]]\nvalidators = [\"a\", \"a\"]", "perspective.validators: \"a\" stands"},
                  {VALIDATOR "[[perspective]]\nvalidators = [\"a\"]\nquorum = 2", "perspective.quorum: "},
                  {VALIDATOR "[[perspective]]\nvalidators = [\"a\"]\nquorum = 0", "perspective.quorum: "},
                  {VALIDATOR "[[perspective]]\nvalidators = [\"a\"]\nonly_for = [\"a b\"]", "perspective.only_for: "}});
#undef VALIDATOR
  const auto read = ca_config_from_toml(
      "[validator.a]\nurl = \"https://a.test\"\ntrust = \"r\"\ncertificate = \"c\"\n"
      "key = \"k\"\n[[perspective]]\nvalidators = [\"a\"]\n",
      "ca.toml");
  ASSERT_TRUE(read) << read.error().describe();
  EXPECT_EQ(read->authority.perspectives.at(0).quorum, 1u);
  EXPECT_TRUE(read->authority.perspectives.at(0).local);
}

TEST(CaConfig, TheStatusUrl) {
  CaConfig config;
  config.host = "ca.corp.example";
  EXPECT_EQ(status_url(config, 9080), "") << "nobody listens";
  config.status_listen = ":9080";
  EXPECT_EQ(status_url(config, 9080), "http://ca.corp.example:9080");
  EXPECT_EQ(status_url(config, 80), "http://ca.corp.example");
  config.authority.status.url = "http://pki.corp.example";
  EXPECT_EQ(status_url(config, 9080), "http://pki.corp.example");
}

TEST(CaConfig, WhatOnlyLooksLikeAPasswordIsNone) {
  for (const char* text : {"host=db passfile=/etc/crest-ca/passwordfile", "postgresql://crest@db:5432/crest",
                           "postgresql://db:5432/crest?sslmode=verify-full", "host=password.corp.example"}) {
    EXPECT_TRUE(ca_config_from_toml("[store]\npostgres = \"" + std::string(text) + '"', "ca.toml")) << text;
  }
}

TEST(CaConfig, TheLineIsTheSettings) {
  const auto read = ca_config_from_toml("name = \"corp\"\n\n[orders]\nopen_max = 3\nlife = \"1s\"\n", "ca.toml");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().context, "ca.toml:5");
}

TEST(CaConfig, DomainsOfRulesAreMadeCanonical) {
  const auto read =
      ca_config_from_toml("[[validation.allow]]\nnetwork = \"10.0.0.0/8\"\nnames = \"Corp.Example\"", "ca.toml");
  ASSERT_TRUE(read) << read.error().describe();
  EXPECT_EQ(read->authority.egress.allow.at(0).name_suffix, "corp.example");
}

TEST(CaConfig, GoodListenAddresses) {
  for (const char* text : {":0", ":9000", "0.0.0.0:1", "127.0.0.1:65535", "[::]:443", "[::1]:9000"}) {
    EXPECT_TRUE(ca_config_from_toml("listen = \"" + std::string(text) + '"', "ca.toml")) << text;
  }
}

TEST(CaConfig, JWS_21_TheBaseUrl) {
  CaConfig config;
  config.host = "ca.corp.example";
  EXPECT_EQ(base_url(config, 9000), "https://ca.corp.example:9000");
  EXPECT_EQ(base_url(config, 443), "https://ca.corp.example");
  config.host = "::1";
  EXPECT_EQ(base_url(config, 9000), "https://[::1]:9000");
  config.url = "https://acme.corp.example";
  EXPECT_EQ(base_url(config, 9000), "https://acme.corp.example");
}

TEST(CaConfig, CAA_01_TheHostIsTheIdentityUnlessAnotherIsNamed) {
  using Names = std::vector<std::string>;
  const auto identities = [](const char* text) { return caa_identities(ca_config_from_toml(text, "ca.toml").value()); };
  EXPECT_EQ(identities("host = \"CA.Corp.Example\""), Names{"ca.corp.example"});
  EXPECT_EQ(identities("host = \"ca.corp.example\"\n[validation]\n"), Names{"ca.corp.example"});
  EXPECT_TRUE(identities("host = \"10.0.0.1\"\n[validation]\n").empty());
  EXPECT_EQ(identities("[validation]\ncaa_identities = [\"Other.example\"]"), Names{"other.example"});
}

}  // namespace
}  // namespace crest::config
