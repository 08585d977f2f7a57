"""Calls in virtual time: sounds to send, packets made of them, networks they cross, and what a receiver plays."""

from virtual_call.play import Playback, play
from virtual_call.sounds import RATE, SOUNDS, music, noise, speech, tone
from virtual_call.stream import Packet, encode, with_red

__all__ = [
    "RATE",
    "SOUNDS",
    "Packet",
    "Playback",
    "encode",
    "music",
    "noise",
    "play",
    "speech",
    "tone",
    "with_red",
]
