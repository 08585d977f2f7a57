#include "audio/speech_features.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

namespace chime::audio {
namespace {

constexpr std::size_t kWindow = 3 * Narrowband::kBlock;  // 30 ms
// First bins of the bands, and the end of the last: 94 Hz to 3.7 kHz in steps of 31.25 Hz, wider upwards as
// the ear has it.
constexpr std::array<std::size_t, SpeechFeatures::kBands + 1> kEdges = {3,  6,  9,  13, 18, 24,
                                                                        32, 43, 58, 78, 118};
// Pitch of voices: 80 to 400 Hz.
constexpr std::size_t kShortestLag = Narrowband::kRate / 400;
constexpr std::size_t kLongestLag = Narrowband::kRate / 80;
// Power of a least bit of 16-bit PCM spread over the bins, so that digital silence is finite and stable.
constexpr float kTinyPower = 1e-7F;

enum Feature : std::size_t {
  kMeanAboveFloor = SpeechFeatures::kBands,
  kMaxAboveFloor,
  kLevelAboveFloor,
  kVoicing,
  kSlowVoicing,
  kPitchJump,
  kFlatness,
  kFlux,
  kSlowFlux,
  kTilt,
  kSlowAboveFloor,
  kSlowDeviation,
  kHeldAboveFloor,
  kHeldVoicing,
  kSlowVoicedLevel,
};

constexpr float kFast = 0.2F;   // time constant 50 ms: phonemes
constexpr float kSlow = 0.04F;  // 250 ms: syllables
// What a held value keeps in 10 ms: time constant 150 ms, over the soft ends of words and the closures of
// plosives.
constexpr float kHold = 0.935F;

// Hann windows, and the autocorrelation of the window, which the signal's is measured against.
struct Window {
  std::array<float, kWindow> weights;
  std::array<float, kLongestLag + 1> correlation;
};

const Window kHann = [] {
  Window made{};
  for (std::size_t n = 0; n < kWindow; ++n) {
    const double phase =
        2.0 * std::numbers::pi * (static_cast<double>(n) + 0.5) / static_cast<double>(kWindow);
    made.weights[n] = static_cast<float>(0.5 - 0.5 * std::cos(phase));
  }
  for (std::size_t lag = 0; lag <= kLongestLag; ++lag) {
    double sum = 0.0;
    for (std::size_t n = lag; n < kWindow; ++n)
      sum += static_cast<double>(made.weights[n]) * made.weights[n - lag];
    made.correlation[lag] = static_cast<float>(sum);
  }
  return made;
}();

// log2 to 0.01, a third of a hundredth of a bel: exponent and a parabola for the mantissa.
float fast_log2(float value) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto exponent = static_cast<float>(static_cast<std::int32_t>(bits >> 23U) - 127);
  const float mantissa = std::bit_cast<float>((bits & 0x007FFFFFU) | 0x3F800000U);
  return exponent + (-0.34484843F * mantissa + 2.02466578F) * mantissa - 1.67487759F;
}

float to_db(float power) noexcept { return 3.0103F * fast_log2(power); }

void approach(float& value, float target, float share) noexcept { value += share * (target - value); }

}  // namespace

SpeechFeatures::SpeechFeatures(int sample_rate, int channels) : narrowband_(sample_rate, channels) {}

void SpeechFeatures::measure_bands() noexcept {
  float total = kTinyPower;
  float sum_above = 0.0F;
  float max_above = 0.0F;
  for (std::size_t band = 0; band < kBands; ++band) {
    float power = kTinyPower;
    for (std::size_t bin = kEdges[band]; bin < kEdges[band + 1]; ++bin) power += power_[bin];
    total += power;
    bands_db_[band] = to_db(power);
    const float above = std::clamp(bands_db_[band] - floors_[band].update(bands_db_[band]), -10.0F, 40.0F);
    values_[band] = above / 20.0F;
    sum_above += above;
    max_above = std::max(max_above, above);
  }
  // Against the power of full-scale samples through the window.
  level_dbov_ = to_db(total) - 10.0F * std::log10(kHann.correlation[0] * 128.0F);
  values_[kMeanAboveFloor] = sum_above / (20.0F * kBands);
  values_[kMaxAboveFloor] = max_above / 20.0F;
  const float level_db = to_db(total);
  values_[kLevelAboveFloor] = std::clamp(level_db - floor_.update(level_db), -10.0F, 40.0F) / 20.0F;
}

