#include "stream/frame_player.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace chime::stream {

using jitter::Frame;
using jitter::Operation;
using jitter::PlayoutQueue;

namespace {

constexpr std::int64_t kTicksPerMs = 48;
constexpr std::int64_t kBlock = 10 * kTicksPerMs;
// The longest Opus packet, 120 ms.
constexpr std::int64_t kLongestFrame = 120 * kTicksPerMs;
// Opus works in steps of 2.5 ms.
constexpr std::int64_t kStep = 120;
// Fade from made-up sound into the stream's own.
constexpr std::int64_t kMergeTicks = 5 * kTicksPerMs;
// Frames that came too late to be heard are decoded for the decoder's memory when they are not older than
// this; it forgets in a few frames, and a tick has to end.
constexpr std::int64_t kCatchUp = 160 * kTicksPerMs;
// The same when there is too much of them: enough for the memory to converge.
constexpr std::int64_t kPreroll = 60 * kTicksPerMs;
// A payload of at most this size is a discontinuous transmission mark of the encoder.
constexpr std::size_t kDtxPayload = 2;
// So many blocks without anything but late frames: the network has become slower for good, follow it. Frames
// held up together come within some 20 ms, of which the newest are in time again, so do not jump before.
constexpr int kFollowAfterTicks = 3;
// Made-up sound below this power (-66 dBov) counts as silent.
constexpr double kSilentPower = 2.5e-7;
constexpr std::size_t kPastMs = 40;
constexpr std::size_t kFutureMs = 400;

}  // namespace

FramePlayer::FramePlayer(int sample_rate, int channels, jitter::PacketBuffer& buffer,
                         jitter::Statistics& statistics)
    : sample_rate_(sample_rate),
      channels_(channels),
      buffer_(buffer),
      statistics_(statistics),
      decoder_(sample_rate, channels),
      queue_(channels, static_cast<std::size_t>(sample_rate) * kPastMs / 1000,
             static_cast<std::size_t>(sample_rate) * kFutureMs / 1000),
      made_up_(sample_rate, channels),
      scratch_(static_cast<std::size_t>(sample_rate) * 120 / 1000 * static_cast<std::size_t>(channels)),
      before_concealment_(decoder_.state_size()) {}

void FramePlayer::start_at(std::int64_t timestamp) {
  end_ = timestamp;
  concealing_ = false;
  paused_ = false;
  late_ticks_ = 0;
  last_sequence_ = INT64_MIN;
}

void FramePlayer::reset_decoder() {
  decoder_.reset();
  made_up_.reset();
  last_sequence_ = INT64_MIN;
  last_was_dtx_ = false;
  concealing_ = false;
}

FramePlayer::Source FramePlayer::source_at(std::int64_t timestamp) const {
  Source source;
  const Frame* frame = buffer_.next_from(timestamp - kLongestFrame);
  while (frame != nullptr && frame->timestamp <= timestamp) {
    if (timestamp < frame->timestamp + frame->duration) {
      return {frame, false, frame->timestamp, frame->timestamp + frame->duration};
    }
    frame = buffer_.next_from(frame->timestamp + 1);
  }
  if (frame == nullptr || frame->fec_duration == 0) return source;
  const std::int64_t begin = frame->timestamp - frame->fec_duration;
  if (timestamp >= begin) source = {frame, true, begin, frame->timestamp};
  return source;
}

jitter::SourceStatus FramePlayer::status() const {
  jitter::SourceStatus status;
  status.concealing = concealing_;
  const Source source = source_at(end_);
  const Frame* later = buffer_.next_from(end_);
  if (source.found()) {
    status.next = source.fec ? jitter::Next::kFec : jitter::Next::kFrame;
  } else {
    status.next = later != nullptr ? jitter::Next::kLater : jitter::Next::kNothing;
  }
  const bool nothing_missing = later != nullptr && !later->copy && last_sequence_ != INT64_MIN &&
                               later->sequence == last_sequence_ + 1;
  status.paused = nothing_missing || (last_was_dtx_ && (later == nullptr || later->timestamp > end_));
  return status;
}

