#include "video/payload.hpp"

#include <array>
#include <cstddef>

#include "video/descriptor.hpp"

namespace chime::video {

namespace {

using rtp::Bytes;

// --- VP8 ---

// The VP8 data of a packet that begins a frame; empty for others and for malformed ones.
Bytes vp8_frame_start(Bytes payload) {
  const auto descriptor = read_vp8_descriptor(payload);
  return descriptor && descriptor->begins_frame ? descriptor->data : Bytes{};
}

bool vp8_begins_key_frame(Bytes payload) {
  const Bytes frame = vp8_frame_start(payload);
  return !frame.empty() && (frame[0] & 0x01) == 0;
}

// Frame tag, start code, then width and height with two bits of scaling each (RFC 6386, section 9.1).
std::optional<FrameSize> vp8_size(Bytes payload) {
  const Bytes frame = vp8_frame_start(payload);
  if (frame.size() < 10 || (frame[0] & 0x01) != 0) return std::nullopt;
  if (frame[3] != 0x9D || frame[4] != 0x01 || frame[5] != 0x2A) return std::nullopt;
  return FrameSize{(frame[6] | frame[7] << 8) & 0x3FFF, (frame[8] | frame[9] << 8) & 0x3FFF};
}

// --- VP9 ---

bool vp9_begins_key_frame(Bytes payload) {
  const auto descriptor = read_vp9_descriptor(payload);
  return descriptor && !descriptor->inter_predicted && descriptor->begins_frame &&
         descriptor->spatial_layer == 0;
}

// The largest spatial layer of the scalability structure.
std::optional<FrameSize> vp9_size(Bytes payload) {
  const auto descriptor = read_vp9_descriptor(payload);
  if (!descriptor || descriptor->structure.empty()) return std::nullopt;
  const Bytes structure = descriptor->structure;
  const std::size_t layers = (structure[0] >> 5 & 0x07u) + 1u;
  const bool has_sizes = (structure[0] & 0x10) != 0;
  if (!has_sizes || structure.size() < 1 + 4 * layers) return std::nullopt;
  const std::uint8_t* last = structure.data() + 1 + 4 * (layers - 1);
  return FrameSize{rtp::read_u16(last), rtp::read_u16(last + 2)};
}

// --- H.264 (RFC 6184, sections 5.4 to 5.8) ---

constexpr std::uint8_t kSequenceParameterSet = 7;
constexpr std::uint8_t kAggregation = 24;    // STAP-A
constexpr std::uint8_t kFragmentation = 28;  // FU-A

// The sequence parameter set in the packet without its NAL unit header, empty when there is none.
Bytes h264_parameter_set(Bytes payload) {
  if (payload.size() < 2) return {};
  const std::uint8_t type = payload[0] & 0x1F;
  if (type == kSequenceParameterSet) return payload.subspan(1);
  if (type == kFragmentation) {
    const bool starts = (payload[1] & 0x80) != 0 && (payload[1] & 0x1F) == kSequenceParameterSet;
    return starts ? payload.subspan(2) : Bytes{};
  }
  if (type != kAggregation) return {};
  Bytes rest = payload.subspan(1);
  while (rest.size() > 2) {
    const std::size_t size = rtp::read_u16(rest.data());
    rest = rest.subspan(2);
    if (size == 0 || size > rest.size()) return {};
    if ((rest[0] & 0x1F) == kSequenceParameterSet) return rest.subspan(1, size - 1);
    rest = rest.subspan(size);
  }
  return {};
}

// Bits of a parameter set, emulation prevention octets left out (H.264, section 7.3.1). Past the end come
// zeros, and ok() says so.
class BitReader {
 public:
  explicit BitReader(Bytes data) : data_(data) {}

  std::uint32_t bits(int count) {
    std::uint32_t value = 0;
    for (int i = 0; i < count; ++i) value = value << 1 | bit();
    return value;
  }
  // Exponential Golomb codes (section 9.1).
  std::uint32_t unsigned_code() {
    int zeros = 0;
    while (ok_ && zeros < 31 && bit() == 0) ++zeros;
    return (std::uint32_t{1} << zeros) - 1 + bits(zeros);
  }
  std::int64_t signed_code() {
    const std::int64_t code = unsigned_code();
    return (code & 1) != 0 ? (code + 1) / 2 : -code / 2;
  }
  [[nodiscard]] bool ok() const { return ok_; }

