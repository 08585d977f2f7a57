// How active each of many speakers is, by the rule of amazon-chime-sdk-js (DefaultActiveSpeakerPolicy.ts).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace chime::audio {

struct SpeakerScoreOptions {
  double speaker_weight = 0.9;     // of the old score in the new one
  double cutoff_threshold = 0.01;  // below it a score shows as 0
  double silence_threshold = 0.2;  // a volume above it counts as speech; how much does not matter
  double takeover_rate = 0.2;      // what each update with speech takes from every other score
};

// Scores that fall and rise with a memory; who speaks takes away from all others. The doubles are those of
// the reference, to the last bit. One thread at a time; update() allocates for new speakers only.
class SpeakerScores {
 public:
  explicit SpeakerScores(const SpeakerScoreOptions& options) noexcept : options_(options) {}

  // The new score of a speaker after a volume of 0 to 1 (0 when muted or not told). What is below the
  // cut-off is kept, though 0 is returned.
  double update(std::string_view speaker, double volume);
  [[nodiscard]] std::size_t size() const noexcept { return scores_.size(); }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };

  std::size_t place_of(std::string_view speaker);

  SpeakerScoreOptions options_;
  std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>> places_;
  std::vector<double> scores_;  // by place: every update walks all of them
};

}  // namespace chime::audio
