// Counts what the program allocates, for tests that a path does not.
#pragma once

#include <cstddef>

namespace chime::tests {

// Allocations by operator new in this thread so far.
[[nodiscard]] std::size_t allocations() noexcept;

}  // namespace chime::tests
