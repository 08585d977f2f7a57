#include "jitter/playout_queue.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace chime::jitter {

Fade fade(std::size_t step, std::size_t steps, bool equal_power) {
  const float x = (static_cast<float>(step) + 0.5F) / static_cast<float>(steps);
  if (equal_power) {
    const float angle = x * std::numbers::pi_v<float> / 2;
    return {std::sin(angle), std::cos(angle)};
  }
  const float in = 0.5F - 0.5F * std::cos(x * std::numbers::pi_v<float>);
  return {in, 1 - in};
}

namespace {

std::int16_t mix(std::int16_t out, std::int16_t in, Fade weights) {
  const float value = weights.out * static_cast<float>(out) + weights.in * static_cast<float>(in);
  return static_cast<std::int16_t>(std::lrintf(std::clamp(value, -32768.0F, 32767.0F)));
}

}  // namespace

PlayoutQueue::PlayoutQueue(int channels, std::size_t past_frames, std::size_t future_frames)
    : channels_(channels),
      past_limit_(past_frames),
      capacity_(future_frames),
      read_(past_frames * static_cast<std::size_t>(channels)),
      end_(read_),
      // Twice the past, so that compaction (a move of past and future) is rare.
      samples_((2 * past_frames + 2 * future_frames) * static_cast<std::size_t>(channels)) {}

void PlayoutQueue::compact() {
  const std::size_t keep = past_limit_ * static_cast<std::size_t>(channels_);
  if (read_ <= keep) return;
  const std::size_t shift = read_ - keep;
  std::move(samples_.begin() + static_cast<std::ptrdiff_t>(shift),
            samples_.begin() + static_cast<std::ptrdiff_t>(end_), samples_.begin());
  read_ -= shift;
  end_ -= shift;
}

std::span<std::int16_t> PlayoutQueue::append(std::size_t frames, std::int64_t arrival_us) {
  const std::size_t count = std::min(frames, room()) * static_cast<std::size_t>(channels_);
  if (end_ + count > samples_.size()) compact();
  const std::size_t at = end_;
  end_ += count;
  push_origin(count / static_cast<std::size_t>(channels_), arrival_us);
  return {samples_.data() + at, count};
}

void PlayoutQueue::drop_newest(std::size_t frames) {
  frames = std::min(frames, future());
  end_ -= frames * static_cast<std::size_t>(channels_);
  while (frames > 0 && origin_count_ > 0) {
    Origin& last = origins_[origin_count_ - 1];
    const std::size_t gone = std::min(frames, last.frames);
    last.frames -= gone;
    frames -= gone;
    if (last.frames == 0) --origin_count_;
  }
}

void PlayoutQueue::push_origin(std::size_t frames, std::int64_t arrival_us) {
  if (frames == 0) return;
  if (origin_count_ > 0 &&
      (origins_[origin_count_ - 1].arrival_us == arrival_us || origin_count_ == kMaxOrigins)) {
    origins_[origin_count_ - 1].frames += frames;
    return;
  }
  origins_[origin_count_++] = {frames, arrival_us};
}

void PlayoutQueue::shrink_origin(std::size_t offset, std::size_t count) {
  for (std::size_t i = 0; i < origin_count_ && count > 0; ++i) {
    if (offset >= origins_[i].frames) {
      offset -= origins_[i].frames;
      continue;
    }
    const std::size_t gone = std::min(count, origins_[i].frames - offset);
    origins_[i].frames -= gone;
    count -= gone;
    offset = 0;
  }
  const auto end =
      std::remove_if(origins_.begin(), origins_.begin() + static_cast<std::ptrdiff_t>(origin_count_),
                     [](const Origin& origin) { return origin.frames == 0; });
  origin_count_ = static_cast<std::size_t>(end - origins_.begin());
}

void PlayoutQueue::grow_origin(std::size_t offset, std::size_t count) {
  for (std::size_t i = 0; i < origin_count_; ++i) {
    if (offset < origins_[i].frames || i + 1 == origin_count_) {
      origins_[i].frames += count;
      return;
    }
    offset -= origins_[i].frames;
  }
  push_origin(count, kMadeUp);
}

void PlayoutQueue::remove(std::size_t offset, std::size_t count, std::size_t overlap, bool equal_power) {
  if (offset + count + overlap > future()) return;
  std::int16_t* kept = at(static_cast<std::ptrdiff_t>(offset));
  const std::int16_t* joined = at(static_cast<std::ptrdiff_t>(offset + count));
  const auto width = static_cast<std::size_t>(channels_);
  for (std::size_t i = 0; i < overlap; ++i) {
    const Fade weights = fade(i, overlap, equal_power);
    for (std::size_t c = 0; c < width; ++c) {
      kept[i * width + c] = mix(kept[i * width + c], joined[i * width + c], weights);
    }
  }
  std::move(joined + overlap * width, static_cast<const std::int16_t*>(samples_.data()) + end_,
            kept + overlap * width);
  end_ -= count * width;
  shrink_origin(offset, count);
}

void PlayoutQueue::repeat(std::size_t offset, std::size_t count, std::size_t overlap, bool equal_power) {
  if (offset + overlap > future() || count > past_limit_ + offset || count > room() || overlap > count)
    return;
  const auto width = static_cast<std::size_t>(channels_);
  if (end_ + count * width > samples_.size()) compact();
  std::int16_t* begin = at(static_cast<std::ptrdiff_t>(offset));
  std::int16_t* end = samples_.data() + end_;
  std::move_backward(begin, end, end + count * width);
  // What lay at `begin` lies at begin + count now; the repetition replaces what is in between, and is made of
  // the `count` frames before it, the first `overlap` of them faded in from what used to follow.
  const std::int16_t* source = begin - count * width;
  const std::int16_t* followed = begin + count * width;
  for (std::size_t i = 0; i < overlap; ++i) {
    const Fade weights = fade(i, overlap, equal_power);
    for (std::size_t c = 0; c < width; ++c) {
      begin[i * width + c] = mix(followed[i * width + c], source[i * width + c], weights);
    }
  }
  std::copy(source + overlap * width, source + count * width, begin + overlap * width);
  end_ += count * width;
  grow_origin(offset, count);
}

PlayoutQueue::Taken PlayoutQueue::take(std::span<std::int16_t> out, std::int64_t now_us) {
  std::copy_n(samples_.begin() + static_cast<std::ptrdiff_t>(read_), out.size(), out.begin());
  read_ += out.size();
  Taken taken;
  std::size_t left = out.size() / static_cast<std::size_t>(channels_);
  std::size_t used = 0;
  while (left > 0 && used < origin_count_) {
    Origin& origin = origins_[used];
    const std::size_t count = std::min(left, origin.frames);
    if (origin.arrival_us != kMadeUp) {
      taken.emitted += count;
      taken.delay_us += static_cast<double>(count) * static_cast<double>(now_us - origin.arrival_us);
    }
    origin.frames -= count;
    left -= count;
    if (origin.frames == 0) ++used;
  }
  std::move(origins_.begin() + static_cast<std::ptrdiff_t>(used),
            origins_.begin() + static_cast<std::ptrdiff_t>(origin_count_), origins_.begin());
  origin_count_ -= used;
  if (read_ > samples_.size() / 2) compact();
  return taken;
}

}  // namespace chime::jitter
