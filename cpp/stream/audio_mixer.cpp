#include "stream/audio_mixer.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

namespace chime::stream {
namespace {

void require_format(const char* what, int sample_rate, int channels, const audio::Mixer& mixer) {
  if (sample_rate == mixer.sample_rate() && (channels == mixer.channels() || channels == 1)) return;
  throw std::invalid_argument(std::string(what) + " has " + std::to_string(sample_rate) + " Hz and " +
                              std::to_string(channels) + " channels, the mixer " +
                              std::to_string(mixer.sample_rate()) + " Hz and " +
                              std::to_string(mixer.channels()));
}

std::string unknown(std::int64_t key) { return "no participant has the key " + std::to_string(key); }

}  // namespace

AudioMixer::AudioMixer(int sample_rate, int channels, int max_speakers)
    : mixer_(sample_rate, channels, max_speakers),
      shared_(sample_rate, channels),
      mono_(static_cast<std::size_t>(sample_rate / 100)) {}

void AudioMixer::add(std::int64_t key, std::shared_ptr<AudioReceiver> receiver,
                     std::shared_ptr<AudioSender> sender, std::int64_t group, bool hears) {
  if (receiver) require_format("receiver", receiver->sample_rate(), receiver->channels(), mixer_);
  if (sender) {
    const opus::EncoderOptions& encoder = sender->options().encoder;
    require_format("sender", sender->sample_rate(), encoder.channels, mixer_);
  }
  const std::lock_guard lock(mutex_);
  if (!keys_.insert(key).second) {
    throw std::invalid_argument("key is " + std::to_string(key) + ", which another participant has");
  }
  Change change;
  change.kind = Change::Kind::add;
  change.participant.key = key;
  change.participant.receiver = std::move(receiver);
  change.participant.sender = std::move(sender);
  change.participant.hears = hears;
  change.group = group;
  requested_.push_back(std::move(change));
}

void AudioMixer::remove(std::int64_t key) {
  const std::lock_guard lock(mutex_);
  if (keys_.erase(key) == 0) throw std::out_of_range(unknown(key));
  Change change;
  change.kind = Change::Kind::remove;
  change.participant.key = key;
  requested_.push_back(std::move(change));
  std::erase_if(levels_, [key](const ParticipantLevel& level) { return level.key == key; });
}

void AudioMixer::request(Change::Kind kind, std::int64_t key) {
  const std::lock_guard lock(mutex_);
  if (!keys_.contains(key)) throw std::out_of_range(unknown(key));
  Change change;
  change.kind = kind;
  change.participant.key = key;
  requested_.push_back(std::move(change));
}

void AudioMixer::set_muted(std::int64_t key, bool muted) {
  request(muted ? Change::Kind::mute : Change::Kind::unmute, key);
}

void AudioMixer::set_hears(std::int64_t key, bool hears) {
  request(hears ? Change::Kind::hear : Change::Kind::not_hear, key);
}

AudioMixer::Participant* AudioMixer::find(std::int64_t key) noexcept {
  const auto found = std::find_if(
      participants_.begin(), participants_.end(),
      [key](const Participant& participant) { return participant.key == key && !participant.leaving; });
  return found == participants_.end() ? nullptr : &*found;
}

void AudioMixer::apply(Change& change) {
  if (change.kind == Change::Kind::add) {
    change.participant.slot = mixer_.add(change.group);
    participants_.push_back(std::move(change.participant));
    return;
  }
  Participant* participant = find(change.participant.key);
  switch (change.kind) {
    case Change::Kind::remove:
      participant->leaving = true;
      shared_.leave(participant->seat);
      return;
    case Change::Kind::hear:
    case Change::Kind::not_hear:
      participant->hears = change.kind == Change::Kind::hear;
      return;
    default:
      participant->muted = change.kind == Change::Kind::mute;
      mixer_.set_muted(participant->slot, participant->muted);
  }
}

void AudioMixer::apply_changes() {
  // Who left before the last tick has faded out in it.
  std::erase_if(participants_, [](const Participant& participant) { return participant.leaving; });
  {
    const std::lock_guard lock(mutex_);
    applying_.swap(requested_);
  }
  if (applying_.empty()) return;
  for (Change& change : applying_) apply(change);
  applying_.clear();
  batch_.memory_.resize(participants_.size() * AudioSender::kMaxPacketSize);
  batch_.entries_.reserve(participants_.size());
  measured_.reserve(participants_.size());
  mixes_.reserve(participants_.size());
  const std::lock_guard lock(mutex_);
  levels_.reserve(participants_.size());
}

// Who stays muted is not decoded: most of a large meeting is muted most of the time.
void AudioMixer::play(Participant& participant, std::int64_t now_us) {
  AudioReceiver& receiver = *participant.receiver;
  const bool stays_muted = participant.muted && participant.was_muted;
  participant.was_muted = participant.muted;
  if (stays_muted) {
    receiver.skip(now_us);
    return;
  }
  const std::span<std::int16_t> block = mixer_.write(participant.slot);
  if (receiver.channels() == mixer_.channels()) {
    receiver.pull(block, now_us);
    return;
  }
  receiver.pull(mono_, now_us);
  const auto channels = static_cast<std::size_t>(mixer_.channels());
  for (std::size_t i = 0; i < mono_.size(); ++i) {
    std::fill_n(block.begin() + static_cast<std::ptrdiff_t>(i * channels), channels, mono_[i]);
  }
}

void AudioMixer::receive(std::int64_t now_us) {
  measured_.clear();
  for (Participant& participant : participants_) {
    if (participant.receiver) play(participant, now_us);
    if (participant.leaving) {
      mixer_.remove(participant.slot);
    } else if (participant.receiver && !participant.muted) {
      measured_.push_back(
          {participant.key, participant.receiver->level().rfc6464, participant.receiver->voice_activity()});
    }
  }
}

bool AudioMixer::listens(const Participant& participant) const noexcept {
  return participant.sender && !participant.leaving;
}

void AudioMixer::send(std::int64_t now_us) {
  batch_.entries_.clear();
  mixes_.clear();
  for (Participant& participant : participants_) {
    if (!listens(participant)) continue;
    const std::size_t mix = mixer_.mix_of(participant.slot);
    if (participant.hears) mixes_.push_back(mix);
    std::optional<SharedSound> sound;
    if (!participant.hears) sound = SharedSound::silence;
    if (participant.hears && mix == audio::Mixer::kMixOfAll) sound = SharedSound::mix_of_all;
    shared_.choose(participant.seat, sound, *participant.sender);
  }
  shared_.encode(mixer_.mix_of_all());
  std::size_t used = 0;
  for (const Participant& participant : participants_) {
    if (!listens(participant)) continue;
    const auto sound = participant.hears ? mixer_.output(participant.slot) : shared_.silence();
    const std::size_t size = shared_.send(participant.seat, sound, *participant.sender, now_us,
                                          std::span(batch_.memory_).subspan(used));
    if (size == 0) continue;
    batch_.entries_.push_back({participant.key, used, size});
    used += size;
  }
}

void AudioMixer::publish() {
  std::sort(mixes_.begin(), mixes_.end());
  const auto distinct = std::unique(mixes_.begin(), mixes_.end()) - mixes_.begin();
  const auto heard = std::count_if(participants_.begin(), participants_.end(), [this](const Participant& p) {
    return !p.leaving && mixer_.heard(p.slot);
  });
  std::size_t listeners = 0;
  std::size_t alone = 0;
  for (const Participant& participant : participants_) {
    if (!listens(participant)) continue;
    ++listeners;
    alone += participant.seat.encode == SharedEncodes::kNone ? 1 : 0;
  }
  const std::lock_guard lock(mutex_);
  levels_.swap(measured_);
  std::erase_if(levels_, [this](const ParticipantLevel& level) { return !keys_.contains(level.key); });
  ++stats_.ticks;
  stats_.packets_sent += batch_.entries_.size();
  stats_.participants = keys_.size();
  stats_.heard = static_cast<std::size_t>(heard);
  stats_.distinct_mixes = static_cast<std::size_t>(distinct);
  stats_.listeners = listeners;
  stats_.encodes = alone + shared_.in_use();
}

const PacketBatch& AudioMixer::tick(std::int64_t now_us) {
  apply_changes();
  receive(now_us);
  mixer_.mix();
  send(now_us);
  publish();
  return batch_;
}

std::vector<ParticipantLevel> AudioMixer::levels() const {
  const std::lock_guard lock(mutex_);
  return levels_;
}

AudioMixerStats AudioMixer::stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

}  // namespace chime::stream
