// Counters of one received stream. Names follow W3C webrtc-stats where it has them.
#pragma once

#include <cstdint>

namespace chime::jitter {

// Samples are counted per channel at the output rate; times are sums over samples, in seconds.
struct Statistics {
  // Network.
  std::uint64_t packets_received = 0;
  std::uint64_t bytes_received = 0;     // payload octets
  std::uint64_t packets_discarded = 0;  // frames that came in time for nothing: late, or no room
  std::uint64_t packets_duplicated = 0;
  std::uint64_t packets_late = 0;
  std::uint64_t packets_malformed = 0;
  std::uint64_t packets_wrong_payload_type = 0;
  std::uint64_t fec_packets_received = 0;   // RED copies and packets with in-band FEC
  std::uint64_t fec_packets_discarded = 0;  // of these, not used
  // Sound.
  std::uint64_t total_samples_received = 0;
  std::uint64_t concealed_samples = 0;
  std::uint64_t silent_concealed_samples = 0;
  std::uint64_t concealment_events = 0;
  std::uint64_t comfort_noise_samples = 0;
  std::uint64_t inserted_samples_for_deceleration = 0;
  std::uint64_t removed_samples_for_acceleration = 0;
  std::uint64_t recovered_by_red = 0;  // frames
  std::uint64_t recovered_by_fec = 0;
  std::uint64_t decode_errors = 0;
  double total_audio_energy = 0;
  double total_samples_duration = 0;
  // Delay.
  std::uint64_t jitter_buffer_emitted_count = 0;
  double jitter_buffer_delay = 0;
  double jitter_buffer_target_delay = 0;
};

}  // namespace chime::jitter
