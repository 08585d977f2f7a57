#include "stream/frame_intake.hpp"

namespace chime::stream {

namespace {

constexpr double kTicksPerMs = 48;
constexpr std::int64_t kStep = 120;  // 2.5 ms, the shortest Opus frame
// In-band FEC codes a frame at a fraction of its bits, so it mends only part of the loss. Chosen among 0.4,
// 0.65, 0.8 and 1 by the delay and sound that they gave on recorded traces; not measured frame by frame.
constexpr float kFecWorth = 0.65F;

std::size_t index(std::int64_t number, std::size_t size) {
  return static_cast<std::size_t>(static_cast<std::uint64_t>(number) % size);
}

}  // namespace

FrameIntake::FrameIntake(PayloadTypes types, std::uint8_t audio_level_id, jitter::PacketBuffer& buffer,
                         jitter::DelayEstimator& estimator, jitter::Statistics& statistics)
    : types_(types),
      audio_level_id_(audio_level_id),
      buffer_(buffer),
      estimator_(estimator),
      statistics_(statistics) {
  available_.fill(INT64_MIN);
  available_fec_.fill(INT64_MIN);
  sequences_.fill(INT64_MIN);
}

bool FrameIntake::seen_sequence(std::int64_t sequence) {
  std::int64_t& slot = sequences_[index(sequence, kMemory)];
  if (slot == sequence) return true;
  slot = sequence;
  return false;
}

void FrameIntake::note_available(std::int64_t timestamp, std::int32_t duration, std::int64_t arrival_us,
                                 bool fec) {
  if (timestamp < first_timestamp_) return;
  const std::size_t slot = index(timestamp / kStep, kMemory);
  if (available_[slot] == timestamp || (fec && available_fec_[slot] == timestamp)) return;
  float worth = 1;
  if (fec) {
    available_fec_[slot] = timestamp;
    worth = kFecWorth;
  } else {
    if (available_fec_[slot] == timestamp) worth = 1 - kFecWorth;
    available_[slot] = timestamp;
  }
  const double arrival_ms = static_cast<double>(arrival_us) / 1000;
  estimator_.add({arrival_ms, arrival_ms - static_cast<double>(timestamp) / kTicksPerMs,
                  static_cast<float>(duration / kTicksPerMs), worth});
}

bool FrameIntake::take(const Block& block, std::int64_t sequence, std::int64_t arrival_us,
                       std::optional<std::int64_t> oldest_useful) {
  if (!opus::parse_packet(block.data, opus_)) {
    if (!block.copy) ++statistics_.packets_malformed;
    return false;
  }
  const std::int32_t duration = opus_.samples();
  const bool has_fec = opus::has_lbrr(opus_);
  if (block.copy || has_fec) ++statistics_.fec_packets_received;
  const std::int32_t fec_duration = has_fec ? opus_.toc().frame_samples() : 0;
  note_available(block.timestamp, duration, arrival_us, false);
  if (has_fec) note_available(block.timestamp - fec_duration, fec_duration, arrival_us, true);
  if (oldest_useful && block.timestamp + duration <= *oldest_useful) {
    if (block.copy) {
      ++statistics_.fec_packets_discarded;
    } else {
      ++statistics_.packets_late;
      ++statistics_.packets_discarded;
    }
    return false;
  }
  auto inserted =
      buffer_.insert(block.timestamp, sequence, arrival_us, duration, block.copy, fec_duration, block.data);
  if (inserted == jitter::PacketBuffer::Insert::kOverflow) {
    statistics_.packets_discarded += buffer_.size();
    buffer_.clear();
    inserted =
        buffer_.insert(block.timestamp, sequence, arrival_us, duration, block.copy, fec_duration, block.data);
  }
  if (block.copy && inserted == jitter::PacketBuffer::Insert::kDuplicate) ++statistics_.fec_packets_discarded;
  return inserted == jitter::PacketBuffer::Insert::kInserted;
}

FrameIntake::Result FrameIntake::push(rtp::Bytes data, std::int64_t arrival_us,
                                      std::optional<std::int64_t> oldest_useful) {
  rtp::Packet packet;
  if (rtp::parse_packet(data, packet) != rtp::ParseError::none) {
    ++statistics_.packets_malformed;
    return Result::kDropped;
  }
  const bool red = types_.red && packet.payload_type == *types_.red;
  if (!red && packet.payload_type != types_.opus) {
    ++statistics_.packets_wrong_payload_type;
    return Result::kDropped;
  }
  bool padding = !red && packet.payload.empty() && packet.padding_size > 0;
  if (red) {
    const rtp::RedStatus status = rtp::split_red(packet.payload, types_.opus, blocks_);
    padding = status == rtp::RedStatus::padding;
    if (status != rtp::RedStatus::ok && !padding) {
      ++statistics_.packets_malformed;
      return Result::kDropped;
    }
  } else if (!padding && !opus::parse_packet(packet.payload, opus_)) {
    ++statistics_.packets_malformed;
    return Result::kDropped;
  }
  const jitter::Timeline::Place place =
      timeline_.place(packet.ssrc, packet.sequence_number, packet.timestamp, arrival_us);
  if (place.stale) {
    ++statistics_.packets_late;
    ++statistics_.packets_discarded;
    return Result::kDropped;
  }
  Result result = Result::kTaken;
  if (place.new_source || place.jumped) {
    buffer_.clear();
    available_.fill(INT64_MIN);
    available_fec_.fill(INT64_MIN);
    first_timestamp_ = place.timestamp;
    oldest_useful.reset();
    result = Result::kTakenNewTimeline;
  }
  if (place.new_source) {
    sequences_.fill(INT64_MIN);
    reception_.reset();
    result = Result::kTakenNewEncoder;
  }
  if (!any_) {
    any_ = true;
    first_timestamp_ = place.timestamp;
  }
  ++statistics_.packets_received;
  statistics_.bytes_received += packet.payload.size();
  reception_.on_packet(place.sequence, place.timestamp, arrival_us);
  if (seen_sequence(place.sequence)) {
    ++statistics_.packets_duplicated;
    ++statistics_.packets_discarded;
    return Result::kDropped;
  }
  if (audio_level_id_ != 0) {
    if (const auto level = packet.extensions.find(audio_level_id_))
      announced_ = rtp::read_audio_level(*level);
  }
  if (padding) return result;
  grid_ = place.timestamp;
  if (!red) {
    const bool taken =
        take({place.timestamp, false, packet.payload}, place.sequence, arrival_us, oldest_useful);
    return taken ? result : Result::kDropped;
  }
  for (const rtp::RedBlock& block : blocks_.redundant()) {
    if (block.data.empty() || block.timestamp_offset == 0) continue;
    take({place.timestamp - block.timestamp_offset, true, block.data}, place.sequence, arrival_us,
         oldest_useful);
  }
  const bool taken =
      take({place.timestamp, false, blocks_.primary().data}, place.sequence, arrival_us, oldest_useful);
  return taken ? result : Result::kDropped;
}

}  // namespace chime::stream
