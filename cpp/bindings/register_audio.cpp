#include "bindings/register.hpp"

namespace chime::bindings {

// Groups come after receivers, the mixer last: it takes receivers and senders.
void register_audio(pybind11::module_& m) {
  register_opus(m);
  register_signal(m);
  register_receiver(m);
  register_receiver_group(m);
  register_sender(m);
  register_mixer(m);
}

}  // namespace chime::bindings
