"""The engine under an aiortc application: its peer connection stays, the audio path beneath it is ours."""

from __future__ import annotations

import asyncio
import logging
from typing import Any
from weakref import WeakKeyDictionary

from aiortc import RTCPeerConnection, RTCRtpTransceiver, RTCSessionDescription
from aiortc.rtcdtlstransport import RTCDtlsTransport
from aiortc.rtcrtpparameters import RTCRtpReceiveParameters, RTCRtpSendParameters
from aiortc.rtp import AnyRtcpPacket, RtcpByePacket, RtpPacket
from aiortc.stats import RTCInboundRtpStreamStats, RTCOutboundRtpStreamStats, RTCStatsReport

from chime_native.errors import SdpError
from chime_native.rtc.agreement import AudioParameters, audio_parameters
from chime_native.rtc.audio import FRAMES_PER_TICK, SAMPLE_RATE, AudioChannel
from chime_native.rtc.clock import PlayoutClock
from chime_native.rtc.options import AudioProfileOptions
from chime_native.rtc.plane import MediaPlane
from chime_native.rtc.redundancy import answer_with_redundancy, offer_with_redundancy
from chime_native.rtc.sdp_parser import parse_sdp
from chime_native.rtc.tracks import FrameBuilder, TrackReader

__all__ = ["NativeAudio", "use_native_audio"]

logger = logging.getLogger(__name__)

#: Frames of 20 ms that a track keeps for its reader, half a second; the oldest go, so an unread track costs no more.
MAX_FRAMES = 25

#: What aiortc itself does: stereo frames, 96 kb/s.
LIKE_AIORTC = AudioProfileOptions(bitrate=96_000, stereo=True)


def use_native_audio(pc: RTCPeerConnection, profile: AudioProfileOptions = LIKE_AIORTC) -> NativeAudio:
    """Puts the engine under all audio of ``pc``, with nothing else to change in the application.

    Call it before the first offer or answer is made. Remote tracks then give frames on a steady playout clock, with
    lost packets mended or concealed; sent tracks are coded by the engine; both with RED when the other side takes it
    and ``profile.redundancy`` is set. Tracks, events, data channels and video stay aiortc's. Audio that is negotiated
    without Opus stays aiortc's too. Raises RuntimeError when the connection has been negotiated already.
    """
    if pc.localDescription is not None or pc.remoteDescription is not None:
        raise RuntimeError(
            "use_native_audio must be called before the connection makes or takes its first description"
        )
    return NativeAudio(pc, profile)


class NativeAudio:
    """The engine's part in one peer connection; :meth:`stats` says how it does."""

    def __init__(self, pc: RTCPeerConnection, profile: AudioProfileOptions) -> None:
        self._pc = pc
        self.profile = profile
        self._transceivers: dict[RTCRtpTransceiver, TransceiverAudio] = {}
        self._planes: WeakKeyDictionary[RTCDtlsTransport, MediaPlane] = WeakKeyDictionary()
        self._create_offer, self._create_answer = pc.createOffer, pc.createAnswer
        hooked: Any = pc  # methods are replaced on this one object
        self._create_transceiver = hooked._RTCPeerConnection__createTransceiver
        hooked.createOffer, hooked.createAnswer = self._offer, self._answer
        hooked._RTCPeerConnection__createTransceiver = self._transceiver
        for transceiver in pc.getTransceivers():
            self._adopt(transceiver)

    def stats(self) -> dict[str, Any]:
        """The engine's statistics by mid, for audio that runs on it."""
        return {
            item.channel.mid: item.channel.stats()
            for item in self._transceivers.values()
            if item.channel is not None
        }

    def plane(self, dtls: RTCDtlsTransport, cname: str, ssrc: int) -> MediaPlane:
        """What is hooked into one DTLS transport; made when it is first asked for."""
        plane = self._planes.get(dtls)
        if plane is None or plane.is_closed:
            plane = self._planes[dtls] = MediaPlane(dtls, cname, ssrc)
        return plane

    def negotiated(self, transceiver: RTCRtpTransceiver) -> tuple[AudioParameters, str] | None:
        """What was agreed for a transceiver, and our CNAME; None when it is not Opus, which is aiortc's to handle."""
        local, remote = self._pc.localDescription, self._pc.remoteDescription
        try:
            ours, theirs = parse_sdp(local.sdp), parse_sdp(remote.sdp)
        except SdpError as error:
            logger.warning("audio of the mid %s stays with aiortc: %s", transceiver.mid, error)
            return None
        parameters = audio_parameters(ours, theirs, transceiver.mid)
        # The first codec is the one that aiortc sends.
        if parameters is None or transceiver._codecs[0].mimeType.lower() != "audio/opus":
            return None
        section = ours.section(parameters.mid)
        cname = section.ssrcs[0].cname if section is not None and section.ssrcs else None
        return parameters, cname or "chime-native"

    async def _offer(self) -> RTCSessionDescription:
        offer = await self._create_offer()
        sdp = offer_with_redundancy(offer.sdp, stereo=self.profile.stereo, redundancy=self.profile.redundancy)
        return RTCSessionDescription(sdp, offer.type)

    async def _answer(self) -> RTCSessionDescription:
        answer = await self._create_answer()
        sdp = answer_with_redundancy(
            answer.sdp,
            self._pc.remoteDescription.sdp,
            stereo=self.profile.stereo,
            redundancy=self.profile.redundancy,
        )
        return RTCSessionDescription(sdp, answer.type)

    def _transceiver(self, *arguments: Any, **options: Any) -> RTCRtpTransceiver:
        transceiver: RTCRtpTransceiver = self._create_transceiver(*arguments, **options)
        self._adopt(transceiver)
        return transceiver

    def _adopt(self, transceiver: RTCRtpTransceiver) -> None:
        if transceiver.kind == "audio":
            self._transceivers[transceiver] = TransceiverAudio(self, transceiver)


