#include "jitter/background_noise.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "jitter/signal_analysis.hpp"

namespace chime::jitter {

namespace {

constexpr int kBlocksPerPart = 100;
// A block within 6 dB of the floor, after 50 ms within 5 dB of it, is background.
constexpr double kBlockOverFloor = 4;
constexpr double kSmoothOverFloor = 3;
// A floor louder than -40 dBov is one only when there are sounds 20 dB above it; else it may be what is being
// listened to: the soft passages of music are some 10 dB below the loud ones.
constexpr double kAlwaysBackground = 1e-4;
constexpr double kUnderLoud = 0.01;
// The loudest falls by half in 7 s.
constexpr double kLoudDecay = 0.999;
// Low rumble correlates by up to 0.9 over a pitch period by chance; tones and hums by more.
constexpr float kPitched = 0.92F;
// Once the pool is full a piece every 100 ms keeps it fresh.
constexpr int kRefreshBlocks = 10;
// How far a piece is brought to the common level.
constexpr double kMostGain = 1.5;

}  // namespace

BackgroundNoise::BackgroundNoise(int sample_rate, int channels)
    : width_(static_cast<std::size_t>(channels)),
      block_frames_(static_cast<std::size_t>(sample_rate / 100)),
      piece_frames_(2 * block_frames_),
      shortest_lag_(static_cast<std::size_t>(sample_rate / 400)),
      search_step_(std::max<std::size_t>(1, static_cast<std::size_t>(sample_rate / 8000))),
      pool_((kPieces + 1) * piece_frames_ * width_),
      window_(piece_frames_) {
  // Squares of the window, half a piece apart, add up to one: uncorrelated pieces keep their power.
  for (std::size_t i = 0; i < piece_frames_; ++i) {
    window_[i] = std::sin(std::numbers::pi_v<float> * (static_cast<float>(i) + 0.5F) /
                          static_cast<float>(piece_frames_));
  }
  reset();
}

void BackgroundNoise::reset() {
  for (std::size_t i = 0; i <= kPieces; ++i) order_[i] = i;
  pieces_known_ = 0;
  oldest_ = 0;
  half_filled_ = false;
  blocks_to_wait_ = 0;
  level_ = 0;
  fresh_ = true;
  loud_ = 0;
  voices_[0] = {0, piece_frames_, 0};
  voices_[1] = {0, piece_frames_, 0};
}

void BackgroundNoise::follow_floor(double power) {
  if (fresh_) {
    fresh_ = false;
    recent_.fill(power);
    minima_.fill(power);
    part_blocks_ = 0;
  }
  std::shift_left(recent_.begin(), recent_.end(), 1);
  recent_.back() = power;
  smooth_ = std::accumulate(recent_.begin(), recent_.end(), 0.0) / static_cast<double>(kSmoothedBlocks);
  if (++part_blocks_ > kBlocksPerPart) {
    part_blocks_ = 0;
    part_ = (part_ + 1) % kParts;
    minima_[part_] = smooth_;
  }
  minima_[part_] = std::min(minima_[part_], smooth_);
  floor_ = *std::min_element(minima_.begin(), minima_.end());
  loud_ = std::max(power, loud_ * kLoudDecay);
}

bool BackgroundNoise::near_floor(double power) const {
  if (power > kBlockOverFloor * floor_ || smooth_ > kSmoothOverFloor * floor_) return false;
  return floor_ <= kAlwaysBackground || floor_ <= kUnderLoud * loud_;
}

bool BackgroundNoise::pitched(const std::int16_t* piece) const {
  // The last three eighths against what lies up to five eighths before.
  const std::size_t window = 3 * piece_frames_ / 8;
  const std::size_t at = piece_frames_ - window;
  const Period period =
      best_lag(piece + at * width_, static_cast<int>(width_), shortest_lag_, at, window, search_step_);
  return period.correlation > kPitched;
}

void BackgroundNoise::listen(std::span<const std::int16_t> block, double power, bool joined) {
  follow_floor(power);
  if (!joined) half_filled_ = false;
  if (blocks_to_wait_ > 0) --blocks_to_wait_;
  if (block.size() != block_frames_ * width_ || blocks_to_wait_ > 0 || !near_floor(power)) {
    half_filled_ = false;
    return;
  }
  std::int16_t* spare = piece(order_[kPieces]);
  if (!half_filled_) {
    std::copy(block.begin(), block.end(), spare);
    half_power_ = power;
    half_filled_ = true;
    return;
  }
  std::copy(block.begin(), block.end(), spare + block.size());
  half_filled_ = false;
  if (pitched(spare)) return;
  const double piece_power = (half_power_ + power) / 2;
  std::swap(order_[oldest_], order_[kPieces]);
  powers_[oldest_] = piece_power;
  oldest_ = (oldest_ + 1) % kPieces;
  if (pieces_known_ < kPieces) {
    ++pieces_known_;
  } else {
    blocks_to_wait_ = kRefreshBlocks;
  }
  level_ =
      std::accumulate(powers_.begin(), powers_.begin() + static_cast<std::ptrdiff_t>(pieces_known_), 0.0) /
      static_cast<double>(pieces_known_);
}

void BackgroundNoise::next_piece(Voice& voice, const Voice& other) {
  // Numerical Recipes' linear congruential generator; the high bits are the good ones.
  random_ = random_ * 1664525U + 1013904223U;
  voice.piece = (random_ >> 16) % pieces_known_;
  if (voice.piece == other.piece) voice.piece = (voice.piece + 1) % pieces_known_;
  const double power = std::max(powers_[voice.piece], 1e-12);
  const double gain = std::clamp(std::sqrt(level_ / power), 1 / kMostGain, kMostGain);
  voice.gain = static_cast<float>((random_ & 0x8000U) != 0 ? gain : -gain);
  voice.position = 0;
}

void BackgroundNoise::make(std::span<float> out) {
  if (!known()) {
    std::fill(out.begin(), out.end(), 0.0F);
    return;
  }
  const std::size_t frames = out.size() / width_;
  for (std::size_t i = 0; i < frames; ++i) {
    for (std::size_t v = 0; v < 2; ++v) {
      Voice& voice = voices_[v];
      if (voice.position < piece_frames_) continue;
      const bool first = voice.gain == 0;
      next_piece(voice, voices_[1 - v]);
      if (first && v == 1) voice.position = block_frames_;
    }
    for (std::size_t c = 0; c < width_; ++c) {
      float value = 0;
      for (const Voice& voice : voices_) {
        const std::int16_t* source = pool_.data() + order_[voice.piece] * piece_frames_ * width_;
        value +=
            voice.gain * window_[voice.position] * static_cast<float>(source[voice.position * width_ + c]);
      }
      out[i * width_ + c] = value;
    }
    ++voices_[0].position;
    ++voices_[1].position;
  }
}

}  // namespace chime::jitter
