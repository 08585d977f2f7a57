#include <doctest/doctest.h>

#include "rtp/unwrapper.hpp"

using chime::rtp::SequenceUnwrapper;
using chime::rtp::TimestampUnwrapper;

TEST_CASE("sequence numbers extend across the wrap in both directions") {
  SequenceUnwrapper unwrapper;
  CHECK(unwrapper.unwrap(65534) == 65534);
  CHECK(unwrapper.unwrap(1) == 65537);
  CHECK(unwrapper.unwrap(65535) == 65535);
  CHECK(unwrapper.unwrap(0) == 65536);
}

TEST_CASE("values before the first become negative instead of jumping forward") {
  TimestampUnwrapper unwrapper;
  CHECK(unwrapper.unwrap(480) == 480);
  CHECK(unwrapper.unwrap(0xFFFFFFFFu - 479) == -480);
}

TEST_CASE("peek does not move the reference") {
  SequenceUnwrapper unwrapper;
  unwrapper.unwrap(10);
  CHECK(unwrapper.peek(40000) == 40000 - 65536);
  CHECK(unwrapper.unwrap(11) == 11);
}
