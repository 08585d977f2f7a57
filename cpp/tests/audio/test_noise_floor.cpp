#include "audio/noise_floor.hpp"

#include <doctest/doctest.h>

using chime::audio::NoiseFloor;

TEST_CASE("the floor of a steady level is that level") {
  NoiseFloor floor;
  for (int i = 0; i < 300; ++i) floor.update(-50.0F);
  CHECK(floor.level_db() == doctest::Approx(-48.5));
}

TEST_CASE("talk with pauses does not lift the floor, and louder noise does within two and a half seconds") {
  NoiseFloor floor;
  for (int i = 0; i < 1000; ++i) {
    floor.update(i % 100 < 70 ? -20.0F : -50.0F);
    if (i > 100) CHECK(floor.level_db() < -45.0F);
  }
  for (int i = 0; i < 250; ++i) floor.update(-30.0F);
  CHECK(floor.level_db() == doctest::Approx(-28.5).epsilon(0.02));
}

TEST_CASE("the floor falls at once") {
  NoiseFloor floor;
  for (int i = 0; i < 300; ++i) floor.update(-30.0F);
  for (int i = 0; i < 30; ++i) floor.update(-60.0F);
  CHECK(floor.level_db() < -55.0F);
}
