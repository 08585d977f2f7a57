#include <doctest/doctest.h>

#include <vector>

#include "audio/mixer.hpp"
#include "audio/resampler.hpp"
#include "audio/speech.hpp"
#include "tests/allocation_counter.hpp"

using chime::tests::allocations;

TEST_CASE("the counter sees allocations") {
  const auto before = allocations();
  const std::vector<int> some(100);
  CHECK(allocations() == before + 1);
}

TEST_CASE("mixing, limiting and choosing speakers allocate nothing") {
  chime::audio::Mixer mixer(48000, 1, 3);
  std::vector<chime::audio::Mixer::Slot> slots;
  for (int i = 0; i < 8; ++i) slots.push_back(mixer.add(i / 2));
  const auto before = allocations();
  for (int block = 0; block < 50; ++block) {
    for (const auto slot : slots) {
      auto out = mixer.write(slot);
      for (std::size_t i = 0; i < out.size(); ++i)
        out[i] = static_cast<std::int16_t>((i * slot * 997U) & 0x7FFFU);
    }
    mixer.set_muted(slots[static_cast<std::size_t>(block) % slots.size()], block % 3 == 0);
    mixer.mix();
  }
  mixer.remove(slots[0]);
  mixer.mix();
  CHECK(allocations() == before);
}

TEST_CASE("speech detection and resampling allocate nothing") {
  chime::audio::SpeechDetector detector(48000, 2);
  chime::audio::Resampler resampler(48000, 16000, 2, 4);
  const std::vector<std::int16_t> block(960, 1234);
  std::vector<std::int16_t> out(320);
  const auto before = allocations();
  for (int i = 0; i < 50; ++i) {
    detector.push(block);
    resampler.process(block, out);
  }
  CHECK(allocations() == before);
}
