// Where everything is: the paths under /acme/<name>/, and the URLs that clients get to see.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace crest::ca::web {

class Urls {
 public:
  // `base` is what clients see in front of the path ("https://ca.corp.example"), whatever proxies stand between (JWS-21).
  // `former` are bases of before: account URLs under them are remembered by clients for good.
  Urls(std::string base, const std::string& name, std::vector<std::string> former = {})
      : base_(std::move(base)), prefix_("/acme/" + name), former_(std::move(former)) {}

  std::string directory() const { return url("/directory"); }
  std::string new_nonce() const { return url("/new-nonce"); }
  std::string new_account() const { return url("/new-account"); }
  std::string new_order() const { return url("/new-order"); }
  std::string new_authz() const { return url("/new-authz"); }
  std::string revoke_cert() const { return url("/revoke-cert"); }
  std::string key_change() const { return url("/key-change"); }
  std::string renewal_info() const { return url("/renewal-info"); }
  std::string account(std::string_view id) const { return url("/account/", id); }
  std::string orders(std::string_view account) const { return url("/account/", account) + "/orders"; }
  std::string orders(std::string_view account, std::string_view after) const;  // a further page
  std::string order(std::string_view id) const { return url("/order/", id); }
  std::string finalize(std::string_view order) const { return url("/order/", order) + "/finalize"; }
  std::string authorization(std::string_view id) const { return url("/authz/", id); }
  std::string challenge(std::string_view authorization, std::string_view method) const;
  std::string certificate(std::string_view serial) const { return url("/certificate/", serial); }
  std::string alternate(std::string_view serial, std::size_t number) const;  // the same certificate by another chain

  std::string path(std::string_view rest) const { return prefix_ + std::string(rest); }  // a Router's pattern
  std::string of_target(std::string_view target) const { return base_ + std::string(target); }
  // The id in an account URL of ours, also of one that was given out under a former base; "" for any other text.
  std::string_view account_id(std::string_view url) const;

 private:
  std::string url(std::string_view a, std::string_view b = {}) const;
  std::string base_, prefix_;
  std::vector<std::string> former_;
};

// What stands behind "?cursor=" in a target, or "".
std::string_view cursor_of(std::string_view target);

}  // namespace crest::ca::web
