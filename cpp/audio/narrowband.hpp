// A stream brought down to 8 kHz mono for analysis, where all of voicing and most of speech lies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace chime::audio {

// Takes blocks of 10 ms and gives 80 samples of full scale 1 for each. Allocates at construction only.
class Narrowband {
 public:
  static constexpr int kRate = 8000;
  static constexpr std::size_t kBlock = 80;

  // sample_rate in Hz: a multiple of 8000 up to 48000, or 12000. Channels are averaged.
  Narrowband(int sample_rate, int channels);

  void process(std::span<const std::int16_t> block, std::span<float, kBlock> out) noexcept;

 private:
  std::size_t spread_;  // of input that is not at a multiple of the output rate: to twice its rate
  std::size_t factor_;
  std::size_t channels_;
  std::vector<float> filter_;   // low pass at the input rate, its length a multiple of 8
  std::vector<float> history_;  // the last filter length of input, then the new block
};

}  // namespace chime::audio
