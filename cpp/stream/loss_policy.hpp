// Chooses what a sender spends against loss: copies of earlier packets and at which distances, the loss that
// the encoder should expect, and less bitrate when the path is congested. docs/topics/loss-policy.md has the
// reasons and what each row costs and leaves.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace chime::stream {

// What a receiver report tells, and what else is known of the path.
struct LossReport {
  std::int64_t now_us = 0;    // when it came, on any monotonic clock
  double fraction_lost = 0;   // since the report before, 0 to 1
  int packets_expected = 50;  // that the fraction is about: one second of 20 ms packets when not known
  std::optional<double> rtt_ms = std::nullopt;
  std::optional<double> jitter_ms = std::nullopt;
  // Mean number of packets lost in a row, where it is known (transport-wide feedback, RTCP XR); else it is
  // estimated from how unevenly loss falls on the reports.
  std::optional<double> burst_packets = std::nullopt;
};

// What to send from now on.
struct RedundancyPlan {
  static constexpr std::size_t kMaxCopies = 3;
  std::array<std::uint8_t, kMaxCopies> distances{};  // of the copies, in packets back, nearest first
  std::size_t copies = 0;
  int expected_loss_percent = 0;  // for the encoder
  int bitrate_percent = 100;      // of the configured bitrate

  [[nodiscard]] std::span<const std::uint8_t> used() const { return std::span(distances).first(copies); }
};

// One sender's. Reacts to every report: up at once, down in tens of seconds. One thread at a time; never
// allocates.
class LossPolicy {
 public:
  LossPolicy();

  void on_report(const LossReport& report);

  // lbrr: whether packets carry in-band FEC, which mends the packet before each one that arrives, so that
  // copies go where FEC does not reach. bitrate_bps: the encoder's, which decides from what expected loss on
  // it writes FEC. frame_ms: duration of a packet; with long ones copies stay near, or they would come too
  // late to be played.
  [[nodiscard]] RedundancyPlan plan(bool lbrr, int bitrate_bps, int frame_ms = 20) const;

  // The loss acted on, 0 to 1: jumps up to the latest report's and falls slowly.
  [[nodiscard]] double loss() const { return loss_; }
  // Mean packets lost in a row, 1 for independent loss.
  [[nodiscard]] double burst_packets() const { return burst_packets_; }
  // Loss comes with a growing round trip: copies would make it worse.
  [[nodiscard]] bool congested() const { return congested_; }

 private:
  void follow_loss(const LossReport& report, double elapsed_s);
  void follow_bursts(const LossReport& report, double elapsed_s);
  void follow_round_trip(const LossReport& report, double elapsed_s);
  [[nodiscard]] int expected_loss_percent(int bitrate_bps) const;

  std::int64_t last_report_us_ = 0;
  int reports_ = 0;
  double loss_;       // acted on
  double mean_loss_;  // smoothed both ways
  double last_fraction_lost_ = 0;

  // Lost packets and their variance between neighbouring reports, both smoothed.
  double mean_lost_ = 0;
  double lost_variance_ = 0;
  int clean_reports_ = 1 << 16;  // in a row; before the first all was clean
  double burst_packets_ = 1;

  double base_rtt_ms_ = 0;  // the shortest of late, 0 before the first
  double jitter_ms_ = 0;
  bool congested_ = false;
};

}  // namespace chime::stream
