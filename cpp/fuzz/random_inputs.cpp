// Stands in for libFuzzer: seeded random inputs, or the files named on the command line.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr int kRounds = CHIME_FUZZ_ROUNDS;
constexpr std::size_t kMaxSize = CHIME_FUZZ_OCTETS;

void run_random() {
  std::mt19937 random(1);
  std::vector<std::uint8_t> input;
  for (int round = 0; round < kRounds; ++round) {
    input.resize(random() % kMaxSize);
    for (auto& octet : input) {
      // Small numbers and set bits lead further into formats than evenly spread octets.
      const auto drawn = static_cast<std::uint8_t>(random());
      octet = random() % 3 == 0 ? static_cast<std::uint8_t>(drawn & 7) : drawn;
    }
    LLVMFuzzerTestOneInput(input.data(), input.size());
  }
}

}  // namespace

int main(int argument_count, char** arguments) {
  for (int i = 1; i < argument_count; ++i) {
    std::ifstream file(arguments[i], std::ios::binary);
    if (!file) {
      std::fprintf(stderr, "cannot read %s\n", arguments[i]);
      return 1;
    }
    const std::vector<char> octets((std::istreambuf_iterator<char>(file)), {});
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(octets.data()), octets.size());
  }
  if (argument_count == 1) run_random();
  return 0;
}
