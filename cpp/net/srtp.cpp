#include "net/srtp.hpp"

#include <srtp2/srtp.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>

namespace chime::net {
namespace {

static_assert(SrtpContext::kMaxGrowth >= SRTP_MAX_TRAILER_LEN + sizeof(std::uint32_t));

// Packets of the replay window: half a second of a big video.
constexpr unsigned long kReplayWindow = 1024;
constexpr std::size_t kMinRtp = 12;
constexpr std::size_t kMinRtcp = 8;

void require(srtp_err_status_t status, const char* what) {
  if (status == srtp_err_status_ok) return;
  throw std::runtime_error(std::string("libsrtp: ") + what + " failed with status " + std::to_string(status));
}

void start_library() {
  static const bool once = [] {
    require(srtp_init(), "srtp_init");
    return true;
  }();
  static_cast<void>(once);
}

srtp_profile_t library_profile(SrtpProfile profile) {
  switch (profile) {
    case SrtpProfile::aead_aes_128_gcm:
      return srtp_profile_aead_aes_128_gcm;
    case SrtpProfile::aead_aes_256_gcm:
      return srtp_profile_aead_aes_256_gcm;
    case SrtpProfile::aes128_cm_sha1_80:
      break;
  }
  return srtp_profile_aes128_cm_sha1_80;
}

// libsrtp wants memory that is aligned as for its own words; anything that begins a buffer is.
int as_int(std::size_t size) { return static_cast<int>(size); }

}  // namespace

std::size_t key_size(SrtpProfile profile) {
  switch (profile) {
    case SrtpProfile::aead_aes_128_gcm:
      return 16 + 12;
    case SrtpProfile::aead_aes_256_gcm:
      return 32 + 12;
    case SrtpProfile::aes128_cm_sha1_80:
      break;
  }
  return 16 + 14;
}

bool is_rtcp(std::span<const std::uint8_t> packet) {
  return packet.size() > 1 && packet[1] >= 192 && packet[1] <= 223;
}

SrtpContext::SrtpContext(SrtpProfile profile, std::span<const std::uint8_t> key, SrtpDirection direction) {
  if (key.size() != key_size(profile)) {
    throw std::invalid_argument("key has " + std::to_string(key.size()) + " bytes, allowed are " +
                                std::to_string(key_size(profile)));
  }
  start_library();
  std::array<std::uint8_t, SRTP_MAX_KEY_LEN> master{};
  std::copy(key.begin(), key.end(), master.begin());
  srtp_policy_t policy{};
  require(srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, library_profile(profile)), "the profile");
  require(srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, library_profile(profile)),
          "the profile");
  policy.ssrc.type = direction == SrtpDirection::inbound ? ssrc_any_inbound : ssrc_any_outbound;
  policy.key = master.data();
  policy.window_size = kReplayWindow;
  // A packet that is sent again must be the same, which is what retransmission without RTX does.
  policy.allow_repeat_tx = 1;
  srtp_t made = nullptr;
  require(srtp_create(&made, &policy), "srtp_create");
  context_.reset(made);
}

void SrtpContext::Deleter::operator()(srtp_ctx_t_* context) const { srtp_dealloc(context); }

std::size_t SrtpContext::protect(std::span<std::uint8_t> buffer, std::size_t size) {
  const auto packet = buffer.first(std::min(size, buffer.size()));
  const bool rtcp = is_rtcp(packet);
  if (size + kMaxGrowth > buffer.size() || size < (rtcp ? kMinRtcp : kMinRtp)) return 0;
  int length = as_int(size);
  const auto status = rtcp ? srtp_protect_rtcp(context_.get(), buffer.data(), &length)
                           : srtp_protect(context_.get(), buffer.data(), &length);
  return status == srtp_err_status_ok ? static_cast<std::size_t>(length) : 0;
}

std::size_t SrtpContext::unprotect(std::span<std::uint8_t> packet) {
  const bool rtcp = is_rtcp(packet);
  if (packet.size() < (rtcp ? kMinRtcp : kMinRtp)) return 0;
  int length = as_int(packet.size());
  const auto status = rtcp ? srtp_unprotect_rtcp(context_.get(), packet.data(), &length)
                           : srtp_unprotect(context_.get(), packet.data(), &length);
  return status == srtp_err_status_ok ? static_cast<std::size_t>(length) : 0;
}

}  // namespace chime::net
