// What a room sounds like while nobody talks, learnt from quiet moments, and as much more of it as is wanted.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace chime::jitter {

// Keeps pieces of 20 ms whose level is near the lowest of the last seconds, and plays them in random order,
// overlapped by half: noise of the same spectrum and level, without a period of its own. Sounds with a pitch
// are no background: repeated, they would drone. Nothing allocates after construction.
class BackgroundNoise {
 public:
  BackgroundNoise(int sample_rate, int channels);

  // The next 10 ms of the stream's own sound, interleaved, and their mean power. `joined`: they follow on the
  // block before without a splice.
  void listen(std::span<const std::int16_t> block, double power, bool joined);
  // Enough has been learnt.
  [[nodiscard]] bool known() const { return pieces_known_ >= kPiecesNeeded; }
  // Mean power of what make() gives.
  [[nodiscard]] double power() const { return level_; }
  // The next frames of it; each call goes on where the last one ended.
  void make(std::span<float> out);
  void reset();

 private:
  // 320 ms: random draws from fewer are heard as a rhythm.
  static constexpr std::size_t kPieces = 16;
  static constexpr std::size_t kPiecesNeeded = 4;
  // The floor is the lowest level of this many parts of a second.
  static constexpr std::size_t kParts = 3;
  // Levels are smoothed over 50 ms before the lowest is taken, or chance would make it too low.
  static constexpr std::size_t kSmoothedBlocks = 5;

  struct Voice {
    std::size_t piece = 0;
    std::size_t position = 0;
    float gain = 0;
  };

  void follow_floor(double power);
  [[nodiscard]] bool near_floor(double power) const;
  [[nodiscard]] bool pitched(const std::int16_t* piece) const;
  void next_piece(Voice& voice, const Voice& other);
  [[nodiscard]] std::int16_t* piece(std::size_t index) {
    return pool_.data() + index * piece_frames_ * width_;
  }

  std::size_t width_;  // channels
  std::size_t block_frames_;
  std::size_t piece_frames_;
  std::size_t shortest_lag_;
  std::size_t search_step_;

  std::vector<std::int16_t> pool_;  // kPieces, and one more that is being filled
  std::vector<float> window_;
  std::array<double, kPieces> powers_{};
  std::array<std::size_t, kPieces + 1> order_{};  // which slot of the pool holds a piece; the last is spare
  std::size_t pieces_known_ = 0;
  std::size_t oldest_ = 0;
  bool half_filled_ = false;
  double half_power_ = 0;
  int blocks_to_wait_ = 0;
  double level_ = 0;

  std::array<double, kParts> minima_{};
  std::size_t part_ = 0;
  int part_blocks_ = 0;
  std::array<double, kSmoothedBlocks> recent_{};
  double smooth_ = 0;
  double floor_ = 0;
  double loud_ = 0;
  bool fresh_ = true;

  Voice voices_[2];
  std::uint32_t random_ = 1;
};

}  // namespace chime::jitter
