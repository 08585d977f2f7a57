"""AudioMixer between real senders and receivers: who hears whom, mute, life cycle, threads."""

import gc
import threading

import numpy as np
import pytest
from chime_native.audio import AudioMixer, AudioReceiver, AudioSender
from numpy.typing import NDArray

RATE = 48000
BLOCK = RATE // 100


class Attendee:
    """One end of a call: a tone going up to the mixer, the mix coming down; no network in between."""

    def __init__(self, key: int, frequency: float | None) -> None:
        self.key = key
        self.frequency = frequency
        self.uplink_sender = AudioSender(ssrc=key)
        self.uplink_receiver = AudioReceiver()
        self.downlink_sender = AudioSender(ssrc=1000 + key)
        self.downlink_receiver = AudioReceiver()
        self.heard: list[NDArray[np.int16]] = []
        self._blocks = 0

    def speak(self, now_us: int) -> None:
        time = (np.arange(BLOCK) + self._blocks * BLOCK) / RATE
        self._blocks += 1
        wave = 6000 * np.sin(2 * np.pi * (self.frequency or 0) * time)
        for packet in self.uplink_sender.push(wave.astype(np.int16)[:, None], now_us):
            self.uplink_receiver.push(packet, now_us)

    def hear(self, now_us: int) -> None:
        self.heard.append(self.downlink_receiver.pull(now_us=now_us))


class Call:
    """Attendees around one mixer, on a clock of its own."""

    def __init__(self, **options: int) -> None:
        self.mixer = AudioMixer(**options)
        self.attendees: dict[int, Attendee] = {}
        self.now_us = 1_000_000

    def join(self, key: int, frequency: float | None, group: int | None = None) -> Attendee:
        attendee = Attendee(key, frequency)
        self.mixer.add(
            key, attendee.uplink_receiver, attendee.downlink_sender, key if group is None else group
        )
        self.attendees[key] = attendee
        return attendee

    def leave(self, key: int) -> None:
        self.mixer.remove(key)
        del self.attendees[key]

    def run(self, blocks: int) -> None:
        for _ in range(blocks):
            for attendee in self.attendees.values():
                attendee.speak(self.now_us)
            for key, packet in self.mixer.tick(self.now_us):
                self.attendees[key].downlink_receiver.push(packet, self.now_us)
            for attendee in self.attendees.values():
                attendee.hear(self.now_us)
            self.now_us += 10_000


def amplitude(blocks: list[NDArray[np.int16]], frequency: float) -> float:
    """Of one tone in the last half second heard, found by correlation over whole periods of 10 Hz multiples."""
    wave = np.concatenate(blocks[-50:])[:, 0].astype(np.float64)
    phase = np.exp(-2j * np.pi * frequency * np.arange(len(wave)) / RATE)
    return float(2 * abs(np.mean(wave * phase)))


def test_everyone_hears_the_others_at_their_level_and_not_oneself() -> None:
    call = Call()
    tones = {1: 400.0, 2: 700.0, 3: 1100.0}
    for key, frequency in tones.items():
        call.join(key, frequency)
    call.run(150)
    for key, attendee in call.attendees.items():
        for other, frequency in tones.items():
            heard = amplitude(attendee.heard, frequency)
            if other == key:
                assert heard < 60, f"{key} hears itself"
            else:
                assert heard == pytest.approx(6000, rel=0.12), f"{key} hears {other}"


def test_an_attendee_and_its_content_share_do_not_hear_each_other() -> None:
    call = Call()
    presenter = call.join(1, 400, group=1)
    content = call.join(2, 700, group=1)
    viewer = call.join(3, None)
    call.run(120)
    assert amplitude(viewer.heard, 400) > 5000
    assert amplitude(viewer.heard, 700) > 5000
    for attendee in (presenter, content):
        assert amplitude(attendee.heard, 400) < 60
        assert amplitude(attendee.heard, 700) < 60


def test_a_muted_participant_is_received_but_not_heard() -> None:
    call = Call()
    speaker = call.join(1, 400)
    listener = call.join(2, None)
    call.run(100)
    assert amplitude(listener.heard, 400) > 5000
    call.mixer.set_muted(1, True)
    received = speaker.uplink_receiver.stats()["total_samples_received"]
    call.run(100)
    assert amplitude(listener.heard, 400) < 60
    assert speaker.uplink_receiver.stats()["total_samples_received"] > received
    assert [key for key, _, _ in call.mixer.levels()] == [2]
    call.mixer.set_muted(1, False)
    call.run(100)
    assert amplitude(listener.heard, 400) > 5000


