"""RtcPeer: offers, answers, one bundle of ICE and DTLS, and the audio that goes over it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Self

from chime_native.errors import RtcError, SdpError
from chime_native.rtc.agreement import (
    AudioParameters,
    RemoteTransport,
    audio_parameters,
    check_answer,
    remote_transport,
)
from chime_native.rtc.audio import AudioChannel
from chime_native.rtc.connection import PeerConnection
from chime_native.rtc.further_audio import FurtherAudio
from chime_native.rtc.ice import with_public_address
from chime_native.rtc.impairment import Impairment
from chime_native.rtc.negotiation import OFFER_ORIGIN, LocalMedia, LocalTransport, build_answer, build_offer
from chime_native.rtc.options import AudioProfileOptions, AudioSection, IceServer, VideoAnswer, VideoSection
from chime_native.rtc.reports import Feedback, RtcpReporter
from chime_native.rtc.router import PacketHandler, PacketRouter, Route
from chime_native.rtc.rtcp import RtcpPacket
from chime_native.rtc.sdp import Origin, SessionDescription
from chime_native.rtc.sdp_parser import parse_sdp
from chime_native.rtc.video import VideoParameters, video_parameters

__all__ = ["RtcPeer"]

#: What a client offers when it does not say: its own camera's section, off.
CAMERA_OFF = (VideoSection(mid="1"),)


class RtcPeer:
    """One peer connection.

    A client calls :meth:`create_offer` and :meth:`apply_answer`; a service calls :meth:`create_answer`. Either may do
    it again at any time, one exchange after the other; mids and transport stay. ``controlling`` is the ICE role: True
    for the client. ``host`` limits candidates to one address, None offers all, 127.0.0.1 included; ``public_address`` is offered
    besides where one-to-one NAT is in between. After the first
    exchange :attr:`audio` is there if audio was agreed, and ICE and DTLS come up in the background:
    :meth:`connected` waits for them. ``on_feedback`` gets the PLI, FIR, NACK and REMB of the peer.

    May be created before the loop runs; everything else belongs to one running loop. As an async context manager it
    closes itself.
    """

    def __init__(
        self,
        *,
        controlling: bool,
        host: str | None = None,
        public_address: str | None = None,
        ice_servers: Sequence[IceServer] = (),
        impairment: Impairment | None = None,
        on_feedback: Callable[[Feedback], None] | None = None,
    ) -> None:
        self._public_address = public_address
        self._cname = secrets.token_urlsafe(12)
        self._ssrc = _random_ssrc()
        self._session_id, self._version = secrets.randbits(62), 1
        self._router = PacketRouter()
        self._video_handlers: dict[str, PacketHandler] = {}
        self._reporter = RtcpReporter(self._cname, self._ssrc, on_feedback)
        self._connection = PeerConnection(
            controlling=controlling,
            host=host,
            ice_servers=ice_servers,
            impairment=impairment,
            on_rtp=self._router.handle,
            reporter=self._reporter,
        )
        self._further_audio = FurtherAudio(self._reporter, self.send_rtp)
        self._options = AudioProfileOptions()
        self._offer: SessionDescription | None = None
        self._offered_sections = 0
        self._remote: RemoteTransport | None = None
        self.audio: AudioChannel | None = None
        """The audio section once it was negotiated, None while there is none."""
        self.video: Mapping[str, VideoParameters] = {}
        """The video sections that neither side rejected in the last exchange, by mid."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self.close()

    # --- negotiation ---

    async def create_offer(
        self,
        *,
        audio: AudioProfileOptions | None = None,
        video_sections: Sequence[VideoSection | AudioSection] = CAMERA_OFF,
    ) -> str:
        """An offer: audio with the mid ``0``, then the video sections, and further audio sections, in their order.

        A section once offered keeps its place: a later list may be longer, not shorter, and a stopped section may be
        followed by another mid in its place. ``audio`` counts for this and later offers. Raises RtcError when there is
        no candidate, ValueError for a list of sections that cannot be.
        """
        self._check_open()
        mids = ["0", *(section.mid for section in video_sections)]
        if len(set(mids)) != len(mids):
            raise ValueError(
                f"each further section needs a mid of its own other than 0; given are {mids[1:]}"
            )
        if len(mids) < self._offered_sections:
            raise ValueError(
                f"{self._offered_sections} sections were offered before, now only {len(mids)}: stop them instead"
            )
        self._options = audio or self._options
        local = await self._local()
        self._offer = build_offer(
            self._origin(OFFER_ORIGIN), local, self._media(), self._options, video_sections
        )
        self._offered_sections = len(mids)
        return str(self._offer)

    async def apply_answer(self, sdp: str) -> None:
        """Takes the answer to the last offer; the first one starts ICE and DTLS.

        Raises SdpError for an answer that is malformed or does not fit the offer, and then nothing has changed.
        """
        self._check_open()
        if self._offer is None:
            raise RuntimeError("apply_answer needs an offer that has not been answered yet")
        answer = parse_sdp(sdp)
        check_answer(self._offer, answer)
        remote = remote_transport(answer)
        if remote.setup not in ("active", "passive"):
            raise SdpError(f"the answer must say a=setup:active or a=setup:passive, not {remote.setup}")
        parameters = audio_parameters(self._offer, answer)
        ssrc = _random_ssrc() if self._needs_new_engine(parameters) else self._ssrc
        self._agree(self._offer, answer, parameters, ssrc)
        self._offer = None
        if self._remote is None:
            self._connection.start(remote, "passive" if remote.setup == "active" else "active")
        self._remote = remote

    async def create_answer(
        self,
        offer: str | SessionDescription,
        *,
        audio: AudioProfileOptions | None = None,
        video: Mapping[str, VideoAnswer] | None = None,
        further_audio: Collection[str] = (),
    ) -> str:
        """The answer to the peer's offer; the first one starts ICE and DTLS in the background.

        ``video`` says by mid what is sent in video sections, ``further_audio`` names the audio sections after the first in
        which something is (see :attr:`audio_channels`); nothing is in others. An offer with another ufrag gets a
        new transport, and the old one goes on until that is up. Raises SdpError for an offer that is malformed or
        cannot be answered, RtcError when there is no candidate; then nothing has changed.
        """
        self._check_open()
        description = parse_sdp(offer) if isinstance(offer, str) else offer
        remote = remote_transport(description)
        options = audio or self._options
        starts = self._remote is None or remote.ice_ufrag != self._remote.ice_ufrag
        if starts and self._remote is not None:
            await self._connection.renew()
        local = await self._local()
        origin, ssrc = self._origin("-"), self._ssrc
        further = self._further_audio.ssrcs(further_audio)
        answer = build_answer(description, origin, local, self._media(ssrc, video, further), options)
        parameters = audio_parameters(answer, description)
        if self._needs_new_engine(parameters):
            ssrc = _random_ssrc()
            answer = build_answer(description, origin, local, self._media(ssrc, video, further), options)
        self._options = options
        self._agree(answer, description, parameters, ssrc)
        if starts:
            setup = next(section.setup for section in answer.sections if section.setup)
            self._connection.start(remote, setup)
        self._remote = remote
        return str(answer)

    # --- life ---

    async def ice_connected(self) -> None:
        """Returns when ICE has a pair; raises RtcError with what failed."""
        await self._connection.wait_for_ice()

    async def connected(self) -> None:
        """Returns when ICE and DTLS are up; raises RtcError with what failed, at the latest after their time limits."""
        await self._connection.wait()

    async def closed(self) -> None:
        """Returns when the peer has ended, by :meth:`close`, by failure or by the other side, and nothing is left."""
        await self._connection.wait_closed()

    @property
    def failure(self) -> RtcError | None:
        """Why the connection could not be made or was lost; None while it works and after a plain :meth:`close`."""
        return self._connection.failure

    async def close(self) -> None:
        """Says goodbye and ends everything: no task, socket or thread is left. Idempotent."""
        if self.audio is not None:
            self.audio.stop()
        self._further_audio.stop()
        await self._connection.close()
        # A peer refers to itself in many ways, and the engine's objects are large: they go now, not when the garbage
        # collector comes by.
        self.audio = None
        self._router.configure(())
        self._reporter.forget_streams()

    # --- media ---

    def send_rtp(self, packets: Iterable[bytes]) -> None:
        """Sends RTP (or RTCP) packets; never blocks. What cannot go is counted in ``packets_discarded_on_send``."""
        self._connection.send(packets)

    @property
    def audio_channels(self) -> Mapping[str, AudioChannel]:
        """The audio sections after the first that are agreed, by mid; each goes one way."""
        return self._further_audio.channels

    def set_video_handler(self, mid: str, handler: PacketHandler | None) -> None:
        """Gives RTP packets of a video section to ``handler(packet, arrival_us)`` from the next negotiation on."""
        if handler is None:
            self._video_handlers.pop(mid, None)
        else:
            self._video_handlers[mid] = handler

    def set_feedback_handler(self, handler: Callable[[Feedback], None] | None) -> None:
        """Gives the PLI, FIR, NACK and REMB of the peer to ``handler`` from now on, instead of ``on_feedback``."""
        self._reporter.on_feedback = handler

    @property
    def reporter(self) -> RtcpReporter:
        """Where streams are entered that the peer does not know of by itself: those of video."""
        return self._reporter

    @property
    def ssrc(self) -> int:
        """Who we are in feedback that we send."""
        return self._ssrc

    def send_feedback(self, *packets: RtcpPacket | bytes) -> None:
        """Sends feedback at once, not waiting for the next report (RFC 5506); never blocks."""
        self._connection.send((b"".join(map(bytes, packets)),))

    def stats(self) -> dict[str, Any]:
        """Counters of the transport, of routing and reports, and under ``audio`` those of the engine."""
        return self._connection.stats() | {
            "rtp_packets_malformed": self._router.packets_malformed,
            "rtp_packets_unroutable": self._router.packets_unroutable,
            "rtcp_packets_malformed": self._reporter.packets_malformed,
            "rtcp_reports_received": self._reporter.reports_received,
            "round_trip_time_ms": self._reporter.round_trip_time_ms,
            "remote_fraction_lost": self._reporter.fraction_lost,
            "audio": self.audio.stats() if self.audio is not None else None,
        }

    # --- within ---

    async def _local(self) -> LocalTransport:
        local = await self._connection.local()
        return replace(local, candidates=with_public_address(local.candidates, self._public_address))

    def _check_open(self) -> None:
        if self._connection.is_closing:
            raise RtcError(str(self._connection.failure or "the peer was closed"))

    def _origin(self, username: str) -> Origin:
        self._version += 1
        return Origin(username, self._session_id, self._version)

    def _media(
        self,
        ssrc: int | None = None,
        video: Mapping[str, VideoAnswer] | None = None,
        further_audio: Mapping[str, int] | None = None,
    ) -> LocalMedia:
        name = f"{self._cname} audio"
        return LocalMedia(self._cname, ssrc or self._ssrc, name, video or {}, further_audio or {})

    def _needs_new_engine(self, parameters: AudioParameters | None) -> bool:
        if self.audio is None or parameters is None:
            return False
        return _engine_view(self.audio.parameters) != _engine_view(parameters)

    def _agree(
        self,
        ours: SessionDescription,
        theirs: SessionDescription,
        parameters: AudioParameters | None,
        ssrc: int,
    ) -> None:
        """Takes what was negotiated: the audio channel, and where packets go."""
        if self.audio is not None:
            self._reporter.remove_sender(self.audio.ssrc)
            self._reporter.remove_receiver(self._report_block)
        self._ssrc = ssrc
        routes = []
        if parameters is None:
            if self.audio is not None:
                self.audio.stop()
            self.audio = None
        else:
            if self.audio is None:
                self.audio = AudioChannel(parameters, ssrc, self._options, self.send_rtp)
            else:
                self.audio.renegotiate(parameters, ssrc)
            self._reporter.add_sender(ssrc, self.audio.sender.sender_info, self.audio.handle_report_now)
            self._reporter.add_receiver(self._report_block)
            routes.append(
                Route(
                    parameters.mid,
                    self.audio.push_packet,
                    parameters.remote_ssrcs,
                    self.audio.payload_types,
                    parameters.mid_id,
                )
            )
        further = self._further_audio.agree(ours, theirs, self._options)
        self._router.configure([*routes, *further, *self._video_routes(ours, theirs)])

    def _video_routes(self, ours: SessionDescription, theirs: SessionDescription) -> list[Route]:
        agreed = (video_parameters(ours, theirs, section.mid) for section in ours.sections)
        self.video = {parameters.mid: parameters for parameters in agreed if parameters is not None}
        routes = []
        for mid, parameters in self.video.items():
            section = theirs.section(mid)
            if section is None or not parameters.receives:
                continue
            numbers = {number for item in parameters.payload_types for number in (item.number, item.rtx)}
            routes.append(
                Route(
                    mid,
                    self._video_handlers.get(mid, _drop),
                    tuple(item.ssrc for item in section.ssrcs),
                    frozenset(numbers - {None}),  # type: ignore[arg-type]
                    parameters.mid_id,
                )
            )
        return routes

    def _report_block(self) -> Any:
        return self.audio.receiver.report_block() if self.audio is not None else None


def _engine_view(parameters: AudioParameters) -> tuple[Any, ...]:
    """What the engine's objects are made of, so that a difference means new ones."""
    return (
        parameters.mid,
        parameters.opus_payload_type,
        parameters.red_payload_type,
        parameters.mid_id,
        parameters.audio_level_id,
        parameters.abs_send_time_id,
    )


def _drop(_packet: bytes, _arrival_us: int) -> None:
    """Takes the packets of video that nobody asked for."""


def _random_ssrc() -> int:
    return secrets.randbelow(0xFFFFFFFE) + 1
