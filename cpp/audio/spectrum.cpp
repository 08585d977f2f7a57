#include "audio/spectrum.hpp"

#include "audio/clones.hpp"

namespace chime::audio {
namespace {

constexpr std::size_t kHalf = Spectrum::kSize / 2;

// exp(-2 pi i k / 256)
struct Twiddles {
  std::array<float, kHalf> re;
  std::array<float, kHalf> im;
};

// By turning step by step: std::sin is no constant expression yet. The error of 128 turns in double is below
// 1e-13.
constexpr Twiddles make_twiddles() {
  constexpr double step_re = 0.99969881869620422;    // cos(2 pi / 256)
  constexpr double step_im = -0.024541228522912288;  // -sin(2 pi / 256)
  Twiddles made{};
  double re = 1.0;
  double im = 0.0;
  for (std::size_t k = 0; k < kHalf; ++k) {
    made.re[k] = static_cast<float>(re);
    made.im[k] = static_cast<float>(im);
    const double turned = re * step_re - im * step_im;
    im = re * step_im + im * step_re;
    re = turned;
  }
  return made;
}

constexpr Twiddles kTwiddles = make_twiddles();

struct Complex {
  std::array<float, kHalf> re;
  std::array<float, kHalf> im;
};

// One pass of the transform below with blocks of kStride neighbours.
template <std::size_t kStride>
CHIME_INLINE void pass(const Complex& from, Complex& to) noexcept {
  constexpr std::size_t half = kHalf / 2 / kStride;
  for (std::size_t p = 0; p < half; ++p) {
    const float wr = kTwiddles.re[2 * p * kStride];
    const float wi = kTwiddles.im[2 * p * kStride];
    for (std::size_t q = 0; q < kStride; ++q) {
      const std::size_t first = p * kStride + q;
      const std::size_t second = first + half * kStride;
      const std::size_t out = 2 * p * kStride + q;
      const float re = from.re[first] - from.re[second];
      const float im = from.im[first] - from.im[second];
      to.re[out] = from.re[first] + from.re[second];
      to.im[out] = from.im[first] + from.im[second];
      to.re[out + kStride] = re * wr - im * wi;
      to.im[out + kStride] = re * wi + im * wr;
    }
  }
}

// 128 complex points, radix 2 after Stockham: results come out in order, and inner loops run over neighbours.
// The result is in `b`.
CHIME_INLINE void transform(Complex& a, Complex& b) noexcept {
  pass<1>(a, b);
  pass<2>(b, a);
  pass<4>(a, b);
  pass<8>(b, a);
  pass<16>(a, b);
  pass<32>(b, a);
  pass<64>(a, b);
}

// The bins of 256 real samples, from the transform of their even and odd halves as one complex block.
template <typename Sink>
CHIME_INLINE void real_transform(const float* samples, Sink sink) noexcept {
  Complex packed;
  Complex z;
  for (std::size_t n = 0; n < kHalf; ++n) {
    packed.re[n] = samples[2 * n];
    packed.im[n] = samples[2 * n + 1];
  }
  transform(packed, z);
  sink(0, z.re[0] + z.im[0], 0.0F);
  sink(kHalf, z.re[0] - z.im[0], 0.0F);
  for (std::size_t k = 1; k < kHalf; ++k) {
    const float even_re = 0.5F * (z.re[k] + z.re[kHalf - k]);
    const float even_im = 0.5F * (z.im[k] - z.im[kHalf - k]);
    const float odd_re = 0.5F * (z.im[k] + z.im[kHalf - k]);
    const float odd_im = 0.5F * (z.re[kHalf - k] - z.re[k]);
    sink(k, even_re + kTwiddles.re[k] * odd_re - kTwiddles.im[k] * odd_im,
         even_im + kTwiddles.re[k] * odd_im + kTwiddles.im[k] * odd_re);
  }
}

CHIME_CLONES
void power_of(const float* samples, float* power) noexcept {
  real_transform(samples, [power](std::size_t k, float re, float im) { power[k] = re * re + im * im; });
}

CHIME_CLONES
void autocorrelation_of(const float* power, float* lags) noexcept {
  std::array<float, Spectrum::kSize> both_sides;
  for (std::size_t k = 0; k < kHalf; ++k) both_sides[k] = power[k];
  for (std::size_t k = kHalf; k < Spectrum::kSize; ++k) both_sides[k] = power[Spectrum::kSize - k];
  constexpr float scale = 1.0F / static_cast<float>(Spectrum::kSize);
  real_transform(both_sides.data(), [lags](std::size_t k, float re, float /*im*/) { lags[k] = re * scale; });
}

}  // namespace

void Spectrum::power(std::span<const float, kSize> samples, Bins& power) noexcept {
  power_of(samples.data(), power.data());
}

void Spectrum::autocorrelation(const Bins& power, Bins& lags) noexcept {
  autocorrelation_of(power.data(), lags.data());
}

}  // namespace chime::audio
