#include <doctest/doctest.h>
#include <opus.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <numbers>
#include <vector>

#include "opus/decoder.hpp"
#include "opus/encoder.hpp"

using namespace chime::opus;

namespace {

constexpr std::size_t kFrame = 960;

// A harmonic sound with a syllable's swell, so that SILK takes it for voice.
std::vector<std::int16_t> voice(std::size_t start) {
  std::vector<std::int16_t> pcm(kFrame);
  for (std::size_t i = 0; i < kFrame; ++i) {
    const double t = static_cast<double>(start + i) / kSampleRate;
    double sum = 0;
    for (int harmonic = 1; harmonic <= 12; ++harmonic) {
      sum += std::sin(2 * std::numbers::pi * 130 * harmonic * t) / harmonic;
    }
    pcm[i] = static_cast<std::int16_t>(5000 * sum * (0.6 + 0.4 * std::sin(2 * std::numbers::pi * 3 * t)));
  }
  return pcm;
}

double rms(std::span<const std::int16_t> pcm) {
  double sum = 0;
  for (const auto sample : pcm) sum += static_cast<double>(sample) * sample;
  return std::sqrt(sum / static_cast<double>(pcm.size()));
}

}  // namespace

TEST_CASE("voice survives encoding, a loss is mended by FEC and a gap is concealed") {
  Encoder encoder({.bitrate_bps = 40000, .fec = true, .expected_loss_percent = 10});
  Decoder decoder(kSampleRate, 1);
  std::array<std::uint8_t, Encoder::kMaxPacketSize> buffer;
  std::vector<std::vector<std::uint8_t>> packets;
  for (std::size_t n = 0; n < 50; ++n) {
    const int size = encoder.encode(voice(n * kFrame), buffer);
    REQUIRE(size > 2);
    packets.emplace_back(buffer.begin(), buffer.begin() + size);
  }
  std::array<std::int16_t, kMaxPacketSamples> out;
  const int frame = static_cast<int>(kFrame);
  for (std::size_t n = 0; n < 40; ++n) REQUIRE(decoder.decode(packets[n], out) == frame);
  const double level = rms(std::span(out).first(kFrame));
  CHECK(level > 1000);

  REQUIRE(has_lbrr(Bytes(packets[41])));
  REQUIRE(decoder.decode_fec(packets[41], frame, out) == frame);
  CHECK(rms(std::span(out).first(kFrame)) > level / 2);
  REQUIRE(decoder.decode(packets[41], out) == frame);
  REQUIRE(decoder.conceal(frame, out) == frame);
  CHECK(rms(std::span(out).first(kFrame)) > level / 4);
  CHECK(decoder.pitch() >= 0);
}

TEST_CASE("decoding refuses what does not fit and what is no packet") {
  Decoder decoder(kSampleRate, 2);
  std::array<std::int16_t, 960> short_out;  // 10 ms stereo
  const std::vector<std::uint8_t> packet{9 << 3, 1, 2, 3};
  CHECK(decoder.decode(packet, short_out) < 0);
  CHECK(decoder.decode({}, short_out) < 0);
  CHECK(decoder.conceal(960, short_out) < 0);
  CHECK(decoder.conceal(0, short_out) < 0);
  CHECK(decoder.decode_fec({}, 480, short_out) < 0);
  CHECK(decoder.conceal(480, short_out) == 480);
  CHECK(describe(decoder.decode({}, short_out)) != nullptr);
}

TEST_CASE("options out of range are refused") {
  CHECK_THROWS_AS(Decoder(44100, 1), std::invalid_argument);
  CHECK_THROWS_AS(Encoder({.channels = 3}), std::invalid_argument);
  CHECK_THROWS_AS(Encoder({.bitrate_bps = 0}), std::invalid_argument);
  CHECK_THROWS_AS(Encoder({.complexity = 11}), std::invalid_argument);
  Encoder encoder({});
  CHECK_THROWS_AS(encoder.set_expected_loss(101), std::invalid_argument);
  CHECK(encoder.options().expected_loss_percent == 0);
  CHECK(encoder.lookahead() == 312);
}

