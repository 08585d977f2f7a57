#include "stream/audio_sender.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <stdexcept>
#include <utility>

#include "rtp/red.hpp"

namespace chime::stream {

namespace {

constexpr int kBlockMs = 10;
constexpr int kBlocksPerSecond = 100;
// The SDK's clock counts from 1970, so that its first entry, which has time 0, is older than any window. Ours
// counts pushed audio from here.
constexpr std::int64_t kChimeClockOriginMs = 1'000'000'000'000;
// SRTP's roll-over counter is ambiguous when the first packets of a stream are lost around a wrap, so streams
// start in the lower half (RFC 3711, section 3.3.1).
constexpr std::uint16_t kMaxFirstSequenceNumber = 0x7FFF;
// In-band FEC counts as present while most of about the last eight active packets had it.
constexpr double kLbrrShareKeep = 7.0 / 8.0;
constexpr double kLbrrShare = 0.5;

std::uint32_t random_u32() { return std::random_device{}(); }

const AudioSenderOptions& checked(const AudioSenderOptions& options) {
  const auto require = [](bool fits, const char* message) {
    if (!fits) throw std::invalid_argument(message);
  };
  const int frame_ms = options.frame_ms;
  require(frame_ms == 10 || frame_ms == 20 || frame_ms == 40 || frame_ms == 60,
          "frame_ms must be 10, 20, 40 or 60");
  require(options.opus_payload_type < 128 && options.red_payload_type.value_or(0) < 128,
          "payload types must be 0 to 127");
  require(options.red_payload_type != options.opus_payload_type,
          "RED and Opus must have different payload types");
  require(options.mid.size() <= 255, "mid must have at most 255 octets");
  const int rate = options.sample_rate;
  require(rate == 0 || (rate >= 8000 && rate <= 192'000 && rate % kBlocksPerSecond == 0),
          "sample_rate must be 8000 to 192000 and a multiple of 100");
  return options;
}

// 2 ms of latency between 44.1 and 48 kHz.
constexpr int kResamplerQuality = 4;

// One block's change between sound and silence, without a click.
void fade(std::span<std::int16_t> block, bool in) {
  const auto size = static_cast<float>(block.size());
  for (std::size_t i = 0; i < block.size(); ++i) {
    const float position = static_cast<float>(i) / size;
    block[i] = static_cast<std::int16_t>(static_cast<float>(block[i]) * (in ? position : 1.0F - position));
  }
}

}  // namespace

AudioSender::AudioSender(AudioSenderOptions options)
    : options_(std::move(options)),
      sample_rate_(checked(options_).sample_rate != 0 ? options_.sample_rate : options_.encoder.sample_rate),
      samples_per_push_(
          static_cast<std::size_t>(sample_rate_ / kBlocksPerSecond * options_.encoder.channels)),
      frame_timestamp_units_(static_cast<std::uint32_t>(options_.frame_ms * opus::kSampleRate / 1000)),
      resampler_(sample_rate_, options_.encoder.sample_rate, options_.encoder.channels, kResamplerQuality),
      encoder_(options_.encoder, options_.frame_ms),
      red_(
          options_.opus_payload_type, options_.red_payload_type.value_or(0),
          options_.redundancy == Redundancy::chime ? RedEncoder::Misfit::stop : RedEncoder::Misfit::try_next),
      block_(encoder_.block_samples()),
      sequence_number_(options_.first_sequence_number.value_or(random_u32() & kMaxFirstSequenceNumber)),
      timestamp_(options_.first_timestamp.value_or(random_u32())),
      bitrate_bps_(options_.encoder.bitrate_bps) {
  apply_plan();
}

std::size_t AudioSender::push(std::span<const std::int16_t> pcm, std::int64_t now_us,
                              std::span<std::uint8_t> out) {
  const std::lock_guard lock(mutex_);
  if (pcm.size() != samples_per_push_) return 0;
  const CodedFrame* frame = take(pcm);
  if (options_.redundancy == Redundancy::chime && ++pushes_ % kBlocksPerSecond == 0) tick_chime_policy();
  if (frame == nullptr) return 0;
  ++stats_.frames_encoded;
  return send_frame(*frame, now_us, out);
}

std::size_t AudioSender::send(const CodedFrame& frame, std::int64_t now_us, std::span<std::uint8_t> out) {
  const std::lock_guard lock(mutex_);
  stats_.total_samples_sent += frame.samples;
  ++stats_.frames_shared;
  if (options_.redundancy == Redundancy::chime) {
    for (int block = 0; block < options_.frame_ms / kBlockMs; ++block) {
      if (++pushes_ % kBlocksPerSecond == 0) tick_chime_policy();
    }
  }
  return send_frame(frame, now_us, out);
}

std::optional<opus::EncoderOptions> AudioSender::wanted_encoding() const {
  const std::lock_guard lock(mutex_);
  if (muted_ || was_muted_) return std::nullopt;
  return encoder_.encoder().options();
}

void AudioSender::follow(const FrameEncoder& shared) {
  const std::lock_guard lock(mutex_);
  encoder_.follow(shared);
}

void AudioSender::lead(FrameEncoder& shared) const {
  const std::lock_guard lock(mutex_);
  shared.follow(encoder_);
}

bool AudioSender::at_frame_start() const {
  const std::lock_guard lock(mutex_);
  return encoder_.at_frame_start();
}

bool AudioSender::begun() const {
  const std::lock_guard lock(mutex_);
  return stats_.total_samples_sent > 0;
}

// Level and speech are those of what is sent, so they are taken after muting.
const CodedFrame* AudioSender::take(std::span<const std::int16_t> pcm) {
  // There is nothing to fade from before the first block: who starts muted sends no live sound at all.
  if (stats_.total_samples_sent == 0) was_muted_ = muted_;
  resampler_.process(pcm, block_);
  if (muted_ && was_muted_) {
    std::fill(block_.begin(), block_.end(), std::int16_t{0});
  } else if (muted_ != was_muted_) {
    fade(block_, was_muted_);
  }
  was_muted_ = muted_;
  stats_.total_samples_sent += samples_per_push_ / static_cast<std::size_t>(options_.encoder.channels);
  return encoder_.push(block_, !muted_);
}

std::size_t AudioSender::send_frame(const CodedFrame& frame, std::int64_t now_us,
                                    std::span<std::uint8_t> out) {
  stats_.total_audio_energy += frame.energy;
  const rtp::Bytes payload = payload_of(frame);
  const std::size_t size = payload.empty() ? 0 : pack(payload, frame.level, now_us, out);
  // The first packet after a pause is marked (RFC 3551, section 4.1).
  if (frame.dtx) marker_ = true;
  timestamp_ += frame_timestamp_units_;
  return size;
}

// What follows the RTP header: Opus, or RED around it. Empty when nothing is to be sent.
rtp::Bytes AudioSender::payload_of(const CodedFrame& frame) {
  stats_.encode_errors += frame.failed ? 1 : 0;
  stats_.dtx_frames += frame.dtx ? 1 : 0;
  if (frame.packet.empty()) return {};
  note_frame(frame);
  if (!options_.red_payload_type) return frame.packet;
  const std::size_t red_size = red_.encode(timestamp_, frame.packet, red_buffer_);
  stats_.redundant_blocks += red_.copies();
  stats_.redundant_octets += red_.copied_size();
  return {red_buffer_.data(), red_size};
}

std::size_t AudioSender::pack(rtp::Bytes payload, rtp::AudioLevel level, std::int64_t now_us,
                              std::span<std::uint8_t> out) {
  const auto level_octet = rtp::write_audio_level(level);
  const auto send_time = rtp::write_abs_send_time(now_us);
  const auto transport_sequence = rtp::write_transport_sequence_number(transport_sequence_);
  std::array<rtp::ExtensionElement, 5> elements;
  std::size_t count = 0;
  const auto add = [&](std::uint8_t id, rtp::Bytes data) {
    if (id != 0) elements[count++] = {id, data};
  };
  if (!options_.mid.empty()) {
    add(options_.mid_id, {reinterpret_cast<const std::uint8_t*>(options_.mid.data()), options_.mid.size()});
  }
  add(options_.audio_level_id, level_octet);
  add(options_.abs_send_time_id, send_time);
  add(options_.transport_sequence_id, transport_sequence);
  if (contributors_ > 0) {
    add(options_.csrc_audio_level_id, rtp::Bytes(csrc_levels_.data(), contributors_));
  }

  const rtp::Header header{marker_, options_.red_payload_type.value_or(options_.opus_payload_type),
                           sequence_number_, timestamp_, options_.ssrc};
  const auto size = rtp::pack_packet(
      header, payload,
      {.csrcs = std::span(csrcs_).first(contributors_), .extensions = std::span(elements).first(count)}, out);
  if (!size) return 0;
  ++transport_sequence_;
  ++sequence_number_;
  marker_ = false;
  ++stats_.packets_sent;
  stats_.payload_octets_sent += payload.size();
  stats_.header_octets_sent += *size - payload.size();
  return *size;
}

// Whether packets carry in-band FEC decides where copies go.
void AudioSender::note_frame(const CodedFrame& frame) {
  if (!frame.active) return;
  ++stats_.active_frames;
  const bool lbrr = frame.lbrr;
  stats_.lbrr_frames += lbrr ? 1 : 0;
  const bool had_lbrr = lbrr_share_ > kLbrrShare;
  lbrr_share_ = kLbrrShareKeep * lbrr_share_ + (1 - kLbrrShareKeep) * (lbrr ? 1 : 0);
  if (had_lbrr != (lbrr_share_ > kLbrrShare)) apply_plan();
}

void AudioSender::on_report(const LossReport& report, std::optional<std::int64_t> packets_lost) {
  const std::lock_guard lock(mutex_);
  LossReport known = report;
  known.fraction_lost = std::clamp(report.fraction_lost, 0.0, 1.0);
  known.packets_expected =
      static_cast<int>(std::min<std::uint64_t>(stats_.packets_sent - packets_at_report_, 1000));
  if (known.packets_expected == 0) known.packets_expected = 1000 / options_.frame_ms;
  reported_packets_lost_ = packets_lost.value_or(
      reported_packets_lost_ + static_cast<std::int64_t>(known.fraction_lost * known.packets_expected + 0.5));
  packets_at_report_ = stats_.packets_sent;
  report_ms_ = kChimeClockOriginMs + pushes_ * kBlockMs;

  ++stats_.reports_received;
  stats_.fraction_lost = known.fraction_lost;
  if (report.rtt_ms) stats_.round_trip_ms = *report.rtt_ms;
  loss_policy_.on_report(known);
  apply_plan();
}

// The SDK looks at the statistics once a second, whenever reports come.
void AudioSender::tick_chime_policy() {
  const auto report_ms = report_ms_ > 0 ? std::optional(report_ms_) : std::nullopt;
  const auto decision =
      chime_policy_.update(kChimeClockOriginMs + pushes_ * kBlockMs,
                           static_cast<std::int64_t>(stats_.packets_sent), report_ms, reported_packets_lost_);
  if (decision.enabled) red_.set_enabled(*decision.enabled);
  if (decision.copies) {
    set_offsets(std::span(RedEncoder::kChimeOffsets).first(static_cast<std::size_t>(*decision.copies)));
  }
}

void AudioSender::apply_plan() {
  const int bitrate_bps = bitrate_bps_;
  RedundancyPlan plan = loss_policy_.plan(lbrr_share_ > kLbrrShare, bitrate_bps, options_.frame_ms);
  opus::Encoder& encoder = encoder_.encoder();
  const auto& current = encoder.options();
  if (plan.expected_loss_percent != current.expected_loss_percent)
    encoder.set_expected_loss(plan.expected_loss_percent);
  const bool adaptive = options_.redundancy == Redundancy::adaptive;
  const int target_bps = adaptive ? bitrate_bps / 100 * plan.bitrate_percent : bitrate_bps;
  if (target_bps != current.bitrate_bps) encoder.set_bitrate(target_bps);
  plan_ = plan;
  if (!adaptive || !options_.red_payload_type) return;

  std::array<CopyOffset, RedEncoder::kMaxCopies> offsets;
  std::size_t count = 0;
  for (const std::uint32_t distance : plan.used()) {
    const std::uint32_t offset = distance * frame_timestamp_units_;
    const std::uint32_t fallback = offset + frame_timestamp_units_;
    if (offset > rtp::kMaxRedTimestampOffset) continue;
    offsets[count++] = {offset, fallback <= rtp::kMaxRedTimestampOffset ? fallback : 0};
  }
  set_offsets(std::span(offsets).first(count));
}

void AudioSender::set_offsets(std::span<const CopyOffset> offsets) {
  red_.set_offsets(offsets);
  stats_.copies = offsets.size();
  stats_.copy_offsets = {};
  std::transform(offsets.begin(), offsets.end(), stats_.copy_offsets.begin(),
                 [](const CopyOffset& copy) { return copy.offset; });
}

void AudioSender::set_contributors(std::span<const Contributor> contributors) {
  const std::lock_guard lock(mutex_);
  contributors_ = std::min(contributors.size(), kMaxContributors);
  for (std::size_t n = 0; n < contributors_; ++n) {
    csrcs_[n] = contributors[n].csrc;
    csrc_levels_[n] = std::min<std::uint8_t>(contributors[n].level, 127);
  }
}

void AudioSender::set_muted(bool muted) {
  const std::lock_guard lock(mutex_);
  muted_ = muted;
}

bool AudioSender::muted() const {
  const std::lock_guard lock(mutex_);
  return muted_;
}

void AudioSender::set_bitrate(int bps) {
  const std::lock_guard lock(mutex_);
  encoder_.encoder().set_bitrate(bps);
  bitrate_bps_ = bps;
  apply_plan();
}

int AudioSender::bitrate() const {
  const std::lock_guard lock(mutex_);
  return bitrate_bps_;
}

SenderInfo AudioSender::sender_info() const {
  const std::lock_guard lock(mutex_);
  return {timestamp_, static_cast<std::uint32_t>(stats_.packets_sent),
          static_cast<std::uint32_t>(stats_.payload_octets_sent)};
}

AudioSenderStats AudioSender::stats() const {
  const std::lock_guard lock(mutex_);
  AudioSenderStats stats = stats_;
  stats.policy_loss =
      options_.redundancy == Redundancy::chime ? chime_policy_.loss_percent() / 100 : loss_policy_.loss();
  stats.burst_packets = loss_policy_.burst_packets();
  stats.congested = loss_policy_.congested();
  stats.target_bitrate_bps = encoder_.encoder().options().bitrate_bps;
  stats.expected_loss_percent = encoder_.encoder().options().expected_loss_percent;
  return stats;
}

}  // namespace chime::stream
