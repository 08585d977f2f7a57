// One block of mix-minus without any history, for offline use and for arrays; a conference uses Mixer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace chime::audio {

// Row i of `out` is the sum of all rows of `blocks` but those of i's group, brought into 16 bits by a Limiter
// of its own. `groups` has a number for each stream, or is empty when every stream is a group of its own.
// Both arrays are `streams` rows, one after another, of interleaved samples. Streams of one group get equal
// rows.
void mix_minus(std::span<const std::int16_t> blocks, std::size_t streams, std::size_t channels,
               std::span<const std::int64_t> groups, std::span<std::int16_t> out);

}  // namespace chime::audio