def test_levels_are_those_of_the_last_tick() -> None:
    call = Call()
    call.join(1, 400)
    call.join(2, None)
    assert call.mixer.levels() == []
    call.run(100)
    levels = {key: level for key, level, _ in call.mixer.levels()}
    assert levels[1] == pytest.approx(18, abs=1)  # 6000 / 32768 as a sine: -17.8 dBov
    assert levels[2] > 90  # what a decoder makes of silence
    call.mixer.remove(1)
    assert [key for key, _, _ in call.mixer.levels()] == [2]


def test_silent_listeners_share_one_mix() -> None:
    call = Call()
    call.join(1, 400)
    for key in range(2, 8):
        call.join(key, None)
    call.run(60)
    stats = call.mixer.stats()
    assert stats["participants"] == 7
    assert stats["heard"] == 1
    assert stats["distinct_mixes"] == 2
    assert stats["ticks"] == 60


def test_listeners_of_one_mix_share_its_encode() -> None:
    call = Call()
    call.join(1, 400)
    listeners = [call.join(key, None) for key in range(2, 8)]
    call.run(100)
    stats = call.mixer.stats()
    assert (stats["listeners"], stats["encodes"]) == (7, 2)
    for listener in listeners:
        assert listener.downlink_sender.stats()["frames_encoded"] == 0
        assert amplitude(listener.heard, 400) == pytest.approx(6000, rel=0.12)


def test_one_who_does_not_hear_is_sent_silence() -> None:
    call = Call()
    call.join(1, 400)
    deaf = call.join(2, None)
    call.mixer.set_hears(2, False)
    call.run(100)
    assert amplitude(deaf.heard, 400) < 10
    assert deaf.downlink_receiver.stats()["packets_received"] == 50
    call.mixer.set_hears(2, True)
    call.run(100)
    assert amplitude(deaf.heard, 400) > 5000
    with pytest.raises(KeyError, match="no participant has the key 7"):
        call.mixer.set_hears(7, True)


def test_a_stereo_conference_has_room_for_mono() -> None:
    mixer = AudioMixer(channels=2)
    uplink, downlink = AudioSender(ssrc=1, channels=2, application="audio"), AudioReceiver()
    wide, narrow, heard = AudioReceiver(channels=2), AudioReceiver(), AudioReceiver(channels=2)
    mixer.add(1, wide, None, 1)
    mixer.add(2, downlink, AudioSender(ssrc=2), 2)
    mixer.add(3, None, AudioSender(ssrc=3, channels=2, application="audio"), 3)
    sounds: dict[int, list[NDArray[np.int16]]] = {2: [], 3: []}
    time = np.arange(BLOCK) / RATE
    tone = (6000 * np.sin(2 * np.pi * 400 * time)).astype(np.int16)  # 4 periods a block
    for now_us in range(1_000_000, 2_500_000, 10_000):
        for packet in uplink.push(np.stack([tone, np.zeros_like(tone)], axis=1), now_us):
            wide.push(packet, now_us)
        for key, packet in mixer.tick(now_us):
            (narrow if key == 2 else heard).push(packet, now_us)
        sounds[2].append(narrow.pull(now_us=now_us))
        sounds[3].append(heard.pull(now_us=now_us))
    assert amplitude(sounds[2], 400) == pytest.approx(3000, rel=0.12)  # the mean of both channels
    assert amplitude(sounds[3], 400) == pytest.approx(6000, rel=0.12)  # left
    right = [block[:, 1:] for block in sounds[3]]
    assert amplitude(right, 400) < 300


def test_only_the_loudest_are_mixed_when_asked() -> None:
    call = Call(max_speakers=1)
    call.join(1, 400)
    quiet = call.join(2, 700)
    quiet.uplink_sender.muted = True
    listener = call.join(3, None)
    call.run(120)
    assert amplitude(listener.heard, 400) > 5000
    assert call.mixer.stats()["heard"] == 1