class TransceiverAudio:
    """Stands in for the sender and receiver of one transceiver: same methods, other path.

    To aiortc's RTP router it is a receiver: that is how a new SSRC is found to be its own.
    """

    def __init__(self, owner: NativeAudio, transceiver: RTCRtpTransceiver) -> None:
        self._owner = owner
        self._transceiver = transceiver
        sender: Any = transceiver.sender  # methods are replaced on these two objects
        receiver: Any = transceiver.receiver
        self._sender, self._receiver = sender, receiver
        self._aiortc_send, self._aiortc_receive = sender.send, receiver.receive
        self._aiortc_stop_sender, self._aiortc_stop_receiver = sender.stop, receiver.stop
        self._aiortc_sender_stats, self._aiortc_receiver_stats = sender.getStats, receiver.getStats
        sender.send, receiver.receive = self._send, self._receive
        sender.stop, receiver.stop = self._stop_sender, self._stop_receiver
        sender.getStats, receiver.getStats = self._sender_stats, self._receiver_stats
        self.channel: AudioChannel | None = None
        self._plane: MediaPlane | None = None
        self._clock: PlayoutClock | None = None
        self._reader: TrackReader | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._frames: FrameBuilder | None = None
        self._sends = self._receives = False
        self._heard = False
        self._remote_ssrc = 0

    # --- what aiortc's peer connection calls ---

    async def _send(self, parameters: RTCRtpSendParameters) -> None:
        if not self._open():
            await self._aiortc_send(parameters)
            return
        assert self.channel is not None
        assert self._plane is not None
        if not self._sends:
            self._sends = True
            self._sender.transport._rtp_header_extensions_map.configure(parameters)
            self._plane.reporter.add_sender(
                self.channel.ssrc, self.channel.sender.sender_info, self.channel.handle_report_now
            )

    async def _receive(self, parameters: RTCRtpReceiveParameters) -> None:
        if not self._open():
            await self._aiortc_receive(parameters)
            return
        assert self.channel is not None
        assert self._plane is not None
        if not self._receives:
            self._receives = True
            self._frames = FrameBuilder(self.channel.channels)
            self._plane.register(self, parameters, self.channel.payload_types)
            self._plane.reporter.add_receiver(self.channel.receiver.report_block)

    async def _stop_sender(self) -> None:
        if self._sends:
            self._sends = False
            assert self.channel is not None
            assert self._plane is not None
            self._plane.reporter.remove_sender(self.channel.ssrc)
            if self._sender.track is not None:
                self._sender.track.stop()
            await self._close_if_unused()
        await self._aiortc_stop_sender()

    async def _stop_receiver(self) -> None:
        if self._receives:
            self._end_track()
            await self._close_if_unused()
        await self._aiortc_stop_receiver()

    async def _sender_stats(self) -> RTCStatsReport:
        report: RTCStatsReport = await self._aiortc_sender_stats()
        if self.channel is not None and self._sends:
            _, packets, octets = self.channel.sender.sender_info()
            for item in report.values():
                if isinstance(item, RTCOutboundRtpStreamStats):
                    item.packetsSent, item.bytesSent = packets, octets
        return report

    async def _receiver_stats(self) -> RTCStatsReport:
        report: RTCStatsReport = await self._aiortc_receiver_stats()
        if self.channel is not None and self._heard:
            stats = self.channel.receiver.stats()
            template = next(iter(report.values()))
            report.add(
                RTCInboundRtpStreamStats(
                    timestamp=template.timestamp,
                    type="inbound-rtp",
                    id=f"inbound-rtp_{id(self._receiver)}",
                    ssrc=self._remote_ssrc,
                    kind="audio",
                    transportId=self._receiver.transport._stats_id,
                    packetsReceived=stats["packets_received"],
                    packetsLost=stats["packets_lost"],
                    jitter=int(stats["jitter"] * SAMPLE_RATE),  # aiortc counts in timestamp units
                )
            )
        return report

    # --- what aiortc's router calls on a receiver ---

    async def _handle_rtp_packet(self, packet: RtpPacket, arrival_time_ms: int) -> None:  # noqa: ARG002
        """Only the first packet of an SSRC comes this way; the plane then knows whose it is."""
        assert self._plane is not None
        self._remote_ssrc = packet.ssrc
        self._plane.learn(packet.ssrc, self)

    async def _handle_rtcp_packet(self, packet: AnyRtcpPacket) -> None:
        if isinstance(packet, RtcpByePacket):
            self._end_track()

    def _handle_disconnect(self) -> None:
        self._end_track()

    # --- the path ---

    def push_packet(self, packet: bytes, arrival_us: int) -> None:
        """One RTP packet for this transceiver."""
        if self._receives and self._receiver._enabled and self.channel is not None:
            self._heard = True
            self.channel.push_packet(packet, arrival_us)

    def _open(self) -> bool:
        """Whether the engine has this transceiver; sets it up the first time."""
        if self.channel is not None:
            return True
        agreed = self._owner.negotiated(self._transceiver)
        if agreed is None:
            return False
        parameters, cname = agreed
        self._plane = self._owner.plane(self._receiver.transport, cname, self._sender._ssrc)
        self._plane.users.add(self)
        self.channel = AudioChannel(parameters, self._sender._ssrc, self._owner.profile, self._plane.send)
        self._clock = PlayoutClock.running()
        self._clock.add(self._tick)
        return True

    def _tick(self, now_us: int) -> None:
        assert self.channel is not None
        if self._sends:
            self._tick_sender(now_us)
        if self._receives and self._heard:
            self._tick_receiver()

    def _tick_sender(self, now_us: int) -> None:
        assert self.channel is not None
        assert self._plane is not None
        track = self._sender.track
        if self._reader is None or self._reader.track is not track:
            self._replace_reader(TrackReader(track, self.channel.channels) if track is not None else None)
        if self._reader is None:
            return
        pcm = self._reader.read(FRAMES_PER_TICK)
        if self._sender._enabled:
            self._plane.send(self.channel.sender.push(pcm, now_us))

    def _tick_receiver(self) -> None:
        assert self.channel is not None
        assert self._frames is not None
        frame = self._frames.add(self.channel.receiver.pull())
        if frame is not None and self._receiver.track is not None:
            frames = self._receiver.track._queue
            while frames.qsize() >= MAX_FRAMES:
                frames.get_nowait()
            frames.put_nowait(frame)

    def _replace_reader(self, reader: TrackReader | None) -> None:
        if self._reader is not None:
            task = asyncio.get_running_loop().create_task(self._reader.close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)
        self._reader = reader
        if reader is not None:
            reader.start()

    def _end_track(self) -> None:
        if self._receives and self.channel is not None and self._plane is not None:
            self._receives = False
            self._plane.unregister(self)
            self._plane.reporter.remove_receiver(self.channel.receiver.report_block)
            if self._receiver.track is not None:
                self._receiver.track._queue.put_nowait(None)

    async def _close_if_unused(self) -> None:
        if self._sends or self._receives or self._clock is None:
            return
        self._clock.remove(self._tick)
        self._clock = None
        self._replace_reader(None)
        await asyncio.gather(*self._closing)
        if self._plane is not None:
            await self._plane.leave(self)
