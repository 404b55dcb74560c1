// [profile.<name>]: what else certificates may be like than [leaf] says.
#include <algorithm>
#include <array>

#include "config/ca_config_tables.hpp"
#include "encoding/base64.hpp"
#include "x509/build.hpp"

namespace crest::config {
namespace {

using ca::issuer::Profile;
using x509::ExtendedUsage;
using x509::KeyUsage;

template <class T>
struct Word {
  std::string_view word;
  T value;
};
constexpr std::array key_usage_words = {Word<KeyUsage>{"digital_signature", KeyUsage::digital_signature},
                                        Word<KeyUsage>{"key_encipherment", KeyUsage::key_encipherment}};
constexpr std::array usage_words = {Word<ExtendedUsage>{"server_auth", ExtendedUsage::server_auth},
                                    Word<ExtendedUsage>{"client_auth", ExtendedUsage::client_auth},
                                    Word<ExtendedUsage>{"email_protection", ExtendedUsage::email_protection}};
constexpr std::array name_words = {Word<bool Profile::*>{"dns", &Profile::hosts},
                                   Word<bool Profile::*>{"wildcard", &Profile::wildcards},
                                   Word<bool Profile::*>{"ip", &Profile::addresses}};
constexpr std::size_t description_chars_max = 300;

template <class T, std::size_t N>
std::string expected(const std::array<Word<T>, N>& words) {
  std::string text = "expected are";
  for (const auto& [word, value] : words) text += (text.back() == 'e' ? " \"" : ", \"") + std::string(word) + '"';
  return text;
}

template <class T, std::size_t N>
Result<std::vector<T>> read_words(TableReader& table, const std::string& key, const std::array<Word<T>, N>& words,
                                  std::vector<T> fallback) {
  const auto given = TRY(table.strings(key, {"\n"}));
  if (given == std::vector<std::string>{"\n"}) return fallback;
  std::vector<T> out;
  for (const auto& text : given) {
    const auto found = std::ranges::find(words, text, &Word<T>::word);
    if (found == words.end()) return table.wrong(key, "\"" + text + "\" is none of those allowed: " + expected(words));
    if (std::ranges::find(out, found->value) == out.end()) out.push_back(found->value);
  }
  return out;
}

Result<void> read_usages(TableReader& table, Profile& profile) {
  const auto usages = TRY(read_words(table, "key_usages", key_usage_words, {KeyUsage::digital_signature}));
  profile.key_usage = 0;
  for (const auto usage : usages) profile.key_usage |= static_cast<unsigned>(usage);
  profile.extended_usages = TRY(read_words(table, "usages", usage_words, profile.extended_usages));
  profile.must_staple = TRY(table.boolean("must_staple", profile.must_staple));
  return {};
}

Result<void> read_names(TableReader& table, Profile& profile) {
  profile.common_name = TRY(table.boolean("common_name", profile.common_name));
  const auto kinds =
      TRY(read_words(table, "names", name_words, {&Profile::hosts, &Profile::wildcards, &Profile::addresses}));
  profile.hosts = profile.wildcards = profile.addresses = false;
  for (const auto kind : kinds) profile.*kind = true;
  return {};
}

Result<void> read_extensions(TableReader& table, Profile& profile) {
  auto entries = TRY(table.tables("extension"));
  for (auto& entry : entries) {
    const auto oid = TRY(entry.string("oid", ""));
    const bool critical = TRY(entry.boolean("critical", false));
    const auto text = TRY(entry.string("value", ""));
    const auto value = encoding::from_hex(text);
    if (!value) return entry.wrong("value", "the hexadecimal digits of one DER element are expected");
    auto extension = x509::extra_extension(oid, critical, *value);
    if (!extension)
      return entry.wrong(extension.error().message.starts_with("its value") ? "value" : "oid",
                         extension.error().message);
    profile.extensions.push_back(*std::move(extension));
    TRY(entry.finish());
  }
  return {};
}

Result<Profile> read_profile(TableReader& table, Profile profile) {
  profile.description = TRY(table.string("description", ""));
  if (profile.description.size() > description_chars_max)
    return table.wrong("description", "at most 300 characters are expected");
  profile.life = TRY(table.duration("life", profile.life));
  profile.life_max = TRY(table.duration("life_max", std::max(profile.life, profile.life_max)));
  profile.backdate = TRY(table.duration("backdate", std::min(profile.backdate, profile.life / 3)));
  profile.key_types = TRY(read_key_types(table, "keys", profile.key_types));
  TRY(read_usages(table, profile));
  TRY(read_names(table, profile));
  TRY(read_extensions(table, profile));
  profile.issuer = TRY(table.string("issuer", ""));
  const auto faults = ca::issuer::faults_of(profile);
  if (!faults.empty()) return table.wrong(faults.front().option, faults.front().why);
  TRY(table.finish());
  return profile;
}

template <class T, std::size_t N, class Has>
std::string words_text(const std::array<Word<T>, N>& words, Has has) {
  std::vector<std::string> out;
  for (const auto& [word, value] : words) {
    if (has(value)) out.emplace_back(word);
  }
  return text_list(out);
}

std::string extension_text(const std::string& profile, const x509::ExtraExtension& parts) {
  constexpr std::size_t width = 8;
  return "[[profile." + profile + ".extension]]\n" + line("oid", width, quoted(parts.oid), "") +
         line("critical", width, truth(parts.critical), "") +
         line("value", width, quoted(encoding::hex(parts.value)), "");
}

std::string profile_text(const Profile& profile) {
  constexpr std::size_t width = 11;
  const auto has_usage = [&](ExtendedUsage usage) {
    return std::ranges::find(profile.extended_usages, usage) != profile.extended_usages.end();
  };
  std::string out =
      "\n[profile." + profile.name + "]\n" + line("description", width, quoted(profile.description), "") +
      line("life", width, quoted(profile.life), "") + line("life_max", width, quoted(profile.life_max), "") +
      line("backdate", width, quoted(profile.backdate), "") + line("keys", width, key_list(profile.key_types), "") +
      line("key_usages", width,
           words_text(key_usage_words,
                      [&](KeyUsage usage) { return (profile.key_usage & static_cast<unsigned>(usage)) != 0; }),
           "") +
      line("usages", width, words_text(usage_words, has_usage), "") +
      line("must_staple", width, truth(profile.must_staple), "") +
      line("common_name", width, truth(profile.common_name), "") +
      line("names", width, words_text(name_words, [&](bool Profile::* kind) { return profile.*kind; }), "") +
      line("issuer", width, quoted(profile.issuer), "");
  for (const auto& extension : profile.extensions) out += extension_text(profile.name, extension);
  return out;
}

}  // namespace

Result<std::vector<crypto::KeyType>> read_key_types(TableReader& table, const std::string& key,
                                                    const std::vector<crypto::KeyType>& fallback) {
  std::vector<std::string> all;
  for (const auto type : fallback) all.emplace_back(crypto::to_string(type));
  const auto words = TRY(table.strings(key, all));
  std::vector<crypto::KeyType> types;
  for (const auto& word : words) {
    const auto type = crypto::key_type_from_text(word);
    if (!type) return table.wrong(key, type.error().message);
    types.push_back(*type);
  }
  return types;
}

Result<void> read_profiles(TableReader& root, ca::AuthorityOptions& options) {
  auto tables = TRY(root.named_tables("profile"));
  const auto model = ca::profile_of_leaf(options);
  for (auto& [name, table] : tables) {
    if (name == model.name) return root.wrong("profile", "the profile \"default\" is what [leaf] says; put it there");
    auto start = model;
    start.name = name;
    auto profile = TRY(read_profile(table, std::move(start)));
    options.profiles.push_back(std::move(profile));
  }
  options.default_profile = TRY(root.string("default_profile", options.default_profile));
  const auto set = ca::profiles_of(options);
  return set ? Result<void>() : root.wrong("default_profile", set.error().message);
}

std::string profiles_text(const ca::AuthorityOptions& options) {
  std::string out =
      "\n# Other certificates, for orders that ask for them by name. What a profile leaves out is as in [leaf], which "
      "is\n"
      "# the profile \"default\"; default_profile, at the top of this file, puts another one in its place.\n"
      "# [profile.short]\n"
      "# description = \"for machines that renew by themselves\"\n"
      "# life        = \"8h\"\n"
      "# usages      = [\"server_auth\", \"client_auth\"]\n"
      "# key_usages  = [\"digital_signature\", \"key_encipherment\"]  # the second one for RSA keys alone\n"
      "# must_staple = false\n"
      "# common_name = true                     # the first name, for programs that look for it there\n"
      "# names       = [\"dns\", \"ip\"]            # no \"wildcard\"\n"
      "# issuer      = \"intermediate\"           # by name; else the first that is active and fits\n"
      "# [[profile.short.extension]]\n"
      "# oid      = \"1.3.6.1.4.1.311.20.2\"\n"
      "# critical = false\n"
      "# value    = \"0c0161\"                    # DER\n";
  for (const auto& profile : options.profiles) out += profile_text(profile);
  return out;
}

}  // namespace crest::config
