#include "stream/audio_receiver.hpp"

#include <algorithm>
#include <cmath>

namespace chime::stream {

namespace {

constexpr double kTicksPerMs = 48;
// Rounding of clocks; a start this early does no harm.
constexpr double kStartSlackMs = 0.5;
// When the stream is taken up again after concealment with frames that came late, they are played from their
// beginning if the delay lacks this much or more: it is raised to the target at once. A frame that is lost is
// filled for its own duration, for there is nothing to go back to.
constexpr double kStepBackMs = 5;
// A sender slower than this takes ten milliseconds of delay in less than 40 s, in which there is not always a
// pause.
constexpr double kDriftingPpm = 250;

}  // namespace

AudioReceiver::AudioReceiver(const ReceiverOptions& options)
    : options_(options),
      estimator_({options.min_delay_ms, options.max_delay_ms}),
      intake_(options.payload_types, options.audio_level_id, buffer_, estimator_, statistics_),
      player_(options.sample_rate, options.channels, buffer_, statistics_),
      stretch_(options.sample_rate),
      speech_(options.sample_rate, options.channels) {}

bool AudioReceiver::push(rtp::Bytes packet, std::int64_t arrival_us) {
  const std::lock_guard lock(mutex_);
  return take(packet, arrival_us);
}

std::optional<bool> AudioReceiver::try_push(rtp::Bytes packet, std::int64_t arrival_us) {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock) return std::nullopt;
  return take(packet, arrival_us);
}

bool AudioReceiver::take(rtp::Bytes packet, std::int64_t arrival_us) {
  clock_.on_arrival(arrival_us);
  std::optional<std::int64_t> oldest;
  if (started_) oldest = player_.oldest_useful();
  const FrameIntake::Result result = intake_.push(packet, arrival_us, oldest);
  if (result == FrameIntake::Result::kTakenNewEncoder) player_.reset_decoder();
  if (result == FrameIntake::Result::kTakenNewEncoder || result == FrameIntake::Result::kTakenNewTimeline) {
    started_ = false;
  }
  return result != FrameIntake::Result::kDropped;
}

double AudioReceiver::offset_ms(double now_ms) const {
  return now_ms - static_cast<double>(player_.position()) / kTicksPerMs;
}

bool AudioReceiver::start(double now_ms) {
  const jitter::Frame* first = buffer_.first();
  if (first == nullptr) return false;
  const double offset = now_ms - static_cast<double>(first->timestamp) / kTicksPerMs;
  if (offset < estimator_.target_offset_ms() - kStartSlackMs) return false;
  player_.start_at(first->timestamp);
  started_ = true;
  return true;
}

void AudioReceiver::pull(std::span<std::int16_t> out, std::optional<std::int64_t> now_us) {
  const std::lock_guard lock(mutex_);
  const std::int64_t now = clock_.on_pull(now_us);
  now_ms_ = static_cast<double>(now) / 1000;
  if (estimator_.ready())
    estimator_.update(now_ms_, now_ms_ - static_cast<double>(intake_.grid()) / kTicksPerMs);
  if (!started_ && !start(now_ms_)) {
    std::fill(out.begin(), out.end(), std::int16_t{0});
    level_ = audio::measure_level(out);
    speech_.push(out);
    return;
  }
  const std::size_t block = block_frames();
  while (player_.queue().future() < block) {
    const double deficit_ms = estimator_.target_offset_ms() - offset_ms(now_ms_);
    const auto wanted = static_cast<std::int64_t>((now_ms_ - estimator_.target_offset_ms()) * kTicksPerMs);
    const double step_back_ms = deficit_ms >= kStepBackMs ? deficit_ms : 0.0;
    player_.produce(static_cast<std::int64_t>(step_back_ms * kTicksPerMs), wanted);
  }
  adapt(now_ms_);
  while (player_.queue().future() < block) player_.produce(0, player_.position());
  delay_ms_ = estimator_.delay_at_ms(offset_ms(now_ms_));
  const jitter::PlayoutQueue::Taken taken = player_.queue().take(out, now);
  statistics_.total_samples_received += block;
  statistics_.total_samples_duration += 0.01;
  statistics_.jitter_buffer_emitted_count += taken.emitted;
  statistics_.jitter_buffer_delay += taken.delay_us * 1e-6;
  statistics_.jitter_buffer_target_delay +=
      static_cast<double>(taken.emitted) * std::max(0.0, estimator_.target_delay_ms()) * 1e-3;
  level_ = audio::measure_level(out);
  statistics_.total_audio_energy += level_.power * 0.01;
  speech_.push(out);
}

void AudioReceiver::skip(std::int64_t now_us) {
  const std::lock_guard lock(mutex_);
  clock_.on_pull(now_us);
  buffer_.clear();
  if (!started_) return;
  started_ = false;
  player_.reset_decoder();
  player_.queue().drop_newest(player_.queue().future());
  level_ = {};
}

void AudioReceiver::adapt(double now_ms) {
  jitter::DelayStatus status;
  status.now_ms = now_ms;
  status.excess_ms = offset_ms(now_ms) - estimator_.target_offset_ms();
  status.pause_ms = 10.0 * player_.pauses().run();
  status.can_adapt = !player_.concealing();
  status.drifting = estimator_.drift_ppm() > kDriftingPpm;
  const jitter::Stretch stretch = policy_.decide(status);
  // Rounded towards too much delay: a sample too little costs a tick.
  const bool lengthen = stretch.operation == jitter::Operation::kPreemptiveExpand;
  const auto frames = [&](double ms) {
    const double exact = ms * options_.sample_rate / 1000;
    return static_cast<std::size_t>(lengthen ? std::ceil(exact) : std::floor(exact));
  };
  const jitter::TimeStretch::Wanted wanted{frames(stretch.in_pause_ms), frames(stretch.in_speech_ms),
                                           stretch.roughly};
  if (wanted.in_pause == 0 && wanted.in_speech == 0) return;
  if (lengthen) {
    statistics_.inserted_samples_for_deceleration +=
        stretch_.lengthen(player_.queue(), player_.pauses(), wanted);
    return;
  }
  while (player_.queue().future() < stretch_.lookahead() && player_.decode_ahead()) {
  }
  statistics_.removed_samples_for_acceleration += stretch_.shorten(player_.queue(), player_.pauses(), wanted);
}

audio::Level AudioReceiver::level() const {
  const std::lock_guard lock(mutex_);
  return level_;
}

bool AudioReceiver::voice_activity() {
  const std::lock_guard lock(mutex_);
  return speech_.speech();
}

std::optional<jitter::ReportBlock> AudioReceiver::report_block() {
  const std::lock_guard lock(mutex_);
  return intake_.reception().report(intake_.ssrc().value_or(0));
}

ReceiverSnapshot AudioReceiver::stats() const {
  const std::lock_guard lock(mutex_);
  ReceiverSnapshot snapshot{statistics_};
  auto& reception = const_cast<FrameIntake&>(intake_).reception();
  snapshot.packets_lost = reception.packets_lost();
  snapshot.jitter_s = reception.jitter() / 48000;
  if (started_) snapshot.current_delay_ms = std::max(0.0, delay_ms_);
  if (estimator_.ready()) snapshot.target_delay_ms = std::max(0.0, estimator_.target_delay_ms());
  snapshot.drift_ppm = estimator_.drift_ppm();
  return snapshot;
}

}  // namespace chime::stream