void FramePlayer::listen(std::span<const std::int16_t> sound, bool joined) {
  const std::size_t block =
      static_cast<std::size_t>(sample_rate_) / 100 * static_cast<std::size_t>(channels_);
  for (std::size_t at = 0; at + block <= sound.size(); at += block) {
    const double power =
        jitter::power(sound.data() + at, block / static_cast<std::size_t>(channels_), channels_);
    pauses_.push(power);
    made_up_.listen(sound.subspan(at, block), power, joined || at > 0);
  }
}

bool FramePlayer::decode(const Source& source, std::span<std::int16_t> out) {
  const auto frames = static_cast<int>(output(source.end - source.begin));
  const rtp::Bytes payload(source.frame->payload);
  const int got = source.fec ? decoder_.decode_fec(payload, frames, out) : decoder_.decode(payload, out);
  if (got == frames) return true;
  ++statistics_.decode_errors;
  return false;
}

void FramePlayer::count_use(const Source& source) {
  if (source.fec) {
    ++statistics_.recovered_by_fec;
  } else if (source.frame->copy) {
    ++statistics_.recovered_by_red;
  }
}

// The decoder is past the source now.
void FramePlayer::finish(const Source& source) {
  end_ = source.end;
  last_duration_ = source.end - source.begin;
  concealing_ = false;
  paused_ = false;
  late_ticks_ = 0;
  decoded_any_ = true;
  if (source.fec) {
    last_sequence_ = source.frame->copy ? INT64_MIN : source.frame->sequence - 1;
    last_was_dtx_ = false;
  } else {
    last_sequence_ = source.frame->copy ? INT64_MIN : source.frame->sequence;
    last_was_dtx_ = source.frame->payload.size() <= kDtxPayload;
  }
  count_use(source);
}

void FramePlayer::decode_next(const Source& source) {
  const std::span<std::int16_t> out =
      queue_.append(output(source.end - source.begin), source.frame->arrival_us);
  const bool good = decode(source, out);
  if (!good) {
    queue_.drop_newest(out.size() / static_cast<std::size_t>(channels_));
    buffer_.remove(source.frame->timestamp);
    return;
  }
  listen(out, !paused_);
  finish(source);
  buffer_.drop_before(end_);
}

bool FramePlayer::decode_ahead() {
  const Source source = source_at(end_);
  if (!source.found() || source.fec || source.begin != end_ || concealing_) return false;
  const std::size_t needed = output(source.end - source.begin);
  if (queue_.room() < needed) return false;
  decode_next(source);
  return true;
}

void FramePlayer::produce(std::int64_t step_back, std::int64_t position_wanted) {
  const jitter::SourceStatus now = status();
  switch (jitter::decide_source(now)) {
    case Operation::kNormal:
    case Operation::kMend: {
      const Source source = source_at(end_);
      if (source.begin == end_ && !concealing_) {
        decode_next(source);
      } else if (!resume(step_back)) {
        conceal(false, position_wanted);
      }
      return;
    }
    case Operation::kMerge:
      if (!resume(step_back)) conceal(false, position_wanted);
      return;
    case Operation::kComfortNoise:
      conceal(true, position_wanted);
      return;
    default: {
      // Only frames of the past: follow the network when it has become slower for good.
      const Frame* last = buffer_.last();
      late_ticks_ = concealing_ && last != nullptr && last->timestamp < end_ ? late_ticks_ + 1 : 0;
      if (late_ticks_ >= kFollowAfterTicks) {
        end_ = std::max(conceal_from_, buffer_.next_from(conceal_from_) != nullptr
                                           ? buffer_.next_from(conceal_from_)->timestamp
                                           : conceal_from_);
        if (resume(0)) return;
      }
      conceal(false, position_wanted);
    }
  }
}