 private:
  std::uint32_t bit() {
    if (offset_ == 0 && at_ < data_.size()) {
      if (zeros_ >= 2 && data_[at_] == 3) {
        ++at_;
        zeros_ = 0;
      }
    }
    if (at_ >= data_.size()) {
      ok_ = false;
      return 0;
    }
    const std::uint32_t value = data_[at_] >> (7 - offset_) & 1u;
    if (++offset_ == 8) {
      zeros_ = data_[at_] == 0 ? zeros_ + 1 : 0;
      offset_ = 0;
      ++at_;
    }
    return value;
  }

  Bytes data_;
  std::size_t at_ = 0;
  int offset_ = 0;
  int zeros_ = 0;
  bool ok_ = true;
};

void skip_scaling_list(BitReader& reader, int size) {
  std::int64_t last = 8;
  std::int64_t next = 8;
  for (int i = 0; i < size && reader.ok(); ++i) {
    if (next != 0) next = (last + reader.signed_code() + 256) % 256;
    if (next != 0) last = next;
  }
}

bool has_chroma_format(std::uint32_t profile) {
  constexpr std::array<std::uint32_t, 13> kProfiles = {100, 110, 122, 244, 44,  83, 86,
                                                       118, 128, 138, 139, 134, 135};
  for (const std::uint32_t known : kProfiles) {
    if (profile == known) return true;
  }
  return false;
}

// Sequence parameter set up to the cropping (H.264, section 7.3.2.1.1).
std::optional<FrameSize> h264_size(Bytes payload) {
  const Bytes parameter_set = h264_parameter_set(payload);
  if (parameter_set.empty()) return std::nullopt;
  BitReader reader(parameter_set);
  const std::uint32_t profile = reader.bits(8);
  reader.bits(16);  // constraints, level
  reader.unsigned_code();
  std::uint32_t chroma_format = 1;
  if (has_chroma_format(profile)) {
    chroma_format = reader.unsigned_code();
    if (chroma_format == 3) reader.bits(1);
    reader.unsigned_code();
    reader.unsigned_code();
    reader.bits(1);
    if (reader.bits(1) != 0) {
      for (int i = 0; i < (chroma_format == 3 ? 12 : 8); ++i) {
        if (reader.bits(1) != 0) skip_scaling_list(reader, i < 6 ? 16 : 64);
      }
    }
  }
  reader.unsigned_code();
  const std::uint32_t order = reader.unsigned_code();
  if (order == 0) {
    reader.unsigned_code();
  } else if (order == 1) {
    reader.bits(1);
    reader.signed_code();
    reader.signed_code();
    const std::uint32_t count = reader.unsigned_code();
    for (std::uint32_t i = 0; i < count && reader.ok(); ++i) reader.signed_code();
  }
  reader.unsigned_code();
  reader.bits(1);
  const std::int64_t columns = std::int64_t{reader.unsigned_code()} + 1;
  const std::int64_t rows = std::int64_t{reader.unsigned_code()} + 1;
  const std::int64_t field_factor = reader.bits(1) != 0 ? 1 : 2;
  if (field_factor == 2) reader.bits(1);
  reader.bits(1);
  std::int64_t width = 16 * columns;
  std::int64_t height = 16 * rows * field_factor;
  if (reader.bits(1) != 0) {
    const std::int64_t unit_x = chroma_format == 1 || chroma_format == 2 ? 2 : 1;
    const std::int64_t unit_y = (chroma_format == 1 ? 2 : 1) * field_factor;
    const std::int64_t left = reader.unsigned_code();
    const std::int64_t right = reader.unsigned_code();
    const std::int64_t top = reader.unsigned_code();
    const std::int64_t bottom = reader.unsigned_code();
    width -= unit_x * (left + right);
    height -= unit_y * (top + bottom);
  }
  constexpr std::int64_t kMaxSide = 16384;  // level 6.2
  if (!reader.ok() || width <= 0 || height <= 0 || width > kMaxSide || height > kMaxSide) return std::nullopt;
  return FrameSize{static_cast<int>(width), static_cast<int>(height)};
}

}  // namespace

bool begins_key_frame(Codec codec, rtp::Bytes payload) {
  switch (codec) {
    case Codec::vp8:
      return vp8_begins_key_frame(payload);
    case Codec::vp9:
      return vp9_begins_key_frame(payload);
    case Codec::h264:
      return !h264_parameter_set(payload).empty();
  }
  return false;
}

std::optional<FrameSize> key_frame_size(Codec codec, rtp::Bytes payload) {
  switch (codec) {
    case Codec::vp8:
      return vp8_size(payload);
    case Codec::vp9:
      return vp9_size(payload);
    case Codec::h264:
      return h264_size(payload);
  }
  return std::nullopt;
}

}  // namespace chime::video
