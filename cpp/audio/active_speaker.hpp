// Who of many is talking, from their levels alone: no stream has to be decoded for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

namespace chime::audio {

struct RankedSpeaker {
  std::int64_t key = 0;
  float score = 0.0F;  // 0 (silent) to 1 (loud and talking for seconds)
};

// Ranks streams by how much they talk, from levels as RFC 6464 sends them, or of PCM. A score is half what
// was heard in the last syllables and half what was heard in the last seconds, so that a cough does not beat
// a speaker, and a speaker keeps the place over a pause. The dominant speaker changes only for one who is
// clearly more active. Told the time; levels may come at any rate, from each stream its own. One thread at a
// time; update() allocates for new keys only.
class ActiveSpeakerRanking {
 public:
  // `level` in -dBov, 0 (loudest) to 127; `voice` the flag of RFC 6464; `now_us` on any clock that does not
  // go back.
  void update(std::int64_t key, std::uint8_t level, bool voice, std::int64_t now_us);
  void remove(std::int64_t key) noexcept;

  // All that talk or have just talked, most active first; equals by key. `now_us` lets those fade who sent
  // nothing.
  [[nodiscard]] std::vector<RankedSpeaker> ranking(std::int64_t now_us);
  // The one to show large; the last one stays while nobody talks. None before anybody has.
  [[nodiscard]] std::optional<std::int64_t> dominant(std::int64_t now_us);

 private:
  struct Activity {
    float syllables = 0.0F;
    float seconds = 0.0F;
    float input = 0.0F;  // since `at_us`
    std::int64_t at_us = 0;

    void advance(std::int64_t now_us) noexcept;
    [[nodiscard]] float score() const noexcept { return 0.5F * (syllables + seconds); }
  };

  std::unordered_map<std::int64_t, Activity> streams_;
  std::optional<std::int64_t> dominant_;
};

}  // namespace chime::audio
