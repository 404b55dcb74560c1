#include "core/secret.hpp"

#include <cstring>
#include <utility>

namespace crest {

void Secret::wipe(std::string& text) {
  text.resize(text.capacity());  // short strings live in the object itself: cover both forms
  volatile char* octet = text.data();
  for (std::size_t i = 0; i < text.size(); ++i) octet[i] = 0;
  text.clear();
}

Secret::Secret(std::string text) {
  text_.swap(text);
  wipe(text);  // a swap copies short strings, and leaves the first copy where it was
}

Secret& Secret::operator=(const Secret& other) {
  if (this == &other) return *this;
  wipe(text_);
  text_ = other.text_;
  return *this;
}

Secret::Secret(Secret&& other) noexcept {
  text_.swap(other.text_);
  wipe(other.text_);
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this == &other) return *this;
  wipe(text_);
  text_.swap(other.text_);
  wipe(other.text_);
  return *this;
}

}  // namespace crest
