// Everyone hears everyone else: the sum of all streams minus one's own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "audio/kernels.hpp"
#include "audio/limiter.hpp"
#include "audio/speaker_selection.hpp"

namespace chime::audio {

// Mixes blocks of 10 ms for any number of participants, for as long as a conference lasts. Those of one group
// (an attendee and its content share) do not hear each other. A participant that joins, leaves, is muted or
// unmuted fades within one block. Sums are 32 bits wide and come back to 16 through a Limiter, so nothing
// clips. Listeners whose group says nothing hear the same mix, which is made once.
//
// Order of calls for each block: write(slot) for those that have audio, mix(), output(slot) for those that
// listen. One thread at a time; add() allocates, mix() does not.
class Mixer {
 public:
  using Slot = std::size_t;
  static constexpr int kEveryone = 0;
  static constexpr std::size_t kMixOfAll = 0;

  // max_speakers: the loudest so many are mixed, the others left out; kEveryone mixes all. Throws
  // std::invalid_argument naming the value.
  Mixer(int sample_rate, int channels, int max_speakers = kEveryone);
  Mixer(const Mixer&) = delete;
  Mixer& operator=(const Mixer&) = delete;

  // A slot stays the same until remove(); later ones may get its number again.
  Slot add(std::int64_t group);
  // The participant fades out in the next mix() (for which it may still be written) and is gone after that.
  void remove(Slot slot) noexcept;
  void set_muted(Slot slot, bool muted) noexcept;

  // Where the next block of this participant goes, interleaved, block_samples() long. Whoever is not written
  // before mix() says nothing in it.
  std::span<std::int16_t> write(Slot slot) noexcept;
  void mix() noexcept;
  // What this participant hears; valid until the next mix() or add().
  [[nodiscard]] std::span<const std::int16_t> output(Slot slot) const noexcept;
  // Equal numbers mean the same output memory: kMixOfAll, others are mixes without one group.
  [[nodiscard]] std::size_t mix_of(Slot slot) const noexcept;
  [[nodiscard]] std::span<const std::int16_t> mix_of_all() const noexcept { return shared_mix_; }
  // Whether this participant added sound to the last mix: written, not muted, not silent (below -80 dBov),
  // and loud enough if max_speakers says so.
  [[nodiscard]] bool heard(Slot slot) const noexcept;

  [[nodiscard]] std::size_t block_samples() const noexcept { return total_.size(); }
  [[nodiscard]] int channels() const noexcept { return static_cast<int>(channels_); }
  [[nodiscard]] int sample_rate() const noexcept { return sample_rate_; }

 private:
  struct Participant {
    bool used = false;
    bool leaving = false;
    bool muted = false;
    bool written = false;
    bool heard = false;
    float gain = 0.0F;  // at the end of the last block
    std::size_t group = 0;
    kernels::SquaresAndPeak loudness;  // of this block
    SpeakerScore score;
    std::vector<std::int16_t> block;
  };
  struct Group {
    std::int64_t id = 0;
    std::size_t members = 0;
    std::size_t speaking = 0;            // members that are part of this block
    const std::int16_t* only = nullptr;  // the block of the first of them
    std::vector<std::int32_t> sum;       // of them all when there are several
    Limiter limiter;
    bool shares = true;  // hears the mix of all
    std::vector<std::int16_t> mix;
  };

  [[nodiscard]] std::size_t group_index(std::int64_t id);
  void measure() noexcept;
  void select_speakers() noexcept;
  void add_contribution(Participant& participant) noexcept;
  void mix_for(Group& group) noexcept;
  void retire_leaving() noexcept;
  void release(Participant& participant) noexcept;

  int sample_rate_;
  std::size_t channels_;
  SpeakerSelection selection_;
  std::vector<Participant> participants_;
  std::vector<Group> groups_;
  std::vector<Participant*> ranked_;
  std::vector<std::int32_t> total_;
  std::vector<std::int32_t> difference_;
  std::vector<std::int16_t> shared_mix_;
  Limiter shared_limiter_;
  Limiter shared_before_;    // as it was before this block
  bool total_fits_ = false;  // so that shared_mix_ is total_
};

}  // namespace chime::audio
