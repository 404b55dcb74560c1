#include "adapters/line_log.hpp"

#include <cerrno>
#include <unistd.h>

#include "core/error.hpp"
#include "core/time.hpp"
#include "encoding/json.hpp"

namespace crest::adapters {
namespace {

std::string shown(const std::string& value) { return Untrusted(value).printable(LineLog::value_chars_max); }

// key=value, quoted where a blank or a quote would let a value pass for a field.
void append_text(std::string& line, std::string_view name, const std::string& value) {
  const std::string safe = shown(value);
  line += ' ';
  line += name;
  line += '=';
  if (!safe.empty() && safe.find_first_of(" \"=\\") == safe.npos) {
    line += safe;
    return;
  }
  line += '"';
  for (const char c : safe) {
    if (c == '"' || c == '\\') line += '\\';
    line += c;
  }
  line += '"';
}

std::string text_line(Time now, LogLevel level, std::string_view event, const LogFields& fields) {
  std::string line = to_rfc3339(now) + ' ' + std::string(to_string(level)) + ' ' + std::string(event);
  for (const auto& [name, value] : fields) append_text(line, name, value);
  return line + '\n';
}

std::string json_line(Time now, LogLevel level, std::string_view event, const LogFields& fields) {
  encoding::Json object = encoding::Json::object();
  object.set("time", to_rfc3339(now)).set("level", to_string(level)).set("event", event);
  for (const auto& [name, value] : fields) object.set(name, shown(value));
  return object.dump() + '\n';
}

void write_all(int descriptor, std::string_view line) {
  while (!line.empty()) {
    const ssize_t count = ::write(descriptor, line.data(), line.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    line.remove_prefix(static_cast<std::size_t>(count));
  }
}

}  // namespace

LineLog::LineLog(int descriptor, Clock& clock, LogLevel least, Format format)
    : descriptor_(descriptor),
      clock_(clock),
      least_(least),
      json_(format == Format::json || (format == Format::automatic && ::isatty(descriptor) != 1)) {}

void LineLog::write(LogLevel level, std::string_view event, const LogFields& fields) {
  if (level < least_) return;
  const int kept = errno;
  const Time now = clock_.now();
  const std::string line = json_ ? json_line(now, level, event, fields) : text_line(now, level, event, fields);
  {
    const std::lock_guard lock(mutex_);
    write_all(descriptor_, line);
  }
  errno = kept;
}

}  // namespace crest::adapters
