// Loudness as broadcasting measures it: ITU-R BS.1770 and EBU R 128, on a running stream.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace chime::audio {

// Below this, and for nothing, loudness is reported as this: the absolute gate of BS.1770-4 is at -70 LUFS.
inline constexpr double kLeastLufs = -120;

// Momentary (400 ms), short-term (3 s) and integrated loudness (gated, since the start or reset()). The
// K-weighting is designed for the stream's own rate, so nothing is resampled. Cheap: ten multiplications a
// sample. Any cutting of the stream into calls gives the same values. Nothing but construction allocates; the
// memory of integrated loudness is a histogram of 0.1 LU, as EBU Tech 3341 suggests for long programmes. One
// thread at a time.
class LoudnessMeter {
 public:
  // sample_rate: 8000 to 192000 Hz, a multiple of 10; channels: 1 or 2. Throws std::invalid_argument.
  // `dual_mono`: one channel that will be heard from two loudspeakers counts twice (3 LU more, Tech 3341).
  LoudnessMeter(int sample_rate, int channels, bool dual_mono = false);

  // Interleaved samples, any number of frames.
  void push(std::span<const std::int16_t> samples) noexcept;
  void reset() noexcept;

  // In LUFS; of the last full 100 ms steps, kLeastLufs before there is one window of sound.
  [[nodiscard]] double momentary() const noexcept;
  [[nodiscard]] double short_term() const noexcept;
  // Of all windows of 400 ms, 100 ms apart, above -70 LUFS and above 10 LU below the mean of those.
  [[nodiscard]] double integrated() const noexcept;

  [[nodiscard]] int sample_rate() const noexcept { return sample_rate_; }
  [[nodiscard]] int channels() const noexcept { return channels_; }

 private:
  struct Biquad {
    double b0, b1, b2, a1, a2;
  };
  struct State {
    double shelf1 = 0, shelf2 = 0, pass1 = 0, pass2 = 0;
  };
  static constexpr std::size_t kMomentarySteps = 4;
  static constexpr std::size_t kShortTermSteps = 30;
  // From -70 LUFS to +5 in steps of 0.1.
  static constexpr std::size_t kBins = 750;

  static Biquad shelf(double rate);
  static Biquad high_pass(double rate);
  void end_step() noexcept;
  [[nodiscard]] double mean_power(std::size_t steps) const noexcept;

  int sample_rate_;
  int channels_;
  double gain_;
  Biquad shelf_;
  Biquad pass_;
  std::array<State, 2> states_{};
  std::size_t step_frames_;
  std::size_t step_fill_ = 0;
  double step_sum_ = 0;
  std::array<double, kShortTermSteps> steps_{};  // weighted power of the last 100 ms pieces, a ring
  std::size_t step_count_ = 0;
  std::array<std::uint64_t, kBins> histogram_{};
  std::array<double, kBins> powers_{};  // sum of the powers counted in each bin
};

}  // namespace chime::audio
