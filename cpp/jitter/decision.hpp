// What to do next, decided from a status record and a little history. No sound is touched here, so every rule
// can be tested as a row of a table (docs/topics/audio-engine.md has it).
#pragma once

#include <cstdint>

namespace chime::jitter {

enum class Operation : std::uint8_t {
  kNormal,            // decode the frame that is due; stretch nothing
  kMerge,             // decode the frame that is due and fade into it from concealment
  kMend,              // rebuild the frame that is due from the in-band FEC of the one after it
  kConceal,           // make up sound
  kComfortNoise,      // the sender paused: background noise, not concealment
  kAccelerate,        // shorten: in long pauses
  kFastAccelerate,    // shorten: in any pause and in speech, the delay has been far too high
  kPreemptiveExpand,  // lengthen
};
[[nodiscard]] const char* describe(Operation operation);

// Where the sound for the next moment can come from.
enum class Next : std::uint8_t {
  kFrame,    // the frame is in the buffer
  kFec,      // it is not, but the frame after it carries it
  kLater,    // neither; something later is in the buffer
  kNothing,  // the buffer is empty from here on
};

struct SourceStatus {
  Next next = Next::kNothing;
  bool concealing = false;  // the last sound was made up
  bool paused =
      false;  // the sender has announced a pause (DTX), or no packet is missing before the next frame
};
// Run when the queue has less than a block left.
[[nodiscard]] Operation decide_source(const SourceStatus& status);

struct DelayStatus {
  double now_ms = 0;
  double excess_ms = 0;    // playout offset over the target's; negative: too little
  double pause_ms = 0;     // how long the newest sound has been a pause
  bool can_adapt = false;  // the queue ends with sound of the stream's own
  bool drifting = false;   // the sender's clock is slow: what is lacking now will lack more soon
};

// How much to splice where.
struct Stretch {
  Operation operation = Operation::kNormal;
  double in_pause_ms = 0;   // any length up to this, if there is a pause
  double in_speech_ms = 0;  // whole pitch periods up to this
  bool roughly = false;     // also where the sound resembles itself only roughly
};

// Run before each block is played. Its history: since when the delay has been far too high.
class StretchPolicy {
 public:
  [[nodiscard]] Stretch decide(const DelayStatus& status);
  void reset() { *this = StretchPolicy(); }

 private:
  bool recovering_ = false;  // the delay was far too high, and is not right yet
  bool hurry_ = false;       // it was very far too high
  double far_since_ms_ = 0;
  bool lacking_ = false;  // the delay was too low at the last decision
  double lacking_since_ms_ = 0;
};

}  // namespace chime::jitter
