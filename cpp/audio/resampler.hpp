// Streaming change of the sample rate, over speexdsp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

struct SpeexResamplerState_;

namespace chime::audio {

// A stream of interleaved PCM in at one rate, out at another. Every call gives all the output that its input
// makes possible, so blocks of 10 ms go in and come out with no burst; any cutting of the input into calls
// gives the same signal. The output lags the input by latency_ms(), which flush() lets out in the end. One
// thread at a time; nothing but construction allocates.
class Resampler {
 public:
  // Rates in Hz, 1000 to 384000; channels 1 to 8; quality 0 (short filter) to 10: 3 to 5 suit a live path,
  // at 1.5 to 2.5 ms of latency between 48 and 16 kHz. Throws std::invalid_argument naming the value.
  Resampler(int in_rate, int out_rate, int channels, int quality);
  ~Resampler();
  Resampler(const Resampler&) = delete;
  Resampler& operator=(const Resampler&) = delete;

  // Exactly how many frames the next process() or flush() gives.
  [[nodiscard]] std::size_t frames_for(std::size_t input_frames) const noexcept;
  [[nodiscard]] std::size_t flush_frames() const noexcept;

  // `out` has room for frames_for(frames of in) frames. Returns the frames written.
  std::size_t process(std::span<const std::int16_t> in, std::span<std::int16_t> out) noexcept;
  std::size_t process(std::span<const float> in, std::span<float> out) noexcept;

  // The rest of the stream, and back to the state after construction. `out` has room for flush_frames().
  std::size_t flush(std::span<std::int16_t> out) noexcept;
  std::size_t flush(std::span<float> out) noexcept;

  [[nodiscard]] int in_rate() const noexcept { return in_rate_; }
  [[nodiscard]] int out_rate() const noexcept { return out_rate_; }
  [[nodiscard]] int channels() const noexcept { return channels_; }
  [[nodiscard]] double latency_ms() const noexcept;

 private:
  struct Destroy {
    void operator()(SpeexResamplerState_* state) const noexcept;
  };

  [[nodiscard]] std::size_t output_after(std::uint64_t input_frames) const noexcept;
  template <typename Sample>
  std::size_t run(const Sample* in, std::size_t in_frames, Sample* out, std::size_t out_frames) noexcept;
  template <typename Sample>
  std::size_t flush_as(std::span<Sample> out) noexcept;
  void reset() noexcept;

  int in_rate_;
  int out_rate_;
  int channels_;
  std::unique_ptr<SpeexResamplerState_, Destroy> state_;  // none when the rates are equal
  std::size_t latency_frames_ = 0;                        // of input
  std::uint64_t consumed_ = 0;                            // input frames since the start, modulo in_rate
};

}  // namespace chime::audio
