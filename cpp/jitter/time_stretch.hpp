// Pitch-synchronous shortening and lengthening of what waits in a playout queue (WSOLA-type: splices at the
// lag where the sound resembles itself most).
#pragma once

#include <cstddef>

#include "jitter/playout_queue.hpp"
#include "jitter/signal_analysis.hpp"

namespace chime::jitter {

class TimeStretch {
 public:
  explicit TimeStretch(int sample_rate);

  // How much may be spliced where, in frames.
  struct Wanted {
    std::size_t in_pause = 0;   // any number up to this
    std::size_t in_speech = 0;  // whole pitch periods of steady voiced sound up to this
    bool anywhere = false;      // speech that resembles itself only roughly will do
  };
  // Removes from the front of the queue; returns how many frames went (often 0).
  std::size_t shorten(PlayoutQueue& queue, const PauseDetector& pauses, Wanted wanted) const;
  // Lengthens likewise; in speech by one pitch period even if that is more than was wanted.
  std::size_t lengthen(PlayoutQueue& queue, const PauseDetector& pauses, Wanted wanted) const;

  // How much decoded sound the queue should hold for shorten() to see two periods of a low voice.
  [[nodiscard]] std::size_t lookahead() const { return lookahead_; }

 private:
  [[nodiscard]] bool pause(const PlayoutQueue& queue, const PauseDetector& pauses, std::ptrdiff_t from,
                           std::size_t frames) const;

  std::size_t shortest_;   // pitch periods: 2.5 ms (400 Hz)
  std::size_t longest_;    // to 15 ms (67 Hz)
  std::size_t overlap_;    // 5 ms
  std::size_t window_;     // 7.5 ms compared
  std::size_t step_;       // coarse search at about 8 kHz
  std::size_t block_;      // 5 ms
  std::size_t lookahead_;  // 30 ms
};

}  // namespace chime::jitter
