#include "core/secret.hpp"

#include <cstring>
#include <utility>

namespace crest {

void Secret::wipe() {
  text_.resize(text_.capacity());  // short strings live in the object itself: cover both forms
  volatile char* octet = text_.data();
  for (std::size_t i = 0; i < text_.size(); ++i) octet[i] = 0;
  text_.clear();
}

Secret& Secret::operator=(const Secret& other) {
  if (this == &other) return *this;
  wipe();
  text_ = other.text_;
  return *this;
}

Secret::Secret(Secret&& other) noexcept : text_(other.text_) { other.wipe(); }

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this == &other) return *this;
  wipe();
  text_.swap(other.text_);
  other.wipe();
  return *this;
}

}  // namespace crest
