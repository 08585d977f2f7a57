"""Per-attendee audio: the sound of single attendees, unmixed, to those who asked for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from chime_native._native import audio as engine
from chime_native.rtc import AudioChannel

__all__ = ["SoloStreams"]

SAMPLE_RATE = 48_000
_SPEAKER = 0
"""Key of the speaker in its mixer; listeners have rising keys."""


@dataclass(slots=True)
class _Speaker:
    """One attendee who is listened to: a second receiver of its packets, and a conference in which only it speaks."""

    channel: AudioChannel
    source: engine.AudioReceiver
    """The channel's receiver when this was made; another one means that the channel was agreed on anew."""
    receiver: engine.AudioReceiver
    mixer: engine.AudioMixer
    listeners: dict[int, tuple[int, str]] = field(default_factory=dict)
    """Connection and mid by key."""


class SoloStreams:
    """Who listens to whom; connections are named by their number. Driven by the tick of the meeting's media."""

    def __init__(self, send: Callable[[int, bytes], None]) -> None:
        self._send = send
        self._speakers: dict[int, _Speaker] = {}
        self._channels: dict[int, AudioChannel] = {}
        self._heard: dict[int, bool] = {}
        self._wanted: dict[int, dict[str, int]] = {}
        self._senders: dict[tuple[int, str], engine.AudioSender] = {}
        self._next_key = _SPEAKER + 1

    def set_speaker(self, number: int, channel: AudioChannel, heard: bool) -> None:
        """A connection's audio is up, or was agreed on anew, or was muted or unmuted (``heard``)."""
        self._channels[number] = channel
        self._heard[number] = heard
        speaker = self._speakers.get(number)
        if speaker is not None and speaker.source is channel.receiver:
            speaker.mixer.set_muted(_SPEAKER, not heard)
        else:
            self._rebuild(number)

    def set_listener(
        self, number: int, channels: Mapping[str, AudioChannel], wanted: Mapping[str, int]
    ) -> None:
        """From now on the connection's sections, by mid, carry the sound of these connections."""
        before = set(self._wanted.get(number, {}).values())
        self._wanted[number] = {mid: speaker for mid, speaker in wanted.items() if mid in channels}
        self._senders = {key: sender for key, sender in self._senders.items() if key[0] != number}
        self._senders |= {(number, mid): channels[mid].sender for mid in self._wanted[number]}
        for speaker in before | set(self._wanted[number].values()):
            self._rebuild(speaker)

    def remove(self, number: int) -> None:
        """The connection is gone, as speaker and as listener."""
        self._channels.pop(number, None)
        self._heard.pop(number, None)
        self._rebuild(number)
        self.set_listener(number, {}, {})
        self._wanted.pop(number, None)

    def tick(self, now_us: int) -> None:
        """Advances all by 10 ms and sends what is due."""
        for speaker in self._speakers.values():
            for key, packet in speaker.mixer.tick(now_us):
                self._send(speaker.listeners[key][0], packet)

    def _rebuild(self, number: int) -> None:
        """Makes the conference of one speaker what it has to be now; none without listeners."""
        old = self._speakers.pop(number, None)
        channel = self._channels.get(number)
        listeners = [
            (listener, mid)
            for listener, wanted in self._wanted.items()
            for mid, speaker in wanted.items()
            if speaker == number
        ]
        if old is not None and (not listeners or channel is None or old.source is not channel.receiver):
            old.channel.untap(old.receiver)
            old = None
        if channel is None or not listeners:
            return
        receiver = channel.tap() if old is None else old.receiver
        mixer = engine.AudioMixer(sample_rate=SAMPLE_RATE, channels=2)
        mixer.add(_SPEAKER, receiver, None, _SPEAKER)
        mixer.set_muted(_SPEAKER, not self._heard[number])
        speaker = _Speaker(channel, channel.receiver, receiver, mixer)
        for listener in listeners:
            key, self._next_key = self._next_key, self._next_key + 1
            mixer.add(key, None, self._senders[listener], key)
            speaker.listeners[key] = listener
        self._speakers[number] = speaker
