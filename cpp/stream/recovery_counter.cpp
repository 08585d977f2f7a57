#include "stream/recovery_counter.hpp"

#include "opus/packet.hpp"

namespace chime::stream {

namespace {

constexpr int kMaxOutOfOrderDistance = 16;
// 20 ms at 48 kHz.
constexpr std::int64_t kFecOffset = 960;
constexpr std::int64_t kReportInterval = 240'000;

void decrease(std::uint64_t& count) {
  if (count > 0) --count;
}

}  // namespace

void RecoveryCounter::Log::add(std::int64_t timestamp) {
  window_[next_] = timestamp;
  next_ = (next_ + 1) % window_.size();
}

bool RecoveryCounter::Log::has(std::int64_t timestamp) const {
  // The SDK asks whether what it found is truthy, and 0 is not.
  return timestamp != 0 && std::find(window_.begin(), window_.end(), timestamp) != window_.end();
}

bool RecoveryCounter::Log::remove(std::int64_t timestamp) {
  const auto found = std::find(window_.begin(), window_.end(), timestamp);
  if (found == window_.end()) return false;
  found->reset();
  return true;
}

RecoveryCounter::RecoveryCounter(std::uint8_t opus_payload_type, std::uint8_t red_payload_type, Sdk sdk)
    : opus_payload_type_(opus_payload_type), red_payload_type_(red_payload_type), sdk_(sdk) {
  if (sdk_ == Sdk::v3_31) last_report_ = 0;
}

bool RecoveryCounter::receive(rtp::Bytes payload, std::uint8_t payload_type, std::uint16_t sequence_number,
                              std::uint32_t timestamp) {
  if (payload_type != red_payload_type_) return false;
  rtp::RedBlocks blocks;
  const auto status = rtp::split_red(payload, opus_payload_type_, blocks);
  if (status == rtp::RedStatus::padding) (void)count_primary(sequence_number, std::nullopt);
  if (status != rtp::RedStatus::ok) return false;

  // Newest first; a primary that is too late is not counted, its copies are.
  if (count_primary(sequence_number, timestamp) && opus::has_lbrr(blocks.primary().data))
    count_fec(timestamp);
  const auto copies = blocks.redundant();
  for (auto copy = copies.rbegin(); copy != copies.rend(); ++copy) {
    const std::int64_t copy_timestamp = std::int64_t{timestamp} - copy->timestamp_offset;
    count_copy(copy_timestamp);
    if (opus::has_lbrr(copy->data)) count_fec(copy_timestamp);
  }
  return report_due(timestamp);
}

// False when the packet is too late to count. Padding has no timestamp and only uses up its sequence number.
bool RecoveryCounter::count_primary(std::uint16_t sequence_number, std::optional<std::int64_t> timestamp) {
  const auto log = [&] {
    if (timestamp) primary_.add(*timestamp);
  };
  if (totals_.expected == 0) {
    totals_.expected = 1;
    newest_sequence_number_ = sequence_number;
    log();
    return true;
  }
  const auto distance =
      static_cast<std::int16_t>(static_cast<std::uint16_t>(sequence_number - newest_sequence_number_));
  if (distance < -kMaxOutOfOrderDistance) return false;
  if (distance < 0 && !(timestamp && primary_.has(*timestamp))) {
    decrease(totals_.lost);
    log();
    if (timestamp) take_back(*timestamp);
  }
  if (distance > 0) {
    totals_.lost += static_cast<std::uint64_t>(distance - 1);
    totals_.expected += static_cast<std::uint64_t>(distance);
    newest_sequence_number_ = sequence_number;
    log();
  }
  return true;
}

void RecoveryCounter::count_copy(std::int64_t timestamp) {
  if (totals_.lost == 0 || primary_.has(timestamp)) return;
  if (!red_.has(timestamp)) {
    ++totals_.recovered_red;
    red_.add(timestamp);
  }
  if (fec_.remove(timestamp)) decrease(totals_.recovered_fec);
}

void RecoveryCounter::count_fec(std::int64_t timestamp) {
  const std::int64_t before = timestamp - kFecOffset;
  if (totals_.lost == 0 || primary_.has(before) || red_.has(before) || fec_.has(before)) return;
  ++totals_.recovered_fec;
  fec_.add(before);
}

// A packet that was counted as recovered has come after all.
void RecoveryCounter::take_back(std::int64_t timestamp) {
  if (red_.remove(timestamp)) decrease(totals_.recovered_red);
  if (fec_.remove(timestamp)) decrease(totals_.recovered_fec);
}

bool RecoveryCounter::report_due(std::int64_t timestamp) {
  if (last_report_ && timestamp - *last_report_ < kReportInterval) return false;
  last_report_ = timestamp;
  return true;
}

}  // namespace chime::stream
