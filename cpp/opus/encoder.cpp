#include "opus/encoder.hpp"

#include <opus.h>

#include <array>
#include <cstring>
#include <stdexcept>
#include <string>

namespace chime::opus {

namespace {

constexpr int to_libopus(Application application) {
  switch (application) {
    case Application::voip:
      return OPUS_APPLICATION_VOIP;
    case Application::audio:
      return OPUS_APPLICATION_AUDIO;
    case Application::low_delay:
      break;
  }
  return OPUS_APPLICATION_RESTRICTED_LOWDELAY;
}

constexpr int to_libopus(Bandwidth bandwidth) {
  constexpr std::array<int, 5> kBandwidths{OPUS_BANDWIDTH_NARROWBAND, OPUS_BANDWIDTH_MEDIUMBAND,
                                           OPUS_BANDWIDTH_WIDEBAND, OPUS_BANDWIDTH_SUPERWIDEBAND,
                                           OPUS_BANDWIDTH_FULLBAND};
  return kBandwidths[static_cast<std::size_t>(bandwidth)];
}

void require(const char* doing, int result) {
  if (result != OPUS_OK) throw Error(doing, result);
}

void require_range(const char* name, int value, int low, int high) {
  if (value >= low && value <= high) return;
  throw std::invalid_argument(std::string(name) + " must be " + std::to_string(low) + " to " +
                              std::to_string(high) + ", got " + std::to_string(value));
}

}  // namespace

void Encoder::Destroy::operator()(::OpusEncoder* encoder) const { opus_encoder_destroy(encoder); }

Encoder::Encoder(const EncoderOptions& options) : options_(options) {
  require_format(options.sample_rate, options.channels);
  int error = OPUS_OK;
  encoder_.reset(
      opus_encoder_create(options.sample_rate, options.channels, to_libopus(options.application), &error));
  require("cannot make an Opus encoder", error);
  apply_options();
}

void Encoder::apply_options() {
  set_bitrate(options_.bitrate_bps);
  set_complexity(options_.complexity);
  set_dtx(options_.dtx);
  set_fec(options_.fec);
  set_expected_loss(options_.expected_loss_percent);
  const Bandwidth widest = options_.max_bandwidth.value_or(Bandwidth::full);
  require("Opus bandwidth", opus_encoder_ctl(encoder_.get(), OPUS_SET_MAX_BANDWIDTH(to_libopus(widest))));
}

Encoder::Encoder(Encoder&&) noexcept = default;
Encoder& Encoder::operator=(Encoder&&) noexcept = default;
Encoder::~Encoder() = default;

int Encoder::encode(std::span<const std::int16_t> pcm, std::span<std::uint8_t> out) {
  const int frames = static_cast<int>(pcm.size()) / options_.channels;
  return opus_encode(encoder_.get(), pcm.data(), frames, out.data(), static_cast<opus_int32>(out.size()));
}

int Encoder::encode(std::span<const float> pcm, std::span<std::uint8_t> out) {
  const int frames = static_cast<int>(pcm.size()) / options_.channels;
  return opus_encode_float(encoder_.get(), pcm.data(), frames, out.data(),
                           static_cast<opus_int32>(out.size()));
}

void Encoder::set_bitrate(int bps) {
  require_range("bitrate", bps, kMinBitrateBps, kMaxBitrateBps);
  require("Opus bitrate", opus_encoder_ctl(encoder_.get(), OPUS_SET_BITRATE(bps)));
  options_.bitrate_bps = bps;
}

void Encoder::set_complexity(int complexity) {
  require_range("complexity", complexity, 0, 10);
  require("Opus complexity", opus_encoder_ctl(encoder_.get(), OPUS_SET_COMPLEXITY(complexity)));
  options_.complexity = complexity;
}

void Encoder::set_dtx(bool on) {
  require("Opus DTX", opus_encoder_ctl(encoder_.get(), OPUS_SET_DTX(on ? 1 : 0)));
  options_.dtx = on;
}

void Encoder::set_fec(bool on) {
  require("Opus FEC", opus_encoder_ctl(encoder_.get(), OPUS_SET_INBAND_FEC(on ? 1 : 0)));
  options_.fec = on;
}

void Encoder::set_expected_loss(int percent) {
  require_range("expected loss in percent", percent, 0, 100);
  require("Opus expected loss", opus_encoder_ctl(encoder_.get(), OPUS_SET_PACKET_LOSS_PERC(percent)));
  options_.expected_loss_percent = percent;
}

void Encoder::set_prediction(bool on) {
  require("Opus prediction", opus_encoder_ctl(encoder_.get(), OPUS_SET_PREDICTION_DISABLED(on ? 0 : 1)));
}

// The state of an encoder is one block without pointers into itself, made to be copied (opus.h,
// opus_encoder).
void Encoder::follow(const Encoder& other) {
  const EncoderOptions& theirs = other.options_;
  if (theirs.sample_rate != options_.sample_rate || theirs.channels != options_.channels ||
      theirs.application != options_.application) {
    throw std::invalid_argument(
        "an encoder can only follow one of its own sample rate, channels and application");
  }
  const auto size = static_cast<std::size_t>(opus_encoder_get_size(options_.channels));
  std::memcpy(encoder_.get(), other.encoder_.get(), size);
  apply_options();
}

void Encoder::reset() { opus_encoder_ctl(encoder_.get(), OPUS_RESET_STATE); }

int Encoder::lookahead() const {
  opus_int32 samples = 0;
  opus_encoder_ctl(encoder_.get(), OPUS_GET_LOOKAHEAD(&samples));
  return samples;
}

}  // namespace chime::opus
