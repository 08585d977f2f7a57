#include "audio/resampler.hpp"

#include <speex/speex_resampler.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>

namespace chime::audio {
namespace {

// Wide enough for any device or file, narrow enough that a filter is never absurdly long.
constexpr int kMinRate = 1000;
constexpr int kMaxRate = 384000;
constexpr int kMaxChannels = 8;
// Zeros fed at a time while flushing, in samples of all channels.
constexpr std::size_t kChunk = 512;

void require(int value, int low, int high, const char* name) {
  if (value >= low && value <= high) return;
  throw std::invalid_argument(std::string(name) + " is " + std::to_string(value) + ", allowed are " +
                              std::to_string(low) + " to " + std::to_string(high));
}

int process_interleaved(SpeexResamplerState* state, const std::int16_t* in, spx_uint32_t* in_frames,
                        std::int16_t* out, spx_uint32_t* out_frames) {
  return speex_resampler_process_interleaved_int(state, in, in_frames, out, out_frames);
}

int process_interleaved(SpeexResamplerState* state, const float* in, spx_uint32_t* in_frames, float* out,
                        spx_uint32_t* out_frames) {
  return speex_resampler_process_interleaved_float(state, in, in_frames, out, out_frames);
}

}  // namespace

void Resampler::Destroy::operator()(SpeexResamplerState_* state) const noexcept {
  speex_resampler_destroy(state);
}

Resampler::Resampler(int in_rate, int out_rate, int channels, int quality)
    : in_rate_(in_rate), out_rate_(out_rate), channels_(channels) {
  require(in_rate, kMinRate, kMaxRate, "in_rate");
  require(out_rate, kMinRate, kMaxRate, "out_rate");
  require(channels, 1, kMaxChannels, "channels");
  require(quality, SPEEX_RESAMPLER_QUALITY_MIN, SPEEX_RESAMPLER_QUALITY_MAX, "quality");
  if (in_rate == out_rate) return;
  int error = RESAMPLER_ERR_SUCCESS;
  state_.reset(speex_resampler_init(static_cast<spx_uint32_t>(channels), static_cast<spx_uint32_t>(in_rate),
                                    static_cast<spx_uint32_t>(out_rate), quality, &error));
  if (!state_) throw std::runtime_error(std::string("speexdsp: ") + speex_resampler_strerror(error));
  latency_frames_ = static_cast<std::size_t>(speex_resampler_get_input_latency(state_.get()));
}

Resampler::~Resampler() = default;

double Resampler::latency_ms() const noexcept {
  return 1000.0 * static_cast<double>(latency_frames_) / in_rate_;
}

// speexdsp computes output frame k as soon as input frame floor(k * in / out) has arrived.
std::size_t Resampler::output_after(std::uint64_t input_frames) const noexcept {
  const auto in = static_cast<std::uint64_t>(in_rate_);
  const auto out = static_cast<std::uint64_t>(out_rate_);
  return static_cast<std::size_t>((input_frames * out + in - 1) / in);
}

std::size_t Resampler::frames_for(std::size_t input_frames) const noexcept {
  return output_after(consumed_ + input_frames) - output_after(consumed_);
}

std::size_t Resampler::flush_frames() const noexcept { return frames_for(latency_frames_); }

template <typename Sample>
std::size_t Resampler::run(const Sample* in, std::size_t in_frames, Sample* out,
                           std::size_t out_frames) noexcept {
  const std::size_t expected = frames_for(in_frames);
  if (!state_) {
    std::copy_n(in, in_frames * static_cast<std::size_t>(channels_), out);
    return in_frames;
  }
  std::size_t written = 0;
  std::size_t read = 0;
  std::array<Sample, kMaxChannels> none{};
  while (read < in_frames) {
    // With no room left speexdsp would not take the last frames in; they make no output of their own.
    const bool full = written == out_frames;
    auto consumed = static_cast<spx_uint32_t>(in_frames - read);
    auto produced = static_cast<spx_uint32_t>(full ? 1 : out_frames - written);
    Sample* target = full ? none.data() : out + written * static_cast<std::size_t>(channels_);
    process_interleaved(state_.get(), in + read * static_cast<std::size_t>(channels_), &consumed, target,
                        &produced);
    read += consumed;
    if (!full) written += produced;
    if (consumed == 0 && produced == 0) break;
  }
  consumed_ = (consumed_ + in_frames) % static_cast<std::uint64_t>(in_rate_);
  return std::min(written, expected);
}

std::size_t Resampler::process(std::span<const std::int16_t> in, std::span<std::int16_t> out) noexcept {
  const auto channels = static_cast<std::size_t>(channels_);
  return run(in.data(), in.size() / channels, out.data(), out.size() / channels);
}

std::size_t Resampler::process(std::span<const float> in, std::span<float> out) noexcept {
  const auto channels = static_cast<std::size_t>(channels_);
  return run(in.data(), in.size() / channels, out.data(), out.size() / channels);
}

template <typename Sample>
std::size_t Resampler::flush_as(std::span<Sample> out) noexcept {
  static constexpr std::array<Sample, kChunk> zeros{};
  const auto channels = static_cast<std::size_t>(channels_);
  std::size_t written = 0;
  for (std::size_t left = latency_frames_; left > 0;) {
    const std::size_t frames = std::min(left, kChunk / channels);
    written += run(zeros.data(), frames, out.data() + written * channels, out.size() / channels - written);
    left -= frames;
  }
  reset();
  return written;
}

std::size_t Resampler::flush(std::span<std::int16_t> out) noexcept { return flush_as(out); }
std::size_t Resampler::flush(std::span<float> out) noexcept { return flush_as(out); }

// speex_resampler_reset_mem of 1.2.1 forgets the history of the first channel only, so zeros push it all out
// first.
void Resampler::reset() noexcept {
  consumed_ = 0;
  if (!state_) return;
  static constexpr std::array<float, kChunk> zeros{};
  std::array<float, kChunk> nobody_hears;
  const std::size_t chunk_frames = kChunk / static_cast<std::size_t>(channels_);
  for (std::size_t left = 2 * latency_frames_ + 2; left > 0;) {
    auto read = static_cast<spx_uint32_t>(std::min(left, chunk_frames));
    auto written = static_cast<spx_uint32_t>(chunk_frames);
    speex_resampler_process_interleaved_float(state_.get(), zeros.data(), &read, nobody_hears.data(),
                                              &written);
    left -= std::min<std::size_t>(left, read);
  }
  speex_resampler_reset_mem(state_.get());
}

}  // namespace chime::audio
