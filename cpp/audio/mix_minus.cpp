#include "audio/mix_minus.hpp"

#include <algorithm>
#include <vector>

#include "audio/kernels.hpp"
#include "audio/limiter.hpp"

namespace chime::audio {
namespace {

class Block {
 public:
  Block(std::span<const std::int16_t> rows, std::size_t streams, std::size_t channels)
      : rows_(rows),
        channels_(channels),
        samples_(rows.size() / streams),
        total_(samples_),
        difference_(samples_),
        narrow_total_(samples_) {
    std::size_t stream = 0;
    for (; stream + 4 <= streams; stream += 4) {
      kernels::accumulate(total_.data(), row(stream), row(stream + 1), row(stream + 2), row(stream + 3),
                          samples_);
    }
    for (; stream < streams; ++stream) kernels::accumulate(total_.data(), row(stream), samples_);
    total_fits_ = !kernels::pack(total_.data(), narrow_total_.data(), samples_);
  }

  void without(std::size_t stream, std::span<std::int16_t> out) {
    if (total_fits_ && !kernels::subtract_narrow(narrow_total_.data(), row(stream), out.data(), samples_))
      return;
    // Where one mix does not fit, the next hardly will.
    if (!loud_) loud_ = kernels::subtract_and_pack(total_.data(), row(stream), out.data(), samples_);
    if (loud_) Limiter().turn_down(total_, row(stream), difference_, channels_, out);
  }

  void without(std::span<const std::size_t> streams, std::span<std::int16_t> out) {
    difference_ = total_;
    for (const std::size_t stream : streams) kernels::deduct(difference_.data(), row(stream), samples_);
    Limiter().process(difference_, channels_, out);
  }

  [[nodiscard]] std::size_t samples() const { return samples_; }

 private:
  [[nodiscard]] const std::int16_t* row(std::size_t stream) const { return rows_.data() + stream * samples_; }

  std::span<const std::int16_t> rows_;
  std::size_t channels_;
  std::size_t samples_;
  bool total_fits_ = false;
  bool loud_ = false;
  std::vector<std::int32_t> total_;
  std::vector<std::int32_t> difference_;
  std::vector<std::int16_t> narrow_total_;
};

}  // namespace

void mix_minus(std::span<const std::int16_t> blocks, std::size_t streams, std::size_t channels,
               std::span<const std::int64_t> groups, std::span<std::int16_t> out) {
  if (streams == 0 || blocks.empty()) return;
  Block block(blocks, streams, channels);
  const auto out_row = [&](std::size_t stream) {
    return out.subspan(stream * block.samples(), block.samples());
  };
  if (groups.empty()) {
    for (std::size_t stream = 0; stream < streams; ++stream) block.without(stream, out_row(stream));
    return;
  }
  std::vector<std::size_t> order(streams);
  for (std::size_t stream = 0; stream < streams; ++stream) order[stream] = stream;
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return groups[a] < groups[b]; });
  for (auto first = order.begin(); first != order.end();) {
    const auto last =
        std::find_if(first, order.end(), [&](auto other) { return groups[other] != groups[*first]; });
    const auto made = out_row(*first);
    block.without(std::span<const std::size_t>(first, last), made);
    for (auto other = first + 1; other != last; ++other) std::ranges::copy(made, out_row(*other).begin());
    first = last;
  }
}

}  // namespace chime::audio
