// How amazon-chime-sdk-js chooses the number of redundant copies from the loss that receiver reports tell
// (RedundantAudioEncodedTransformManager.ts; up to 3.30 DefaultTransceiverController.ts).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace chime::stream {

// Told once a second what is known; answers what the sender is told. Reproduces the SDK, oddities included:
// the first window over-reads, and from 3.31 on a second table applies that an unchanged recommendation never
// reaches.
class ChimeRedundancyPolicy {
 public:
  enum class Sdk : std::uint8_t {
    v3_18,  // 3.18 to 3.30: the sender is told the recommended number
    v3_31,  // from 3.31: the number of a second table, when the recommendation changes
  };

  // What the sender is told, when it is told anything.
  struct Decision {
    std::optional<bool> enabled;
    std::optional<int> copies;
  };

  explicit ChimeRedundancyPolicy(Sdk sdk = Sdk::v3_31) : sdk_(sdk) {}

  // now_ms: the caller's clock; packets_sent: in all; report_ms: when the latest receiver report came, if one
  // did; packets_lost: in all, as that report says.
  Decision update(std::int64_t now_ms, std::int64_t packets_sent, std::optional<std::int64_t> report_ms,
                  std::int64_t packets_lost);

  // The larger loss of the two windows at the last update, 0 to 100.
  [[nodiscard]] double loss_percent() const { return loss_percent_; }
  // What the sender has last been told.
  [[nodiscard]] bool enabled() const { return enabled_; }
  [[nodiscard]] int copies() const { return told_; }

  struct Recommendation {
    int copies = 0;
    bool turn_off = false;
  };
  [[nodiscard]] static Recommendation recommend(double loss_percent);
  // The second table, of 3.31 and later.
  [[nodiscard]] static int tell(double loss_percent);

 private:
  struct Sample {
    std::int64_t report_ms = 0;
    std::int64_t packets_sent = 0;
    std::int64_t packets_lost = 0;
  };
  static constexpr std::size_t kHistorySize = 20;

  void remember(const Sample& sample);
  [[nodiscard]] double window_loss_percent(std::int64_t window_ms) const;
  [[nodiscard]] bool should_change(std::int64_t now_ms, int recommended);
  void restart_hold_down(std::int64_t now_ms);

  const Sdk sdk_;
  std::array<Sample, kHistorySize> history_{};  // oldest first
  std::size_t count_ = 0;
  double loss_percent_ = 0;

  bool enabled_ = true;
  int recommended_ = 0;
  int told_ = 0;
  std::int64_t hold_down_start_ms_ = 0;
  std::int64_t last_high_loss_ms_ = 0;
  std::int64_t turned_off_ms_ = 0;
};

}  // namespace chime::stream
