#include "sim/proxy.hpp"

#include <array>

namespace crest::sim {
namespace {

constexpr Duration day = 24h, spell_min = 1min;
constexpr std::array<Page, 3> pages = {Page::not_found, Page::bad_gateway, Page::captive};

}  // namespace

http::Response page(Page page) {
  const auto html = [](int status, const std::string& title) {
    const std::string body = "<!DOCTYPE html><html><head><title>" + title + "</title></head><body><h1>" + title +
                             "</h1><hr>gateway</body></html>\n";
    return http::Response{status, {{"Content-Type", "text/html; charset=utf-8"}}, body, ""};
  };
  switch (page) {
    case Page::not_found: return html(404, "404 Not Found");
    case Page::bad_gateway: return html(502, "502 Bad Gateway");
    case Page::captive: break;
  }
  return html(200, "Log in to use this network");
}

std::string to_string(Page page) {
  switch (page) {
    case Page::not_found: return "proxy page 404";
    case Page::bad_gateway: return "proxy page 502";
    case Page::captive: break;
  }
  return "captive page";
}

void Proxy::plan(Time from, Time until) {
  const FaultRates& rates = faults_.rates();
  if (rates.proxy_pages <= 0 || rates.proxy_pages_max <= spell_min) return;
  const auto up_to = [&](Duration longest) {
    return Duration(static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(longest.count()))));
  };
  for (Time morning = from; morning < until; morning += day) {
    if (!random_.chance(rates.proxy_pages)) continue;
    const Duration length = spell_min + up_to(rates.proxy_pages_max - spell_min);
    const Time begin = morning + up_to(day - length);
    const double share = random_.chance(0.5) ? 1.0 : 0.5;
    add({{begin, begin + length}, pages[random_.below(pages.size())], share});
  }
}

std::vector<Interval> Proxy::times() const {
  std::vector<Interval> times;
  for (const Spell& spell : spells_) times.push_back(spell.when);
  return times;
}

std::optional<Page> Proxy::answer(Time now) {
  for (const Spell& spell : spells_) {
    if (now < spell.when.from || now >= spell.when.to) continue;
    if (!random_.chance(spell.share)) return std::nullopt;
    faults_.count(to_string(spell.page));
    return spell.page;
  }
  return std::nullopt;
}

}  // namespace crest::sim
