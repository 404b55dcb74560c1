#include "adapters/descriptor.hpp"

#include <cerrno>
#include <unistd.h>

namespace crest::adapters {

int Descriptor::close() {
  if (number_ < 0) return 0;
  // Linux frees the number even when it reports EINTR: trying again would close somebody else's.
  const int result = ::close(std::exchange(number_, -1));
  return result == 0 || errno == EINTR ? 0 : errno;
}

}  // namespace crest::adapters
