#include "stream/shared_encodes.hpp"

#include <algorithm>

namespace chime::stream {

namespace {

// Below this level (-dBov) what an encoder remembers makes no sound that anybody hears.
constexpr std::uint8_t kQuietLevel = 60;
// After so long without a pause, 1 s, a frame is made independent. Not at once: who has just said something
// often says more.
constexpr int kPatienceTicks = 100;
// Listeners differ a little in loss; in steps they share. Rounded up, to more robustness. Up to the first
// step each percent counts: libopus chooses SILK with FEC over CELT from somewhere between 1 and 8 % on, by
// how much the sound is like a voice (opus_encoder.c).
constexpr int kLossStepPercent = 8;

opus::EncoderOptions in_steps(opus::EncoderOptions options) {
  int& percent = options.expected_loss_percent;
  if (percent > kLossStepPercent) {
    percent = std::min((percent + kLossStepPercent - 1) / kLossStepPercent * kLossStepPercent, 100);
  }
  return options;
}

}  // namespace

SharedEncodes::SharedEncodes(int sample_rate, int channels)
    : channels_(static_cast<std::size_t>(channels)),
      silence_(static_cast<std::size_t>(sample_rate / 100 * channels)),
      mono_(static_cast<std::size_t>(sample_rate / 100)) {
  encodes_.reserve(kMaxEncodes);
}

std::size_t SharedEncodes::find(SharedSound sound, const opus::EncoderOptions& options,
                                int frame_ms) const noexcept {
  for (std::size_t i = 0; i < encodes_.size(); ++i) {
    const Encode& encode = encodes_[i];
    if (encode.seats > 0 && encode.sound == sound && encode.options == options &&
        encode.coder->frame_ms() == frame_ms && encode.coder->at_frame_start()) {
      return i;
    }
  }
  return kNone;
}

std::size_t SharedEncodes::open(SharedSound sound, const opus::EncoderOptions& options, int frame_ms) {
  const auto fits = [&](const Encode& encode) {
    const opus::EncoderOptions& made = encode.coder->encoder().options();
    return encode.seats == 0 && encode.coder->frame_ms() == frame_ms &&
           made.sample_rate == options.sample_rate && made.channels == options.channels &&
           made.application == options.application && made.max_bandwidth == options.max_bandwidth;
  };
  auto found = std::find_if(encodes_.begin(), encodes_.end(), fits);
  if (found == encodes_.end()) {
    if (encodes_.size() == kMaxEncodes) return kNone;
    found = encodes_.emplace(encodes_.end());
    found->coder = std::make_unique<FrameEncoder>(options, frame_ms);
  }
  found->sound = sound;
  found->options = options;
  opus::Encoder& encoder = found->coder->encoder();
  encoder.set_bitrate(options.bitrate_bps);
  encoder.set_complexity(options.complexity);
  encoder.set_dtx(options.dtx);
  encoder.set_fec(options.fec);
  encoder.set_expected_loss(options.expected_loss_percent);
  return static_cast<std::size_t>(found - encodes_.begin());
}

void SharedEncodes::sit(Seat& seat, std::size_t encode) noexcept {
  leave(seat);
  seat.encode = encode;
  ++encodes_[encode].seats;
}

void SharedEncodes::leave(Seat& seat) noexcept {
  if (seat.encode != kNone) --encodes_[seat.encode].seats;
  seat = {};
}

void SharedEncodes::choose(Seat& seat, std::optional<SharedSound> sound, AudioSender& sender) {
  const auto wanted = sound ? sender.wanted_encoding() : std::nullopt;
  if (seat.encode != kNone && (!wanted || encodes_[seat.encode].sound != *sound)) {
    sender.follow(*encodes_[seat.encode].coder);
    leave(seat);
  }
  if (!wanted) {
    seat.waiting_ticks = 0;
  } else if (seat.encode == kNone) {
    come(seat, *sound, in_steps(*wanted), sender);
  } else {
    change(seat, in_steps(*wanted));
  }
}

void SharedEncodes::come(Seat& seat, SharedSound sound, const opus::EncoderOptions& options,
                         const AudioSender& sender) {
  ++seat.waiting_ticks;
  if (!sender.at_frame_start()) return;
  const int frame_ms = sender.options().frame_ms;
  const std::size_t found = find(sound, options, frame_ms);
  if (found == kNone) {
    const std::size_t opened = open(sound, options, frame_ms);
    if (opened == kNone) return;
    sender.lead(*encodes_[opened].coder);
    sit(seat, opened);
    return;
  }
  FrameEncoder& coder = *encodes_[found].coder;
  if (sender.begun() && coder.last().level.level < kQuietLevel) {
    if (seat.waiting_ticks < kPatienceTicks) return;
    coder.make_next_independent();
  }
  sit(seat, found);
}

// To another coding of the same sound, between two frames.
void SharedEncodes::change(Seat& seat, const opus::EncoderOptions& options) {
  const Encode& from = encodes_[seat.encode];
  if (from.options == options || !from.coder->at_frame_start()) return;
  std::size_t to = find(from.sound, options, from.coder->frame_ms());
  if (to != kNone) {
    encodes_[to].coder->make_next_independent();
  } else {
    to = open(from.sound, options, from.coder->frame_ms());
    if (to == kNone) return;
    encodes_[to].coder->follow(*encodes_[seat.encode].coder);
  }
  sit(seat, to);
}

std::span<const std::int16_t> SharedEncodes::fitted(std::span<const std::int16_t> sound, int channels) {
  if (static_cast<std::size_t>(channels) == channels_) return sound;
  for (std::size_t i = 0; i < mono_.size(); ++i) {
    mono_[i] = static_cast<std::int16_t>((sound[2 * i] + sound[2 * i + 1]) / 2);
  }
  return mono_;
}

void SharedEncodes::encode(std::span<const std::int16_t> mix_of_all) {
  for (Encode& encode : encodes_) {
    encode.frame = nullptr;
    if (encode.seats == 0) continue;
    const bool silent = encode.sound == SharedSound::silence;
    const int channels = encode.options.channels;
    encode.frame =
        encode.coder->push(fitted(silent ? std::span<const std::int16_t>(silence_) : mix_of_all, channels));
  }
}

std::size_t SharedEncodes::send(const Seat& seat, std::span<const std::int16_t> sound, AudioSender& sender,
                                std::int64_t now_us, std::span<std::uint8_t> out) {
  if (seat.encode == kNone) return sender.push(fitted(sound, sender.options().encoder.channels), now_us, out);
  const CodedFrame* frame = encodes_[seat.encode].frame;
  return frame == nullptr ? 0 : sender.send(*frame, now_us, out);
}

std::size_t SharedEncodes::in_use() const noexcept {
  return static_cast<std::size_t>(
      std::count_if(encodes_.begin(), encodes_.end(), [](const Encode& encode) { return encode.seats > 0; }));
}

}  // namespace chime::stream
