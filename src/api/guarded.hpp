// Nothing is thrown over the library's edge: memory that runs out becomes an Error at each public function.
#pragma once

#include <exception>
#include <new>
#include <utility>

#include "core/result.hpp"

namespace crest::api {

template <typename Function>
auto guarded(Function&& function) -> decltype(function()) {
  try {
    return std::forward<Function>(function)();
  } catch (const std::bad_alloc&) {
    return make_error(ErrorKind::internal, "out of memory; nothing was left half done, try again");
  } catch (const std::exception& bug) {
    return make_error(ErrorKind::internal, std::string("a bug in crest, please report it: ") + bug.what());
  }
}

}  // namespace crest::api
