// One encode for all listeners who hear the same and want it coded alike.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "stream/audio_sender.hpp"
#include "stream/frame_encoder.hpp"

namespace chime::stream {

// What a conference has for those who do not hear a mix of their own.
enum class SharedSound : std::uint8_t { mix_of_all, silence };

// Each listener has a seat. Listeners move between frames of their own encoder and shared ones, and their
// decoders must not notice: who leaves takes over the state of the shared encoder; who comes waits for a
// pause, or for a while and then for a frame that depends on nothing before it.
//
// Each tick: choose() for every listener, encode(), then send() for every listener. One thread at a time.
// Allocates only when more distinct encodes are wanted than ever before.
class SharedEncodes {
 public:
  // With more distinct codings than this the rest encode for themselves.
  static constexpr std::size_t kMaxEncodes = 32;
  static constexpr std::size_t kNone = SIZE_MAX;

  struct Seat {
    std::size_t encode = kNone;  // whose frames are sent
    int waiting_ticks = 0;       // for a way back to shared frames
  };

  // channels, 1 or 2, of the conference; a sender of one channel gets the mean of two.
  SharedEncodes(int sample_rate, int channels);

  // What the listener hears in this tick; nothing when it is a sound of its own.
  void choose(Seat& seat, std::optional<SharedSound> sound, AudioSender& sender);
  // Takes 10 ms of the mix of all and codes what is wanted.
  void encode(std::span<const std::int16_t> mix_of_all);
  // Sends as AudioSender::push does: the shared frame, or `sound` coded for this sender alone.
  [[nodiscard]] std::size_t send(const Seat& seat, std::span<const std::int16_t> sound, AudioSender& sender,
                                 std::int64_t now_us, std::span<std::uint8_t> out);
  // The listener is gone.
  void leave(Seat& seat) noexcept;

  // What the mix of nobody is.
  [[nodiscard]] std::span<const std::int16_t> silence() const noexcept { return silence_; }
  // Distinct encodes that listeners share at present.
  [[nodiscard]] std::size_t in_use() const noexcept;

 private:
  struct Encode {
    SharedSound sound = SharedSound::mix_of_all;
    opus::EncoderOptions options;  // as wanted
    std::size_t seats = 0;
    const CodedFrame* frame = nullptr;  // of this tick, when one is complete
    std::unique_ptr<FrameEncoder> coder;
  };

  [[nodiscard]] std::size_t find(SharedSound sound, const opus::EncoderOptions& options,
                                 int frame_ms) const noexcept;
  [[nodiscard]] std::size_t open(SharedSound sound, const opus::EncoderOptions& options, int frame_ms);
  void come(Seat& seat, SharedSound sound, const opus::EncoderOptions& options, const AudioSender& sender);
  void change(Seat& seat, const opus::EncoderOptions& options);
  void sit(Seat& seat, std::size_t encode) noexcept;
  [[nodiscard]] std::span<const std::int16_t> fitted(std::span<const std::int16_t> sound, int channels);

  std::size_t channels_;
  std::vector<std::int16_t> silence_;
  std::vector<std::int16_t> mono_;  // scratch
  std::vector<Encode> encodes_;     // those without seats are kept for later
};

}  // namespace chime::stream
