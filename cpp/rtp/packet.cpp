#include "rtp/packet.hpp"
