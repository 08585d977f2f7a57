#include "stream/audio_mixer.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

namespace chime::stream {
namespace {

void require_format(const char* what, int sample_rate, int channels, const audio::Mixer& mixer) {
  if (sample_rate == mixer.sample_rate() && channels == mixer.channels()) return;
  throw std::invalid_argument(std::string(what) + " has " + std::to_string(sample_rate) + " Hz and " +
                              std::to_string(channels) + " channels, the mixer " +
                              std::to_string(mixer.sample_rate()) + " Hz and " +
                              std::to_string(mixer.channels()));
}

std::string unknown(std::int64_t key) { return "no participant has the key " + std::to_string(key); }

}  // namespace

AudioMixer::AudioMixer(int sample_rate, int channels, int max_speakers)
    : mixer_(sample_rate, channels, max_speakers) {}

void AudioMixer::add(std::int64_t key, std::shared_ptr<AudioReceiver> receiver,
                     std::shared_ptr<AudioSender> sender, std::int64_t group) {
  if (receiver) require_format("receiver", receiver->sample_rate(), receiver->channels(), mixer_);
  if (sender) {
    const opus::EncoderOptions& encoder = sender->options().encoder;
    require_format("sender", encoder.sample_rate, encoder.channels, mixer_);
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

void AudioMixer::set_muted(std::int64_t key, bool muted) {
  const std::lock_guard lock(mutex_);
  if (!keys_.contains(key)) throw std::out_of_range(unknown(key));
  Change change;
  change.kind = muted ? Change::Kind::mute : Change::Kind::unmute;
  change.participant.key = key;
  requested_.push_back(std::move(change));
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
  if (change.kind == Change::Kind::remove) {
    participant->leaving = true;
    return;
  }
  participant->muted = change.kind == Change::Kind::mute;
  mixer_.set_muted(participant->slot, participant->muted);
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

void AudioMixer::receive(std::int64_t now_us) {
  measured_.clear();
  for (Participant& participant : participants_) {
    if (participant.receiver) participant.receiver->pull(mixer_.write(participant.slot), now_us);
    if (participant.leaving) {
      mixer_.remove(participant.slot);
    } else if (participant.receiver && !participant.muted) {
      measured_.push_back(
          {participant.key, participant.receiver->level().rfc6464, participant.receiver->voice_activity()});
    }
  }
}

void AudioMixer::send(std::int64_t now_us) {
  batch_.entries_.clear();
  mixes_.clear();
  std::size_t used = 0;
  for (const Participant& participant : participants_) {
    if (!participant.sender || participant.leaving) continue;
    mixes_.push_back(mixer_.mix_of(participant.slot));
    const std::size_t size = participant.sender->push(mixer_.output(participant.slot), now_us,
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
  const std::lock_guard lock(mutex_);
  levels_.swap(measured_);
  std::erase_if(levels_, [this](const ParticipantLevel& level) { return !keys_.contains(level.key); });
  ++stats_.ticks;
  stats_.packets_sent += batch_.entries_.size();
  stats_.participants = keys_.size();
  stats_.heard = static_cast<std::size_t>(heard);
  stats_.distinct_mixes = static_cast<std::size_t>(distinct);
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
