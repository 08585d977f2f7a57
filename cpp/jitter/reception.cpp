#include "jitter/reception.hpp"

#include <algorithm>
#include <cmath>

namespace chime::jitter {

void Reception::on_packet(std::int64_t sequence, std::int64_t timestamp, std::int64_t arrival_us) {
  const double transit = static_cast<double>(arrival_us) * ticks_per_us_ - static_cast<double>(timestamp);
  if (!any_) {
    any_ = true;
    first_ = sequence;
    highest_ = sequence;
  } else {
    jitter_ += (std::abs(transit - transit_) - jitter_) / 16;
  }
  transit_ = transit;
  first_ = std::min(first_, sequence);
  highest_ = std::max(highest_, sequence);
  ++received_;
}

std::int64_t Reception::packets_lost() const { return any_ ? expected() - received_ : 0; }

std::optional<ReportBlock> Reception::report(std::uint32_t ssrc) {
  if (!any_) return std::nullopt;
  const std::int64_t expected_now = expected() - expected_before_;
  const std::int64_t received_now = received_ - received_before_;
  expected_before_ = expected();
  received_before_ = received_;
  ReportBlock block;
  block.ssrc = ssrc;
  if (expected_now > 0) {
    block.fraction_lost =
        std::clamp(1 - static_cast<double>(received_now) / static_cast<double>(expected_now), 0.0, 1.0);
  }
  block.packets_lost = packets_lost();
  block.highest_sequence_number = static_cast<std::uint32_t>(static_cast<std::uint64_t>(highest_));
  block.jitter = static_cast<std::uint32_t>(jitter_);
  return block;
}

}  // namespace chime::jitter
