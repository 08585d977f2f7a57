// Receivers in, one tick, senders out: a conference in which everyone hears all but their own group.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_set>
#include <vector>

#include "audio/mixer.hpp"
#include "stream/audio_receiver.hpp"
#include "stream/audio_sender.hpp"
#include "stream/shared_encodes.hpp"

namespace chime::stream {

// The packets of one tick, in memory that the next tick uses again.
class PacketBatch {
 public:
  struct Entry {
    std::int64_t key = 0;
    std::size_t offset = 0;
    std::size_t size = 0;
  };

  [[nodiscard]] std::span<const Entry> entries() const noexcept { return entries_; }
  [[nodiscard]] std::span<const std::uint8_t> bytes(const Entry& entry) const noexcept {
    return std::span(memory_).subspan(entry.offset, entry.size);
  }

 private:
  friend class AudioMixer;
  std::vector<std::uint8_t> memory_;
  std::vector<Entry> entries_;
};

// How loud a participant is.
struct ParticipantLevel {
  std::int64_t key = 0;
  std::uint8_t level = 127;  // RFC 6464
  bool voice_activity = false;
};

struct AudioMixerStats {
  std::uint64_t ticks = 0;
  std::uint64_t packets_sent = 0;
  // Of the last tick:
  std::size_t participants = 0;
  std::size_t heard = 0;           // that added sound
  std::size_t distinct_mixes = 0;  // that listeners got
  std::size_t listeners = 0;       // that are sent something
  std::size_t encodes = 0;         // with which they were served: shared ones, and one for each other
};

// Any thread may add, remove, mute and ask, at any time and without waiting for a tick: such changes take
// effect with the next tick. One thread at a time ticks. The mixer keeps receivers and senders alive while
// they take part; one that is removed is pulled once more, to fade out. A tick allocates only when somebody
// joined.
class AudioMixer {
 public:
  // max_speakers: only the loudest so many are mixed; audio::Mixer::kEveryone mixes all.
  // Throws std::invalid_argument naming the value.
  AudioMixer(int sample_rate, int channels, int max_speakers = audio::Mixer::kEveryone);
  AudioMixer(const AudioMixer&) = delete;
  AudioMixer& operator=(const AudioMixer&) = delete;

  // Either may be missing: who has no receiver only listens, who has no sender only speaks. Those of one
  // group do not hear each other; who does not hear (`hears`) is sent silence. Throws std::invalid_argument
  // when the key is taken, or the sample rate is not the mixer's, or the channels are neither its nor one.
  void add(std::int64_t key, std::shared_ptr<AudioReceiver> receiver, std::shared_ptr<AudioSender> sender,
           std::int64_t group, bool hears = true);
  // These throw std::out_of_range when nobody has the key.
  void remove(std::int64_t key);
  void set_muted(std::int64_t key, bool muted);
  void set_hears(std::int64_t key, bool hears);

  // Plays 10 ms of every receiver, mixes, and gives every sender its mix. `now_us` is when the block is
  // played and sent, on the clock of the receivers' arrivals. The batch is valid until the next tick.
  const PacketBatch& tick(std::int64_t now_us);

  // Of the last tick: participants with a receiver that are not muted.
  [[nodiscard]] std::vector<ParticipantLevel> levels() const;
  [[nodiscard]] AudioMixerStats stats() const;
  [[nodiscard]] int sample_rate() const noexcept { return mixer_.sample_rate(); }
  [[nodiscard]] int channels() const noexcept { return mixer_.channels(); }

 private:
  struct Participant {
    std::int64_t key = 0;
    std::shared_ptr<AudioReceiver> receiver;
    std::shared_ptr<AudioSender> sender;
    audio::Mixer::Slot slot = 0;
    SharedEncodes::Seat seat;
    bool muted = false;
    bool was_muted = false;  // in the last tick, too
    bool hears = true;
    bool leaving = false;
  };
  struct Change {
    enum class Kind : std::uint8_t { add, remove, mute, unmute, hear, not_hear };
    Kind kind = Kind::add;
    Participant participant;  // of remove and (un)mute only the key
    std::int64_t group = 0;
  };

  void request(Change::Kind kind, std::int64_t key);
  void apply_changes();
  void apply(Change& change);
  [[nodiscard]] Participant* find(std::int64_t key) noexcept;
  void receive(std::int64_t now_us);
  void play(Participant& participant, std::int64_t now_us);
  [[nodiscard]] bool listens(const Participant& participant) const noexcept;
  void send(std::int64_t now_us);
  void publish();

  // Of the ticking thread:
  audio::Mixer mixer_;
  SharedEncodes shared_;
  std::vector<Participant> participants_;
  std::vector<std::int16_t> mono_;  // scratch
  std::vector<Change> applying_;
  std::vector<ParticipantLevel> measured_;
  std::vector<std::size_t> mixes_;  // that were sent in this tick
  PacketBatch batch_;

  mutable std::mutex mutex_;  // guards what follows; held for a swap or a copy at most
  std::unordered_set<std::int64_t> keys_;
  std::vector<Change> requested_;
  std::vector<ParticipantLevel> levels_;
  AudioMixerStats stats_;
};

}  // namespace chime::stream
