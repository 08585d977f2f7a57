#include "stream/video_packet.hpp"

#include <algorithm>
#include <array>

#include "rtp/extensions.hpp"

namespace chime::stream {

std::optional<std::size_t> write_video_packet(const rtp::Header& header, rtp::Bytes payload,
                                              const VideoExtensions& extensions, std::int64_t at_us,
                                              std::span<std::uint8_t> out) {
  const auto sent_at = rtp::write_abs_send_time(at_us);
  std::array<rtp::ExtensionElement, 2> elements;
  std::size_t count = 0;
  if (extensions.mid_id != 0) {
    elements[count++] = {
        extensions.mid_id,
        {reinterpret_cast<const std::uint8_t*>(extensions.mid.data()), extensions.mid.size()}};
  }
  if (extensions.abs_send_time_id != 0) elements[count++] = {extensions.abs_send_time_id, sent_at};
  return rtp::pack_packet(header, payload, {{}, std::span(elements).first(count), 0}, out);
}

rtp::Bytes rtx_payload(std::uint16_t sequence_number, rtp::Bytes payload, std::vector<std::uint8_t>& memory) {
  memory.resize(2 + payload.size());
  rtp::write_u16(memory.data(), sequence_number);
  std::copy(payload.begin(), payload.end(), memory.begin() + 2);
  return memory;
}

}  // namespace chime::stream
