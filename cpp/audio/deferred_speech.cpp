#include "audio/deferred_speech.hpp"

#include <algorithm>

namespace chime::audio {

DeferredSpeech::DeferredSpeech(int sample_rate, int channels)
    : detector_(sample_rate, channels),
      narrowband_(sample_rate, channels),
      waiting_(kRemembered * Narrowband::kBlock) {}

void DeferredSpeech::push(std::span<const std::int16_t> block) noexcept {
  narrowband_.process(block, slot(next_));
  next_ = (next_ + 1) % kRemembered;
  count_ = std::min(count_ + 1, kRemembered);
}

bool DeferredSpeech::speech() noexcept {
  for (; count_ > 0; --count_) detector_.push_narrowband(slot((next_ + kRemembered - count_) % kRemembered));
  return detector_.speech();
}

}  // namespace chime::audio
