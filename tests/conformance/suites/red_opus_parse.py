"""Suite ``red_opus_parse``: what Opus packets say of themselves."""

from __future__ import annotations

from typing import Any

from chime_native.audio import OpusPacketInfo, opus_packet_info

Case = dict[str, Any]

_BANDWIDTHS = {"narrow": "NB", "medium": "MB", "wide": "WB", "super_wide": "SWB", "full": "FB"}


def run_case(case: Case, _document: Case) -> list[str]:
    """What differs from the case; empty when it passes."""
    info = opus_packet_info(bytes.fromhex(case["hex"]))
    wanted, got = _wanted(case), _got(info)
    differences = [
        f"{key}: wanted {wanted[key]!r}, got {got[key]!r}" for key in wanted if wanted[key] != got[key]
    ]
    return differences + _reading(case, info)


def _wanted(case: Case) -> Case:
    valid = "error" not in case
    return {
        "toc": case["toc"],
        "samples_per_frame": case["samples_per_frame"],
        # CELT has none; the reference's helper answers 1 there and never uses it.
        "silk_frames": 0 if case["toc"]["mode"] == "celt" else case["silk_frames"],
        "channels": case["channels"],
        "valid": valid,
        "frames": case["frames"] if valid else [],
        "payload_offset": case["payload_offset"] if valid else 0,
        "flags": case["flags"],
        "celt": case["sdk"]["celt"],
        "libopus_lbrr": case["libopus_lbrr"] if valid else 0,
    }


def _got(info: OpusPacketInfo) -> Case:
    return {
        "toc": {
            "config": info.config,
            "mode": info.mode,
            "bandwidth": _BANDWIDTHS[info.bandwidth],
            "frame_ms": info.samples_per_frame / 48,
            "stereo": info.stereo,
            "code": info.code,
        },
        "samples_per_frame": info.samples_per_frame,
        "silk_frames": info.silk_frames,
        "channels": info.channels,
        "valid": info.valid,
        "frames": [list(frame) for frame in info.frames],
        "payload_offset": info.payload_offset,
        "flags": None if info.flags is None else [None if f is None else _flags(*f) for f in info.flags],
        "celt": info.mode == "celt",
        "libopus_lbrr": int(_first_frame_has_lbrr(info)),
    }


def _first_frame_has_lbrr(info: OpusPacketInfo) -> bool:
    return bool(info.flags and info.flags[0] and any(info.flags[0][1]))


def _flags(voice: tuple[tuple[bool, ...], ...], lbrr: tuple[bool, ...]) -> Case:
    return {"vad": [[int(bit) for bit in channel] for channel in voice], "lbrr": [int(bit) for bit in lbrr]}


def _reading(case: Case, info: OpusPacketInfo) -> list[str]:
    """Voice, FEC and what is kept: by the RFC or all by the SDK."""
    vad = -1 if info.voice_activity is None else int(info.voice_activity)
    got = {"vad": vad, "fec": info.has_fec, "kept": info.worth_repeating}
    sdk = {key: case["sdk"][key] for key in got}
    right = sdk | case["rfc"] | {"kept": case["sdk"]["celt"] or case["rfc"]["vad"] > 0}
    return [] if got in (right, sdk) else [f"wanted {right} (or {sdk}), got {got}"]
