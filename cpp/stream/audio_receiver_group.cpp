#include "stream/audio_receiver_group.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

namespace chime::stream {

namespace {

int checked_threads(int threads) {
  if (threads >= 1 && threads <= AudioReceiverGroup::kMaxThreads) return threads;
  throw std::invalid_argument("threads is " + std::to_string(threads) + ", allowed are 1 to " +
                              std::to_string(AudioReceiverGroup::kMaxThreads));
}

}  // namespace

AudioReceiverGroup::AudioReceiverGroup(int sample_rate, int channels, int threads)
    : sample_rate_(sample_rate), channels_(channels), pool_(checked_threads(threads)) {
  opus::require_format(sample_rate, channels);
}

AudioReceiverGroup::~AudioReceiverGroup() = default;

void AudioReceiverGroup::add(std::int64_t key, std::shared_ptr<AudioReceiver> receiver) {
  if (receiver->sample_rate() != sample_rate_ || receiver->channels() != channels_) {
    throw std::invalid_argument("receiver has " + std::to_string(receiver->sample_rate()) + " Hz and " +
                                std::to_string(receiver->channels()) + " channels, the group " +
                                std::to_string(sample_rate_) + " Hz and " + std::to_string(channels_));
  }
  const std::lock_guard lock(mutex_);
  for (const Member& member : members_) {
    if (member.key == key)
      throw std::invalid_argument("key is " + std::to_string(key) + ", which another receiver has");
    if (member.receiver == receiver)
      throw std::invalid_argument("receiver is in the group already, with the key " +
                                  std::to_string(member.key));
  }
  members_.push_back({key, std::move(receiver)});
  changed_ = true;
}

void AudioReceiverGroup::remove(std::int64_t key) {
  // Destroyed after the lock is gone.
  Member removed;
  std::vector<std::shared_ptr<AudioReceiver>> dropped;
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(members_.begin(), members_.end(),
                                  [key](const Member& member) { return member.key == key; });
  if (found == members_.end())
    throw std::out_of_range("no receiver of the group has the key " + std::to_string(key));
  removed = std::move(*found);
  members_.erase(found);
  changed_ = true;
  if (!pulling_) dropped.swap(pulled_);
}

std::vector<std::int64_t> AudioReceiverGroup::keys() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::int64_t> keys;
  keys.reserve(members_.size());
  for (const Member& member : members_) keys.push_back(member.key);
  return keys;
}

std::size_t AudioReceiverGroup::size() const {
  const std::lock_guard lock(mutex_);
  return members_.size();
}

AudioReceiverGroup::Pull::Pull(AudioReceiverGroup& group) : group_(group) {
  const std::lock_guard lock(group.mutex_);
  if (group.changed_) {
    group.pulled_.clear();
    for (const Member& member : group.members_) group.pulled_.push_back(member.receiver);
    group.changed_ = false;
  }
  group.pulling_ = true;
}

AudioReceiverGroup::Pull::~Pull() {
  std::vector<std::shared_ptr<AudioReceiver>> dropped;
  const std::lock_guard lock(group_.mutex_);
  group_.pulling_ = false;
  if (group_.changed_) dropped.swap(group_.pulled_);
}

void AudioReceiverGroup::Pull::run(std::span<std::int16_t> out, std::span<std::uint8_t> levels,
                                   std::optional<std::int64_t> now_us) noexcept {
  struct Job {
    std::span<const std::shared_ptr<AudioReceiver>> receivers;
    std::size_t samples;
    std::span<std::int16_t> out;
    std::span<std::uint8_t> levels;
    std::optional<std::int64_t> now_us;
  };
  Job job{group_.pulled_, group_.samples_per_block(), out, levels, now_us};
  const auto pull_one = [](void* opaque, std::uint32_t index) noexcept {
    const Job& work = *static_cast<const Job*>(opaque);
    AudioReceiver& receiver = *work.receivers[index];
    receiver.pull(work.out.subspan(index * work.samples, work.samples), work.now_us);
    if (!work.levels.empty()) work.levels[index] = receiver.level().rfc6464;
  };
  group_.pool_.run(static_cast<std::uint32_t>(streams()), pull_one, &job);
}

}  // namespace chime::stream
