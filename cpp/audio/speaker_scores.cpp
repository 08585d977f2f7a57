#include "audio/speaker_scores.hpp"

#include <algorithm>

namespace chime::audio {

double SpeakerScores::update(std::string_view speaker, double volume) {
  const std::size_t place = place_of(speaker);
  const double loudness = volume > options_.silence_threshold ? 1.0 : 0.0;
  // 1 - weight as the reference calculates it: 1 - 0.9 is not 0.1 in doubles.
  const double score = scores_[place] * options_.speaker_weight + loudness * (1.0 - options_.speaker_weight);
  const double taken = options_.takeover_rate * loudness;
  for (double& other : scores_) other = std::max(other - taken, 0.0);
  scores_[place] = score;
  return score < options_.cutoff_threshold ? 0.0 : score;
}

std::size_t SpeakerScores::place_of(std::string_view speaker) {
  const auto found = places_.find(speaker);
  if (found != places_.end()) return found->second;
  const std::size_t place = scores_.size();
  scores_.push_back(0.0);
  places_.emplace(speaker, place);
  return place;
}

}  // namespace chime::audio
