#include "opus/decoder.hpp"

#include <opus.h>

#include <algorithm>
#include <cstring>

namespace chime::opus {

namespace {

// libopus reads an empty packet as "lost"; that is what conceal() is for.
int length(rtp::Bytes packet) { return static_cast<int>(packet.size()); }

}  // namespace

void Decoder::Destroy::operator()(::OpusDecoder* decoder) const { opus_decoder_destroy(decoder); }

Decoder::Decoder(int sample_rate, int channels) : sample_rate_(sample_rate), channels_(channels) {
  require_format(sample_rate, channels);
  int error = OPUS_OK;
  decoder_.reset(opus_decoder_create(sample_rate, channels, &error));
  if (error != OPUS_OK) throw Error("cannot make an Opus decoder", error);
}

Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;
Decoder::~Decoder() = default;

int Decoder::decode(rtp::Bytes packet, std::span<std::int16_t> out) {
  if (packet.empty()) return OPUS_INVALID_PACKET;
  return opus_decode(decoder_.get(), packet.data(), length(packet), out.data(), room(out), 0);
}

int Decoder::decode(rtp::Bytes packet, std::span<float> out) {
  if (packet.empty()) return OPUS_INVALID_PACKET;
  return opus_decode_float(decoder_.get(), packet.data(), length(packet), out.data(), room(out), 0);
}

int Decoder::decode_fec(rtp::Bytes following, int frames, std::span<std::int16_t> out) {
  if (following.empty()) return OPUS_INVALID_PACKET;
  if (frames <= 0 || frames > room(out)) return OPUS_BUFFER_TOO_SMALL;
  return opus_decode(decoder_.get(), following.data(), length(following), out.data(), frames, 1);
}

int Decoder::conceal(int frames, std::span<std::int16_t> out) {
  if (frames <= 0 || frames > room(out)) return OPUS_BUFFER_TOO_SMALL;
  return opus_decode(decoder_.get(), nullptr, 0, out.data(), frames, 0);
}

void Decoder::reset() { opus_decoder_ctl(decoder_.get(), OPUS_RESET_STATE); }

std::size_t Decoder::state_size() const { return static_cast<std::size_t>(opus_decoder_get_size(channels_)); }

void Decoder::save(std::span<std::byte> state) const {
  std::memcpy(state.data(), decoder_.get(), std::min(state.size(), state_size()));
}

void Decoder::restore(std::span<const std::byte> state) {
  std::memcpy(decoder_.get(), state.data(), std::min(state.size(), state_size()));
}

int Decoder::pitch() const {
  opus_int32 pitch = 0;
  opus_decoder_ctl(decoder_.get(), OPUS_GET_PITCH(&pitch));
  return pitch;
}

}  // namespace chime::opus
