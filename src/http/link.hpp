// Link (RFC 8288): several values in a field, repeated fields, relative targets, several relations.
#pragma once

#include <string>
#include <vector>

#include "http/message.hpp"

namespace crest::http {

inline constexpr std::size_t links_max = 100;

struct Link {
  std::string target;                  // as sent; resolve it against the request's URL
  std::vector<std::string> relations;  // lower case
};

std::vector<Link> links(const Headers& headers);  // unreadable values are passed over
// Targets with relation `rel`, resolved against `base_url`, in order of appearance.
std::vector<std::string> link_targets(const Headers& headers, std::string_view rel, std::string_view base_url);
std::string format_link(std::string_view target, std::string_view rel);

}  // namespace crest::http
