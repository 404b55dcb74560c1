// Runs a fuzz target over saved inputs, one line a file; a crash or a sanitizer's report names the last one.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    std::ifstream file(argv[i], std::ios::binary);
    const std::string input{std::istreambuf_iterator<char>(file), {}};
    if (!file) return std::fprintf(stderr, "%s: cannot be read\n", argv[i]), 1;
    std::fprintf(stderr, "replaying %s\n", argv[i]);
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
    std::printf("ok %s\n", argv[i]);
    std::fflush(stdout);
  }
  return 0;
}
