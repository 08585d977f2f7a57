// Which few of many streams are worth mixing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace chime::audio {

// What SpeakerSelection remembers of one stream.
struct SpeakerScore {
  float power = 0.0F;  // smoothed mean square
  bool selected = false;
};

// Chooses the loudest streams block by block, holding on to those it has: a challenger must be clearly
// louder, so that streams of like loudness do not flutter in and out. No allocation.
class SpeakerSelection {
 public:
  // A limit of 0 selects every stream.
  explicit SpeakerSelection(std::size_t limit) noexcept : limit_(limit) {}

  [[nodiscard]] bool selects_all() const noexcept { return limit_ == 0; }
  [[nodiscard]] std::size_t limit() const noexcept { return limit_; }

  // Takes the mean square of the next 10 ms of one stream.
  static void update(SpeakerScore& score, float mean_square) noexcept;
  // How `score` competes: the selected ones have a head start.
  [[nodiscard]] static float strength(const SpeakerScore& score) noexcept;

 private:
  std::size_t limit_;
};

}  // namespace chime::audio
