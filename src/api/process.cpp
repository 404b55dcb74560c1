#include <crest/process.hpp>

#include "adapters/secret_memory.hpp"

namespace crest {

std::string shield_process() { return adapters::shield_secrets(); }

}  // namespace crest
