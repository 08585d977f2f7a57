#include "audio/narrowband.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "audio/kernels.hpp"

namespace chime::audio {
namespace {

constexpr double kCutoff =
    0.46;  // of the output rate: 3.7 kHz, half way down a transition from 3.2 to 4.2 kHz

}  // namespace

Narrowband::Narrowband(int sample_rate, int channels)
    : spread_(sample_rate % kRate == 0 ? 1 : 2),
      factor_(spread_ * static_cast<std::size_t>(sample_rate) / kRate),
      channels_(static_cast<std::size_t>(channels)),
      filter_(factor_ == 1 ? 0 : factor_ * kernels::kTapsPerStep),
      history_(filter_.size() + factor_ * kBlock) {
  const auto length = static_cast<double>(filter_.size());
  double sum = 0.0;
  for (std::size_t i = 0; i < filter_.size(); ++i) {
    const double t = (static_cast<double>(i) - (length - 1.0) / 2.0) / static_cast<double>(factor_);
    const double x = 2.0 * std::numbers::pi * kCutoff * t;
    const double sinc = std::abs(x) < 1e-9 ? 1.0 : std::sin(x) / x;
    const double phase = 2.0 * std::numbers::pi * (static_cast<double>(i) + 0.5) / length;
    const double value = sinc * (0.5 - 0.5 * std::cos(phase));  // Hann window
    filter_[i] = static_cast<float>(value);
    sum += value;
  }
  for (float& tap : filter_) tap /= static_cast<float>(sum);
}

void Narrowband::process(std::span<const std::int16_t> block, std::span<float, kBlock> out) noexcept {
  const std::size_t taps = filter_.size();
  std::copy(history_.end() - static_cast<std::ptrdiff_t>(taps), history_.end(), history_.begin());
  float* const fresh = history_.data() + taps;
  const std::size_t frames = factor_ * kBlock / spread_;
  kernels::average_channels(block.data(), fresh, frames, channels_);
  if (spread_ == 2) {
    for (std::size_t i = frames; i-- > 0;) {
      fresh[2 * i + 1] = 0.0F;
      fresh[2 * i] = 2.0F * fresh[i];
    }
  }
  if (taps == 0) {
    std::copy_n(history_.begin(), kBlock, out.begin());
  } else {
    kernels::decimate(history_.data() + factor_, filter_.data(), factor_, out.data(), kBlock);
  }
}

}  // namespace chime::audio
