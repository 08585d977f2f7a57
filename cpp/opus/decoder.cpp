#include "opus/decoder.hpp"

#include <opus.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "opus/packet.hpp"

namespace chime::opus {

namespace {

// From this complexity on a libopus that has deep packet-loss concealment uses it (1.5 and newer; those
// before refuse the request). The next step, 6, would also alter what has come.
constexpr int kDeepConcealment = 5;

// libopus reads an empty packet as "lost"; that is what conceal() is for.
int length(rtp::Bytes packet) { return static_cast<int>(packet.size()); }

constexpr float kFullScale = 32768.0F;
// The largest magnitude that rounds to less than full scale.
constexpr float kFits = 32767.49F / kFullScale;

// Converts, rounding to nearest, ties to even; false when something did not fit, and then `to` has no
// meaning. Adding 1.5 * 2^23 leaves the integer in the low bits of the mantissa, which vectorises on any
// target.
bool to_int16(const float* __restrict from, std::int16_t* __restrict to, std::size_t count) {
  constexpr float shift = 12582912.0F;
  std::int32_t most = 0;
  for (std::size_t i = 0; i < count; ++i) {
    most = std::max(most, std::bit_cast<std::int32_t>(from[i]) & 0x7FFFFFFF);
    to[i] = static_cast<std::int16_t>(std::bit_cast<std::int32_t>(from[i] * kFullScale + shift));
  }
  return most <= std::bit_cast<std::int32_t>(kFits);
}

void clamp_to_int16(const float* from, std::int16_t* to, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const float held = std::clamp(from[i] * kFullScale, -kFullScale, kFullScale - 1);
    to[i] = static_cast<std::int16_t>(std::lrintf(held));
  }
}

bool library_is_fixed_point() {
  static const bool fixed = std::strstr(opus_get_version_string(), "fixed") != nullptr;
  return fixed;
}

}  // namespace

void Decoder::Destroy::operator()(::OpusDecoder* decoder) const { opus_decoder_destroy(decoder); }

Decoder::Decoder(int sample_rate, int channels) : sample_rate_(sample_rate), channels_(channels) {
  require_format(sample_rate, channels);
  int error = OPUS_OK;
  decoder_.reset(opus_decoder_create(sample_rate, channels, &error));
  if (error != OPUS_OK) throw Error("cannot make an Opus decoder", error);
  deep_concealment_ = opus_decoder_ctl(decoder_.get(), OPUS_SET_COMPLEXITY(kDeepConcealment)) == OPUS_OK;
}

Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;
Decoder::~Decoder() = default;

// What opus_decode() does, faster: libopus decodes to floats, passes each through its soft clipping and
// converts them one by one. Nearly always there is nothing to clip.
int Decoder::decode_int16(rtp::Bytes packet, std::span<std::int16_t> out, int frames, int fec) {
  const unsigned char* data = packet.empty() ? nullptr : packet.data();
  if (frames > kMaxPacketSamples || library_is_fixed_point()) {
    return opus_decode(decoder_.get(), data, length(packet), out.data(), frames, fec);
  }
  std::array<float, 2 * kMaxPacketSamples> pcm;
  const int got = opus_decode_float(decoder_.get(), data, length(packet), pcm.data(), frames, fec);
  if (got <= 0) return got;
  const auto samples = static_cast<std::size_t>(got * channels_);
  const bool clipping = std::ranges::any_of(soft_clip_memory_, [](float value) { return value != 0; });
  if (clipping || !to_int16(pcm.data(), out.data(), samples)) {
    opus_pcm_soft_clip(pcm.data(), got, channels_, soft_clip_memory_.data());
    clamp_to_int16(pcm.data(), out.data(), samples);
  }
  return got;
}

int Decoder::decode(rtp::Bytes packet, std::span<std::int16_t> out) {
  if (packet.empty()) return OPUS_INVALID_PACKET;
  return decode_int16(packet, out, std::min(room(out), kMaxPacketSamples), 0);
}

int Decoder::decode(rtp::Bytes packet, std::span<float> out) {
  if (packet.empty()) return OPUS_INVALID_PACKET;
  return opus_decode_float(decoder_.get(), packet.data(), length(packet), out.data(), room(out), 0);
}

int Decoder::decode_fec(rtp::Bytes following, int frames, std::span<std::int16_t> out) {
  if (following.empty()) return OPUS_INVALID_PACKET;
  if (frames <= 0 || frames > room(out)) return OPUS_BUFFER_TOO_SMALL;
  return decode_int16(following, out, frames, 1);
}

int Decoder::conceal(int frames, std::span<std::int16_t> out) {
  if (frames <= 0 || frames > room(out)) return OPUS_BUFFER_TOO_SMALL;
  return decode_int16({}, out, frames, 0);
}

void Decoder::reset() {
  opus_decoder_ctl(decoder_.get(), OPUS_RESET_STATE);
  soft_clip_memory_.fill(0);
}

std::size_t Decoder::library_state_size() const {
  return static_cast<std::size_t>(opus_decoder_get_size(channels_));
}

std::size_t Decoder::state_size() const { return library_state_size() + sizeof soft_clip_memory_; }

void Decoder::save(std::span<std::byte> state) const {
  std::memcpy(state.data(), &soft_clip_memory_, sizeof soft_clip_memory_);
  std::memcpy(&state[sizeof soft_clip_memory_], decoder_.get(), library_state_size());
}

void Decoder::restore(std::span<const std::byte> state) {
  std::memcpy(&soft_clip_memory_, state.data(), sizeof soft_clip_memory_);
  std::memcpy(decoder_.get(), &state[sizeof soft_clip_memory_], library_state_size());
}

int Decoder::pitch() const {
  opus_int32 pitch = 0;
  opus_decoder_ctl(decoder_.get(), OPUS_GET_PITCH(&pitch));
  return pitch;
}

}  // namespace chime::opus
