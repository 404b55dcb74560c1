#include "import/step_ca.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "import/go_duration.hpp"

namespace crest::import {
namespace {

TEST(GoDuration, ReadsWhatGoWrites) {
  for (const auto& [text, span] : {std::pair{"24h", Duration(24h)},
                                   {"24h0m0s", Duration(24h)},
                                   {"1h30m", Duration(90min)},
                                   {"1.5h", Duration(90min)},
                                   {"300ms", Duration(300)},
                                   {"1m0.5s", Duration(60'500)},
                                   {"2000us", Duration(2)},
                                   {"0", Duration(0)}}) {
    EXPECT_EQ(parse_go_duration(text).value(), span) << text;
  }
  for (const char* bad : {"", "24", "h", "-1h", "+1h", "1d", "1h 2m", "1..5h", "1e9h", "99999999999h", "1h30", "infh"})
    EXPECT_FALSE(parse_go_duration(bad)) << bad;
}

std::string with(const std::string& provisioners, const std::string& authority = "", const std::string& top = "") {
  return R"({"root":"certs/root_ca.crt","crt":"certs/intermediate_ca.crt","key":"secrets/intermediate_ca_key",)"
         R"("address":":9000","dnsNames":["ca.corp.example"],)" +
         top + R"("authority":{)" + authority + R"("provisioners":[)" + provisioners + "]}}";
}
const std::string acme = R"({"type":"ACME","name":"acme"})";

StepCaPlan plan_of(const std::string& json) {
  auto plan = read_step_ca(json, {});
  EXPECT_TRUE(plan) << plan.error().describe();
  return plan ? *std::move(plan) : StepCaPlan();
}
bool notes(const StepCaPlan& plan, std::string_view setting) {
  return std::ranges::find(plan.notes, setting, &Note::setting) != plan.notes.end();
}
std::string fault(const std::string& json, const std::string& provisioner = "") {
  const auto plan = read_step_ca(json, {.provisioner = provisioner});
  return plan ? "" : plan.error().describe();
}

TEST(StepCa, TheSameDirectoryAndFiles) {
  const auto plan = plan_of(with(acme));
  EXPECT_EQ(plan.options.name, "acme");
  EXPECT_EQ(plan.host, "ca.corp.example");
  EXPECT_EQ(plan.listen, ":9000");
  EXPECT_EQ(plan.root_files, std::vector<std::string>{"certs/root_ca.crt"});
  EXPECT_EQ(plan.certificate_file, "certs/intermediate_ca.crt");
  EXPECT_EQ(plan.key_file, "secrets/intermediate_ca_key");
  EXPECT_EQ(plan.options.methods, (std::vector<std::string>{"http-01", "dns-01", "tls-alpn-01"}));
  EXPECT_EQ(plan.options.default_profile, "step-ca");
  const auto& profile = plan.options.profiles.front();
  EXPECT_EQ(profile.life, 24h);
  EXPECT_EQ(profile.life_max, 24h);
  EXPECT_EQ(profile.backdate, 60s);
  EXPECT_FALSE(profile.common_name);
  EXPECT_EQ(profile.extended_usages.size(), 2u);
  EXPECT_TRUE(ca::faults_of(plan.options).empty());
  EXPECT_TRUE(plan.options.policy.any_name && plan.options.policy.wildcards);
}

TEST(StepCa, WhatAProvisionerSays) {
  const auto plan = plan_of(with(
      R"({"type":"JWK","name":"ops@corp.example","key":{}},)"
      R"({"type":"ACME","name":"acme","forceCN":true,"requireEAB":true,"termsOfService":"https://corp.example/tos",)"
      R"("website":"https://corp.example","caaIdentities":["ca.corp.example"],"challenges":["dns-01","device-attest-01"],)"
      R"("attestationFormats":["apple"],"claims":{"maxTLSCertDuration":"72h","disableRenewal":false},)"
      R"("options":{"x509":{"templateFile":"leaf.tpl"},"webhooks":[]},"mystery":1})",
      R"("claims":{"defaultTLSCertDuration":"48h0m0s","maxTLSCertDuration":"96h","minTLSCertDuration":"5m"},)"
      R"("backdate":"30s","enableAdmin":true,)"));
  const auto& options = plan.options;
  const auto& profile = options.profiles.front();
  EXPECT_EQ(profile.life, 48h);
  EXPECT_EQ(profile.life_max, 72h);
  EXPECT_EQ(profile.backdate, 30s);
  EXPECT_TRUE(profile.common_name);
  EXPECT_TRUE(options.eab_required);
  EXPECT_EQ(options.terms_of_service, "https://corp.example/tos");
  EXPECT_EQ(options.website, "https://corp.example");
  EXPECT_EQ(options.caa.identities, std::vector<std::string>{"ca.corp.example"});
  EXPECT_EQ(options.methods, std::vector<std::string>{"dns-01"});
  for (const char* setting :
       {"authority.provisioners[0].type", "authority.provisioners[1].challenges[1]",
        "authority.provisioners[1].options", "authority.provisioners[1].attestationFormats",
        "authority.provisioners[1].mystery", "authority.provisioners[1].claims.disableRenewal",
        "authority.claims.minTLSCertDuration", "authority.enableAdmin", "authority.provisioners[1].requireEAB"})
    EXPECT_TRUE(notes(plan, setting)) << setting;
}

TEST(StepCa, NothingIsLeftBehindInSilence) {
  const auto plan =
      plan_of(with(acme, R"("template":{"country":"AT"},"authorityId":"x",)",
                   R"("federatedRoots":["other.crt"],"insecureAddress":":8080","metricsAddress":":9100",)"
                   R"("crl":{"enabled":true},"logger":{"format":"json"},"tls":{"minVersion":1.2},"ssh":{},)"
                   R"("db":{"type":"badgerv2","dataSource":"/x"},"templates":{},"password":"secret","new":{},)"));
  EXPECT_EQ(plan.status_listen, ":8080");
  EXPECT_TRUE(plan.password_known);
  EXPECT_EQ(plan.password.reveal(), "secret");
  for (const char* setting : {"authority.template", "authority.authorityId", "federatedRoots", "metricsAddress", "crl",
                              "logger", "tls", "ssh", "db", "templates", "password", "new", "validation"})
    EXPECT_TRUE(notes(plan, setting)) << setting;
  for (const auto& note : plan.notes) {
    EXPECT_EQ((note.why + note.advice).find("secret\""), std::string::npos);
    EXPECT_FALSE(note.why.empty() || note.advice.empty()) << note.setting;
  }
}

TEST(StepCa, PoliciesMeanTheSame) {
  struct Row {
    const char* policy;
    const char *allowed, *refused;  // words with a blank between
  };
  const Row rows[] = {
      {R"("allow":{"dns":["*.corp.example","db"]})", "a.corp.example db",
       "corp.example a.b.corp.example 10.0.0.1 *.corp.example"},
      {R"("allow":{"dns":["*.corp.example"]},"allowWildcardNames":true)", "*.corp.example", "*.a.corp.example"},
      {R"("allow":{"ip":["10.0.0.0/8"]})", "10.0.0.1", "a.corp.example 11.0.0.1"},
      {R"("deny":{"dns":["bad.example"]})", "good.example 10.0.0.1 a.bad.example", "bad.example *.good.example"},
      {R"("allow":{"dns":["a.example"]},"deny":{"ip":["10.0.0.0/8"]})", "a.example 11.0.0.1", "b.example 10.0.0.1"},
      {R"("allow":{"email":["@corp.example"]})", "", "a.example 10.0.0.1"},
      {R"("allow":{"dns":[]})", "a.example *.a.example 10.0.0.1", ""},
  };
  const auto ruling = [](const StepCaPlan& plan, const std::string& word) {
    return ca::ra::rule_on(acme::identifier_from_user(word).value(), plan.options.policy).allowed;
  };
  const auto words_of = [](std::string text) {
    std::vector<std::string> words;
    for (std::size_t at; !text.empty(); text = at == text.npos ? "" : text.substr(at + 1))
      words.push_back(text.substr(0, at = text.find(' ')));
    return words;
  };
  for (const auto& [policy, allowed, refused] : rows) {
    const auto plan = plan_of(with(acme, R"("policy":{"x509":{)" + std::string(policy) + "}},"));
    for (const auto& word : words_of(allowed)) EXPECT_TRUE(ruling(plan, word)) << policy << " " << word;
    for (const auto& word : words_of(refused)) EXPECT_FALSE(ruling(plan, word)) << policy << " " << word;
  }
}

TEST(StepCa, WhatCannotBeTakenNamesItsPath) {
  const std::string two = acme + R"(,{"type":"ACME","name":"second"})";
  const struct {
    std::string json, why;
  } rows[] = {
      {"", "it ends too early"},
      {"[]", "object"},
      {R"({"authority":{"provisioners":[]}})", "authority.provisioners: "},
      {with(""), "no ACME provisioner"},
      {with(R"({"type":"JWK","name":"a"})"), "no ACME provisioner"},
      {with(R"({"name":"acme"})"), "authority.provisioners[0].type"},
      {with(R"({"type":7,"name":"acme"})"), "authority.provisioners[0].type"},
      {with("7"), "authority.provisioners[0]"},
      {with(acme + "," + acme), "authority.provisioners[1].name: there are two"},
      {with(two), "say which with --provisioner: acme, second"},
      {with(R"({"type":"ACME","name":"My ACME"})"), "authority.provisioners[0].name: it stands in every URL"},
      {with(R"({"type":"ACME","name":"a","challenges":["device-attest-01"]})"),
       "authority.provisioners[0].challenges: "},
      {with(R"({"type":"ACME","name":"a","challenges":"http-01"})"), "authority.provisioners[0].challenges"},
      {with(R"({"type":"ACME","name":"a","claims":{"defaultTLSCertDuration":"1 day"}})"),
       "authority.provisioners[0].claims.defaultTLSCertDuration: "},
      {with(R"({"type":"ACME","name":"a","claims":{"defaultTLSCertDuration":"1s"}})"),
       "authority.provisioners[0].claims: life"},
      {with(R"({"type":"ACME","name":"a","termsOfService":"x"})"), "authority.provisioners[0].termsOfService: "},
      {with(acme, R"("type":"stepcas",)"), "authority.type: this step-ca is a registration authority"},
      {with(acme, R"("policy":{"x509":{"allow":{"dns":["a b"]}}},)"), "authority.policy.x509.allow and deny: "},
      {with(acme, R"("policy":{"x509":{"allow":{"dns":"a"}}},)"), "authority.policy.x509.allow.dns"},
      {with(acme, "", R"("kms":{"type":"pkcs11"},)"), "kms.type: the key is in a KMS"},
      {with(acme, "", R"("crl":7,)"), "crl"},
      {with(acme, "", R"("db":[],)"), "db"},
      {with(acme, "", R"("root":"twice",)"), "root"},
      {std::string(5'000, '[') + "]", ""},
  };
  for (const auto& [json, why] : rows) {
    const auto said = fault(json);
    EXPECT_NE(said, "") << json.substr(0, 300);
    EXPECT_NE(said.find(why), std::string::npos) << why << " is not in: " << said;
  }
  EXPECT_EQ(fault(with(two), "second"), "");
  EXPECT_NE(fault(with(two), "third").find("there are: acme, second"), std::string::npos);
}

}  // namespace
}  // namespace crest::import
