#include "audio/active_speaker.hpp"

#include <algorithm>
#include <cmath>

namespace chime::audio {
namespace {

// Levels from quiet talk to loud talk become 0 to 1.
constexpr float kQuietDbov = -60.0F;
constexpr float kLoudDbov = -25.0F;
// What a stream counts for that is loud but not said to be speech.
constexpr float kWithoutVoice = 0.2F;

constexpr float kSyllablesRise_s = 0.1F;
constexpr float kSyllablesFall_s = 0.5F;  // the pauses between words
constexpr float kSeconds_s = 3.0F;        // a turn of talk
// A level is taken to last so long at most: the packets of one who stopped sending (DTX, mute, gone) stop
// here.
constexpr float kLevelLasts_s = 0.4F;
// Below this a stream is silent.
constexpr float kSilent = 0.02F;
// How much more a challenger must have to take over, and at least: 1.5 s of talk against a speaker who
// stopped.
constexpr float kTakeoverFactor = 1.15F;
constexpr float kTakeoverLeast = 0.15F;

void approach(float& value, float target, float elapsed_s, float time_constant_s) noexcept {
  value += (target - value) * (1.0F - std::exp(-elapsed_s / time_constant_s));
}

}  // namespace

void ActiveSpeakerRanking::Activity::advance(std::int64_t now_us) noexcept {
  const float elapsed_s = static_cast<float>(std::max<std::int64_t>(0, now_us - at_us)) * 1e-6F;
  at_us = std::max(at_us, now_us);
  const auto step = [this](float target, float duration_s) {
    approach(syllables, target, duration_s, target > syllables ? kSyllablesRise_s : kSyllablesFall_s);
    approach(seconds, target, duration_s, kSeconds_s);
  };
  step(input, std::min(elapsed_s, kLevelLasts_s));
  if (elapsed_s > kLevelLasts_s) {
    input = 0.0F;
    step(0.0F, elapsed_s - kLevelLasts_s);
  }
}

void ActiveSpeakerRanking::update(std::int64_t key, std::uint8_t level, bool voice, std::int64_t now_us) {
  const auto [found, is_new] = streams_.try_emplace(key);
  Activity& activity = found->second;
  if (is_new) activity.at_us = now_us;
  activity.advance(now_us);
  const float loudness = (-static_cast<float>(level) - kQuietDbov) / (kLoudDbov - kQuietDbov);
  activity.input = std::clamp(loudness, 0.0F, 1.0F) * (voice ? 1.0F : kWithoutVoice);
}

void ActiveSpeakerRanking::remove(std::int64_t key) noexcept {
  streams_.erase(key);
  if (dominant_ == key) dominant_.reset();
}

std::vector<RankedSpeaker> ActiveSpeakerRanking::ranking(std::int64_t now_us) {
  std::vector<RankedSpeaker> ranked;
  for (auto& [key, activity] : streams_) {
    activity.advance(now_us);
    if (activity.score() >= kSilent) ranked.push_back({key, activity.score()});
  }
  std::sort(ranked.begin(), ranked.end(), [](const RankedSpeaker& a, const RankedSpeaker& b) {
    return a.score != b.score ? a.score > b.score : a.key < b.key;
  });
  return ranked;
}

std::optional<std::int64_t> ActiveSpeakerRanking::dominant(std::int64_t now_us) {
  const std::vector<RankedSpeaker> ranked = ranking(now_us);
  if (ranked.empty()) return dominant_;
  const RankedSpeaker& first = ranked.front();
  float holder = 0.0F;
  if (dominant_) holder = streams_.at(*dominant_).score();
  if (first.score >= std::max(holder * kTakeoverFactor, kTakeoverLeast)) dominant_ = first.key;
  return dominant_;
}

}  // namespace chime::audio
