#include "stream/made_up_sound.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace chime::stream {

namespace {

constexpr std::int64_t kTicksPerMs = 48;
// The codec's concealment continues the sound for some 60 ms and goes over into a steady noise, of its own
// idea of the background. When we know the background, that takes over before the steadiness is noticed.
constexpr std::int64_t kFadeAfter = 200 * kTicksPerMs;
// When we do not, there is nothing to put in its place.
constexpr std::int64_t kFadeTicks = 300 * kTicksPerMs;
// Whoever is away for this long has left, and the room with them. Also the longest that a sender's pause may
// last without a word: Opus says every 400 ms that it goes on.
constexpr std::int64_t kGoneAfter = 5000 * kTicksPerMs;
constexpr std::int64_t kGoneTicks = 3000 * kTicksPerMs;

float progress(std::int64_t ticks, std::int64_t after, std::int64_t length) {
  return std::clamp(static_cast<float>(ticks - after) / static_cast<float>(length), 0.0F, 1.0F);
}

}  // namespace

MadeUpSound::MadeUpSound(int sample_rate, int channels)
    : sample_rate_(sample_rate),
      width_(static_cast<std::size_t>(channels)),
      background_(sample_rate, channels) {}

void MadeUpSound::listen(std::span<const std::int16_t> block, double power, bool joined) {
  background_.listen(block, power, joined);
}

void MadeUpSound::reset() {
  background_.reset();
  begin(false);
}

void MadeUpSound::begin(bool pause) {
  ticks_ = 0;
  pause_ = pause;
}

MadeUpSound::Gains MadeUpSound::gains(std::int64_t ticks) const {
  const float here = 1 - progress(ticks, kGoneAfter, kGoneTicks);
  if (pause_) return {here, 0};
  // Equal power, since one noise has nothing to do with the other.
  const float faded = progress(ticks, kFadeAfter, kFadeTicks);
  const float angle = faded * std::numbers::pi_v<float> / 2;
  return {faded < 1 ? std::cos(angle) : 0.0F, background_.known() ? std::sin(angle) * here : 0.0F};
}

bool MadeUpSound::altered() const { return ticks_ > (pause_ ? kGoneAfter : kFadeAfter); }

bool MadeUpSound::silent() const { return pause_ || ticks_ >= kFadeAfter + kFadeTicks; }

void MadeUpSound::shape(std::span<std::int16_t> sound) {
  const std::size_t frames = sound.size() / width_;
  for (std::size_t done = 0; done < frames; done += kChunkFrames) {
    const std::size_t count = std::min(kChunkFrames, frames - done);
    const auto at = [&](std::size_t frame) {
      return ticks_ + static_cast<std::int64_t>(frame) * 48000 / sample_rate_;
    };
    const Gains first = gains(at(done));
    const Gains last = gains(at(done + count));
    if (first.codec == 1 && last.codec == 1) continue;
    const std::span<float> noise(noise_.data(), count * width_);
    if (last.background > 0 || first.background > 0) {
      background_.make(noise);
    } else {
      std::fill(noise.begin(), noise.end(), 0.0F);
    }
    for (std::size_t i = 0; i < count; ++i) {
      const float x = static_cast<float>(i) / static_cast<float>(count);
      const float codec = first.codec + x * (last.codec - first.codec);
      const float background = first.background + x * (last.background - first.background);
      for (std::size_t c = 0; c < width_; ++c) {
        std::int16_t& sample = sound[(done + i) * width_ + c];
        const float value = codec * static_cast<float>(sample) + background * noise[i * width_ + c];
        sample = static_cast<std::int16_t>(std::lrintf(std::clamp(value, -32768.0F, 32767.0F)));
      }
    }
  }
}

}  // namespace chime::stream
