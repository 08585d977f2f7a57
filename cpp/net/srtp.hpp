// SRTP and SRTCP (RFC 3711, RFC 7714) of one direction, over libsrtp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

struct srtp_ctx_t_;

namespace chime::net {

// The profiles that DTLS-SRTP negotiates (RFC 5764, section 4.1.2; RFC 7714, section 14.2).
enum class SrtpProfile { aes128_cm_sha1_80, aead_aes_128_gcm, aead_aes_256_gcm };
enum class SrtpDirection { inbound, outbound };

// Bytes of a master key and its salt.
std::size_t key_size(SrtpProfile profile);

// Whether a packet with RTP's version is RTCP (RFC 5761, section 4).
bool is_rtcp(std::span<const std::uint8_t> packet);

// Knows every SSRC of its direction by itself. Works in place; nothing here throws once it is made.
class SrtpContext {
 public:
  // What a protected packet is longer at most: the trailer, and SRTCP's index.
  static constexpr std::size_t kMaxGrowth = 144 + 4;

  // `key` is the master key followed by the salt. Throws std::invalid_argument for another size,
  // std::runtime_error when libsrtp cannot do the profile.
  SrtpContext(SrtpProfile profile, std::span<const std::uint8_t> key, SrtpDirection direction);

  // `buffer` begins with a packet of `size` bytes and has kMaxGrowth more. The new size, 0 when it cannot be
  // done.
  std::size_t protect(std::span<std::uint8_t> buffer, std::size_t size);
  // The size of what was in the packet; 0 for one that is forged, damaged, repeated or too old.
  std::size_t unprotect(std::span<std::uint8_t> packet);

 private:
  struct Deleter {
    void operator()(srtp_ctx_t_* context) const;
  };
  std::unique_ptr<srtp_ctx_t_, Deleter> context_;
};

}  // namespace chime::net
