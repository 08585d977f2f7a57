// SRTP and datagrams: paths, and the poller that reads for all of them.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "bindings/buffers.hpp"
#include "bindings/register.hpp"
#include "net/media_path.hpp"
#include "net/media_poller.hpp"

namespace chime::bindings {
namespace {

using net::MediaPath;
using net::MediaPoller;
using net::SrtpProfile;

constexpr std::array<std::pair<const char*, SrtpProfile>, 3> kProfiles = {
    {{"SRTP_AES128_CM_SHA1_80", SrtpProfile::aes128_cm_sha1_80},
     {"SRTP_AEAD_AES_128_GCM", SrtpProfile::aead_aes_128_gcm},
     {"SRTP_AEAD_AES_256_GCM", SrtpProfile::aead_aes_256_gcm}}};

SrtpProfile profile_of(const std::string& name) {
  for (const auto& [text, profile] : kProfiles) {
    if (name == text) return profile;
  }
  throw py::value_error("profile is '" + name + "', allowed are 'SRTP_AES128_CM_SHA1_80', " +
                        "'SRTP_AEAD_AES_128_GCM', 'SRTP_AEAD_AES_256_GCM'");
}

void send(MediaPath& self, const py::iterable& packets) {
  std::deque<Bytes> held;
  std::vector<std::span<const std::uint8_t>> spans;
  for (const py::handle packet : packets) spans.push_back(held.emplace_back(packet, "packet").span());
  self.send(spans);
}

// For packets that come or go another way; empty when it cannot be done.
py::bytes transformed(const py::object& packet, std::size_t growth,
                      const std::function<std::size_t(std::span<std::uint8_t>, std::size_t)>& transform) {
  const Bytes given(packet, "packet");
  std::vector<std::uint8_t> buffer(given.span().begin(), given.span().end());
  const std::size_t size = buffer.size();
  buffer.resize(size + growth);
  return to_bytes(std::span(buffer).first(transform(buffer, size)));
}

py::dict stats(const MediaPath& self) {
  const auto& values = self.stats();
  py::dict result;
  result["packets_sent"] = values.packets_sent;
  result["bytes_sent"] = values.bytes_sent;
  result["packets_discarded_on_send"] = values.packets_discarded_on_send;
  result["packets_received"] = values.packets_received;
  result["bytes_received"] = values.bytes_received;
  result["datagrams_oversized"] = values.datagrams_oversized;
  result["packets_rejected"] = values.packets_rejected;
  return result;
}

py::list poll(MediaPoller& self) {
  py::list result;
  self.poll([&](const net::Received& item) {
    py::object from = py::none();
    if (item.kind == net::Received::Kind::other) {
      from = py::make_tuple(item.from.host(), item.from.port());
    }
    result.append(py::make_tuple(item.path, static_cast<int>(item.kind), to_bytes(item.data), item.arrival_us,
                                 item.socket, from));
  });
  return result;
}

}  // namespace

void register_net(py::module_& m) {
  py::class_<MediaPath, std::shared_ptr<MediaPath>>(m, "MediaPath")
      .def(py::init([](const std::string& profile, const py::object& receive_key, const py::object& send_key,
                       const std::vector<int>& descriptors) {
             const Bytes in(receive_key, "receive_key");
             const Bytes out(send_key, "send_key");
             auto path = std::make_shared<MediaPath>(profile_of(profile), in.span(), out.span());
             for (const int descriptor : descriptors) path->add_socket(descriptor);
             return path;
           }),
           py::arg("profile"), py::kw_only(), py::arg("receive_key"), py::arg("send_key"),
           py::arg("descriptors"))
      .def(
          "select",
          [](MediaPath& self, std::size_t socket, const std::string& host, std::uint16_t port) {
            self.select(socket, net::Address(host, port));
          },
          py::arg("socket"), py::arg("host"), py::arg("port"))
      .def("close", &MediaPath::close)
      .def("send", &send, py::arg("packets"))
      .def(
          "protect",
          [](MediaPath& self, const py::object& packet) {
            return transformed(
                packet, net::SrtpContext::kMaxGrowth,
                [&](std::span<std::uint8_t> buffer, std::size_t size) { return self.protect(buffer, size); });
          },
          py::arg("packet"))
      .def(
          "unprotect",
          [](MediaPath& self, const py::object& packet) {
            return transformed(packet, 0, [&](std::span<std::uint8_t> buffer, std::size_t) {
              return self.unprotect(buffer);
            });
          },
          py::arg("packet"))
      .def("stats", &stats);
  py::class_<MediaPoller>(m, "MediaPoller")
      .def(py::init<>())
      .def("fileno", &MediaPoller::descriptor)
      .def("add", &MediaPoller::add, py::arg("path"))
      .def("remove", &MediaPoller::remove, py::arg("path"))
      .def("close", &MediaPoller::close)
      .def("poll", &poll);
}

}  // namespace chime::bindings
