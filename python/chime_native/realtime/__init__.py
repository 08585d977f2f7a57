"""What signaling says about people, as it happens: presence, volume, mute, data messages, transcripts, health.

Sans-I/O: frames and times in, calls of the application's callbacks out; nothing here knows a socket or a clock.
"""

from .active_speaker_detector import ActiveSpeakerDetector
from .active_speaker_policy import ActiveSpeakerPolicy, DefaultActiveSpeakerPolicy
from .callbacks import CallbackList
from .connection_health_data import ConnectionHealthData, ConnectionHealthPolicyConfiguration
from .connection_monitor import ConnectionMonitor
from .controller import LocalAudioInput, RealtimeController
from .data_message import DataMessage
from .data_message_exchange import DataMessageExchange, DataMessageTransport
from .events import PositionInFrame, VolumeIndicator
from .modality import Modality
from .roster import Roster, RosterEntry
from .transcription_controller import TranscriptionController
from .volume_adapter import VolumeIndicatorAdapter

__all__ = [
    "ActiveSpeakerDetector",
    "ActiveSpeakerPolicy",
    "CallbackList",
    "ConnectionHealthData",
    "ConnectionHealthPolicyConfiguration",
    "ConnectionMonitor",
    "DataMessage",
    "DataMessageExchange",
    "DataMessageTransport",
    "DefaultActiveSpeakerPolicy",
    "LocalAudioInput",
    "Modality",
    "PositionInFrame",
    "RealtimeController",
    "Roster",
    "RosterEntry",
    "TranscriptionController",
    "VolumeIndicator",
    "VolumeIndicatorAdapter",
]