def test_participants_may_only_speak_or_only_listen() -> None:
    call = Call()
    call.join(1, 400)
    call.mixer.add(10, None, None, 10)
    speaker, listener = AudioReceiver(), AudioSender(ssrc=12)
    call.mixer.add(11, speaker, None, 11)
    call.mixer.add(12, None, listener, 12)
    keys = {key for _ in range(4) for key, _ in call.mixer.tick(0)}
    assert keys == {1, 12}


def test_keeps_alive_who_takes_part() -> None:
    mixer = AudioMixer()
    receiver = AudioReceiver()
    sender = AudioSender(ssrc=1)
    mixer.add(1, receiver, sender, 1)
    mixer.tick(0)
    del receiver, sender
    gc.collect()
    mixer.tick(10_000)
    mixer.remove(1)
    assert mixer.tick(20_000) == []
    mixer.add(1, None, None, 1)  # the key is free again


def test_a_key_may_be_removed_and_added_within_one_tick() -> None:
    call = Call()
    listener = call.join(2, None)
    call.join(1, 400)
    call.run(60)
    call.leave(1)
    call.join(1, 700)
    call.run(100)
    assert amplitude(listener.heard, 400) < 60
    assert amplitude(listener.heard, 700) > 5000


def test_refuses_what_does_not_fit() -> None:
    mixer = AudioMixer(sample_rate=16000, channels=2)
    with pytest.raises(ValueError, match="receiver has 48000 Hz and 1 channels, the mixer 16000 Hz and 2"):
        mixer.add(1, AudioReceiver(), None, 1)
    with pytest.raises(ValueError, match="sender has 48000 Hz and 1 channels"):
        mixer.add(1, None, AudioSender(ssrc=1), 1)
    with pytest.raises(ValueError, match="sender has 48000 Hz and 2 channels, the mixer 48000 Hz and 1"):
        AudioMixer().add(1, None, AudioSender(ssrc=1, channels=2), 1)
    mixer.add(1, None, None, 1)
    with pytest.raises(ValueError, match="key is 1, which another participant has"):
        mixer.add(1, None, None, 2)
    with pytest.raises(KeyError, match="no participant has the key 7"):
        mixer.remove(7)
    with pytest.raises(KeyError, match="no participant has the key 7"):
        mixer.set_muted(7, True)
    with pytest.raises(TypeError):
        mixer.add(2, object(), None, 1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="sample_rate is 44150"):
        AudioMixer(sample_rate=44150)
    with pytest.raises(ValueError, match="max_speakers is -1"):
        AudioMixer(max_speakers=-1)


def test_others_join_and_leave_while_one_thread_ticks() -> None:
    mixer = AudioMixer()
    stop = threading.Event()
    ticks = 0

    def tick() -> None:
        nonlocal ticks
        while not stop.is_set():
            mixer.tick(ticks * 10_000)
            ticks += 1

    thread = threading.Thread(target=tick)
    thread.start()
    for round_ in range(200):
        for key in range(4):
            mixer.add(key, AudioReceiver(), AudioSender(ssrc=key), key % 2)
        mixer.set_muted(round_ % 4, True)
        mixer.levels()
        mixer.stats()
        for key in range(4):
            mixer.remove(key)
    while ticks < 10:
        mixer.stats()
    stop.set()
    thread.join()
    mixer.tick(ticks * 10_000)
    mixer.tick(ticks * 10_000)
    assert mixer.stats()["participants"] == 0


def test_two_threads_may_not_tick_at_once() -> None:
    mixer = AudioMixer()
    for key in range(20):
        mixer.add(key, None, AudioSender(ssrc=key), key)
    refused = threading.Event()
    stop = threading.Event()

    def tick() -> None:
        while not stop.is_set():
            try:
                mixer.tick(0)
            except RuntimeError:
                refused.set()

    threads = [threading.Thread(target=tick) for _ in range(2)]
    for thread in threads:
        thread.start()
    was_refused = refused.wait(30)
    stop.set()
    for thread in threads:
        thread.join()
    assert was_refused


def test_a_mixer_dropped_in_mid_call_lets_everything_go() -> None:
    call = Call()
    for key in range(5):
        call.join(key, 400.0 + key)
    call.run(3)
    del call
    gc.collect()
