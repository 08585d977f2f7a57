#include "audio/mixer.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "audio/kernels.hpp"

namespace chime::audio {
namespace {

constexpr int kBlocksPerSecond = 100;
constexpr int kMaxChannels = 8;
// Sums of more full-scale streams than this would not fit 32 bits.
constexpr std::size_t kMaxParticipants = 65536;
// What an Opus decoder makes of silence is noise of 1 or 2 least bits. At -81 dBov it adds nothing for the
// ear, and its group can go on sharing the mix of all.
constexpr std::uint32_t kInaudiblePeak = 3;

std::size_t samples_per_block(int sample_rate, int channels) {
  if (sample_rate < 8000 || sample_rate > 192000 || sample_rate % kBlocksPerSecond != 0) {
    throw std::invalid_argument("sample_rate is " + std::to_string(sample_rate) +
                                ", allowed are multiples of 100 from 8000 to 192000");
  }
  if (channels < 1 || channels > kMaxChannels) {
    throw std::invalid_argument("channels is " + std::to_string(channels) + ", allowed are 1 to 8");
  }
  return static_cast<std::size_t>(sample_rate / kBlocksPerSecond) * static_cast<std::size_t>(channels);
}

std::size_t speaker_limit(int max_speakers) {
  if (max_speakers < 0) {
    throw std::invalid_argument("max_speakers is " + std::to_string(max_speakers) +
                                ", allowed are 0 (everyone) and more");
  }
  return static_cast<std::size_t>(max_speakers);
}

}  // namespace

Mixer::Mixer(int sample_rate, int channels, int max_speakers)
    : sample_rate_(sample_rate),
      channels_(static_cast<std::size_t>(channels)),
      selection_(speaker_limit(max_speakers)),
      total_(samples_per_block(sample_rate, channels)),
      difference_(total_.size()),
      shared_mix_(total_.size()) {}

std::size_t Mixer::group_index(std::int64_t id) {
  const auto same = [id](const Group& group) { return group.members > 0 && group.id == id; };
  auto found = std::find_if(groups_.begin(), groups_.end(), same);
  if (found == groups_.end()) {
    found =
        std::find_if(groups_.begin(), groups_.end(), [](const Group& group) { return group.members == 0; });
  }
  if (found == groups_.end()) found = groups_.emplace(groups_.end());
  if (found->members == 0) {
    found->id = id;
    found->shares = true;
    found->sum.resize(total_.size());
    found->mix.resize(total_.size());
  }
  return static_cast<std::size_t>(found - groups_.begin());
}

Mixer::Slot Mixer::add(std::int64_t group) {
  auto free = std::find_if(participants_.begin(), participants_.end(), [](const auto& p) { return !p.used; });
  if (free == participants_.end()) {
    if (participants_.size() == kMaxParticipants) throw std::length_error("a mixer takes 65536 participants");
    free = participants_.emplace(participants_.end());
  }
  const std::size_t index = group_index(group);
  free->block.resize(total_.size());
  free->used = true;
  free->leaving = free->muted = free->written = free->heard = false;
  free->gain = 0.0F;
  free->score = {};
  free->group = index;
  ++groups_[index].members;
  ranked_.reserve(participants_.size());
  return static_cast<Slot>(free - participants_.begin());
}

void Mixer::release(Participant& participant) noexcept {
  --groups_[participant.group].members;
  participant.used = false;
}

void Mixer::remove(Slot slot) noexcept {
  Participant& participant = participants_[slot];
  if (participant.gain > 0.0F) {
    participant.leaving = true;
  } else {
    release(participant);
  }
}

void Mixer::set_muted(Slot slot, bool muted) noexcept { participants_[slot].muted = muted; }

std::span<std::int16_t> Mixer::write(Slot slot) noexcept {
  participants_[slot].written = true;
  return participants_[slot].block;
}

void Mixer::measure() noexcept {
  for (Participant& participant : participants_) {
    participant.loudness = {};
    if (!participant.used || !participant.written) continue;
    participant.loudness = kernels::squares_and_peak(participant.block.data(), participant.block.size());
  }
}

void Mixer::select_speakers() noexcept {
  for (Participant& participant : participants_) {
    if (!participant.used) continue;
    float mean_square = 0.0F;
    if (participant.written && !participant.muted && !participant.leaving) {
      const auto [squares, peak] =
          kernels::squares_and_peak(participant.block.data(), participant.block.size());
      mean_square = static_cast<float>(squares) / static_cast<float>(participant.block.size());
    } else {
      participant.score = {};
    }
    SpeakerSelection::update(participant.score, mean_square);
  }
  // The limit is small (a handful) and so is the cost of finding the strongest one after another.
  const auto stronger = [](const Participant* a, const Participant* b) {
    return SpeakerSelection::strength(a->score) > SpeakerSelection::strength(b->score);
  };
  ranked_.clear();
  for (Participant& participant : participants_) {
    if (participant.used && participant.score.power > 0.0F) ranked_.push_back(&participant);
  }
  const std::size_t kept = std::min(selection_.limit(), ranked_.size());
  std::partial_sort(ranked_.begin(), ranked_.begin() + static_cast<std::ptrdiff_t>(kept), ranked_.end(),
                    stronger);
  for (std::size_t i = 0; i < ranked_.size(); ++i) ranked_[i]->score.selected = i < kept;
}

void Mixer::add_contribution(Participant& participant) noexcept {
  const float start = participant.gain;
  const bool wanted = participant.written && !participant.muted && !participant.leaving &&
                      (selection_.selects_all() || participant.score.selected);
  participant.gain = wanted ? 1.0F : 0.0F;
  participant.heard = false;
  if (!participant.written || (start == 0.0F && !wanted)) return;
  std::vector<std::int16_t>& block = participant.block;
  if (participant.loudness.peak <= kInaudiblePeak) return;
  if (start != participant.gain) {
    kernels::ramp(block.data(), block.data(), block.size() / channels_, channels_, start, participant.gain);
  }
  participant.heard = true;
  kernels::accumulate(total_.data(), block.data(), block.size());
  Group& group = groups_[participant.group];
  if (group.speaking == 0) {
    group.only = block.data();
  } else {
    if (group.speaking == 1) std::copy_n(group.only, group.sum.size(), group.sum.begin());
    kernels::accumulate(group.sum.data(), block.data(), block.size());
  }
  ++group.speaking;
}

void Mixer::mix_for(Group& group) noexcept {
  if (group.speaking == 0 && (group.shares || group.limiter.gain() == shared_before_.gain())) {
    group.shares = true;
    return;
  }
  if (group.shares) group.limiter.follow(shared_before_);
  group.shares = false;
  if (group.speaking == 0) {
    group.limiter.process(total_, channels_, group.mix);
    return;
  }
  if (group.speaking > 1) {
    kernels::subtract(total_.data(), group.sum.data(), difference_.data(), total_.size());
    group.limiter.process(difference_, channels_, group.mix);
    return;
  }
  // By far the most common case, in one pass over what is 16 bits already.
  if (group.limiter.idle() && total_fits_ &&
      !kernels::subtract_narrow(shared_mix_.data(), group.only, group.mix.data(), total_.size())) {
    group.limiter.pass();
    return;
  }
  if (group.limiter.idle() &&
      !kernels::subtract_and_pack(total_.data(), group.only, group.mix.data(), total_.size())) {
    group.limiter.pass();
    return;
  }
  group.limiter.turn_down(total_, group.only, difference_, channels_, group.mix);
}

void Mixer::retire_leaving() noexcept {
  for (Participant& participant : participants_) {
    participant.written = false;
    if (participant.used && participant.leaving) release(participant);
  }
}

void Mixer::mix() noexcept {
  measure();
  if (!selection_.selects_all()) select_speakers();
  std::fill(total_.begin(), total_.end(), 0);
  for (Group& group : groups_) group.speaking = 0;
  for (Participant& participant : participants_) {
    if (participant.used) add_contribution(participant);
  }
  shared_before_ = shared_limiter_;
  total_fits_ = shared_limiter_.process(total_, channels_, shared_mix_);
  for (Group& group : groups_) {
    if (group.members > 0) mix_for(group);
  }
  retire_leaving();
}

std::span<const std::int16_t> Mixer::output(Slot slot) const noexcept {
  const Group& group = groups_[participants_[slot].group];
  return group.shares ? shared_mix_ : group.mix;
}

std::size_t Mixer::mix_of(Slot slot) const noexcept {
  const std::size_t group = participants_[slot].group;
  return groups_[group].shares ? kMixOfAll : group + 1;
}

bool Mixer::heard(Slot slot) const noexcept { return participants_[slot].heard; }

}  // namespace chime::audio
