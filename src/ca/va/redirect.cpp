#include "ca/va/redirect.hpp"

namespace crest::ca::va {
namespace {

constexpr std::uint16_t http_default_port = 80, https_default_port = 443;

}  // namespace

bool is_redirect(int status) { return status == 301 || status == 302 || status == 307 || status == 308; }

std::variant<encoding::Url, std::string> Trail::follow(const encoding::Url& current, const http::Response& response) {
  if (++count_ > redirects_max) return "it redirects more than " + std::to_string(redirects_max) + " times";
  const auto location = response.headers.get("Location");
  if (!location) return "it redirects without a Location";
  const auto absolute = encoding::resolve(current.str(), *location);
  if (!absolute) return "it redirects to something that is no http or https URL";
  const auto next = encoding::Url::parse(*absolute);
  if (!next) return "it redirects to something that is no http or https URL";
  if (next->target.size() > redirect_target_max) {
    return "it redirects to a path of more than " + std::to_string(redirect_target_max) + " characters";
  }
  if (next->port != http_default_port && next->port != https_default_port && next->port != http_port_) {
    return "it redirects to port " + std::to_string(next->port) + "; only 80 and 443 are followed";
  }
  visited_.insert(current.str());
  if (visited_.contains(next->str())) return "it redirects in a circle";
  return *next;
}

}  // namespace crest::ca::va