bool FramePlayer::resume(std::int64_t step_back) {
  Source source = source_at(end_);
  if (!source.found()) return false;
  // Go back as far as is wanted and covered without a hole.
  const std::int64_t floor = concealing_ || paused_ ? std::max(conceal_from_, end_ - step_back) : end_;
  std::int64_t at = end_;
  while (at > floor) {
    at = std::max(source.begin, floor);
    if (at == floor) break;
    const Source earlier = source_at(source.begin - 1);
    if (!earlier.found()) break;
    source = earlier;
  }
  const std::size_t overlap = output(kMergeTicks);
  const auto width = static_cast<std::size_t>(channels_);
  bool faded = false;
  std::vector<std::int16_t>& scratch = scratch_;
  std::array<std::int16_t, 480>
      continued{};  // what concealment would have gone on with: 5 ms of 48 kHz stereo
  if (concealing_) {
    bool frames_before = at != source.begin;
    for (std::int64_t t = conceal_from_; t < source.begin && !frames_before; t += kStep) {
      frames_before = source_at(t).found();
    }
    if (frames_before || source.begin != at || made_up_.altered()) {
      if (!frames_before) decoder_.save(before_concealment_);
      faded = decoder_.conceal(static_cast<int>(overlap), continued) == static_cast<int>(overlap);
      if (!frames_before) decoder_.restore(before_concealment_);
      made_up_.shape({continued.data(), overlap * width});
    }
    if (frames_before) {
      std::int64_t from = conceal_from_;
      if (source.begin - from > kCatchUp) {
        from = source.begin - kPreroll;
      } else {
        decoder_.restore(before_concealment_);
      }
      while (from < source.begin) {
        const Source earlier = source_at(from);
        if (earlier.found() && earlier.begin >= conceal_from_ && earlier.end <= source.begin) {
          (void)decode(earlier, scratch);
          from = earlier.end;
        } else {
          const std::int64_t gap = std::min({last_duration_, source.begin - from});
          (void)decoder_.conceal(static_cast<int>(output((gap + kStep - 1) / kStep * kStep)), scratch);
          from += gap;
        }
      }
    }
  }
  if (!decode(source, scratch)) {
    buffer_.remove(source.frame->timestamp);
    return false;
  }
  const std::size_t skipped = output(at - source.begin);
  const std::size_t kept = output(source.end - source.begin) - skipped;
  const std::span<std::int16_t> out = queue_.append(kept, source.frame->arrival_us);
  std::copy_n(scratch.begin() + static_cast<std::ptrdiff_t>(skipped * width), out.size(), out.begin());
  if (faded) {
    const std::size_t steps = std::min(overlap, kept);
    for (std::size_t i = 0; i < steps; ++i) {
      const jitter::Fade weights = jitter::fade(i, steps, false);
      for (std::size_t c = 0; c < width; ++c) {
        const float value = weights.out * static_cast<float>(continued[i * width + c]) +
                            weights.in * static_cast<float>(out[i * width + c]);
        out[i * width + c] = static_cast<std::int16_t>(std::lrintf(value));
      }
    }
  }
  listen(out, false);
  finish(source);
  buffer_.drop_before(end_);
  return true;
}

void FramePlayer::conceal(bool comfort_noise, std::int64_t position_wanted) {
  if (!concealing_ && !paused_) {
    decoder_.save(before_concealment_);
    conceal_from_ = end_;
    made_up_.begin(comfort_noise);
  }
  if (!concealing_ && !comfort_noise) ++statistics_.concealment_events;
  std::int64_t length = kBlock;
  const Frame* next = buffer_.next_from(end_ + 1);
  if (next != nullptr) length = std::min(length, (next->timestamp - end_ + kStep - 1) / kStep * kStep);
  const std::size_t frames = output(length);
  const std::span<std::int16_t> out = queue_.append(frames, PlayoutQueue::kMadeUp);
  if (!decoded_any_ || decoder_.conceal(static_cast<int>(frames), out) != static_cast<int>(frames)) {
    std::fill(out.begin(), out.end(), std::int16_t{0});
  }
  made_up_.shape(out);
  end_ += length;
  if (comfort_noise) {
    paused_ = true;
    statistics_.comfort_noise_samples += frames;
    // A pause may last as long as suits the delay, until the next frame is due.
    if (next != nullptr) {
      end_ = std::min(std::max(position_wanted + media(queue_.future()), conceal_from_), next->timestamp);
    }
  } else {
    concealing_ = true;
    statistics_.concealed_samples += frames;
    if (made_up_.silent() || jitter::power(out.data(), frames, channels_) < kSilentPower)
      statistics_.silent_concealed_samples += frames;
  }
  made_up_.advance(length);
}

}  // namespace chime::stream