// The highest peak of the autocorrelation at a voice's pitch lags: 1 for a periodic sound, 0 for noise.
void SpeechFeatures::measure_voicing() noexcept {
  Spectrum::Bins lags;
  // Without what is below the voice, hum most of all.
  for (std::size_t bin = 0; bin < kEdges[0]; ++bin) power_[bin] = 0.0F;
  Spectrum::autocorrelation(power_, lags);
  float best = 0.0F;
  std::size_t best_lag = kShortestLag;
  const float scale = kHann.correlation[0] / (lags[0] + kTinyPower);
  for (std::size_t lag = kShortestLag; lag <= kLongestLag; ++lag) {
    if (lags[lag] <= lags[lag - 1] || lags[lag] < lags[lag + 1]) continue;
    const float correlation = scale * lags[lag] / kHann.correlation[lag];
    if (correlation > best) {
      best = correlation;
      best_lag = lag;
    }
  }
  best = std::min(best, 1.0F);
  values_[kVoicing] = best;
  approach(values_[kSlowVoicing], best, kFast);
  const auto lag = static_cast<float>(best_lag);
  approach(values_[kPitchJump], std::min(1.0F, std::abs(lag - pitch_lag_) / (0.2F * lag)), kFast);
  pitch_lag_ = lag;
}

void SpeechFeatures::measure_shape() noexcept {
  // Flatness: the mean of the logarithms below the logarithm of the mean, 0 for white noise.
  constexpr std::size_t first = kEdges[0];
  constexpr std::size_t last = kEdges[kBands];
  float log_sum = 0.0F;
  float sum = 0.0F;
  for (std::size_t bin = first; bin < last; ++bin) {
    log_sum += fast_log2(power_[bin] + kTinyPower * 0.01F);
    sum += power_[bin] + kTinyPower * 0.01F;
  }
  constexpr auto bins = static_cast<float>(last - first);
  values_[kFlatness] = (fast_log2(sum / bins) - log_sum / bins) / 8.0F;

  float low = 0.0F;
  float high = 0.0F;
  float change = 0.0F;
  for (std::size_t band = 0; band < kBands; ++band) {
    (band < kBands / 2 ? low : high) += bands_db_[band];
    if (started_) change += std::abs(bands_db_[band] - previous_bands_db_[band]);
  }
  values_[kTilt] = (low - high) / (20.0F * kBands);
  values_[kFlux] = std::min(2.0F, change / (5.0F * kBands));
  previous_bands_db_ = bands_db_;
  started_ = true;
}

// Speech comes and goes with its syllables, noise stays.
void SpeechFeatures::follow_time() noexcept {
  const float above = values_[kMeanAboveFloor];
  approach(values_[kSlowFlux], values_[kFlux], kSlow);
  approach(values_[kSlowDeviation], std::abs(above - values_[kSlowAboveFloor]) * 2.0F, kSlow);
  approach(values_[kSlowAboveFloor], above, kSlow);
  const float voiced_level = values_[kVoicing] * std::max(values_[kLevelAboveFloor], 0.0F);
  values_[kHeldAboveFloor] = std::max(above, values_[kHeldAboveFloor] * kHold);
  values_[kHeldVoicing] = std::max(voiced_level, values_[kHeldVoicing] * kHold);
  approach(values_[kSlowVoicedLevel], voiced_level, kSlow);
}

const SpeechFeatures::Values& SpeechFeatures::update(std::span<const std::int16_t> block) noexcept {
  std::array<float, Narrowband::kBlock> narrow;
  narrowband_.process(block, narrow);
  return update(narrow);
}

const SpeechFeatures::Values& SpeechFeatures::update(
    std::span<const float, Narrowband::kBlock> block) noexcept {
  std::copy(recent_.begin() + Narrowband::kBlock, recent_.end(), recent_.begin());
  std::copy(block.begin(), block.end(), recent_.end() - Narrowband::kBlock);
  for (std::size_t n = 0; n < kWindow; ++n) window_[n] = recent_[n] * kHann.weights[n];
  Spectrum::power(window_, power_);
  measure_bands();
  measure_voicing();
  measure_shape();
  follow_time();
  return values_;
}

}  // namespace chime::audio
