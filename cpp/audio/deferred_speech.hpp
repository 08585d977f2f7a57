// Speech detection for streams of which few are asked whether they speak.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "audio/narrowband.hpp"
#include "audio/speech.hpp"

namespace chime::audio {

// A SpeechDetector that works when it is asked: push() only brings the block down to what is analysed, and
// speech() catches up. Whoever asks at least each kRemembered blocks gets the answers of a SpeechDetector;
// who asks less often gets one from the last kRemembered. One object a stream, one thread at a time;
// allocates at construction only.
class DeferredSpeech {
 public:
  // 2.5 s: what a detector knows of a stream, the floor of its noise most of all, is not older.
  static constexpr std::size_t kRemembered = 250;

  // As SpeechDetector's. Throws std::invalid_argument naming the value.
  DeferredSpeech(int sample_rate, int channels);

  // Takes the next 10 ms.
  void push(std::span<const std::int16_t> block) noexcept;
  // Whether speech is heard in the last block, or was a moment before it.
  bool speech() noexcept;

 private:
  [[nodiscard]] std::span<float, Narrowband::kBlock> slot(std::size_t index) noexcept {
    return std::span(waiting_).subspan(index * Narrowband::kBlock).first<Narrowband::kBlock>();
  }

  SpeechDetector detector_;  // first, as it checks the arguments
  Narrowband narrowband_;
  std::vector<float> waiting_;  // kRemembered blocks, a ring
  std::size_t next_ = 0;
  std::size_t count_ = 0;
};

}  // namespace chime::audio
