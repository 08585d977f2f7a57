"""Redundant audio (RFC 2198): payloads, the sender's encoder, and the policies that choose how much."""

from chime_native._native.audio import ChimeRedundancyPolicy, LossPolicy, RedEncoder, RedRecoveryCounter
from chime_native._native.rtp import RedBlock, pack_red, split_red

__all__ = [
    "ChimeRedundancyPolicy",
    "LossPolicy",
    "RedBlock",
    "RedEncoder",
    "RedRecoveryCounter",
    "pack_red",
    "split_red",
]
