"""The audio of one meeting: a peer for each connection, one mixer, one tick every 10 ms."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from chime_native._native import audio as engine
from chime_native.errors import RtcError
from chime_native.rtc import AudioChannel, AudioProfileOptions, PlayoutClock, RtcPeer, wants_stereo
from chime_native.rtc.sdp_parser import parse_sdp
from chime_native.service.conference import AudioFlow, Downlink, LayerRate, VideoTrack, VideoWish
from chime_native.service.conference.volumes import FULL_SIGNAL, LevelMeter, signal_strength
from chime_native.service.forwarding import VideoForwarding
from chime_native.service.solo import SoloStreams
from chime_native.service.tasks import Tasks
from chime_native.service.transcribing import VoiceTaps

__all__ = ["MediaEvents", "MeetingMedia"]

logger = logging.getLogger(__name__)

SAMPLE_RATE = 48_000
LEVEL_TICKS = 4
"""Levels are sampled every 40 ms: often enough for a mean over 200 ms, rarely enough to cost nothing."""
REPORT_TICKS = 20
"""Volumes go out 5 times a second, as the SDK's guide says."""
SIGNAL_REPORTS = 5
"""Every so many reports carry signal strengths, too: once a second."""


class MediaEvents(Protocol):
    """Who wants to know what happens to the media; called on the event loop."""

    def media_up(self, number: int) -> None:
        """ICE and DTLS of a connection are up."""

    def media_down(self, number: int) -> None:
        """The media of a connection ended without `MeetingMedia.stop`."""

    def audio_levels(self, levels: Mapping[int, int], strengths: Mapping[int, int] | None) -> None:
        """Levels in -dBov by connection; once a second signal strengths as well."""

    def video_measured(
        self, rates: Mapping[tuple[int, int], LayerRate], downlinks: Mapping[int, Downlink]
    ) -> None:
        """What comes of each layer (connection, layer), and how video reaches connections."""


@dataclass(slots=True, eq=False)
class _Party:
    """One connection's media."""

    peer: RtcPeer
    group: int
    audio: AudioFlow
    profile: AudioProfileOptions
    """As its first offer asked for."""
    mixed: AudioChannel | None = None
    """The channel whose engine objects are in the mixer now."""
    mixed_ssrc: int = 0
    packets_received: int = 0
    packets_lost: int = 0
    strength: int = FULL_SIGNAL


