#include "client/account.hpp"

#include "acme/account.hpp"
#include "acme/problem.hpp"
#include "encoding/base64.hpp"
#include "encoding/url.hpp"
#include "jose/jws.hpp"

namespace crest::client {
namespace {

constexpr std::string_view accounts = "accounts";
constexpr std::size_t digest_octets_in_name = 8;

// registering: the key is durable, the CA's answer is not known yet (CF35).
struct AccountRecord {
  std::string directory;
  std::string url;  // "" while registering
  Secret key_pem;
};

encoding::Json to_json(const AccountRecord& record) {
  encoding::Json json = encoding::Json::object();
  json.set("directory", record.directory);
  json.set("state", record.url.empty() ? "registering" : "valid");
  json.set("url", record.url);
  json.set("key", record.key_pem.reveal());
  return json;
}

Result<AccountRecord> account_record_from_json(const encoding::Json& json) {
  const auto reader = TRY(encoding::JsonReader::of(json, "account"));
  AccountRecord record;
  record.directory = TRY(reader.string("directory"));
  record.url = TRY(reader.string("url"));
  std::string key = TRY(reader.string("key"));
  record.key_pem = Secret(std::move(key));
  return record;
}

Result<std::optional<AccountRecord>> load(Vault& vault, const Endpoint& endpoint) {
  const std::string name = account_record_name(endpoint);
  const std::optional<encoding::Json> json = TRY(vault.get(accounts, name));
  if (!json) return std::optional<AccountRecord>();
  auto record = account_record_from_json(*json);
  if (!record) return std::move(record.error()).as(ErrorKind::storage).at("accounts/" + name);
  return std::optional<AccountRecord>(*std::move(record));
}

Result<crypto::PrivateKey> key_of(const AccountRecord& record, const Endpoint& endpoint) {
  auto key = crypto::PrivateKey::from_pem(record.key_pem.reveal());
  if (!key) return std::move(key.error()).as(ErrorKind::storage).at("accounts/" + account_record_name(endpoint));
  return key;
}

Result<void> save(Vault& vault, const Endpoint& endpoint, const AccountRecord& record) {
  return vault.put(accounts, account_record_name(endpoint), to_json(record));
}

Result<void> check_options(const acme::DirectoryMeta& meta, const AccountOptions& options, const Endpoint& endpoint) {
  for (const std::string& contact : options.contact) {
    const std::string wrong = acme::check_mailto(contact);
    if (!wrong.empty())
      return make_error(ErrorKind::config, "the contact is no usable address: " + wrong,
                        Untrusted(contact).printable());
  }
  if (meta.external_account_required && !options.external_account_binding)
    return make_error(
        ErrorKind::eab,
        "this CA makes accounts only for those it knows: ask it for a key id and a MAC key, and give them as "
        "external account (--eab-kid and --eab-key-file)",
        endpoint.directory_url);
  if (meta.terms_of_service && !options.agree_terms_of_service)
    return make_error(ErrorKind::user_action,
                      "this CA has terms of service: read " + Untrusted(*meta.terms_of_service).printable() +
                          " and agree to them (--agree-tos)",
                      endpoint.directory_url);
  return {};
}

std::string new_account_payload(const AccountOptions& options, const crypto::PublicKey& key, const std::string& url) {
  acme::NewAccount request;
  request.contact = options.contact;
  request.terms_of_service_agreed = options.agree_terms_of_service;
  if (options.external_account_binding) {
    const auto& binding = *options.external_account_binding;
    const jose::SignedParts parts =
        jose::sign_binding(binding.hash, binding.kid, as_bytes(binding.mac_key.reveal()), url, key);
    request.external_account_binding = encoding::Json::object()
                                           .set("protected", parts.protected_header)
                                           .set("payload", parts.payload)
                                           .set("signature", parts.signature);
  }
  return acme::to_json(request).dump();
}

// The account URL out of an answer to newAccount.
Result<std::string> account_url_of(const Reply& reply, const std::string& url) {
  if (reply.location.empty())
    return make_error(ErrorKind::ca_protocol,
                      "the CA did not say which account it made (no Location); tell its operator", url);
  const encoding::Json json = TRY(json_of(reply.response, "newAccount " + url));
  auto account = acme::account_from_json(json);
  if (!account) return misshapen(std::move(account.error()), "newAccount " + url);
  if (account->status == acme::AccountStatus::valid) return reply.location;
  return make_error(ErrorKind::account,
                    "the account is " + std::string(acme::to_string(account->status)) +
                        "; ask the CA's operator, or move its record away to make a new one",
                    reply.location);
}

// ACC-04, CF33: a binding may be good for one use, so ask by key before spending it.
Result<std::optional<std::string>> find_by_key(Session& session, const crypto::PrivateKey& key, const std::string& url,
                                               const std::stop_token& stop) {
  acme::NewAccount request;
  request.only_return_existing = true;
  const std::string payload = acme::to_json(request).dump();
  auto reply = session.post({.key = &key}, url, payload, Session::json_bytes_max, stop);
  if (reply) {
    std::string found = TRY(account_url_of(*reply, url));
    return std::optional<std::string>(std::move(found));
  }
  const Error& error = reply.error();
  if (error.problem && acme::problem_type(*error.problem) == acme::ProblemType::accountDoesNotExist)
    return std::optional<std::string>();
  return error;
}

Result<AccountHandle> register_key(Session& session, Vault& vault, AccountRecord record, const AccountOptions& options,
                                   bool known_before, const std::stop_token& stop) {
  const acme::Directory directory = TRY(session.directory(stop));
  const std::string& url = directory.new_account;
  crypto::PrivateKey key = TRY(key_of(record, session.endpoint()));
  std::optional<std::string> found;
  if (known_before && options.external_account_binding) found = TRY(find_by_key(session, key, url, stop));
  if (!found) {
    const std::string payload = new_account_payload(options, key.public_key(), url);
    const Reply reply = TRY(session.post({.key = &key}, url, payload, Session::json_bytes_max, stop));
    found = TRY(account_url_of(reply, url));
  }
  record.url = *std::move(found);
  TRY(save(vault, session.endpoint(), record));
  return AccountHandle{std::move(key), record.url};
}

}  // namespace

std::string account_record_name(const Endpoint& endpoint) {
  const auto url = encoding::Url::parse(endpoint.directory_url);
  const crypto::Sha256 digest = crypto::sha256(endpoint.directory_url);
  const std::string suffix = encoding::hex(ByteView(digest).first(digest_octets_in_name));
  return (url ? url->host + "-" : "") + suffix;
}

std::string account_lease_name(const Endpoint& endpoint) { return "account " + account_record_name(endpoint); }

Result<std::optional<AccountHandle>> stored_account(Vault& vault, const Endpoint& endpoint) {
  const std::optional<AccountRecord> record = TRY(load(vault, endpoint));
  if (!record || record->url.empty()) return std::optional<AccountHandle>();
  crypto::PrivateKey key = TRY(key_of(*record, endpoint));
  return std::optional<AccountHandle>({std::move(key), record->url});
}

Result<AccountHandle> open_account(Session& session, Vault& vault, crypto::KeySource& keys,
                                   const AccountOptions& options, std::stop_token stop) {
  const Endpoint& endpoint = session.endpoint();
  std::optional<AccountRecord> record = TRY(load(vault, endpoint));
  if (record && !record->url.empty()) {
    crypto::PrivateKey key = TRY(key_of(*record, endpoint));
    return AccountHandle{std::move(key), record->url};
  }
  const acme::Directory directory = TRY(session.directory(stop));
  TRY(check_options(directory.meta, options, endpoint));
  const bool known_before = record.has_value();
  if (!known_before) {
    const crypto::PrivateKey key = TRY(keys.next(options.key_type));
    record = AccountRecord{.directory = endpoint.directory_url, .key_pem = key.to_pem()};
    TRY(save(vault, endpoint, *record));
  }
  return register_key(session, vault, *std::move(record), options, known_before, stop);
}

Result<AccountHandle> reopen_account(Session& session, Vault& vault, const AccountOptions& options,
                                     std::stop_token stop) {
  const Endpoint& endpoint = session.endpoint();
  std::optional<AccountRecord> record = TRY(load(vault, endpoint));
  if (!record)
    return make_error(ErrorKind::account, "there is no account of this CA to register again", endpoint.directory_url);
  const acme::Directory directory = TRY(session.directory(stop));
  TRY(check_options(directory.meta, options, endpoint));
  return register_key(session, vault, *std::move(record), options, false, stop);
}

}  // namespace crest::client
