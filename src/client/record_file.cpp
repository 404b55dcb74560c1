#include "client/record_file.hpp"

#include "crypto/digest.hpp"
#include "encoding/base64.hpp"

namespace crest::client {

using encoding::Json;

std::string record_text(const Json& record) {
  Json envelope = Json::object();
  envelope.set("version", record_version);
  envelope.set("sha256", encoding::hex(crypto::sha256(record.dump())));
  envelope.set("record", record);
  return envelope.dump() + "\n";
}

Result<Json> record_from_text(std::string_view text) {
  const Json envelope = TRY(Json::parse(text));
  const auto reader = TRY(encoding::JsonReader::of(envelope, "record file"));
  const std::int64_t version = TRY(reader.integer("version"));
  if (version > record_version)
    return make_error(ErrorKind::config,
                      "a newer Crest wrote this (version " + std::to_string(version) + "); use that one");
  if (version < 1) return make_error(ErrorKind::malformed, "no such version", "version");
  const std::string digest = TRY(reader.string("sha256"));
  const Json* record = envelope.find("record");
  if (record == nullptr || record->as_object() == nullptr)
    return make_error(ErrorKind::malformed, "there is no record in it", "record");
  if (encoding::hex(crypto::sha256(record->dump())) != digest)
    return make_error(ErrorKind::malformed, "its checksum does not fit", "sha256");
  return *record;
}

}  // namespace crest::client
