"""The service's side of a meeting, driven tick by tick with a clock of its own."""

from __future__ import annotations

import weakref
from collections import deque
from random import Random
from typing import Any

import numpy as np
from chime_native._native import audio as engine
from chime_native.service import ServiceSettings
from chime_native.service.conference import (
    Action,
    AttendeeJoined,
    AttendeeLeft,
    Close,
    Conference,
    Negotiate,
    Send,
    SetAudio,
    StopMedia,
)
from chime_native.service.conference.volumes import FULL_SIGNAL, LevelMeter
from chime_native.service.model import MeetingRequest, MeetingStore
from chime_native.signaling import Dialect, decode_frame, encode_frame
from chime_native.signaling.messages import (
    SdkAudioControlFrame,
    SdkJoinFrame,
    SdkLeaveFrame,
    SdkPingPongFrame,
    SdkPingPongType,
    SdkSignalFrame,
    SdkSubscribeFrame,
)
from virtual_call import speech

from virtual_meeting.attendee import MediaPath, VirtualAttendee

TICK_US = 10_000
BLOCK = 480
EPOCH_S = 1_700_000_000.0
Type = SdkSignalFrame


class VirtualMeeting:
    """Ten or so people in one meeting; `tick` advances all by 10 ms. What people do is up to `Life`."""

    def __init__(self, people: int, seed: int) -> None:
        self.random = Random(seed)
        self.ticks = 0
        self.store = MeetingStore(ServiceSettings())
        request = MeetingRequest("soak", "soak", "us-east-1")
        self.meeting = self.store.create_meeting(request, self.now)
        self.conference = Conference(EPOCH_S, self.now, find_attendee=self.meeting.attendees.get)
        self.mixer = engine.AudioMixer(sample_rate=48_000, channels=2)
        self.players = engine.AudioReceiverGroup(threads=1)
        self.people = [VirtualAttendee(self.new_attendee()) for _ in range(people)]
        self.engine_objects: weakref.WeakSet[Any] = weakref.WeakSet()
        """Of all connections so far, as far as they are still alive."""
        self.connections = 0
        self.ticks_heard = 0
        """Summed over people: ticks in which their player gave sound."""
        self.lost = 0
        self.decode_errors = 0
        self._meter = LevelMeter()
        self._by_number: dict[int, VirtualAttendee] = {}
        self._paths: dict[int, MediaPath] = {}
        """What is in the mixer: until the conference says otherwise, whatever the client does."""
        self._ready: deque[tuple[float, int]] = deque()
        self._closed: deque[int] = deque()
        self._levels = np.zeros(0, np.uint8)
        pcm = np.rint(speech(8.0) * 32767).clip(-32768, 32767).astype(np.int16)
        self._speech = [block.reshape(BLOCK, 1).copy() for block in np.split(pcm, len(pcm) // BLOCK)]
        self._silence = np.zeros((BLOCK, 1), np.int16)

    @property
    def now(self) -> float:
        return 1_000.0 + self.ticks / 100

    @property
    def now_us(self) -> int:
        return round(self.now * 1e6)

    # --- what people do ---

    def new_attendee(self) -> Any:
        name = f"person-{self.meeting.next_ordinal}"
        return self.store.create_attendee(self.meeting.meeting_id, name, None)

    def join(self, person: VirtualAttendee) -> None:
        person.session += not person.keeps_session
        person.returns_at, person.keeps_session, person.roster = None, False, {}
        number = self.conference.connect(person.attendee, False, Dialect.BROWSER, self.now)
        assert number is not None
        person.number = number
        self._by_number[number] = person
        self.connections += 1
        self.say(person, Type.JOIN, join=SdkJoinFrame(audio_session_id=person.session))
        subscribe = SdkSubscribeFrame(sdp_offer="v=0\r\n", audio_host="x", audio_muted=person.muted)
        self.say(person, Type.SUBSCRIBE, sub=subscribe)

    def say(self, person: VirtualAttendee, frame_type: int, **body: Any) -> None:
        """A frame from the person's client."""
        assert person.number is not None
        frame = SdkSignalFrame(type=frame_type, timestamp_ms=1, **body)  # type: ignore[arg-type]
        self.conference.handle_message(person.number, encode_frame(frame, Dialect.BROWSER), self.now)
        self._drain()

    def mute(self, person: VirtualAttendee, muted: bool) -> None:
        person.muted = muted
        self.say(person, Type.AUDIO_CONTROL, audio_control=SdkAudioControlFrame(muted=muted))

    def ping(self, person: VirtualAttendee) -> None:
        ping = SdkPingPongFrame(type=SdkPingPongType.PING, ping_id=self.ticks)
        self.say(person, Type.PING_PONG, ping_pong=ping)

    def leave(self, person: VirtualAttendee) -> None:
        self.say(person, Type.LEAVE, leave=SdkLeaveFrame())
        self.hang_up(person, clean=True)

    def hang_up(self, person: VirtualAttendee, *, clean: bool) -> None:
        """The socket closes or breaks, and the client gives its media up with it."""
        (number, person.number), (path, person.path) = (person.number, None), (person.path, None)
        if number is None:
            return
        if path is not None:
            self.players.remove(number)
        self.conference.handle_disconnect(number, clean, self.now)
        self._by_number.pop(number, None)
        self._drain()

    def delete(self, person: VirtualAttendee) -> None:
        """DeleteAttendee: the service ends it, and the person gets another attendee."""
        self.store.delete_attendee(self.meeting.meeting_id, person.attendee.attendee_id)
        self.conference.remove_attendee(person.attendee, self.now)
        self._drain()
        person.attendee = self.new_attendee()

    # --- time ---

    def tick(self) -> None:
        self.ticks += 1
        now_us = self.now_us
        for person in self.people:
            if (path := person.path) is not None:
                speaks = not person.muted and self.now < person.speaks_until
                block = self._speech[self.ticks % len(self._speech)] if speaks else self._silence
                for packet in path.client_sender.push(block, now_us):
                    path.up.send(packet, now_us)
                path.deliver(now_us)
        for number, packet in self.mixer.tick(now_us):
            person = self._by_number.get(number)
            if person is not None and person.path is not None:
                person.path.down.send(packet, now_us)
        if len(self.players):
            if len(self._levels) != len(self.players):
                self._levels = np.zeros(len(self.players), np.uint8)
            self.players.pull(levels=self._levels, now_us=now_us)
            self.ticks_heard += int(np.count_nonzero(self._levels < 60))
        self._measure()
        self._time_out()

    def _measure(self) -> None:
        if self.ticks % 4 == 0:
            self._meter.add((number, level) for number, level, _ in self.mixer.levels())
        if self.ticks % 20 == 0:
            strengths = dict.fromkeys(self._by_number, FULL_SIGNAL) if self.ticks % 100 == 0 else None
            self.conference.handle_audio(self._meter.take(), strengths, self.now)
            self._drain()
        if self.ticks % 100 == 0:
            for person in self.people:
                if person.path is not None:
                    person.path.report(self.now_us)

    def _time_out(self) -> None:
        while self._ready and self._ready[0][0] <= self.now:
            _, number = self._ready.popleft()
            self._media_up(number)
        due = self.conference.next_timeout()
        if due is not None and due <= self.now:
            self.conference.handle_timeout(self.now)
            self._drain()
        due = self.store.next_timeout()
        if due is not None and due <= self.now:
            self.store.handle_timeout(self.now)
        self.store.events()

    # --- what the conference wants done ---

    def _drain(self) -> None:
        for action in self.conference.actions():
            self._do(action)
        while self._closed:
            person = self._by_number.get(self._closed.popleft())
            if person is not None:
                self.hang_up(person, clean=True)

    def _do(self, action: Action) -> None:
        match action:
            case Send(number, data):
                if (person := self._by_number.get(number)) is not None:
                    person.receive(decode_frame(data))
            case Close(number, _):
                self._closed.append(number)
            case Negotiate(connection=number):
                self._ready.append((self.now + 0.3, number))
            case SetAudio(number, audio):
                if number in self._paths:
                    self.mixer.set_muted(number, not audio.heard)
                    self.mixer.set_hears(number, audio.hears)
            case StopMedia(number):
                self._stop_media(number)
            case AttendeeJoined(attendee_id=attendee_id):
                self.store.attendee_connected(self.meeting, attendee_id)
            case AttendeeLeft(attendee_id=attendee_id):
                self.store.attendee_disconnected(self.meeting, attendee_id, self.now)

    def _media_up(self, number: int) -> None:
        person = self._by_number.get(number)
        if person is None:
            return
        path = person.path = self._paths[number] = MediaPath(number, self.random)
        self.engine_objects.update(path.engine_objects())
        self.mixer.add(number, path.service_receiver, path.service_sender, number)
        self.mixer.set_muted(number, person.muted)
        self.players.add(number, path.client_receiver)
        self.conference.handle_answer(number, "v=0\r\n", self.now)
        self.conference.handle_media_up(number, self.now)
        self._drain()

    def _stop_media(self, number: int) -> None:
        if (path := self._paths.pop(number, None)) is not None:
            self.mixer.remove(number)
            self.lost += path.up.lost + path.down.lost
            for receiver in (path.client_receiver, path.service_receiver):
                stats = receiver.stats()
                self.decode_errors += stats["decode_errors"] + stats["packets_malformed"]
