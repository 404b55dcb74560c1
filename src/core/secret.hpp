// A Secret holds a passphrase or key text: it wipes its memory, and has no way to be printed by accident.
#pragma once

#include <string>
#include <string_view>

namespace crest {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text);
  ~Secret() { wipe(text_); }
  Secret(const Secret& other) = default;
  Secret& operator=(const Secret& other);
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;

  std::string_view reveal() const { return text_; }
  bool empty() const { return text_.empty(); }

 private:
  static void wipe(std::string& text);
  std::string text_;
};

}  // namespace crest
