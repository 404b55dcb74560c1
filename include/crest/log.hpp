// What the library tells while it works, beside what it returns: events, as values.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace crest {

enum class LogLevel { debug, info, warning, error };
std::string_view to_string(LogLevel level);

using LogFields = std::vector<std::pair<std::string, std::string>>;

// `event` is a stable word ("clock_offset"). Values may hold what the other side of a wire sent: print them through
// Untrusted. Called on the thread that called the Client, in the middle of its work: a sink must not block, nor call that
// Client. What it throws is dropped.
using LogSink = std::function<void(LogLevel level, std::string_view event, const LogFields& fields)>;

}  // namespace crest
