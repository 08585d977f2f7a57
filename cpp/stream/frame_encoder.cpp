#include "stream/frame_encoder.hpp"

#include <algorithm>
#include <cmath>

#include "audio/level.hpp"
#include "opus/packet.hpp"

namespace chime::stream {

namespace {

constexpr int kBlockMs = 10;
constexpr int kBlocksPerSecond = 100;
// What libopus makes of a frame that need not be sent (opus_encode in opus.h).
constexpr std::size_t kMaxDtxSize = 2;

}  // namespace

FrameEncoder::FrameEncoder(const opus::EncoderOptions& options, int frame_ms)
    : frame_ms_(frame_ms),
      block_samples_(static_cast<std::size_t>(options.sample_rate / kBlocksPerSecond * options.channels)),
      encoder_(options),
      speech_(options.sample_rate, options.channels),
      frame_(block_samples_ * static_cast<std::size_t>(frame_ms / kBlockMs)) {}

const CodedFrame* FrameEncoder::push(std::span<const std::int16_t> block, bool may_be_voice) {
  std::copy(block.begin(), block.end(), frame_.begin() + static_cast<std::ptrdiff_t>(fill_));
  const bool voice = speech_.push(block);
  has_voice_ |= voice && may_be_voice;
  fill_ += block_samples_;
  if (fill_ < frame_.size()) return nullptr;
  encode();
  fill_ = 0;
  has_voice_ = false;
  return &coded_;
}

void FrameEncoder::encode() {
  const auto level = audio::measure_level(frame_);
  coded_ = {};
  coded_.level = {level.rfc6464, has_voice_};
  // Squared amplitude is what dBov is the logarithm of.
  coded_.energy = std::pow(10.0, level.rms_dbov / 10.0) * frame_ms_ / 1000;
  coded_.samples = frame_.size() / static_cast<std::size_t>(encoder_.options().channels);
  if (independent_) encoder_.set_prediction(false);
  const int size = encoder_.encode(std::span<const std::int16_t>(frame_), buffer_);
  if (independent_) encoder_.set_prediction(true);
  independent_ = false;
  coded_.failed = size <= 0;
  if (coded_.failed) return;
  const rtp::Bytes packet(buffer_.data(), static_cast<std::size_t>(size));
  coded_.dtx = encoder_.options().dtx && packet.size() <= kMaxDtxSize;
  // Without the first, a receiver could not tell the pause from loss.
  const bool told = coded_.dtx && in_pause_;
  in_pause_ = coded_.dtx;
  if (told) return;
  coded_.packet = packet;
  if (coded_.dtx) return;
  coded_.active = opus::worth_repeating(packet);
  coded_.lbrr = coded_.active && opus::has_lbrr(packet);
}

void FrameEncoder::follow(const FrameEncoder& other) {
  encoder_.follow(other.encoder_);
  speech_ = other.speech_;
  std::copy(other.frame_.begin(), other.frame_.end(), frame_.begin());
  fill_ = other.fill_;
  has_voice_ = other.has_voice_;
  in_pause_ = other.in_pause_;
}

}  // namespace chime::stream
