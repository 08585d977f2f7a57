"""The live side of one meeting, sans-I/O: signaling connections, roster, volumes, data messages.

`Conference` composes the machines; the service's shell owns the sockets and the media and moves bytes and actions.
"""

from chime_native.service.conference.actions import (
    Action,
    AttendeeJoined,
    AttendeeLeft,
    AudioFlow,
    Close,
    Downlink,
    ForwardVideo,
    LayerRate,
    Negotiate,
    Send,
    SetAudio,
    StopMedia,
    VideoTrack,
    VideoWish,
)
from chime_native.service.conference.conference import Conference
from chime_native.service.conference.member import CONTENT_SUFFIX, ConferenceLimits, Replica
from chime_native.service.conference.outgoing import AudioStatus, CloseCode

__all__ = [
    "CONTENT_SUFFIX",
    "Action",
    "AttendeeJoined",
    "AttendeeLeft",
    "AudioFlow",
    "AudioStatus",
    "Close",
    "CloseCode",
    "Conference",
    "ConferenceLimits",
    "Downlink",
    "ForwardVideo",
    "LayerRate",
    "Negotiate",
    "Replica",
    "Send",
    "SetAudio",
    "StopMedia",
    "VideoTrack",
    "VideoWish",
]
