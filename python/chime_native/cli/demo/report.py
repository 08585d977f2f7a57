"""What the demo leaves behind: `report.json`, `report.png`, and a plain summary for the terminal."""

from __future__ import annotations

import importlib.util
import json
from typing import TYPE_CHECKING, Any

import av
import numpy as np

from chime_native.cli.demo.analysis import Signal, intelligibility

if TYPE_CHECKING:
    from pathlib import Path

    from chime_native.cli.demo.call import DemoCall

__all__ = ["write_report"]

_RATE = 16000
"""STOI looks no higher than 5 kHz, and a picture needs no more either."""


def write_report(call: DemoCall) -> str:
    """Writes report.json and, where matplotlib is installed, report.png; returns the summary."""
    sent, heard = _read_mono(call.speech), _read_mono(call.recording)
    figures = _figures(call)
    if _installed("pystoi"):
        stoi, begin = intelligibility(sent, heard, _RATE)
        figures["stoi"] = round(stoi, 3)
        figures["speech_starts_at_s"] = round(begin, 3)
    begin = float(figures.get("speech_starts_at_s", call.timeline.samples[0].t))
    picture = call.out / "report.png"
    if _installed("matplotlib"):
        from chime_native.cli.demo.picture import draw

        shifted = np.concatenate([np.zeros(round(begin * _RATE)), sent])
        draw(
            picture,
            title=_headline(call, figures),
            sent=shifted,
            heard=heard,
            rate=_RATE,
            timeline=call.timeline,
        )
        figures["picture"] = picture.name
    report = call.out / "report.json"
    report.write_text(
        json.dumps({**figures, "receiver": call.receiver, "network": call.network}, indent=2) + "\n"
    )
    return _summary(call, figures)


def _installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def _read_mono(path: Path) -> Signal:
    resampler = av.AudioResampler(format="flt", layout="mono", rate=_RATE)
    with av.open(str(path)) as container:
        frames = [piece for frame in container.decode(audio=0) for piece in resampler.resample(frame)]
        frames += resampler.resample(None)
    return np.concatenate([frame.to_ndarray().ravel() for frame in frames]).astype(np.float64)


def _figures(call: DemoCall) -> dict[str, Any]:
    timeline = call.timeline
    lost, received = timeline.total("packets_lost"), timeline.total("packets_received")
    seconds = timeline.samples[-1].t - timeline.samples[0].t
    delays = [sample.delay_ms for sample in timeline.samples]
    return {
        "loss_percent_set": round(100 * call.loss, 2),
        "jitter_ms_set": call.jitter_ms,
        "seed": call.seed,
        "seconds": round(seconds, 1),
        "packets_received": int(received),
        "packets_lost": int(lost),
        "loss_percent": round(100 * lost / max(1.0, lost + received), 2),
        "frames_mended_by_red": int(timeline.total("mended_by_red")),
        "frames_mended_by_fec": int(timeline.total("mended_by_fec")),
        "concealed_ms": round(timeline.total("concealed_ms")),
        "concealed_percent": round(timeline.total("concealed_ms") / (10 * seconds), 2),
        "jitter_buffer_delay_ms": round(float(np.mean(delays)), 1),
        "join_ms": {name: round(ms) for name, ms in call.join_ms.items()},
        "recording": call.recording.name,
    }


def _headline(call: DemoCall, figures: dict[str, Any]) -> str:
    stoi = f", STOI {figures['stoi']:.2f}" if "stoi" in figures else ""
    return (
        f"Alice to Bob over a network set to lose {100 * call.loss:g} % and to jitter by {call.jitter_ms:g} ms: "
        f"{figures['loss_percent']:g} % of packets lost, {figures['concealed_percent']:g} % of the sound made up{stoi}"
    )


def _summary(call: DemoCall, figures: dict[str, Any]) -> str:
    lines = [
        "",
        f"Alice talked to Bob for {figures['seconds']:.0f} seconds through the local service.",
        (
            f"The network lost {figures['packets_lost']} of {figures['packets_lost'] + figures['packets_received']} "
            f"packets ({figures['loss_percent']:g} %)."
        ),
        (
            f"RED copies mended {figures['frames_mended_by_red']} frames, in-band FEC {figures['frames_mended_by_fec']}; "
            f"{figures['concealed_ms']} ms ({figures['concealed_percent']:g} %) had to be made up."
        ),
        f"The jitter buffer held {figures['jitter_buffer_delay_ms']:.0f} ms on average.",
    ]
    if "stoi" in figures:
        lines.append(
            f"Intelligibility (STOI) of what Bob heard against what Alice said: {figures['stoi']:.2f} of 1."
        )
    else:
        lines.append("Intelligibility was not measured: pip install 'chime-native[demo]' brings pystoi.")
    lines += ["", f"  {call.recording}   what Bob heard", f"  {call.out / 'report.json'}   the figures"]
    if "picture" in figures:
        lines.append(f"  {call.out / 'report.png'}   the call in one picture")
    else:
        lines.append("  no picture: pip install 'chime-native[demo]' brings matplotlib")
    return "\n".join(lines)
