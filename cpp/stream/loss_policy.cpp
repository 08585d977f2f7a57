#include "stream/loss_policy.hpp"

#include <algorithm>
#include <cmath>

namespace chime::stream {

namespace {

// Before the first report the path is taken for a little lossy: one copy, until reports say otherwise.
constexpr double kInitialLoss = 0.02;
// At the start each clean report halves it, so that a clean path is rid of the copy after three of them.
constexpr int kStartReports = 5;
constexpr double kStartDecay = 0.5;
// Afterwards the loss acted on falls by 1/e in 8 s: from 10 % to no copies in 24 s, from 30 % to one copy in
// 17 s.
constexpr double kLossDecayS = 8.0;
// The smoothed loss follows within a few reports.
constexpr double kMeanS = 4.0;

// Below this a copy would mend less than one packet in 200.
constexpr double kOneCopyLoss = 0.005;
// One lost packet of 50 in a report must not look like this, two may; with one copy 4 % leave 0.2 % (see the
// docs).
constexpr double kTwoCopiesLoss = 0.035;
// Above this nothing gets through anyway, and what is lost is most likely our own excess (the SDK's number).
constexpr double kTurnOffLoss = 0.75;

// The encoder is never told more: it gives up voice quality for robustness beyond what helps.
constexpr int kMaxExpectedLossPercent = 40;
// From this bitrate on libopus writes FEC as soon as any loss is expected (measured with 1.3.1 and 1.6.1,
// mono speech; 1.6.1 from 32 kbit/s on) ...
constexpr int kEasyFecBitrateBps = 40'000;
// ... and down to this one from 10 % on. Below it would halve the bandwidth for it.
constexpr int kFecBitrateBps = 24'000;
constexpr int kFecLossPercent = 10;

// Loss in runs: from here on copies keep further away.
constexpr double kBurstyPackets = 2.5;
constexpr double kLongBurstPackets = 4.0;
// Reports' losses are averaged this long for the burst length, and it takes this many lost packets to believe
// in it.
constexpr double kBurstS = 12.0;
constexpr double kMinLostForBursts = 1.0;
constexpr double kMaxBurstPackets = 10.0;

// Packets of this length and more: two of them back is 80 ms late.
constexpr int kLongFrameMs = 40;

// Jitter from which a receiver keeps a deep buffer anyway, so that far copies are in time.
constexpr double kDeepBufferJitterMs = 30.0;

// The round trip of a queue that fills: above the base by this, and by half of the base.
constexpr double kCongestionRiseMs = 100.0;
constexpr double kCongestionRiseShare = 0.5;
// The base follows a longer route in about a minute.
constexpr double kBaseRttS = 60.0;
constexpr double kCongestionLoss = 0.03;
constexpr int kCongestedBitratePercent = 70;

double decay(double elapsed_s, double time_constant_s) { return std::exp(-elapsed_s / time_constant_s); }

struct Distances {
  std::uint8_t one;
  std::array<std::uint8_t, 2> two;
};

// Best of the schemes simulated (docs/topics/loss-policy.md). With in-band FEC every copy also brings the
// packet before it, so copies need not be neighbours.
constexpr Distances kWithFec{2, {2, 4}};
constexpr Distances kWithFecBursty{3, {3, 6}};
constexpr Distances kWithFecLongBursts{4, {4, 8}};
constexpr Distances kWithoutFec{1, {1, 2}};
constexpr Distances kWithoutFecBursty{2, {2, 5}};
constexpr Distances kWithoutFecLongBursts{3, {3, 6}};

}  // namespace

LossPolicy::LossPolicy() : loss_(kInitialLoss), mean_loss_(kInitialLoss) {}

void LossPolicy::on_report(const LossReport& report) {
  // Reports that come in a burst after a stall still count as some time each, late ones not as minutes.
  constexpr double kMinElapsedS = 0.1;
  constexpr double kMaxElapsedS = 10.0;
  const double elapsed_s = reports_ == 0
                               ? 1.0
                               : std::clamp(static_cast<double>(report.now_us - last_report_us_) / 1e6,
                                            kMinElapsedS, kMaxElapsedS);
  last_report_us_ = report.now_us;
  ++reports_;
  follow_loss(report, elapsed_s);
  follow_bursts(report, elapsed_s);
  follow_round_trip(report, elapsed_s);
  last_fraction_lost_ = report.fraction_lost;
}

void LossPolicy::follow_loss(const LossReport& report, double elapsed_s) {
  const double falling =
      reports_ <= kStartReports && report.fraction_lost == 0 ? kStartDecay : decay(elapsed_s, kLossDecayS);
  loss_ = std::max(report.fraction_lost, loss_ * falling);
  const double keep = decay(elapsed_s, kMeanS);
  mean_loss_ = keep * mean_loss_ + (1 - keep) * report.fraction_lost;
}

// With independent loss the number of packets lost in a report varies as a binomial does; runs of length b
// make the variance about 2 b - 1 times as large. Differences of neighbouring reports give the variance
// without being misled by a slow change of the mean.
void LossPolicy::follow_bursts(const LossReport& report, double elapsed_s) {
  if (report.burst_packets) {
    burst_packets_ = std::clamp(*report.burst_packets, 1.0, kMaxBurstPackets);
    return;
  }
  const double expected = std::max(report.packets_expected, 1);
  const double lost = report.fraction_lost * expected;
  const double difference = lost - last_fraction_lost_ * expected;
  const double keep = decay(elapsed_s, kBurstS);
  mean_lost_ = keep * mean_lost_ + (1 - keep) * lost;
  lost_variance_ = keep * lost_variance_ + (1 - keep) * difference * difference / 2;
  const double fraction = mean_lost_ / expected;
  const double independent = mean_lost_ * (1 - fraction);
  burst_packets_ = mean_lost_ < kMinLostForBursts || independent <= 0
                       ? 1.0
                       : std::clamp((lost_variance_ / independent + 1) / 2, 1.0, kMaxBurstPackets);
}

void LossPolicy::follow_round_trip(const LossReport& report, double elapsed_s) {
  if (report.jitter_ms) jitter_ms_ = *report.jitter_ms;
  if (!report.rtt_ms) return;
  const double rtt_ms = *report.rtt_ms;
  if (base_rtt_ms_ == 0 || rtt_ms < base_rtt_ms_) {
    base_rtt_ms_ = rtt_ms;
  } else {
    base_rtt_ms_ += (1 - decay(elapsed_s, kBaseRttS)) * (rtt_ms - base_rtt_ms_);
  }
  const double rise_ms = rtt_ms - base_rtt_ms_;
  congested_ = rise_ms > kCongestionRiseMs && rise_ms > kCongestionRiseShare * base_rtt_ms_ &&
               mean_loss_ > kCongestionLoss;
}

RedundancyPlan LossPolicy::plan(bool lbrr, int bitrate_bps, int frame_ms) const {
  RedundancyPlan plan;
  plan.expected_loss_percent = expected_loss_percent(bitrate_bps);
  if (loss_ < kOneCopyLoss || mean_loss_ > kTurnOffLoss) {
    plan.copies = 0;
  } else {
    plan.copies = loss_ < kTwoCopiesLoss || congested_ ? 1 : 2;
  }
  if (congested_) plan.bitrate_percent = kCongestedBitratePercent;

  const bool deep = jitter_ms_ >= kDeepBufferJitterMs;
  const bool long_bursts = burst_packets_ >= kLongBurstPackets && deep;
  const bool bursty = burst_packets_ >= kBurstyPackets && (deep || burst_packets_ >= kLongBurstPackets);
  const Distances& distances = frame_ms >= kLongFrameMs ? kWithoutFec
                               : long_bursts            ? (lbrr ? kWithFecLongBursts : kWithoutFecLongBursts)
                               : bursty                 ? (lbrr ? kWithFecBursty : kWithoutFecBursty)
                                                        : (lbrr ? kWithFec : kWithoutFec);
  if (plan.copies == 1) plan.distances[0] = distances.one;
  if (plan.copies == 2) std::copy(distances.two.begin(), distances.two.end(), plan.distances.begin());
  return plan;
}

int LossPolicy::expected_loss_percent(int bitrate_bps) const {
  if (loss_ < kOneCopyLoss) return 0;
  const double told = 100 * std::max(mean_loss_, last_fraction_lost_);
  const int percent = std::clamp(static_cast<int>(std::ceil(told)), 1, kMaxExpectedLossPercent);
  // Where FEC has its price in quality it is only asked for when one copy does not do.
  const bool needs_more =
      loss_ >= kTwoCopiesLoss && bitrate_bps >= kFecBitrateBps && bitrate_bps < kEasyFecBitrateBps;
  return needs_more ? std::max(percent, kFecLossPercent) : percent;
}

}  // namespace chime::stream
