#include "audio/mixer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>
#include <vector>

using chime::audio::Mixer;

namespace {

constexpr int kRate = 16000;

void say(Mixer& mixer, Mixer::Slot slot, std::int16_t value) { std::ranges::fill(mixer.write(slot), value); }

std::int16_t last(const Mixer& mixer, Mixer::Slot slot) { return mixer.output(slot).back(); }

}  // namespace

TEST_CASE("everyone hears the others and not the own group") {
  Mixer mixer(kRate, 1);
  const auto alice = mixer.add(1);
  const auto bob = mixer.add(2);
  const auto bobs_screen = mixer.add(2);
  const auto carol = mixer.add(3);  // only listens
  for (int i = 0; i < 2; ++i) {
    say(mixer, alice, 10);
    say(mixer, bob, 100);
    say(mixer, bobs_screen, 1000);
    mixer.mix();
  }
  CHECK(last(mixer, alice) == 1100);
  CHECK(last(mixer, bob) == 10);
  CHECK(last(mixer, bobs_screen) == 10);
  CHECK(last(mixer, carol) == 1110);
}

TEST_CASE("listeners that say nothing share one mix in memory") {
  Mixer mixer(kRate, 1);
  const auto speaker = mixer.add(1);
  const auto first = mixer.add(2);
  const auto second = mixer.add(3);
  say(mixer, speaker, 5);
  say(mixer, second, 2);  // the noise that a decoder makes of silence
  mixer.mix();
  CHECK(mixer.mix_of(first) == 0);
  CHECK(mixer.mix_of(second) == 0);
  CHECK(mixer.output(first).data() == mixer.output(second).data());
  CHECK(mixer.mix_of(speaker) != 0);
  CHECK(last(mixer, speaker) == 0);
}

TEST_CASE("joining, muting, unmuting and leaving fade within one block") {
  Mixer mixer(kRate, 1);
  const auto speaker = mixer.add(1);
  const auto listener = mixer.add(2);
  std::int16_t before = 0;
  const auto step = [&](bool write) {
    if (write) say(mixer, speaker, 10000);
    mixer.mix();
    for (const auto sample : mixer.output(listener)) {
      CHECK(std::abs(sample - before) <= 64);  // 10000 in 160 steps
      before = sample;
    }
  };
  step(true);
  CHECK(before == 10000);
  CHECK(mixer.heard(speaker));
  mixer.set_muted(speaker, true);
  step(true);
  CHECK(before == 0);
  step(true);
  CHECK(before == 0);
  CHECK_FALSE(mixer.heard(speaker));
  mixer.set_muted(speaker, false);
  step(true);
  CHECK(before == 10000);
  mixer.remove(speaker);
  step(true);
  CHECK(before == 0);
  step(false);
  CHECK(mixer.add(9) == speaker);  // the slot is free again
}

TEST_CASE("removing someone who is not heard frees the slot at once") {
  Mixer mixer(kRate, 1);
  const auto slot = mixer.add(1);
  mixer.remove(slot);
  CHECK(mixer.add(2) == slot);
}

TEST_CASE("a full room of loud voices stays within 16 bits and keeps its shape") {
  Mixer mixer(48000, 2);
  std::vector<Mixer::Slot> slots;
  for (int i = 0; i < 20; ++i) slots.push_back(mixer.add(i));
  const auto listener = mixer.add(100);
  double in_energy = 0.0;
  double product = 0.0;
  double out_energy = 0.0;
  for (int block = 0; block < 50; ++block) {
    std::vector<double> sum(mixer.block_samples());
    for (const auto slot : slots) {
      auto out = mixer.write(slot);
      for (std::size_t i = 0; i < out.size(); ++i) {
        const double time = (block * 480.0 + static_cast<double>(i / 2)) / 48000.0;
        const double frequency = 150.0 + 17.0 * static_cast<double>(slot);
        out[i] = static_cast<std::int16_t>(8000.0 * std::sin(2.0 * std::numbers::pi * frequency * time));
        sum[i] += out[i];
      }
    }
    mixer.mix();
    if (block < 10) continue;
    const auto heard = mixer.output(listener);
    for (std::size_t i = 0; i < heard.size(); ++i) {
      in_energy += sum[i] * sum[i];
      out_energy += static_cast<double>(heard[i]) * heard[i];
      product += sum[i] * heard[i];
    }
  }
  CHECK(product / std::sqrt(in_energy * out_energy) > 0.97);
}

TEST_CASE("one who begins to speak goes on hearing at the gain of the shared mix") {
  Mixer mixer(kRate, 1);
  const auto loud = mixer.add(1);
  const auto louder = mixer.add(2);
  const auto listener = mixer.add(3);
  for (int i = 0; i < 20; ++i) {
    say(mixer, loud, 30000);
    say(mixer, louder, 30000);
    if (i >= 10) say(mixer, listener, 10);
    mixer.mix();
    const auto heard = mixer.output(listener);
    CHECK(*std::ranges::max_element(heard) <= 32767);
    if (i > 1) CHECK(*std::ranges::min_element(heard) > 32600);
    CHECK((mixer.mix_of(listener) == 0) == (i < 10));
  }
  // Quiet again, its own limiter recovers with the shared one and it goes back to the shared mix.
  int blocks = 0;
  while (mixer.mix_of(listener) != 0 && blocks < 1000) {
    mixer.mix();
    ++blocks;
  }
  CHECK(blocks < 400);
}

TEST_CASE("only the loudest are mixed when so asked, and they are not swapped for equals") {
  Mixer mixer(kRate, 1, 2);
  const auto a = mixer.add(1);
  const auto b = mixer.add(2);
  const auto c = mixer.add(3);
  const auto listener = mixer.add(4);
  const auto block = [&](std::int16_t of_a, std::int16_t of_b, std::int16_t of_c) {
    say(mixer, a, of_a);
    say(mixer, b, of_b);
    say(mixer, c, of_c);
    mixer.mix();
  };
  for (int i = 0; i < 10; ++i) block(1000, 900, 100);
  CHECK(last(mixer, listener) == 1900);
  for (int i = 0; i < 50; ++i) block(1000, 900, 1000);  // 0.9 dB louder than b: not enough
  CHECK(last(mixer, listener) == 1900);
  for (int i = 0; i < 100; ++i) block(1000, 400, 1000);
  CHECK(last(mixer, listener) == 2000);
  CHECK_FALSE(mixer.heard(b));
}

TEST_CASE("impossible parameters are refused by name") {
  CHECK_THROWS_AS(Mixer(44101, 1), std::invalid_argument);
  CHECK_THROWS_AS(Mixer(48000, 0), std::invalid_argument);
  CHECK_THROWS_WITH_AS(Mixer(48000, 1, -1), "max_speakers is -1, allowed are 0 (everyone) and more",
                       std::invalid_argument);
}

TEST_CASE("a total that fits does not hide a mix that does not") {
  Mixer mixer(kRate, 1);
  const auto up = mixer.add(1);
  const auto also_up = mixer.add(2);
  const auto down = mixer.add(3);
  for (int i = 0; i < 3; ++i) {
    say(mixer, up, 25000);
    say(mixer, also_up, 25000);
    say(mixer, down, -30000);
    mixer.mix();
  }
  CHECK(last(mixer, up) == -5000);
  CHECK(last(mixer, down) == 32767);
}
