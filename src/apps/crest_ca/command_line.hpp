// The command line of crest-ca: every flag of every verb, in one place.
#pragma once

namespace crest::apps::crest_ca {

int run_command_line(int count, char** words);  // the exit code

}  // namespace crest::apps::crest_ca
