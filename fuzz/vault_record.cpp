// What a record file holds reads back as itself; and names survive the way to a file name and back.
#include <cstdlib>

#include "client/certificate_meta.hpp"
#include "client/record_file.hpp"
#include "client/vault.hpp"

using namespace crest;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text({data, size});
  if (const auto record = client::record_from_text(text)) {
    const auto again = client::record_from_text(client::record_text(*record));
    if (!again || *again != *record) std::abort();
    if (const auto meta = client::certificate_meta_from_json(*record)) {
      const encoding::Json written = client::to_json(*meta);
      const auto same = client::certificate_meta_from_json(written);
      if (!same || client::to_json(*same) != written) std::abort();
    }
  }
  const std::string file = client::file_name_of(text);
  if (file.find('/') != file.npos || file.starts_with('.') || file.find('\0') != file.npos) std::abort();
  if (!text.empty() && client::name_of_file(file) != text) std::abort();
  if (const auto name = client::name_of_file(text); name && client::file_name_of(*name) != text) std::abort();
  return 0;
}
