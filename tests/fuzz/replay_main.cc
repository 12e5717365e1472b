// SPDX-License-Identifier: Apache-2.0
// Stands in for libFuzzer where the compiler has none: runs a target over every file of its corpus,
// and over cheap variations of each: truncated, and with one octet changed.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "tests/fuzz/fuzz_input.h"

namespace {

using Octets = std::vector<char>;

constexpr std::size_t kMaxVariations = 64;

std::size_t run(const Octets& input) {
  // In memory of exactly its size, so that AddressSanitizer sees a read behind the end.
  const std::vector<std::uint8_t> octets(input.begin(), input.end());
  LLVMFuzzerTestOneInput(octets.data(), octets.size());
  return 1;
}

std::size_t run_with_variations(Octets input) {
  std::size_t runs = run(input);
  const std::size_t step = std::max<std::size_t>(1, input.size() / kMaxVariations);
  for (std::size_t i = 0; i < input.size(); i += step) {
    runs += run(Octets(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(i)));
    const char octet = input[i];
    for (const int flip : {0x01, 0x80, 0xff}) {
      input[i] = static_cast<char>(octet ^ flip);
      runs += run(input);
    }
    input[i] = octet;
  }
  return runs;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s CORPUS-FOLDER\n", argv[0]);
    return 2;
  }
  std::error_code error;
  std::size_t files = 0;
  std::size_t runs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1], error)) {
    std::ifstream in(entry.path(), std::ios::binary);
    runs += run_with_variations(Octets(std::istreambuf_iterator<char>(in), {}));
    ++files;
  }
  if (files == 0) {
    std::fprintf(stderr, "%s: no corpus here\n", argv[1]);
    return 1;
  }
  std::printf("%zu files, %zu runs\n", files, runs);
  return 0;
}
