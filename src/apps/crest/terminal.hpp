// What people see on stderr: errors, a line each; on a terminal progress and colour, too.
#pragma once

#include <string>

namespace crest::apps {

void show_progress(const std::string& line);
void end_progress();  // leaves the cursor at the start of a line
void show_error(const std::string& text);
void show_note(const std::string& text);  // what went beside the result

}  // namespace crest::apps
