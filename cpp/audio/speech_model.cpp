#include "audio/speech_model.hpp"

#include <algorithm>
#include <cmath>

#include "audio/clones.hpp"

namespace chime::audio {
namespace {

using namespace speech_weights;

static_assert(kFeatures == SpeechFeatures::kCount);

// hidden += features * weights
CHIME_CLONES
void add_layer(const float* features, const Hidden* weights, float* hidden) noexcept {
  Hidden sums{};
  for (std::size_t feature = 0; feature < kFeatures; ++feature) {
    for (std::size_t unit = 0; unit < kHidden; ++unit)
      sums[unit] += features[feature] * weights[feature][unit];
  }
  for (std::size_t unit = 0; unit < kHidden; ++unit) hidden[unit] += sums[unit];
}

}  // namespace

float SpeechModel::update(const SpeechFeatures::Values& features) noexcept {
  if (!started_) history_.fill(features);
  started_ = true;
  newest_ = (newest_ + 1) % kRemembered;
  history_[newest_] = features;

  Hidden hidden = kHiddenBias;
  for (std::size_t lag = 0; lag < kLags.size(); ++lag) {
    const auto& then = history_[(newest_ + kRemembered - kLags[lag]) % kRemembered];
    add_layer(then.data(), kInput[lag].data(), hidden.data());
  }
  float logit = kOutputBias;
  for (std::size_t unit = 0; unit < kHidden; ++unit) logit += std::max(hidden[unit], 0.0F) * kOutput[unit];
  return 1.0F / (1.0F + std::exp(-logit));
}

}  // namespace chime::audio
