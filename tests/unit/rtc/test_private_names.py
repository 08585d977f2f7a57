"""The private names of aiortc and aioice that the transport stands on (docs/topics/transport.md).

A failure here after an upgrade says what has moved; nothing else of the package uses private names of theirs.
"""

import asyncio
import inspect

import aioice
import pytest
from aiortc import (
    RTCCertificate,
    RTCConfiguration,
    RTCDtlsTransport,
    RTCIceGatherer,
    RTCIceTransport,
    RTCPeerConnection,
    RTCRtpReceiver,
    RTCRtpTransceiver,
    rtcdtlstransport,
)
from aiortc.rtcrtpreceiver import RemoteStreamTrack


@pytest.fixture
async def transports() -> tuple[RTCDtlsTransport, RTCIceTransport, aioice.Connection]:
    gatherer = RTCIceGatherer(iceServers=[])
    ice = RTCIceTransport(gatherer)
    return RTCDtlsTransport(ice, [RTCCertificate.generateCertificate()]), ice, gatherer._connection


def parameters(function: object) -> list[str]:
    return list(inspect.signature(function).parameters)  # type: ignore[arg-type]


def calls_on_self(function: object) -> str:
    return inspect.getsource(function)  # type: ignore[arg-type]


async def test_dtls_hands_decrypted_packets_to_two_methods_of_the_instance(
    transports: tuple[RTCDtlsTransport, RTCIceTransport, aioice.Connection],
) -> None:
    dtls = transports[0]
    assert parameters(dtls._handle_rtp_data) == ["data", "arrival_time_ms"]
    assert parameters(dtls._handle_rtcp_data) == ["data"]
    assert inspect.iscoroutinefunction(dtls._handle_rtp_data)
    assert inspect.iscoroutinefunction(dtls._handle_rtcp_data)
    source = calls_on_self(RTCDtlsTransport._recv_next)
    assert "self._handle_rtp_data(data, arrival_time_ms=arrival_time_ms)" in source
    assert "self._handle_rtcp_data(data)" in source


async def test_dtls_sends_rtp_and_rtcp_by_one_method_that_says_when_it_cannot(
    transports: tuple[RTCDtlsTransport, RTCIceTransport, aioice.Connection],
) -> None:
    dtls = transports[0]
    assert parameters(dtls._send_rtp) == ["data"]
    with pytest.raises(ConnectionError):
        await dtls._send_rtp(bytes(12))
    assert "is_rtcp(data)" in calls_on_self(RTCDtlsTransport._send_rtp)


async def test_dtls_role_task_and_handshake_are_where_they_are_looked_for(
    transports: tuple[RTCDtlsTransport, RTCIceTransport, aioice.Connection],
) -> None:
    dtls = transports[0]
    for role in ("client", "server"):
        dtls._set_role(role)
        assert dtls._role == role
    assert dtls._task is None
    assert dtls._ssl is None
    assert dtls.encrypted is False
    assert rtcdtlstransport.SRTP_PROFILES


async def test_srtp_can_be_taken_over_after_the_handshake(
    transports: tuple[RTCDtlsTransport, RTCIceTransport, aioice.Connection],
) -> None:
    dtls = transports[0]
    assert dtls._rx_srtp is None
    assert dtls._tx_srtp is None
    for profile in dtls._srtp_profiles:
        assert profile.openssl_profile.startswith(b"SRTP_")
        size = profile.key_length + profile.salt_length
        assert len(profile.get_key_and_salt(bytes(2 * size), 1)) == size
    source = calls_on_self(RTCDtlsTransport._setup_srtp)
    assert 'b"EXTRACTOR-dtls_srtp"' in source
    assert calls_on_self(RTCDtlsTransport._recv_next).count("self._rx_srtp.unprotect") == 2
    assert callable(getattr(asyncio.get_running_loop(), "_remove_reader"))  # noqa: B009 - a private name


async def test_ice_takes_its_connection_from_the_gatherer(
    transports: tuple[RTCDtlsTransport, RTCIceTransport, aioice.Connection],
) -> None:
    _, ice, connection = transports
    assert ice._connection is connection
    assert ice.iceGatherer._connection is connection
    assert isinstance(connection, aioice.Connection)


def test_aioice_keeps_what_the_guarded_connection_overrides_and_reads() -> None:
    connection = aioice.Connection(ice_controlling=True)
    for name in (
        "_check_list",
        "_local_candidates",
        "_local_candidates_start",
        "_local_candidates_end",
        "_nominated",
        "_protocols",
        "_queue",
        "_transport_policy",
    ):
        assert hasattr(connection, name), name
    assert parameters(connection.get_component_candidates)[:2] == ["component", "addresses"]
    assert parameters(connection.check_incoming) == ["message", "addr", "protocol"]
    assert parameters(connection.data_received) == ["data", "component"]
    assert parameters(aioice.ice.StunProtocol.datagram_received) == ["self", "data", "addr"]
    assert parameters(aioice.ice.get_host_addresses) == ["use_ipv4", "use_ipv6"]


async def test_a_peer_connection_makes_its_transceivers_by_one_method() -> None:
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    made: list[RTCRtpTransceiver] = []
    make = pc._RTCPeerConnection__createTransceiver  # type: ignore[attr-defined]

    def create(**options: object) -> RTCRtpTransceiver:
        made.append(make(**options))
        return made[-1]

    pc._RTCPeerConnection__createTransceiver = create  # type: ignore[attr-defined]
    transceiver = pc.addTransceiver("audio")
    assert made == [transceiver]
    assert transceiver._codecs == []
    assert isinstance(transceiver.sender._ssrc, int)
    assert transceiver.sender._enabled
    assert transceiver.receiver._enabled
    assert parameters(transceiver.sender.send) == parameters(transceiver.receiver.receive) == ["parameters"]
    await pc.close()


async def test_the_router_asks_receivers_for_these(
    transports: tuple[RTCDtlsTransport, RTCIceTransport, aioice.Connection],
) -> None:
    dtls = transports[0]
    assert parameters(dtls._register_rtp_receiver) == ["receiver", "parameters"]
    assert parameters(dtls._unregister_rtp_receiver) == ["receiver"]
    assert hasattr(dtls._rtp_header_extensions_map, "configure")
    assert isinstance(dtls._stats_id, str)
    for name in ("_handle_rtp_packet", "_handle_rtcp_packet", "_handle_disconnect"):
        assert callable(getattr(RTCRtpReceiver, name))
    assert isinstance(RemoteStreamTrack("audio")._queue, asyncio.Queue)
