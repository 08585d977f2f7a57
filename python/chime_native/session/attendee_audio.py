"""Per-attendee audio: the sound of single attendees beside the mix, in audio sections of their own.

What goes over the wire is the reading of the native schema that the documentation gives: JOIN asks, JOIN_ACK grants a number
of attendees at once, SUBSCRIBE names the audio stream of each section.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chime_native.devices.pcm import SAMPLE_RATE, Pcm
from chime_native.errors import SessionError
from chime_native.rtc import AudioChannel, AudioSection, PlayoutClock
from chime_native.session.streams import EventStream, Overflow, Publisher
from chime_native.signaling.events import AudioStreamIdInfoReceived

if TYPE_CHECKING:
    from chime_native.session.connection import MeetingConnection
    from chime_native.session.negotiator import Negotiator
    from chime_native.session.parts import SessionParts
    from chime_native.signaling.events import SubscribeAcknowledged

__all__ = ["AttendeeAudio", "AttendeeAudioBlock"]

_READER_BLOCKS = 50  # half a second of 10 ms blocks for each reader


@dataclass(frozen=True, slots=True)
class AttendeeAudioBlock:
    """10 ms of one attendee's sound."""

    attendee_id: str
    time: float  #: seconds on the clock of ``time.monotonic()``
    sample_rate: int  #: 48000 Hz
    channels: int
    pcm: Pcm  #: int16, shape ``(480, channels)``
    mixed: bool = False  #: the mix, at a moment in which this attendee is the loudest: others may be in it


class _Place:
    """One audio section: whose sound it is asked to carry, and the channel that it comes by."""

    def __init__(self, owner: AttendeeAudio, mid: str) -> None:
        self.mid = mid
        self.attendee_id: str | None = None
        self.stream_id = 0
        self.channel: AudioChannel | None = None
        self._owner = owner

    def write(self, pcm: Pcm) -> None:
        """Takes a block from the channel."""
        if self.attendee_id is not None:
            self._owner.handle_block(self.attendee_id, pcm)


