// The command line of crest: every flag of every verb, in one place.
#pragma once

#include <stop_token>

namespace crest::apps {

// Runs the verb that is named; returns the exit code.
int run_command_line(int count, char** words, std::stop_token interrupted);

}  // namespace crest::apps
