// What to do next, decided from a status record alone. No sound is touched here, so every rule can be tested
// as a row of a table (docs/topics/audio-engine.md has it).
#pragma once

#include <cstdint>

namespace chime::jitter {

enum class Operation : std::uint8_t {
  kNormal,            // decode the frame that is due
  kMerge,             // decode the frame that is due and fade into it from concealment
  kMend,              // rebuild the frame that is due from the in-band FEC of the one after it
  kConceal,           // make up sound
  kComfortNoise,      // the sender paused: background noise, not concealment
  kAccelerate,        // shorten: in pauses and in steady voiced sound
  kFastAccelerate,    // shorten: anywhere, the delay is far too high
  kPreemptiveExpand,  // lengthen: in pauses and in steady voiced sound
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
  double excess_ms = 0;    // playout offset over the target's; negative: too little
  bool can_adapt = false;  // nothing made up is in the queue, the target is known
};
// Run before each block is played.
[[nodiscard]] Operation decide_stretch(const DelayStatus& status);

}  // namespace chime::jitter
