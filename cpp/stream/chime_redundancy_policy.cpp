#include "stream/chime_redundancy_policy.hpp"

#include <algorithm>

namespace chime::stream {

namespace {

// The SDK's constants. The short window is as long as the usual interval of Chromium's receiver reports.
constexpr std::int64_t kShortWindowMs = 5'000;
constexpr std::int64_t kLongWindowMs = 15'000;
constexpr std::int64_t kHoldDownMs = 300'000;
// Redundancy that was off for the long window stays off this long after the last high loss.
constexpr std::int64_t kRecoveryMs = 60'000;

}  // namespace

ChimeRedundancyPolicy::Recommendation ChimeRedundancyPolicy::recommend(double loss_percent) {
  if (loss_percent <= 8) return {0, false};
  if (loss_percent <= 18) return {1, false};
  if (loss_percent <= 75) return {2, false};
  return {0, true};
}

int ChimeRedundancyPolicy::tell(double loss_percent) {
  return loss_percent > 10 ? 2 : loss_percent > 5 ? 1 : 0;
}

ChimeRedundancyPolicy::Decision ChimeRedundancyPolicy::update(std::int64_t now_ms, std::int64_t packets_sent,
                                                              std::optional<std::int64_t> report_ms,
                                                              std::int64_t packets_lost) {
  remember({report_ms.value_or(0), packets_sent, report_ms ? packets_lost : 0});
  loss_percent_ = std::max(window_loss_percent(kShortWindowMs), window_loss_percent(kLongWindowMs));
  const auto [recommended, turn_off] = recommend(loss_percent_);

  Decision decision;
  if (turn_off) {
    last_high_loss_ms_ = now_ms;
    if (enabled_) {
      turned_off_ms_ = now_ms;
      enabled_ = false;
      decision.enabled = false;
    }
    return decision;
  }
  if (!enabled_) {
    const bool lasting = now_ms - turned_off_ms_ >= kLongWindowMs;
    if (lasting && now_ms - last_high_loss_ms_ < kRecoveryMs) return decision;
    enabled_ = true;
    decision.enabled = true;
    restart_hold_down(now_ms);
  }
  if (should_change(now_ms, recommended)) {
    const int number = sdk_ == Sdk::v3_18 ? recommended : tell(loss_percent_);
    if (number != told_ || sdk_ == Sdk::v3_18) decision.copies = number;
    told_ = number;
  }
  return decision;
}

void ChimeRedundancyPolicy::remember(const Sample& sample) {
  if (count_ > 0) {
    const Sample& last = history_[count_ - 1];
    if (sample.report_ms <= last.report_ms || sample.packets_sent <= last.packets_sent) return;
  }
  if (count_ == kHistorySize) {
    std::copy(history_.begin() + 1, history_.end(), history_.begin());
    --count_;
  }
  history_[count_++] = sample;
}

double ChimeRedundancyPolicy::window_loss_percent(std::int64_t window_ms) const {
  if (count_ < 2) return 0;
  const Sample& last = history_[count_ - 1];
  for (std::size_t n = count_ - 1; n-- > 0;) {
    const Sample& older = history_[n];
    if (last.report_ms - older.report_ms < window_ms) continue;
    const auto lost = static_cast<double>(last.packets_lost - older.packets_lost);
    const auto sent = static_cast<double>(last.packets_sent - older.packets_sent);
    return std::clamp(100 * lost / sent, 0.0, 100.0);
  }
  return 0;
}

bool ChimeRedundancyPolicy::should_change(std::int64_t now_ms, int recommended) {
  if (recommended == recommended_) {
    restart_hold_down(now_ms);
    return false;
  }
  if (recommended < recommended_ && now_ms - hold_down_start_ms_ < kHoldDownMs) return false;
  recommended_ = recommended;
  restart_hold_down(now_ms);
  return true;
}

void ChimeRedundancyPolicy::restart_hold_down(std::int64_t now_ms) {
  if (recommended_ > 0) hold_down_start_ms_ = now_ms;
}

}  // namespace chime::stream
