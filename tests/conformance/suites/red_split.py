"""Suite ``red_split``: RED payloads, good and broken, and the blocks in them."""

from __future__ import annotations

from typing import Any

from chime_native.audio import RedBlock, opus_packet_info, split_red

Case = dict[str, Any]


def run_case(case: Case, _document: Case) -> list[str]:
    """What differs from the case; empty when it passes."""
    status, blocks = split_red(bytes.fromhex(case["payload"]), case["ts"], case["opus_pt"])
    wanted = case["result"]
    if wanted is None:
        # Without a sequence number there is none that padding could use up.
        refused = status != "ok" and (status != "padding" or case["seq"] is None)
        return [] if refused else [f"wanted an invalid payload, got {status}"]
    if wanted == "consume-seq":
        return [] if status == "padding" else [f"wanted padding, got {status}"]
    if status != "ok":
        return [f"wanted {len(wanted)} blocks, got {status}"]
    got = [_block(block) for block in blocks]
    right = [
        {"ts": block.get("ts_mod", block["ts"]), **{key: block[key] for key in ("redundant", "data", "fec")}}
        for block in wanted
    ]
    return [] if got == right else [f"wanted {right}, got {got}"]


def _block(block: RedBlock) -> Case:
    return {
        "ts": block.timestamp,
        "redundant": block.redundant,
        "data": block.data.hex(),
        "fec": len(block.data) > 0 and opus_packet_info(block.data).has_fec,
    }
