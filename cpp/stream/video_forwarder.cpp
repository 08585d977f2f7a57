#include "stream/video_forwarder.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

namespace chime::stream {

namespace {

// A datagram's payload and what our header adds; larger packets are not forwarded.
constexpr std::size_t kMaxPacket = 2048;

std::string unknown(const char* what, std::int64_t key) {
  return std::string("no ") + what + " has the key " + std::to_string(key);
}

std::invalid_argument taken(const char* what, std::int64_t key) {
  return std::invalid_argument("key " + std::to_string(key) + " is that of a " + what + " already");
}

}  // namespace

void ForwardedPackets::clear() {
  used_ = 0;
  entries_.clear();
}

std::span<std::uint8_t> ForwardedPackets::room() {
  if (memory_.size() < used_ + kMaxPacket) memory_.resize(used_ + 4 * kMaxPacket);
  return std::span(memory_).subspan(used_, kMaxPacket);
}

void ForwardedPackets::add(std::int64_t sink, std::size_t size) {
  entries_.push_back({sink, used_, size});
  used_ += size;
}

// --- who is there ---

VideoForwarder::Source* VideoForwarder::find_source(std::int64_t key) {
  const auto found = sources_.find(key);
  return found == sources_.end() ? nullptr : &found->second;
}

VideoSink& VideoForwarder::find_sink(std::int64_t key) {
  const auto found = sinks_.find(key);
  if (found == sinks_.end()) throw std::out_of_range(unknown("sink", key));
  return found->second;
}

VideoSource& VideoForwarder::source(std::int64_t key) {
  Source* found = find_source(key);
  if (found == nullptr) throw std::out_of_range(unknown("source", key));
  return found->video;
}

const VideoSink& VideoForwarder::sink(std::int64_t key) const {
  const auto found = sinks_.find(key);
  if (found == sinks_.end()) throw std::out_of_range(unknown("sink", key));
  return found->second;
}

void VideoForwarder::add_source(std::int64_t key, VideoSourceOptions options) {
  const auto [place, is_new] = sources_.try_emplace(key, std::move(options));
  if (!is_new) throw taken("source", key);
  for (const auto& [sink_key, sink] : sinks_) {
    if (sink.selected() && sink.selected()->source == key) place->second.sinks.push_back(sink_key);
  }
}

void VideoForwarder::renegotiate_source(std::int64_t key, VideoSourceOptions options) {
  source(key).renegotiate(std::move(options));
}

void VideoForwarder::remove_source(std::int64_t key) {
  Source* found = find_source(key);
  if (found == nullptr) throw std::out_of_range(unknown("source", key));
  for (const std::int64_t sink : found->sinks) find_sink(sink).select(std::nullopt);
  sources_.erase(key);
}

void VideoForwarder::add_sink(std::int64_t key, VideoSinkOptions options) {
  if (!sinks_.try_emplace(key, std::move(options)).second) throw taken("sink", key);
}

void VideoForwarder::renegotiate_sink(std::int64_t key, VideoSinkOptions options) {
  find_sink(key).renegotiate(std::move(options));
}

void VideoForwarder::remove_sink(std::int64_t key) {
  select(key, std::nullopt);
  sinks_.erase(key);
}

void VideoForwarder::select(std::int64_t key, std::optional<VideoSelection> selection) {
  VideoSink& sink = find_sink(key);
  if (sink.selected()) detach(key, sink.selected()->source);
  sink.select(selection);
  if (!selection) return;
  if (Source* chosen = find_source(selection->source)) chosen->sinks.push_back(key);
}

void VideoForwarder::detach(std::int64_t sink, std::int64_t source) {
  if (Source* left = find_source(source)) std::erase(left->sinks, sink);
}

void VideoForwarder::set_paused(std::int64_t sink, bool paused) { find_sink(sink).set_paused(paused); }

// --- packets ---

const ForwardedPackets& VideoForwarder::push(std::int64_t key, rtp::Bytes data, std::int64_t now_us) {
  out_.clear();
  Source* from = find_source(key);
  if (from == nullptr) throw std::out_of_range(unknown("source", key));
  const auto packet = from->video.receive(data, now_us);
  if (!packet) return out_;
  const std::int64_t epoch = from->video.layers()[packet->layer].epoch;
  for (const std::int64_t sink_key : from->sinks) {
    const auto size = find_sink(sink_key).forward(key, epoch, *packet, out_.room());
    if (size) out_.add(sink_key, *size);
  }
  return out_;
}

const ForwardedPackets& VideoForwarder::retransmit(std::int64_t key,
                                                   std::span<const std::uint16_t> sequence_numbers) {
  out_.clear();
  VideoSink& sink = find_sink(key);
  const auto source_of = [this](std::int64_t source_key) -> const VideoSource* {
    const Source* found = find_source(source_key);
    return found == nullptr ? nullptr : &found->video;
  };
  for (const std::uint16_t number : sequence_numbers) {
    if (const auto size = sink.retransmit(number, source_of, out_.room())) out_.add(key, *size);
  }
  return out_;
}

void VideoForwarder::request_key_frame(std::int64_t key) {
  const auto current = find_sink(key).current();
  Source* from = current ? find_source(current->source) : nullptr;
  if (from != nullptr && current->layer < from->video.layers().size()) {
    from->video.layers()[current->layer].want_key_frame();
  }
}

void VideoForwarder::want_key_frames(Source& from, std::int64_t now_us) {
  const auto layers = from.video.layers();
  for (const std::int64_t sink_key : from.sinks) {
    VideoSink& sink = find_sink(sink_key);
    const auto current = sink.current();
    if (current && current->layer < layers.size() && !layers[current->layer].flows(now_us)) {
      const auto lower = layers.first(current->layer);
      if (std::any_of(lower.begin(), lower.end(),
                      [&](const VideoLayer& layer) { return layer.flows(now_us); })) {
        sink.lose_layer();
      }
    }
    const auto awaited = sink.awaited();
    if (!awaited || awaited->layer >= layers.size()) continue;
    for (std::size_t i = 0; i <= awaited->layer; ++i) {
      VideoLayer& layer = layers[i];
      const bool is_chosen = i == awaited->layer;
      // A lower one only in place of nothing, the chosen one in place of a lower one only when it is there.
      const bool helps = sink.current() ? is_chosen && layer.flows(now_us) : is_chosen || layer.flows(now_us);
      if (helps && (!layer.stats.codec || sink.can_decode(*layer.stats.codec))) layer.want_key_frame();
    }
  }
}

std::vector<VideoRequest> VideoForwarder::poll(std::int64_t now_us, std::int64_t retry_us) {
  for (auto& [key, from] : sources_) want_key_frames(from, now_us);
  std::vector<VideoRequest> requests;
  for (auto& [key, from] : sources_) {
    for (VideoLayer& layer : from.video.layers()) {
      if (layer.due_for_key_frame(now_us)) requests.push_back({key, layer.ssrc, {}});
      VideoRequest missing{key, layer.ssrc, {}};
      layer.missing.due(now_us, retry_us, [&](std::int64_t sequence) {
        missing.sequence_numbers.push_back(static_cast<std::uint16_t>(static_cast<std::uint64_t>(sequence)));
      });
      layer.stats.packets_requested += missing.sequence_numbers.size();
      if (!missing.sequence_numbers.empty()) requests.push_back(std::move(missing));
    }
  }
  return requests;
}

}  // namespace chime::stream
