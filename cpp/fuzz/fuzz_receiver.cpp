// A receiver on a network that does what it likes: packets that are well made or not, in any order, at any
// time, with RED, other sources, jumps of sequence numbers and timestamps, sizes and modes of every kind.
// Blocks come on time and full, statistics add up, and memory stays what it is.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "fuzz/check.hpp"
#include "rtp/packet.hpp"
#include "rtp/red.hpp"
#include "stream/audio_receiver.hpp"

using namespace chime;

namespace {

constexpr std::uint8_t kOpus = 111;
constexpr std::uint8_t kRed = 63;

// Reads the input as numbers; zeros when it is used up.
class Input {
 public:
  explicit Input(rtp::Bytes data) : rest_(data) {}

  [[nodiscard]] bool empty() const { return rest_.empty(); }
  std::uint8_t octet() {
    if (rest_.empty()) return 0;
    const std::uint8_t value = rest_[0];
    rest_ = rest_.subspan(1);
    return value;
  }
  std::uint64_t number(int octets) {
    std::uint64_t value = 0;
    for (int i = 0; i < octets; ++i) value = value << 8U | octet();
    return value;
  }
  rtp::Bytes octets(std::size_t wanted) {
    const rtp::Bytes taken = rest_.first(std::min(wanted, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }

 private:
  rtp::Bytes rest_;
};

class Stream {
 public:
  explicit Stream(Input& input) : input_(input) {
    constexpr std::array rates = {8000, 12000, 16000, 24000, 48000};
    const std::uint8_t choice = input.octet();
    stream::ReceiverOptions options;
    options.payload_types = {kOpus, kRed};
    options.sample_rate = rates[choice % rates.size()];
    options.channels = (choice & 8) != 0 ? 2 : 1;
    options.audio_level_id = 1;
    if ((choice & 16) != 0) options.min_delay_ms = 200;
    if ((choice & 32) != 0) options.max_delay_ms = 300;
    receiver_ = std::make_unique<stream::AudioReceiver>(options);
    // Guards around the block: nothing may be written beyond it.
    block_.resize(receiver_->block_frames() * static_cast<std::size_t>(options.channels) + 2);
  }

  void step() {
    const std::uint8_t action = input_.octet();
    switch (action % 8) {
      case 0:
      case 1:
      case 2:
        push(action);
        break;
      case 3:
      case 4:
        for (int n = 0; n <= action / 8 % 8; ++n) pull(action % 8 == 4);
        break;
      case 5:
        jump(action);
        break;
      case 6:
        (void)receiver_->push(input_.octets(action / 8), now_us_);
        break;
      default:
        ask();
    }
  }

  void finish() {
    pull(true);
    ask();
  }

 private:
  // The next packet, or one that was lost on the way, late, or twice.
  void push(std::uint8_t action) {
    const std::uint8_t spread = input_.octet();
    if ((action & 8) == 0) {
      ++header_.sequence_number;
      header_.timestamp += 120U << (spread % 8);
    }
    rtp::Header header = header_;
    header.marker = (spread & 1) != 0;
    if ((action & 16) != 0) {
      header.sequence_number = static_cast<std::uint16_t>(header.sequence_number - spread);
      header.timestamp -= spread * 960U;
    }
    remembered_[spread % remembered_.size()] = input_.octets(1 + input_.octet() % 64);
    const rtp::Bytes payload = remembered_[spread % remembered_.size()];
    header.payload_type = (action & 32) != 0 ? kRed : kOpus;
    std::array<std::uint8_t, 1024> red;
    rtp::Bytes carried = payload;
    if ((action & 32) != 0) {
      std::array<rtp::RedBlock, 3> blocks;
      for (std::size_t n = 0; n < 3; ++n) {
        blocks[n].payload_type = kOpus;
        blocks[n].timestamp_offset = n == 2 ? std::uint16_t{0} : static_cast<std::uint16_t>((2 - n) * 960);
        blocks[n].data = n == 2 ? payload : remembered_[(spread + n) % remembered_.size()];
      }
      carried = rtp::Bytes(red).first(rtp::pack_red(blocks, red).value_or(0));
    }
    std::array<std::uint8_t, 1500> packet;
    const auto size = rtp::pack_packet(
        header, carried, {.padding_size = (action & 64) != 0 ? spread : std::uint8_t{0}}, packet);
    CHIME_CHECK(size.has_value());
    (void)receiver_->push(rtp::Bytes(packet).first(*size), now_us_ + (action & 128) * 1000);
  }

  void pull(bool timed) {
    const std::int16_t guard = 0x5A5A;
    std::fill(block_.begin(), block_.end(), guard);
    const std::span<std::int16_t> block = std::span(block_).subspan(1, block_.size() - 2);
    if (timed) {
      receiver_->pull(block, now_us_);
    } else {
      receiver_->pull(block);
    }
    now_us_ += 10000;
    CHIME_CHECK(block_.front() == guard && block_.back() == guard);
  }

  void jump(std::uint8_t action) {
    switch (action / 8 % 6) {
      case 0:
        header_.ssrc = input_.octet() % 3;
        break;
      case 1:
        header_.sequence_number = static_cast<std::uint16_t>(input_.number(2));
        break;
      case 2:
        header_.timestamp = static_cast<std::uint32_t>(input_.number(4));
        break;
      case 3:
        now_us_ += static_cast<std::int64_t>(input_.number(3));
        break;
      case 4:
        now_us_ -= static_cast<std::int64_t>(input_.number(3));
        break;
      default:  // anywhere within what is allowed
        now_us_ = static_cast<std::int64_t>(input_.number(8)) % stream::AudioReceiver::kLatestUs;
    }
  }

  void ask() {
    const stream::ReceiverSnapshot stats = receiver_->stats();
    CHIME_CHECK(stats.concealed_samples <= stats.total_samples_received + 48000);
    CHIME_CHECK(stats.silent_concealed_samples <= stats.concealed_samples);
    CHIME_CHECK(stats.jitter_buffer_emitted_count <= stats.total_samples_received);
    CHIME_CHECK(std::isfinite(stats.jitter_buffer_delay) && std::isfinite(stats.jitter_buffer_target_delay));
    CHIME_CHECK(std::isfinite(stats.current_delay_ms) && std::isfinite(stats.target_delay_ms));
    CHIME_CHECK(std::isfinite(stats.drift_ppm) && std::isfinite(stats.jitter_s));
    CHIME_CHECK(stats.total_audio_energy >= 0 &&
                stats.total_audio_energy <= stats.total_samples_duration * 1.01);
    CHIME_CHECK(receiver_->level().rfc6464 <= 127);
    (void)receiver_->voice_activity();
    if (const auto report = receiver_->report_block())
      CHIME_CHECK(report->fraction_lost >= 0 && report->fraction_lost <= 1);
  }

  Input& input_;
  std::unique_ptr<stream::AudioReceiver> receiver_;
  std::vector<std::int16_t> block_;
  rtp::Header header_;
  std::array<rtp::Bytes, 8> remembered_;
  std::int64_t now_us_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input({data, size});
  Stream stream(input);
  while (!input.empty()) stream.step();
  stream.finish();
  return 0;
}
