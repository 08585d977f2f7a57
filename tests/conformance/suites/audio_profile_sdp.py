"""Suite ``audio_profile_sdp``: audio profiles and what they change in SDP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chime_native.rtc.audio_profile_sdp import (
    audio_payload_types,
    with_local_audio_profile,
    with_max_average_bitrate,
    with_remote_audio_profile,
    with_stereo_audio,
)
from chime_native.session.audio_profile import AudioProfile

Case = dict[str, Any]

_FACTORIES: dict[str, Callable[[], AudioProfile]] = {
    "default": AudioProfile,
    "fullbandSpeechMono": AudioProfile.fullband_speech_mono,
    "fullbandMusicMono": AudioProfile.fullband_music_mono,
    "fullbandMusicStereo": AudioProfile.fullband_music_stereo,
}


def cases(document: Case) -> list[Case]:
    """The profile class by browser beside the cases."""
    profiles = [{"op": "profile", **profile} for profile in document["profiles"]]
    numbered = profiles + document["cases"]
    return [
        {"name": f"#{index} {case['op']} {case.get('sdp', '')}", **case}
        for index, case in enumerate(numbered)
    ]


def run_case(case: Case, document: Case) -> list[str]:
    """What differs from the case; empty when it passes."""
    if case["op"] == "profile":
        return _profile(case)
    sdp = document["sdps"][case["sdp"]]
    if case["op"] == "audio_payload_types":
        types = audio_payload_types(sdp)
        return _compare(case["result"], {"opus": types.opus, "red": types.red})
    out = sdp if case["out"] is None else case["out"]
    if case["op"] == "max_average_bitrate":
        return _compare(out, with_max_average_bitrate(sdp, case["value"]))
    if case["op"] == "stereo":
        once = with_stereo_audio(sdp)
        return _compare(out, once) + _compare(case["idempotent"], with_stereo_audio(once) == once)
    name, bitrate = case["profile"], case["bitrate"]
    profile = _FACTORIES[name]() if name in _FACTORIES else AudioProfile(bitrate)
    change = {"local": with_local_audio_profile, "remote": with_remote_audio_profile}[case["op"]]
    return _compare([bitrate, case["stereo"]], [profile.audio_bitrate_bps, profile.is_stereo()]) + _compare(
        out, change(sdp, profile.audio_bitrate_bps, profile.is_stereo())
    )


def _profile(case: Case) -> list[str]:
    browser, version = case["browser"].lower().split()
    profile = AudioProfile(case["bitrate"], case["redundancy_asked"])
    got = [profile.is_stereo(), profile.has_redundancy_enabled_in(browser, int(version))]
    return _compare([case["stereo"], case["redundancy"]], got)


def _compare(wanted: object, got: object) -> list[str]:
    return [] if wanted == got else [f"wanted {wanted!r}, got {got!r}"]
