// Loops over libopus as it is, without our classes, for bench/: the limit that encoder and decoder are
// measured against, in the same process and with the same library.
#include <opus.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "bindings/buffers.hpp"
#include "bindings/register.hpp"

namespace chime::bindings {

namespace {

using namespace pybind11::literals;

int require_positive(int result) {
  if (result < 0) throw std::runtime_error(opus_strerror(result));
  return result;
}

class RawOpusDecode {
 public:
  RawOpusDecode(std::vector<std::string> packets, int sample_rate, int channels)
      : packets_(std::move(packets)), pcm_(static_cast<std::size_t>(5760 * channels)) {
    int error = OPUS_OK;
    decoder_.reset(opus_decoder_create(sample_rate, channels, &error));
    require_positive(error);
  }

  // Decodes all packets; the frames made.
  long run() {
    long frames = 0;
    for (const auto& packet : packets_) {
      frames +=
          require_positive(opus_decode(decoder_.get(), reinterpret_cast<const unsigned char*>(packet.data()),
                                       static_cast<opus_int32>(packet.size()), pcm_.data(), 5760, 0));
    }
    return frames;
  }

 private:
  struct Destroy {
    void operator()(OpusDecoder* decoder) const { opus_decoder_destroy(decoder); }
  };
  std::vector<std::string> packets_;
  std::vector<opus_int16> pcm_;
  std::unique_ptr<OpusDecoder, Destroy> decoder_;
};

class RawOpusEncode {
 public:
  RawOpusEncode(const py::object& pcm, int sample_rate, int frame, int bitrate, int complexity)
      : frame_(frame) {
    const Array<const std::int16_t> samples(pcm, "pcm");
    channels_ = samples.channels();
    pcm_.assign(samples.span().begin(), samples.span().end());
    int error = OPUS_OK;
    encoder_.reset(opus_encoder_create(sample_rate, channels_, OPUS_APPLICATION_VOIP, &error));
    require_positive(error);
    require_positive(opus_encoder_ctl(encoder_.get(), OPUS_SET_BITRATE(bitrate)));
    require_positive(opus_encoder_ctl(encoder_.get(), OPUS_SET_COMPLEXITY(complexity)));
  }

  // Encodes all whole frames; the octets made.
  long run() {
    long octets = 0;
    const std::size_t step = static_cast<std::size_t>(frame_ * channels_);
    for (std::size_t at = 0; at + step <= pcm_.size(); at += step) {
      octets += require_positive(opus_encode(encoder_.get(), &pcm_[at], frame_, packet_, sizeof packet_));
    }
    return octets;
  }

 private:
  struct Destroy {
    void operator()(OpusEncoder* encoder) const { opus_encoder_destroy(encoder); }
  };
  int frame_;
  int channels_ = 1;
  std::vector<opus_int16> pcm_;
  unsigned char packet_[4000];
  std::unique_ptr<OpusEncoder, Destroy> encoder_;
};

}  // namespace

void register_benchmark(py::module_& m) {
  py::class_<RawOpusDecode>(m, "RawOpusDecode")
      .def(py::init<std::vector<std::string>, int, int>(), "packets"_a, "sample_rate"_a = 48000,
           "channels"_a = 1)
      .def("run", &RawOpusDecode::run);
  py::class_<RawOpusEncode>(m, "RawOpusEncode")
      .def(py::init<const py::object&, int, int, int, int>(), "pcm"_a, "sample_rate"_a = 48000,
           "frame"_a = 960, "bitrate"_a = 32000, "complexity"_a = 5)
      .def("run", &RawOpusEncode::run);
}

}  // namespace chime::bindings
