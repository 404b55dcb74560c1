// DNS records as values, as far as ACME needs them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "encoding/ip.hpp"

namespace crest::dns {

enum class RecordType { A = 1, NS = 2, CNAME = 5, SOA = 6, TXT = 16, AAAA = 28, CAA = 257 };
std::string_view to_string(RecordType type);

struct Record {
  std::string owner;  // lower case, no trailing dot
  RecordType type = RecordType::A;
  std::uint32_t ttl_seconds = 0;
  Bytes data;  // RDATA; names inside are uncompressed
};

enum class Outcome { answer, no_data, no_such_name };  // NOERROR with and without records, NXDOMAIN
struct Answer {
  Outcome outcome = Outcome::no_data;
  std::vector<Record> records;  // of the type asked for, at the end of the alias chain
  std::string final_name;       // where the chain of CNAMEs ended
};

std::optional<encoding::IpAddress> address_of(const Record& record);  // A, AAAA
std::optional<std::string> text_of(const Record& record);             // TXT, its strings joined

}  // namespace crest::dns
