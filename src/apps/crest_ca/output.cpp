#include <iostream>

#include "apps/crest_ca/verb.hpp"

namespace crest::apps::crest_ca {

int report(const Error& error) {
  std::cerr << "crest-ca: " << error.describe() << std::endl;
  return error.exit_code();
}

void say(const std::string& line) { std::cout << line << std::endl; }  // at once: a script may wait for it

}  // namespace crest::apps::crest_ca
