// How many packets of a RED stream were lost and how many of those came back in copies or in-band FEC,
// counted as amazon-chime-sdk-js does (RedundantAudioEncodedTransform.ts).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "rtp/red.hpp"

namespace chime::stream {

struct RecoveryTotals {
  std::uint64_t expected = 0;
  std::uint64_t lost = 0;
  std::uint64_t recovered_red = 0;
  std::uint64_t recovered_fec = 0;
};

// These totals become client metrics that the service compares across clients, so they follow the SDK in
// every oddity: FEC is taken to mean 20 ms earlier whatever a packet lasts, timestamps of copies are not
// wrapped, timestamp 0 is never found, and reports end for good at a wrap. What was really mended is in the
// receiver's own statistics. One thread at a time; never allocates.
class RecoveryCounter {
 public:
  enum class Sdk : std::uint8_t {
    v3_18,  // 3.18 to 3.30: the first packet is reported
    v3_31,  // from 3.31: the first report comes at timestamp 240000 or later
  };

  RecoveryCounter(std::uint8_t opus_payload_type, std::uint8_t red_payload_type, Sdk sdk = Sdk::v3_31);

  // Takes an arrived packet; true when totals are to be reported, at most every five seconds of audio.
  bool receive(rtp::Bytes payload, std::uint8_t payload_type, std::uint16_t sequence_number,
               std::uint32_t timestamp);

  [[nodiscard]] const RecoveryTotals& totals() const { return totals_; }

 private:
  // The latest timestamps, newest over oldest. A block from before a wrap has a negative one here.
  class Log {
   public:
    void add(std::int64_t timestamp);
    [[nodiscard]] bool has(std::int64_t timestamp) const;
    bool remove(std::int64_t timestamp);

   private:
    // 16 places that a packet may be late and 5 that a copy reaches back.
    std::array<std::optional<std::int64_t>, 21> window_;
    std::size_t next_ = 0;
  };

  [[nodiscard]] bool count_primary(std::uint16_t sequence_number, std::optional<std::int64_t> timestamp);
  void count_copy(std::int64_t timestamp);
  void count_fec(std::int64_t timestamp);
  void take_back(std::int64_t timestamp);
  [[nodiscard]] bool report_due(std::int64_t timestamp);

  const std::uint8_t opus_payload_type_;
  const std::uint8_t red_payload_type_;
  const Sdk sdk_;
  RecoveryTotals totals_;
  std::uint16_t newest_sequence_number_ = 0;
  std::optional<std::int64_t> last_report_;
  Log primary_;
  Log red_;
  Log fec_;
};

}  // namespace chime::stream
