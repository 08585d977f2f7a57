"""The facade ``session.audio_video``: the SDK's names, and the short Python ways beside them.

SDK: ``src/audiovideofacade/AudioVideoFacade.ts``. It holds no state of its own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

from chime_native.devices.pcm import Pcm
from chime_native.session.attendee_audio import AttendeeAudioBlock
from chime_native.session.audio_profile import AudioProfile
from chime_native.session.parts import profile_options
from chime_native.session.streams import EventStream
from chime_native.session.video_facade import VideoFacade

if TYPE_CHECKING:
    from chime_native.rtc import AudioSink, AudioSource

__all__ = ["AudioVideoFacade"]


class AudioVideoFacade(VideoFacade):
    """What an application does with a meeting; made by :class:`MeetingSession`."""

    # --- life cycle ---

    def start(self, *, signaling_only: bool = False) -> None:
        """Starts connecting and returns at once; what happens is told to the observers.

        With ``signaling_only`` only the signaling connection is opened, ahead of time; a second, plain ``start`` then has less
        to do.
        """
        if signaling_only:
            self._parts.controller.start_signaling()
        else:
            self._parts.controller.start()

    def stop(self) -> None:
        """Leaves the meeting and returns at once; ``audio_video_did_stop`` follows, with the status Left."""
        self._parts.controller.stop()

    async def started(self) -> None:
        """Waits until the session is connected; raises ``SessionError`` if it ends instead."""
        await self._parts.controller.started()

    def add_observer(self, observer: object) -> None:
        """Adds an object with methods of ``AudioVideoObserver``; adding it twice has no effect."""
        self._parts.observers.add(observer)

    def remove_observer(self, observer: object) -> None:
        """Removes an observer; what was not yet delivered to it is not delivered any more."""
        self._parts.observers.remove(observer)

    def add_device_change_observer(self, observer: object) -> None:
        """Adds an object with methods of ``DeviceChangeObserver``; adding it twice has no effect."""
        self._parts.device_observers.add(observer)

    def remove_device_change_observer(self, observer: object) -> None:
        """Removes it."""
        self._parts.device_observers.remove(observer)

    @contextmanager
    def observing(self, observer: object) -> Iterator[None]:
        """Adds an observer for the time of a ``with`` block."""
        self.add_observer(observer)
        try:
            yield
        finally:
            self.remove_observer(observer)

    # --- sound ---

    def set_audio_profile(self, audio_profile: AudioProfile) -> None:
        """Bit rate, stereo and redundancy from the next connection on (the next start, or reconnect).

        Raises:
            TypeError: it is not an ``AudioProfile``.
            ValueError: its bit rate is out of the range of Opus, 6,000 to 510,000 bits per second.
        """
        if not isinstance(audio_profile, AudioProfile):
            raise TypeError(f"an AudioProfile is needed, not {audio_profile!r}")
        profile_options(audio_profile)
        self._parts.audio_profile = audio_profile

    async def start_audio_input(self, source: AudioSource | None) -> None:
        """Sends ``source`` from now on; None sends silence. May be called before and during a meeting.

        The session closes the source when another takes its place, when it is stopped, and at the session's own end.

        Raises:
            TypeError: it is not an audio source.
            ChimeError: it cannot be started; silence is sent then.
        """
        await self._choose_input(source)

    async def stop_audio_input(self) -> None:
        """Closes the source and sends silence, so that the attendee stays present. Safe when there is none."""
        await self._choose_input(None)

    async def _choose_input(self, source: AudioSource | None) -> None:
        try:
            await self._parts.audio_input.choose(source)
        finally:
            self._link.audio_input_changed()

    @asynccontextmanager
    async def audio_input(self, source: AudioSource) -> AsyncIterator[None]:
        """Sends ``source`` for the time of an ``async with`` block, and silence afterwards."""
        await self.start_audio_input(source)
        try:
            yield
        finally:
            if self._parts.audio_input.source is source:
                await self.stop_audio_input()

    async def bind_audio_element(self, sink: AudioSink) -> None:
        """Hands what is heard to ``sink``, every 10 ms, instead of the sink bound before, which is closed.

        Raises:
            TypeError: it is not an audio sink.
        """
        if sink is None:
            raise TypeError("an audio sink is needed; unbind_audio_element() takes the present one away")
        await self._parts.audio_output.bind(sink)

    async def unbind_audio_element(self) -> None:
        """Closes the bound sink; the meeting goes on unheard."""
        await self._parts.audio_output.bind(None)

    def audio(self) -> EventStream[Pcm]:
        """An async iterator over what is heard: int16 of shape ``(480, channels)``, one each 10 ms.

        Begins when it is first used; a reader that is half a second behind loses the oldest blocks. Ends with the session.
        """
        return self._parts.audio_output.blocks.stream()

    def attendee_audio(
        self, attendee_id: str, *, allow_mixed: bool = False
    ) -> EventStream[AttendeeAudioBlock]:
        """An async iterator over the sound of one attendee, without the others: a block each 10 ms.

        The session asks the service for it when the iteration begins, and no longer when nobody iterates. A reader that is
        half a second behind loses the oldest blocks; blocks come once the attendee is present, and go on when it
        comes back. With ``allow_mixed``, where the service does not grant it: the blocks of the mix in which this attendee
        is the loudest of the others, as far as its volumes tell; they are marked as ``mixed``.

        Raises:
            SessionError: not connected, or the service does not grant it (``session.per_attendee_audio`` is False).
        """
        return self._link.attendee_audio.stream(attendee_id, allow_mixed=allow_mixed)
