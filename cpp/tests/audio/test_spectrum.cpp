#include "audio/spectrum.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <complex>
#include <numbers>

using chime::audio::Spectrum;

namespace {

std::array<float, Spectrum::kSize> some_samples() {
  std::array<float, Spectrum::kSize> samples{};
  for (std::size_t n = 0; n < samples.size(); ++n) {
    const auto x = static_cast<float>(n);
    samples[n] = std::sin(x * 0.3F) + 0.3F * std::cos(x * x * 0.01F);
  }
  return samples;
}

}  // namespace

TEST_CASE("power is that of the Fourier sum") {
  const auto samples = some_samples();
  Spectrum::Bins power;
  Spectrum::power(samples, power);
  for (std::size_t k = 0; k < Spectrum::kBins; ++k) {
    std::complex<double> sum = 0.0;
    for (std::size_t n = 0; n < samples.size(); ++n) {
      const double angle =
          -2.0 * std::numbers::pi * static_cast<double>(k * n) / static_cast<double>(Spectrum::kSize);
      sum += static_cast<double>(samples[n]) * std::polar(1.0, angle);
    }
    CHECK(power[k] == doctest::Approx(std::norm(sum)).epsilon(1e-4));
  }
}

TEST_CASE("autocorrelation is that of the samples") {
  const auto samples = some_samples();
  Spectrum::Bins power;
  Spectrum::Bins lags;
  Spectrum::power(samples, power);
  Spectrum::autocorrelation(power, lags);
  for (std::size_t lag = 0; lag < Spectrum::kBins; ++lag) {
    double sum = 0.0;
    for (std::size_t n = 0; n < samples.size(); ++n) {
      sum += static_cast<double>(samples[n]) * samples[(n + lag) % samples.size()];
    }
    CHECK(lags[lag] == doctest::Approx(sum).epsilon(1e-3));
  }
}