TEST_CASE("a resolved bandwidth limits what is coded") {
  Encoder encoder(
      {.application = Application::audio, .bitrate_bps = 96000, .max_bandwidth = Bandwidth::wide});
  std::array<std::uint8_t, Encoder::kMaxPacketSize> buffer;
  for (std::size_t n = 0; n < 5; ++n) {
    const int size = encoder.encode(voice(n * kFrame), buffer);
    REQUIRE(size > 0);
    CHECK(read_toc(buffer[0]).bandwidth() <= Bandwidth::wide);
  }
}

TEST_CASE("decoding gives the samples of opus_decode(), of clipping sound as well") {
  for (const double gain : {0.5, 1.0, 6.0}) {
    CAPTURE(gain);
    Encoder encoder({.bitrate_bps = 24000, .fec = true, .expected_loss_percent = 20});
    Decoder decoder(kSampleRate, 2);
    int error = 0;
    const std::unique_ptr<OpusDecoder, void (*)(OpusDecoder*)> library(
        opus_decoder_create(kSampleRate, 2, &error), opus_decoder_destroy);
    std::array<std::uint8_t, Encoder::kMaxPacketSize> buffer;
    std::array<std::int16_t, 2 * kMaxPacketSamples> ours;
    std::array<std::int16_t, 2 * kMaxPacketSamples> theirs;
    const int frame = static_cast<int>(kFrame);
    int full_scale = 0;
    for (std::size_t n = 0; n < 60; ++n) {
      auto pcm = voice(n * kFrame);
      for (auto& sample : pcm)
        sample = static_cast<std::int16_t>(std::clamp(gain * sample, -32768.0, 32767.0));
      const int size = encoder.encode(pcm, buffer);
      REQUIRE(size > 2);
      const Bytes packet = Bytes(buffer).first(static_cast<std::size_t>(size));
      const auto same = [&](int got, int wanted) {
        REQUIRE(got == wanted);
        REQUIRE(std::equal(ours.begin(), ours.begin() + 2 * got, theirs.begin()));
        for (int i = 0; i < 2 * got; ++i) full_scale += ours[static_cast<std::size_t>(i)] == 32767 ? 1 : 0;
      };
      if (n % 10 == 7) {
        same(decoder.conceal(frame, ours), opus_decode(library.get(), nullptr, 0, theirs.data(), frame, 0));
        continue;
      }
      if (n % 10 == 8) {
        same(decoder.decode_fec(packet, frame, ours),
             opus_decode(library.get(), packet.data(), size, theirs.data(), frame, 1));
      }
      same(decoder.decode(packet, ours),
           opus_decode(library.get(), packet.data(), size, theirs.data(), kMaxPacketSamples, 0));
    }
    CHECK((full_scale > 0) == (gain > 5));
  }
}

TEST_CASE("a decoder goes back to a saved state, soft clipping included") {
  Encoder encoder({.bitrate_bps = 32000});
  Decoder decoder(kSampleRate, 1);
  std::array<std::uint8_t, Encoder::kMaxPacketSize> buffer;
  std::vector<std::byte> state(decoder.state_size());
  std::array<std::int16_t, kMaxPacketSamples> first;
  std::array<std::int16_t, kMaxPacketSamples> again;
  for (std::size_t n = 0; n < 20; ++n) {
    auto pcm = voice(n * kFrame);
    for (auto& sample : pcm) sample = static_cast<std::int16_t>(std::clamp(6.0 * sample, -32768.0, 32767.0));
    const int size = encoder.encode(pcm, buffer);
    const Bytes packet = Bytes(buffer).first(static_cast<std::size_t>(size));
    decoder.save(state);
    REQUIRE(decoder.decode(packet, first) == static_cast<int>(kFrame));
    decoder.restore(state);
    REQUIRE(decoder.decode(packet, again) == static_cast<int>(kFrame));
    CHECK(std::equal(first.begin(), first.begin() + kFrame, again.begin()));
  }
}