class MeetingMedia:
    """The peers and the mixer of one meeting; connections are named by their number.

    ``host`` limits ICE candidates to one address; None offers all of this machine's; ``public_address`` as of
    `RtcPeer`.
    """

    def __init__(self, events: MediaEvents, host: str | None, public_address: str | None = None) -> None:
        self._events = events
        self._host = host
        self._public_address = public_address
        self._parties: dict[int, _Party] = {}
        self._in_mixer: set[int] = set()
        self._meter = LevelMeter()
        self._solos = SoloStreams(self._send)
        self._voices: VoiceTaps | None = None
        self.video = VideoForwarding(events.video_measured)
        self._ticks = 0
        self._clock: PlayoutClock | None = None
        self._tasks = Tasks()

    # --- negotiation ---

    async def negotiate(
        self,
        number: int,
        offer: str,
        group: int,
        audio: AudioFlow,
        solos: Mapping[str, int] | None = None,
        video: VideoWish | None = None,
    ) -> tuple[str, tuple[VideoTrack, ...], frozenset[str]]:
        """The answer to an offer, what it carries in video sections, and the codecs of video that the client can receive.

        The first one makes the peer.

        ``solos`` says by mid whose sound alone (the number of a connection) an audio section after the first carries.
        Raises `RtcError` for what cannot be answered.
        """
        solos = solos or {}
        description = parse_sdp(offer)
        party = self._parties.get(number)
        is_new = party is None
        if party is None:
            feedback = partial(self.video.handle_feedback, number)
            peer = RtcPeer(
                controlling=False,
                host=self._host,
                public_address=self._public_address,
                on_feedback=feedback,
            )
            party = _Party(peer, group, audio, AudioProfileOptions(stereo=wants_stereo(description)))
            self._parties[number] = party
        party.audio = audio
        try:
            answers = self.video.plan(number, party.peer, description)
            answer = await party.peer.create_answer(
                description, audio=party.profile, video=answers, further_audio=solos
            )
        except BaseException:
            if is_new:
                await self.stop(number)
            raise
        if is_new:
            self._tasks.spawn(self._watch(number, party), f"chime-service-media-{number}")
        elif number in self._in_mixer:
            self._mix(number, party)
        self._solos.set_listener(number, party.peer.audio_channels, solos)
        tracks = self.video.agree(number, description, video or VideoWish())
        return answer, tracks, self.video.codecs(number)

    async def _watch(self, number: int, party: _Party) -> None:
        try:
            await party.peer.connected()
        except RtcError as error:
            logger.info("media of connection %d did not come up: %s", number, error)
        else:
            if self._parties.get(number) is party:
                self._mix(number, party)
                self._events.media_up(number)
            await party.peer.closed()
        if self._parties.get(number) is party:
            logger.info("media of connection %d ended: %s", number, party.peer.failure)
            self._forget(number)
            self._events.media_down(number)
            await party.peer.close()  # it has ended by itself, and still holds the engine's objects

    # --- the mixer ---

    @cached_property
    def _mixer(self) -> engine.AudioMixer:
        # Stereo, in which mono attendees find their place.
        return engine.AudioMixer(sample_rate=SAMPLE_RATE, channels=2)

    def set_audio(self, number: int, audio: AudioFlow) -> None:
        """Changes which ways the connection's audio goes."""
        party = self._parties.get(number)
        if party is None or party.audio == audio:
            return
        party.audio = audio
        if number in self._in_mixer:
            # Who does not hear gets silence, for a stream that pauses is a broken connection to clients.
            self._mixer.set_hears(number, audio.hears)
            self._mixer.set_muted(number, not audio.heard)
            self._set_speaker(number, party)

    def _mix(self, number: int, party: _Party) -> None:
        """Puts the party's engine objects into the mixer, or the changed ones in place of the old."""
        channel = party.peer.audio
        if number in self._in_mixer:
            self._mixer.remove(number)
            self._in_mixer.discard(number)
        if channel is None:
            return
        self._mixer.add(number, channel.receiver, channel.sender, party.group, party.audio.hears)
        self._mixer.set_muted(number, not party.audio.heard)
        self._in_mixer.add(number)
        self._set_speaker(number, party)
        if self._clock is None:
            self._clock = PlayoutClock.running()
            self._clock.add(self._tick)

    def listen(self, deliver: Callable[[int, NDArray[np.int16]], None] | None) -> None:
        """Gives everybody's sound to ``deliver(number, pcm)`` as `VoiceTaps` does; None ends it."""
        if self._voices is not None:
            self._voices.close()
        self._voices = None if deliver is None else VoiceTaps(deliver)
        for number in self._in_mixer:
            self._set_speaker(number, self._parties[number])

    def _set_speaker(self, number: int, party: _Party) -> None:
        channel = party.peer.audio
        if channel is None:
            return
        self._solos.set_speaker(number, channel, party.audio.heard)
        if self._voices is not None:
            self._voices.set_speaker(number, channel, party.audio.heard)

    def _tick(self, now_us: int) -> None:
        for number, packet in self._mixer.tick(now_us):
            self._parties[number].peer.send_rtp((packet,))
        self._solos.tick(now_us)
        if self._voices is not None:
            self._voices.tick(now_us)
        self._ticks += 1
        if self._ticks % LEVEL_TICKS == 0:
            self._meter.add((number, level) for number, level, _ in self._mixer.levels())
        if self._ticks % REPORT_TICKS == 0:
            self._report(self._ticks // REPORT_TICKS % SIGNAL_REPORTS)

    def _send(self, number: int, packet: bytes) -> None:
        if (party := self._parties.get(number)) is not None:
            party.peer.send_rtp((packet,))

    def _report(self, turn: int) -> None:
        # The strengths of a fifth of all are looked at each time: all at once would take too long for a tick.
        for number in self._in_mixer:
            if number % SIGNAL_REPORTS == turn:
                party = self._parties[number]
                party.strength = self._strength(party)
        strengths = None
        if turn == 0:
            strengths = {number: self._parties[number].strength for number in self._in_mixer}
        try:
            self._events.audio_levels(self._meter.take(), strengths)
        except Exception:
            # The clock would take the whole mixer off for it.
            logger.exception("reporting the audio levels of a meeting failed")

    @staticmethod
    def _strength(party: _Party) -> int:
        """From what was lost in the last second, on the way here or on the way there, whichever is worse."""
        if party.peer.audio is None:
            return signal_strength(None)
        stats = party.peer.audio.receiver.stats()
        received = stats["packets_received"] - party.packets_received
        lost = max(0, stats["packets_lost"] - party.packets_lost)
        begins = party.packets_received == 0
        party.packets_received, party.packets_lost = stats["packets_received"], stats["packets_lost"]
        if begins:
            # The first packets are on their way, or the interval began in the middle.
            return FULL_SIGNAL
        here = lost / (received + lost) if received > 0 else None
        there = party.peer.reporter.fraction_lost or 0.0
        return min(signal_strength(here), signal_strength(there))

    # --- the end ---

    async def stop(self, number: int) -> None:
        """Ends the media of a connection, if there is any."""
        party = self._forget(number)
        if party is not None:
            await party.peer.close()

    def _forget(self, number: int) -> _Party | None:
        if number in self._in_mixer:
            self._mixer.remove(number)
            self._in_mixer.discard(number)
        self._solos.remove(number)
        if self._voices is not None:
            self._voices.remove(number)
        self.video.remove(number)
        if not self._in_mixer and self._clock is not None:
            self._clock.remove(self._tick)
            self._clock = None
        return self._parties.pop(number, None)

    async def close(self) -> None:
        """Ends everything; nothing is left."""
        for number in list(self._parties):
            await self.stop(number)
        await self._tasks.close()

    def mixer_stats(self) -> dict[str, int]:
        """`AudioMixer.stats`."""
        return self._mixer.stats()

    def stats(self) -> dict[int, dict[str, Any]]:
        """`RtcPeer.stats` by connection, with `VideoForwarding.stats` under ``video``."""
        return {
            number: party.peer.stats() | {"video": self.video.stats(number)}
            for number, party in self._parties.items()
        }
