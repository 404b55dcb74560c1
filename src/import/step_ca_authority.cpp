// The "authority" of ca.json: provisioners, and what holds for all of them.
#include <algorithm>

#include "acme/authorization.hpp"
#include "import/go_duration.hpp"
#include "import/step_ca_parts.hpp"

namespace crest::import {
namespace {

using encoding::Json;
using encoding::JsonReader;

constexpr const char* acme_type = "ACME";
constexpr const char* profile_name = "step-ca";
constexpr std::size_t provisioners_most = 1'000;
constexpr Duration leaf_life_default = 24h;

struct Provisioner {
  std::string name, type;
  JsonReader object;
};

Result<std::vector<Provisioner>> read_provisioners(const JsonReader& authority) {
  const auto* items = TRY(authority.array("provisioners"));
  std::vector<Provisioner> all;
  if (!items) return all;
  const std::string path = authority.path_of("provisioners");
  if (items->size() > provisioners_most) return cannot_take(path, "there are more than 1000");
  for (std::size_t i = 0; i < items->size(); ++i) {
    const auto object = TRY(JsonReader::of((*items)[i], path + "[" + std::to_string(i) + "]"));
    const auto type = TRY(object.string("type"));
    const auto name = TRY(object.optional_string("name"));
    for (const auto& other : all) {
      if (type == acme_type && other.type == acme_type && other.name == name.value_or(""))
        return cannot_take(object.path_of("name"), "there are two ACME provisioners of this name; remove one");
    }
    all.push_back({name.value_or(""), type, object});
  }
  return all;
}

std::string names_of(const std::vector<Provisioner>& all) {
  std::string text;
  for (const auto& each : all) {
    if (each.type == acme_type) text += (text.empty() ? "" : ", ") + Untrusted(each.name).printable(60);
  }
  return text;
}

Result<const Provisioner*> chosen(const std::vector<Provisioner>& all, const StepCaChoice& choice,
                                  const std::string& path) {
  const Provisioner* found = nullptr;
  for (const auto& each : all) {
    if (each.type != acme_type || (!choice.provisioner.empty() && each.name != choice.provisioner)) continue;
    if (found) {
      return cannot_take(path,
                         "there are several ACME provisioners, and a crest-ca has one directory; say which with "
                         "--provisioner: " +
                             names_of(all));
    }
    found = &each;
  }
  if (found) return found;
  const std::string names = names_of(all);
  return cannot_take(path, names.empty()
                               ? "there is no ACME provisioner; with remote management they are in step-ca's database: "
                                 "write what `step ca provisioner list` prints into a copy of ca.json"
                               : "there is no ACME provisioner of this name; there are: " + names);
}

void note_others(const std::vector<Provisioner>& all, const Provisioner& taken, StepCaPlan& plan) {
  for (const auto& each : all) {
    if (&each == &taken) continue;
    const std::string what = Untrusted(each.type).printable(30) + " \"" + Untrusted(each.name).printable(60) + "\"";
    const bool is_acme = each.type == acme_type;
    plan.notes.push_back({Note::Kind::not_carried, each.object.path_of("type"),
                          is_acme ? what + " is another directory" : what + " is no ACME; crest-ca speaks ACME alone",
                          is_acme
                              ? "import it into a folder of its own, for a CA at another address, or offer a profile"
                              : "let its clients use ACME, or keep step-ca for them"});
  }
}

// A claim of the provisioner, or of the authority, or step-ca's own.
Result<Duration> claimed(const std::optional<JsonReader>& own, const std::optional<JsonReader>& general,
                         std::string_view name, Duration fallback) {
  for (const auto* claims : {&own, &general}) {
    if (!*claims) continue;
    const auto text = TRY((*claims)->optional_string(name));
    if (!text) continue;
    auto span = parse_go_duration(*text);
    if (!span) return std::move(span).error().at((*claims)->path_of(name));
    return span;
  }
  return fallback;
}

void note_claims(const std::optional<JsonReader>& claims, StepCaPlan& plan) {
  if (!claims) return;
  note_left(*claims, "minTLSCertDuration", "there is no lower bound; an order may ask for less than the life",
            "nothing", plan);
  for (const char* name : {"disableRenewal", "allowRenewalAfterExpiry"})
    note_left(*claims, name, "it is about step-ca's own renewal, which is not ACME's", "nothing", plan);
  note_left(*claims, "disableSmallstepExtensions", "certificates have no extension of Smallstep's", "nothing", plan);
  for (const char* name :
       {"enableSSHCA", "minUserSSHCertDuration", "maxUserSSHCertDuration", "defaultUserSSHCertDuration",
        "minHostSSHCertDuration", "maxHostSSHCertDuration", "defaultHostSSHCertDuration"})
    note_left(*claims, name, "crest-ca issues no SSH certificates", "keep step-ca for them", plan);
  note_unknown(*claims,
               {"minTLSCertDuration", "maxTLSCertDuration", "defaultTLSCertDuration", "disableRenewal",
                "allowRenewalAfterExpiry", "disableSmallstepExtensions", "enableSSHCA", "minUserSSHCertDuration",
                "maxUserSSHCertDuration", "defaultUserSSHCertDuration", "minHostSSHCertDuration",
                "maxHostSSHCertDuration", "defaultHostSSHCertDuration"},
               plan);
}

Result<void> read_profile(const JsonReader& authority, const Provisioner& taken, StepCaPlan& plan) {
  const auto own = TRY(taken.object.optional_object("claims"));
  const auto general = TRY(authority.optional_object("claims"));
  ca::issuer::Profile profile{.name = profile_name, .description = "as step-ca issued"};
  profile.life = TRY(claimed(own, general, "defaultTLSCertDuration", leaf_life_default));
  profile.life_max = TRY(claimed(own, general, "maxTLSCertDuration", leaf_life_default));
  profile.life_max = std::max(profile.life_max, profile.life);
  const auto backdate = TRY(authority.optional_string("backdate"));
  if (backdate) {
    auto span = parse_go_duration(*backdate);
    if (!span) return std::move(span).error().at(authority.path_of("backdate"));
    profile.backdate = *span;
  }
  profile.key_types = plan.options.leaf_key_types;
  profile.key_usage = static_cast<unsigned>(x509::KeyUsage::digital_signature) |
                      static_cast<unsigned>(x509::KeyUsage::key_encipherment);
  profile.extended_usages = {x509::ExtendedUsage::server_auth, x509::ExtendedUsage::client_auth};
  const auto force_name = TRY(taken.object.optional_boolean("forceCN"));
  profile.common_name = force_name.value_or(false);
  note_claims(own, plan);
  note_claims(general, plan);
  plan.options.default_profile = profile.name;
  for (const auto& fault : ca::issuer::faults_of(profile)) {
    const std::string where =
        fault.option == "backdate" ? authority.path_of("backdate") : taken.object.path_of("claims");
    return cannot_take(where, fault.option + ": " + fault.why);
  }
  plan.options.profiles = {std::move(profile)};
  return {};
}

Result<void> read_methods(const Provisioner& taken, StepCaPlan& plan) {
  const auto named = TRY(taken.object.strings("challenges"));
  std::vector<std::string> methods;
  for (std::size_t i = 0; i < named.size(); ++i) {
    const bool known = acme::is_known_method(named[i]);
    if (known && std::ranges::find(methods, named[i]) == methods.end()) methods.push_back(named[i]);
    if (known) continue;
    plan.notes.push_back({Note::Kind::not_carried, taken.object.path_of("challenges") + "[" + std::to_string(i) + "]",
                          "crest-ca has no method \"" + Untrusted(named[i]).printable(40) + "\"",
                          "keep step-ca for the devices that use it"});
  }
  if (named.empty()) methods = {"http-01", "dns-01", "tls-alpn-01"};
  if (methods.empty()) return cannot_take(taken.object.path_of("challenges"), "crest-ca has none of these methods");
  plan.options.methods = std::move(methods);
  return {};
}

Result<void> read_directory(const Provisioner& taken, StepCaPlan& plan) {
  auto& options = plan.options;
  if (!ca::issuer::is_plain_name(taken.name)) {
    return cannot_take(
        taken.object.path_of("name"),
        "it stands in every URL, and crest-ca takes 1 to 64 characters of a-z, 0-9 and - there; rename the "
        "provisioner in a copy of ca.json, and give clients the new directory");
  }
  options.name = taken.name;
  const auto terms = TRY(taken.object.optional_string("termsOfService"));
  const auto website = TRY(taken.object.optional_string("website"));
  const auto required = TRY(taken.object.optional_boolean("requireEAB"));
  options.terms_of_service = terms.value_or("");
  options.website = website.value_or("");
  options.eab_required = required.value_or(false);
  options.caa.identities = TRY(taken.object.strings("caaIdentities"));
  if (options.eab_required) {
    plan.notes.push_back({Note::Kind::changed, taken.object.path_of("requireEAB"),
                          "the keys are in step-ca's database, which cannot be read",
                          "hand out new ones with crest-ca eab create"});
  }
  if (!options.terms_of_service.empty()) {
    plan.notes.push_back({Note::Kind::changed, taken.object.path_of("termsOfService"),
                          "step-ca shows them; here accounts must agree to them", "nothing, or leave them out"});
  }
  for (const auto& fault : ca::faults_of(options)) {
    const bool link = fault.option == "terms_of_service" || fault.option == "website";
    if (link)
      return cannot_take(taken.object.path_of(fault.option == "website" ? "website" : "termsOfService"), fault.why);
  }
  return {};
}

void note_rest_of(const Provisioner& taken, StepCaPlan& plan) {
  note_left(
      taken.object, "options", "templates and webhooks are programs of step-ca's",
      "say in [profile." + std::string(profile_name) + "] what certificates are like; [policy] says who may have which",
      plan);
  for (const char* name : {"attestationFormats", "attestationRoots"})
    note_left(taken.object, name, "crest-ca does not attest devices", "keep step-ca for them", plan);
  note_unknown(taken.object,
               {"type", "name", "claims", "forceCN", "challenges", "termsOfService", "website", "requireEAB",
                "caaIdentities", "options", "attestationFormats", "attestationRoots"},
               plan);
}

void note_rest_of(const JsonReader& authority, StepCaPlan& plan) {
  note_left(authority, "template", "the subject of a certificate is empty, or its first name with forceCN", "nothing",
            plan);
  note_left(authority, "enableAdmin", "there is no remote management; settings are in ca.toml",
            "check that ca.json has all provisioners: `step ca provisioner list`", plan);
  note_left(authority, "disableIssuedAtCheck", "it is about tokens of other provisioners", "nothing", plan);
  for (const char* name : {"authorityId", "deploymentType", "linkedca"})
    note_left(authority, name, "it is about Smallstep's hosted service", "nothing", plan);
  note_unknown(authority,
               {"provisioners", "claims", "backdate", "policy", "template", "enableAdmin", "disableIssuedAtCheck",
                "authorityId", "deploymentType", "linkedca", "type"},
               plan);
}

// A registration authority has no key.
Result<void> check_kind(const JsonReader& authority) {
  const auto type = TRY(authority.optional_string("type"));
  if (!type || type->empty() || *type == "softcas") return {};
  return cannot_take(
      authority.path_of("type"),
      "this step-ca is a registration authority: the key that signs is elsewhere; import the CA it asks");
}

}  // namespace

Result<void> read_authority(const JsonReader& authority, const StepCaChoice& choice, StepCaPlan& plan) {
  TRY(check_kind(authority));
  const auto all = TRY(read_provisioners(authority));
  const Provisioner* taken = TRY(chosen(all, choice, authority.path_of("provisioners")));
  TRY(read_directory(*taken, plan));
  TRY(read_profile(authority, *taken, plan));
  TRY(read_methods(*taken, plan));
  const auto policy = TRY(authority.optional_object("policy"));
  if (policy) TRY(read_policy(*policy, plan));
  note_others(all, *taken, plan);
  note_rest_of(*taken, plan);
  note_rest_of(authority, plan);
  return {};
}

}  // namespace crest::import
