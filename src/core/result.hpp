// Result with TRY, for the library's own sources.
#pragma once

#include <crest/result.hpp>

// The value of a Result, or return of its Error. It stands only as the whole initialiser of a named local, the
// whole right side of an assignment, or a whole statement: elsewhere compilers forget to destroy what was built.
#define TRY(...)                                                             \
  __extension__({                                                            \
    auto try_result_ = (__VA_ARGS__);                                        \
    if (!try_result_) return ::crest::Error(std::move(try_result_).error()); \
    *std::move(try_result_);                                                 \
  })
