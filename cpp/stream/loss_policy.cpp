#include "stream/loss_policy.hpp"

#include <algorithm>
#include <cmath>

namespace chime::stream {

namespace {

// Before the first report the path is taken for a little lossy: one copy, until reports say otherwise.
constexpr double kInitialLoss = 0.02;
// At the start each clean report halves it, so that a clean path is rid of the copy after three of them.
constexpr int kStartReports = 5;
// One report is not enough to do without a copy.
constexpr int kTrustedReports = 2;
constexpr double kStartDecay = 0.5;
// Afterwards the loss acted on falls by 1/e in 8 s: from 10 % to no copies in 24 s, from 30 % to one copy in
// 17 s.
constexpr double kLossDecayS = 8.0;
// The smoothed loss follows within a few reports.
constexpr double kMeanS = 4.0;

// Below this the path counts as clean: one packet in 200.
constexpr double kCleanLoss = 0.005;
// What may stay lost before another copy is sent: one frame of active audio in 500, one glitch in ten
// seconds.
constexpr double kResidualTarget = 0.002;
// Another copy that removes less than this share of what is left is not worth its bits.
constexpr double kWorthwhileShare = 0.15;

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

// Where FEC has its price in quality it is asked for from this loss on.
constexpr double kFecWorthLoss = 0.035;

// Estimates of the burst length below this are what independent loss looks like.
constexpr double kMinBurstPackets = 1.5;
// Reports' losses are averaged this long for the burst length, and it takes this many lost packets to believe
// in it.
constexpr double kBurstS = 12.0;
constexpr double kMinLostForBursts = 1.0;
constexpr int kCleanReports = 5;
constexpr double kMaxBurstPackets = 10.0;

// How long a receiver waits for a mend is not known. Judged are a shallow buffer and a deep one, each with
// what the jitter adds that receivers have to cover anyway.
constexpr double kShallowBufferMs = 60.0;
constexpr double kDeepBufferMs = 100.0;
constexpr double kShallowPerJitter = 1.0;
constexpr double kDeepPerJitter = 2.0;
constexpr double kMaxDeepBufferMs = 200.0;
// Whatever a packet lasts, a buffer that is any use holds two.
constexpr int kMinDeepPackets = 2;

// The round trip of a queue that fills: above the base by this, and by half of the base.
constexpr double kCongestionRiseMs = 100.0;
constexpr double kCongestionRiseShare = 0.5;
// The base follows a longer route in about a minute.
constexpr double kBaseRttS = 60.0;
constexpr double kCongestionLoss = 0.03;
constexpr int kCongestedBitratePercent = 70;

double decay(double elapsed_s, double time_constant_s) { return std::exp(-elapsed_s / time_constant_s); }

using Scheme = std::array<std::uint8_t, RedundancyPlan::kMaxCopies>;

// Distances of copies that are tried, nearest first, 0 for none. Fewer copies come first.
constexpr std::array<Scheme, 10> kSchemes{{{0, 0, 0},
                                           {1, 0, 0},
                                           {2, 0, 0},
                                           {3, 0, 0},
                                           {4, 0, 0},
                                           {1, 2, 0},
                                           {2, 4, 0},
                                           {2, 5, 0},
                                           {3, 6, 0},
                                           {4, 8, 0}}};

constexpr int kMaxDistance = 8;

std::size_t copies_of(const Scheme& scheme) {
  return static_cast<std::size_t>(std::count_if(scheme.begin(), scheme.end(), [](auto d) { return d != 0; }));
}

// Loss as a two-state model: a share of packets, in runs of a mean length.
struct LossModel {
  double loss;
  double burst_packets;

  // The chance that a packet is lost when the one `distance` before it was.
  [[nodiscard]] double lost_after(int distance) const {
    const double leave = 1 / burst_packets;
    const double enter = std::min(1.0, loss * leave / std::max(1 - loss, 1e-6));
    const double memory = burst_packets > 1 ? std::pow(std::max(0.0, 1 - leave - enter), distance) : 0.0;
    return loss + (1 - loss) * memory;
  }

  // The share of packets that stay lost when those at the scheme's distances behind carry copies and, with
  // `lbrr`, every packet and every copy the FEC of the packet before, as far as they come within `reach`
  // packets.
  [[nodiscard]] double residual(const Scheme& scheme, bool lbrr, int reach) const {
    std::array<bool, kMaxDistance + 2> mends{};  // by distance
    mends[1] = lbrr;
    for (const std::size_t distance : scheme) {
      if (distance == 0) break;
      mends[distance] = true;
      mends[distance + 1] |= lbrr;
    }
    double share = loss;
    int last = 0;
    for (int distance = 1; distance <= std::min(reach, kMaxDistance + 1); ++distance) {
      if (!mends[static_cast<std::size_t>(distance)]) continue;
      share *= lost_after(distance - last);
      last = distance;
    }
    return share;
  }
};

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
  // Loss that begins after a clean while is a change of the path and says nothing of runs.
  const bool begins = clean_reports_ >= kCleanReports && lost > 0;
  clean_reports_ = lost > 0 ? 0 : clean_reports_ + 1;
  const double difference = begins ? std::sqrt(2 * lost) : lost - last_fraction_lost_ * expected;
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
  if (congested_) plan.bitrate_percent = kCongestedBitratePercent;
  if (loss_ < kCleanLoss || mean_loss_ > kTurnOffLoss) return plan;

  const LossModel model{std::min(loss_, kTurnOffLoss),
                        burst_packets_ < kMinBurstPackets ? 1.0 : burst_packets_};
  const double shallow_ms = std::min(kShallowBufferMs + kShallowPerJitter * jitter_ms_, kMaxDeepBufferMs);
  const double deep_ms = std::min(kDeepBufferMs + kDeepPerJitter * jitter_ms_, kMaxDeepBufferMs);
  const auto residual = [&](const Scheme& scheme) {
    const int shallow = static_cast<int>(shallow_ms / frame_ms);
    const int deep = std::max(kMinDeepPackets, static_cast<int>(deep_ms / frame_ms));
    return (model.residual(scheme, lbrr, shallow) + model.residual(scheme, lbrr, deep)) / 2;
  };

  // The fewest copies that leave little enough; among as many, those that leave least.
  const std::size_t least = reports_ < kTrustedReports ? 1 : 0;
  const std::size_t most = congested_ || reports_ == 0 ? 1 : 2;
  const Scheme* best = &kSchemes[least];
  double left = residual(*best);
  for (const Scheme& scheme : kSchemes) {
    const std::size_t copies = copies_of(scheme);
    if (copies < least) continue;
    if (copies > most) break;
    const bool more = copies > copies_of(*best);
    if (more && left <= kResidualTarget) break;
    const double leaves = residual(scheme);
    if (leaves < (more ? (1 - kWorthwhileShare) * left : left)) {
      best = &scheme;
      left = leaves;
    }
  }
  plan.distances = *best;
  plan.copies = copies_of(*best);
  return plan;
}

int LossPolicy::expected_loss_percent(int bitrate_bps) const {
  if (loss_ < kCleanLoss) return 0;
  const double told = 100 * std::max(mean_loss_, last_fraction_lost_);
  const int percent = std::clamp(static_cast<int>(std::ceil(told)), 1, kMaxExpectedLossPercent);
  // Where FEC has its price in quality it is only asked for when one copy does not do.
  const bool needs_more =
      loss_ >= kFecWorthLoss && bitrate_bps >= kFecBitrateBps && bitrate_bps < kEasyFecBitrateBps;
  return needs_more ? std::max(percent, kFecLossPercent) : percent;
}

}  // namespace chime::stream
