#include "ca/web/urls.hpp"

namespace crest::ca::web {
namespace {

constexpr std::string_view cursor_query = "?cursor=";

}  // namespace

std::string Urls::url(std::string_view a, std::string_view b) const {
  std::string out;
  out.reserve(base_.size() + prefix_.size() + a.size() + b.size());
  return out.append(base_).append(prefix_).append(a).append(b);
}

std::string Urls::orders(std::string_view account, std::string_view after) const {
  return orders(account) + std::string(cursor_query) + std::string(after);
}

std::string Urls::challenge(std::string_view authorization, std::string_view method) const {
  return url("/challenge/", authorization) + "/" + std::string(method);
}

std::string Urls::alternate(std::string_view serial, std::size_t number) const {
  return certificate(serial) + "/alternate/" + std::to_string(number);
}

std::string_view Urls::account_id(std::string_view text) const {
  const std::string path = prefix_ + "/account/";
  const auto id_behind = [&](const std::string& base) -> std::string_view {
    if (!text.starts_with(base) || !text.substr(base.size()).starts_with(path)) return {};
    const auto id = text.substr(base.size() + path.size());
    return id.find_first_of("/?#") == std::string_view::npos ? id : std::string_view();
  };
  auto id = id_behind(base_);
  for (auto base = former_.begin(); id.empty() && base != former_.end(); ++base) id = id_behind(*base);
  return id;
}

std::string_view cursor_of(std::string_view target) {
  const auto at = target.find(cursor_query);
  return at == std::string_view::npos ? std::string_view() : target.substr(at + cursor_query.size());
}

}  // namespace crest::ca::web