class AttendeeAudio:
    """Subscribes to whom somebody listens to, and to nobody else."""

    def __init__(self, parts: SessionParts, negotiator: Negotiator) -> None:
        self.limit = 0  # attendees at once, as granted by the present connection
        self.asked = False  # whether the service is asked for it
        self._parts = parts
        self._negotiator = negotiator
        self._change = negotiator.change
        negotiator.add(self)
        self._mixed: dict[str, Publisher[AttendeeAudioBlock]] = {}
        self._stream_ids: dict[str, int] = {}
        self._publishers: dict[str, Publisher[AttendeeAudioBlock]] = {}
        self._places: list[_Place] = []
        self._connected = False

    def stream(self, attendee_id: str, *, allow_mixed: bool) -> EventStream[AttendeeAudioBlock]:
        """The blocks of one attendee; see ``AudioVideoFacade.attendee_audio``."""
        if not self._connected:
            raise SessionError("the sound of single attendees is there once the session is connected")
        if not self.limit and allow_mixed:
            return self._stream_of_mix(attendee_id)
        if not self.limit:
            raise SessionError(
                "the service sends only the mix: it grants no audio of single attendees, or it was not asked for "
                "(MeetingSession(..., per_attendee_audio=True)); attendee_audio(..., allow_mixed=True) gives the mix "
                "while the attendee is the loudest"
            )
        publisher = self._publishers.get(attendee_id)
        if publisher is None:
            publisher = Publisher[AttendeeAudioBlock](_READER_BLOCKS, Overflow.DROP_OLDEST, self._change)
            self._publishers[attendee_id] = publisher
        return publisher.stream()

    def _stream_of_mix(self, attendee_id: str) -> EventStream[AttendeeAudioBlock]:
        self._parts.audio_output.tap = self._label_mix
        publisher = Publisher[AttendeeAudioBlock](_READER_BLOCKS, Overflow.DROP_OLDEST)
        return self._mixed.setdefault(attendee_id, publisher).stream()

    def _label_mix(self, pcm: Pcm) -> None:
        """A block of the mix belongs to who is the loudest of the others at the moment."""
        own_id = self._parts.realtime.local_attendee_id
        volumes = {
            entry.attendee_id: entry.volume or 0.0
            for entry in self._parts.realtime.roster.values()
            if entry.attendee_id != own_id
        }
        loudest = max(volumes, key=lambda attendee_id: volumes[attendee_id], default=None)
        publisher = self._mixed.get(loudest) if loudest is not None and volumes[loudest] else None
        if publisher and loudest is not None:
            publisher.publish(_block(loudest, pcm, mixed=True))

    # --- the life of the connection ---

    def granted(self, limit: int) -> None:
        """What the service has answered to the wish."""
        self.limit = limit
        if self.asked and not limit:
            self._parts.logger.warning(
                "the service grants no audio of single attendees: there is only the mix"
            )

    def use(self) -> None:
        """Another connection begins: nothing is granted and nothing subscribed on it yet."""
        self._connected = False
        self._stream_ids.clear()
        self._places.clear()
        self.limit = 0

    def connected(self) -> None:
        """The session is connected."""
        self._connected = True

    def stopped(self) -> None:
        """The session is over."""
        self._connected = False
        self._parts.audio_output.tap = None
        for publisher in (*self._publishers.values(), *self._mixed.values()):
            publisher.end()
        self._publishers.clear()
        self._mixed.clear()

    def handle_roster(self, info: AudioStreamIdInfoReceived) -> None:
        """Audio streams came or went."""
        for stream in info.streams:
            if stream.attendee_id:
                self._stream_ids[stream.attendee_id] = stream.audio_stream_id
            elif stream.muted is None:
                self._stream_ids = {
                    attendee_id: stream_id
                    for attendee_id, stream_id in self._stream_ids.items()
                    if stream_id != stream.audio_stream_id
                }
        if self._connected and self._publishers:
            self._change()

    def handle_block(self, attendee_id: str, pcm: Pcm) -> None:
        """Sound of an attendee, from the playout clock."""
        publisher = self._publishers.get(attendee_id)
        if publisher:
            publisher.publish(_block(attendee_id, pcm))
        else:
            self._change()  # nobody listens any more

    # --- what the negotiator asks ---

    def assign(self) -> bool:
        """Gives each attendee who is listened to a place; whether anything changed by that."""
        if not self.limit:
            return False
        wanted = {
            attendee_id: self._stream_ids[attendee_id]
            for attendee_id, publisher in self._publishers.items()
            if publisher and attendee_id in self._stream_ids
        }
        before = [(place.attendee_id, place.stream_id) for place in self._places]
        for place in self._places:
            if place.attendee_id not in wanted:
                place.attendee_id, place.stream_id = None, 0
        taken = {place.attendee_id for place in self._places}
        for attendee_id in list(wanted)[: self.limit]:
            if attendee_id not in taken:
                self._free_place().attendee_id = attendee_id
        for place in self._places:
            if place.attendee_id is not None:
                place.stream_id = wanted[place.attendee_id]
        return before != [(place.attendee_id, place.stream_id) for place in self._places]

    def section(self, mid: str) -> AudioSection:
        """Receives, or keeps its place."""
        return AudioSection(mid, active=self._place(mid).attendee_id is not None)

    def stream_id(self, mid: str) -> int:
        """The audio stream of a place; 0: none."""
        return self._place(mid).stream_id

    def agreed(self, connection: MeetingConnection, _answer: SubscribeAcknowledged) -> None:
        """Takes the sound of what was agreed on."""
        channels = connection.peer.audio_channels if connection.peer is not None else {}
        for place in self._places:
            channel = channels.get(place.mid)
            if channel is not place.channel:
                place.channel = channel
                if channel is not None:
                    channel.start(PlayoutClock.running(), None, [place])

    # --- inside ---

    def _place(self, mid: str) -> _Place:
        return next(place for place in self._places if place.mid == mid)

    def _free_place(self) -> _Place:
        for place in self._places:
            if place.attendee_id is None:
                return place
        self._places.append(_Place(self, self._negotiator.new_mid(self)))
        return self._places[-1]


def _block(attendee_id: str, pcm: Pcm, *, mixed: bool = False) -> AttendeeAudioBlock:
    return AttendeeAudioBlock(attendee_id, time.monotonic(), SAMPLE_RATE, pcm.shape[1], pcm.copy(), mixed)
