// A Descriptor owns a file descriptor and closes it once.
#pragma once

#include <utility>

namespace crest::adapters {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() { close(); }

  int get() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }
  int release() { return std::exchange(number_, -1); }
  int close();  // 0, or the errno of close(2): on some file systems the last word about what was written

 private:
  int number_ = -1;
};

}  // namespace crest::adapters
