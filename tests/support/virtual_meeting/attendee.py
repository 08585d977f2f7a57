"""One attendee: what its client sends and plays, and what it has been told of the others."""

from __future__ import annotations

from collections import Counter
from random import Random

from chime_native._native import audio as engine
from chime_native.service.model import Attendee
from chime_native.signaling.messages import SdkAudioStreamIdInfo, SdkSignalFrame

from virtual_meeting.link import Link

OPUS, RED = 111, 63
# Both wrap within the first seconds: 16 bits of sequence numbers, 32 of timestamps.
FIRST_SEQUENCE_NUMBER = 65_500
FIRST_TIMESTAMP = (1 << 32) - 48_000


def sender(ssrc: int) -> engine.AudioSender:
    return engine.AudioSender(
        ssrc=ssrc,
        opus_payload_type=OPUS,
        red_payload_type=RED,
        complexity=0,  # what is tried here is not how it sounds
        first_sequence_number=FIRST_SEQUENCE_NUMBER,
        first_timestamp=FIRST_TIMESTAMP,
    )


class MediaPath:
    """Engine objects of both ends of one connection, and the network between them."""

    def __init__(self, number: int, random: Random) -> None:
        receivers = [engine.AudioReceiver(opus_payload_type=OPUS, red_payload_type=RED) for _ in range(2)]
        self.client_sender, self.client_receiver = sender(2 * number), receivers[0]
        self.service_sender, self.service_receiver = sender(2 * number + 1), receivers[1]
        self.up, self.down = Link(random), Link(random)

    def engine_objects(self) -> list[object]:
        return [self.client_sender, self.client_receiver, self.service_sender, self.service_receiver]

    def deliver(self, now_us: int) -> None:
        for at_us, packet in self.up.arrived(now_us):
            self.service_receiver.push(packet, at_us)
        for at_us, packet in self.down.arrived(now_us):
            self.client_receiver.push(packet, at_us)

    def report(self, now_us: int) -> None:
        """What RTCP would carry, both ways."""
        for receiver, to in (
            (self.service_receiver, self.client_sender),
            (self.client_receiver, self.service_sender),
        ):
            if (block := receiver.report_block()) is not None:
                to.on_report(
                    fraction_lost=block.fraction_lost,
                    rtt_ms=50.0,
                    jitter_ms=block.jitter / 48,
                    packets_lost=block.packets_lost,
                    now_us=now_us,
                )


class VirtualAttendee:
    """A person: the same through reconnects; ``attendee`` is another after it was deleted."""

    def __init__(self, attendee: Attendee) -> None:
        self.attendee = attendee
        self.number: int | None = None
        """Of the connection, None while away."""
        self.path: MediaPath | None = None
        """None until media is up."""
        self.session = 0
        self.muted = False
        self.roster: dict[int, str] = {}
        """Attendee ids by stream id, as told by the service."""
        self.frames: Counter[int] = Counter()
        self.speaks_until = 0.0
        self.returns_at: float | None = None
        """When it comes back, None: it is here, or for the end of the meeting away."""
        self.keeps_session = False

    def receive(self, frame: SdkSignalFrame) -> None:
        self.frames[frame.type] += 1
        if frame.type == SdkSignalFrame.AUDIO_STREAM_ID_INFO:
            for stream in frame.audio_stream_id_info.streams:
                self._note(stream)

    def _note(self, stream: SdkAudioStreamIdInfo) -> None:
        if stream.HasField("attendee_id"):
            self.roster[stream.audio_stream_id] = stream.attendee_id
        elif not stream.HasField("muted"):
            self.roster.pop(stream.audio_stream_id, None)
