"""Suite ``red_encode``: the sender of redundant audio, frames and control in, RED payloads out."""

from __future__ import annotations

from typing import Any

from chime_native.audio import RedEncoder, pack_red, split_red

Case = dict[str, Any]


def run_case(case: Case, _document: Case) -> list[str]:
    """What differs from the case; empty when it passes."""
    packets = [bytes.fromhex(packet) for packet in case["packets"]]
    opus, red = case["opus_pt"], case["red_pt"]
    encoder = RedEncoder(opus_payload_type=opus, red_payload_type=red)
    wanted = iter(case["out"])
    differences: list[str] = []
    for index, (kind, *arguments) in enumerate(case["steps"]):
        if kind == "n":
            encoder.set_copies(arguments[0])
            continue
        if kind in ("on", "off"):
            encoder.set_enabled(kind == "on")
            continue
        timestamp = arguments[0]
        if kind == "f":
            blocks = [
                (opus, offset, packets[n]) for offset, n in (arguments[2] if len(arguments) > 2 else [])
            ]
            given, payload_type = pack_red([*blocks, (opus, 0, packets[arguments[1]])]), red
        elif kind == "plain":
            given, payload_type = packets[arguments[1]], arguments[2]
        else:
            given, payload_type = bytes.fromhex(arguments[1]), red
        got = encoder.transform(given, payload_type, timestamp)
        error = _compare(next(wanted), got, given, packets, timestamp, opus)
        differences += [f"step {index} {kind} at {timestamp}: {error}"] if error else []
    return differences


def _compare(
    wanted: Any, got: bytes | None, given: bytes, packets: list[bytes], timestamp: int, opus: int
) -> str | None:
    if wanted == "drop":
        return None if got is None else f"wanted nothing, got {got.hex()}"
    if wanted == "pass":
        return None if got == given else f"wanted {given.hex()}, got {got.hex() if got else None}"
    if got is None:
        return "wanted a payload, got none"
    if got.hex() == wanted.get("strict"):
        return None
    if got.hex() != wanted["red"]:
        return f"wanted {wanted.get('strict', wanted['red'])}, got {got.hex()}"
    _, blocks = split_red(got, timestamp, opus)
    copies = [((timestamp - block.timestamp) % 2**32, block.data) for block in blocks if block.redundant]
    named = [(offset, packets[n]) for offset, n in wanted["b"]]
    return None if copies == named else f"wanted blocks {named}, got {copies}"
