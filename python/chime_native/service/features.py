"""Meeting features and attendee capabilities: defaults and the rules between them (developer guide)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chime_native.service.errors import BadRequest

__all__ = ["Capabilities", "MeetingFeatures"]

HIGH_DEFINITION_MAX_COUNT = 25
"""Most attendees of a meeting with FHD video or UHD content."""
DEFAULT_MAX_COUNT = 250
"""The quota of attendees of one meeting."""

_SENDING = ("SendReceive", "Send")
_RECEIVING = ("SendReceive", "Receive")


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an attendee may do with each medium: SendReceive, Send, Receive or None."""

    audio: str = "SendReceive"
    video: str = "SendReceive"
    content: str = "SendReceive"

    @classmethod
    def from_api(cls, value: Mapping[str, str]) -> Capabilities:
        return cls(value["Audio"], value["Video"], value["Content"])

    def to_api(self) -> dict[str, str]:
        return {"Audio": self.audio, "Video": self.video, "Content": self.content}

    def may_send(self, medium: str) -> bool:
        """Whether ``medium`` ("audio", "video", "content") may go from the attendee to the meeting."""
        return getattr(self, medium) in _SENDING

    def may_receive(self, medium: str) -> bool:
        """Whether ``medium`` ("audio", "video", "content") may go from the meeting to the attendee."""
        return getattr(self, medium) in _RECEIVING


@dataclass(frozen=True, slots=True)
class MeetingFeatures:
    """What a meeting offers; every field has the documented default."""

    echo_reduction: str = "UNAVAILABLE"
    video_resolution: str = "HD"
    content_resolution: str = "FHD"
    max_count: int = DEFAULT_MAX_COUNT

    @classmethod
    def from_api(cls, value: Mapping[str, Any]) -> MeetingFeatures:
        """Raises `BadRequest` when a high-definition meeting does not limit its attendees."""
        defaults = cls()
        count = (value.get("Attendee") or {}).get("MaxCount")
        features = cls(
            (value.get("Audio") or {}).get("EchoReduction") or defaults.echo_reduction,
            (value.get("Video") or {}).get("MaxResolution") or defaults.video_resolution,
            (value.get("Content") or {}).get("MaxResolution") or defaults.content_resolution,
            defaults.max_count if count is None else count,
        )
        high = features.video_resolution == "FHD" or features.content_resolution == "UHD"
        if high and (count is None or count > HIGH_DEFINITION_MAX_COUNT):
            raise BadRequest(
                f"MeetingFeatures.Attendee.MaxCount: {'missing' if count is None else f'is {count}'}, a meeting with FHD "
                f"video or UHD content needs at most {HIGH_DEFINITION_MAX_COUNT}"
            )
        return features

    def to_api(self) -> dict[str, Any]:
        return {
            "Audio": {"EchoReduction": self.echo_reduction},
            "Video": {"MaxResolution": self.video_resolution},
            "Content": {"MaxResolution": self.content_resolution},
            "Attendee": {"MaxCount": self.max_count},
        }

    def capabilities(self, wanted: Capabilities | None) -> Capabilities:
        """What an attendee gets who asked for ``wanted`` (None: nothing said); raises `BadRequest`."""
        if wanted is None:
            return self._default_capabilities()
        if self.video_resolution == "None" and wanted.video != "None":
            raise BadRequest(
                f"Capabilities.Video: is {wanted.video}, it must be None where MeetingFeatures.Video.MaxResolution is None"
            )
        if self.content_resolution == "None" and wanted.content != "None":
            raise BadRequest(
                f"Capabilities.Content: is {wanted.content}, it must be None where "
                "MeetingFeatures.Content.MaxResolution is None"
            )
        if wanted.content in _RECEIVING and wanted.video not in _RECEIVING:
            raise BadRequest(
                f"Capabilities.Content: {wanted.content} needs Capabilities.Video to be SendReceive or Receive, it is "
                f"{wanted.video}"
            )
        return wanted

    def _default_capabilities(self) -> Capabilities:
        content = "None" if self.content_resolution == "None" else "SendReceive"
        if self.video_resolution != "None":
            return Capabilities(content=content)
        # Content is received through video sections, so a meeting with content only still lets video be received.
        return Capabilities(video="None" if content == "None" else "Receive", content=content)
