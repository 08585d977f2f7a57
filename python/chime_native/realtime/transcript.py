"""Live transcription: typed events from the wire (SDK: ``src/transcript``)."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

from google.protobuf.message import DecodeError

from chime_native.errors import FrameError
from chime_native.signaling.messages import (
    SdkTranscript,
    SdkTranscriptAlternative,
    SdkTranscriptEntity,
    SdkTranscriptFrame,
    SdkTranscriptionStatus,
    SdkTranscriptItem,
    SdkTranscriptResult,
)

__all__ = [
    "TRANSCRIPTION_DATA_MESSAGE_TOPIC",
    "Transcript",
    "TranscriptAlternative",
    "TranscriptAttendee",
    "TranscriptEntity",
    "TranscriptEvent",
    "TranscriptItem",
    "TranscriptItemType",
    "TranscriptLanguageWithScore",
    "TranscriptResult",
    "TranscriptionStatus",
    "TranscriptionStatusType",
    "transcript_events",
]

# Clients cannot send on it: a topic of theirs has no colon.
TRANSCRIPTION_DATA_MESSAGE_TOPIC: Final = "aws:chime:transcription"


class TranscriptionStatusType(enum.Enum):
    """What happened to the transcription; values are the SDK's."""

    STARTED = "started"
    INTERRUPTED = "interrupted"
    RESUMED = "resumed"
    STOPPED = "stopped"
    FAILED = "failed"


class TranscriptItemType(enum.Enum):
    """Kind of an item; values are the SDK's."""

    PRONUNCIATION = "pronunciation"
    PUNCTUATION = "punctuation"


@dataclass(frozen=True, slots=True)
class TranscriptionStatus:
    """Transcription began, ended, or could not go on. Times are milliseconds since 1970, here and below."""

    type: TranscriptionStatusType
    event_time_ms: int
    transcription_region: str
    transcription_configuration: str  # JSON
    message: str | None = None


@dataclass(frozen=True, slots=True)
class TranscriptAttendee:
    """Who spoke; empty where the service did not say."""

    attendee_id: str
    external_user_id: str


@dataclass(frozen=True, slots=True)
class TranscriptItem:
    """A word or a punctuation mark."""

    type: TranscriptItemType | None  # None: a kind that is not known
    content: str
    start_time_ms: int
    end_time_ms: int
    attendee: TranscriptAttendee
    vocabulary_filter_match: bool = False
    stable: bool | None = None  # whether it may still change; None: not told
    confidence: float | None = None  # 0 to 1; None: not told


@dataclass(frozen=True, slots=True)
class TranscriptEntity:
    """Something found in the text, like a name."""

    category: str
    confidence: float
    content: str
    start_time_ms: int
    end_time_ms: int
    type: str | None = None


@dataclass(frozen=True, slots=True)
class TranscriptAlternative:
    """One reading of what was said."""

    transcript: str
    items: tuple[TranscriptItem, ...]
    entities: tuple[TranscriptEntity, ...] = ()


@dataclass(frozen=True, slots=True)
class TranscriptLanguageWithScore:
    """A language that the speech may be in."""

    language_code: str
    score: float


@dataclass(frozen=True, slots=True)
class TranscriptResult:
    """A stretch of speech; while ``is_partial`` it is replaced by later results of the same id."""

    result_id: str
    is_partial: bool
    start_time_ms: int
    end_time_ms: int
    channel_id: str
    alternatives: tuple[TranscriptAlternative, ...]
    language_code: str | None = None
    language_identification: tuple[TranscriptLanguageWithScore, ...] = ()


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said."""

    results: tuple[TranscriptResult, ...]


TranscriptEvent = TranscriptionStatus | Transcript

_STATUS_TYPES: Final = {
    int(SdkTranscriptionStatus.STARTED): TranscriptionStatusType.STARTED,
    int(SdkTranscriptionStatus.INTERRUPTED): TranscriptionStatusType.INTERRUPTED,
    int(SdkTranscriptionStatus.RESUMED): TranscriptionStatusType.RESUMED,
    int(SdkTranscriptionStatus.STOPPED): TranscriptionStatusType.STOPPED,
    int(SdkTranscriptionStatus.FAILED): TranscriptionStatusType.FAILED,
}
_ITEM_TYPES: Final = {
    int(SdkTranscriptItem.PRONUNCIATION): TranscriptItemType.PRONUNCIATION,
    int(SdkTranscriptItem.PUNCTUATION): TranscriptItemType.PUNCTUATION,
}


def transcript_events(data: bytes) -> list[TranscriptEvent]:
    """The events in a serialised ``SdkTranscriptFrame``, in order; raises ``FrameError`` where it is none.

    A status of an unknown type and an event with no content are left out.
    """
    try:
        frame = SdkTranscriptFrame.FromString(data)
    except DecodeError as error:
        raise FrameError(f"Cannot decode transcript data message: {error}") from error
    events: list[TranscriptEvent] = []
    for event in frame.events:
        if event.HasField("status"):
            if (status := _status(event.status)) is not None:
                events.append(status)
        elif event.HasField("transcript"):
            events.append(_transcript(event.transcript))
    return events


def _status(status: SdkTranscriptionStatus) -> TranscriptionStatus | None:
    status_type = _STATUS_TYPES.get(int(status.type))
    if status_type is None:
        return None
    return TranscriptionStatus(
        type=status_type,
        event_time_ms=status.event_time,
        transcription_region=status.transcription_region,
        transcription_configuration=status.transcription_configuration,
        message=status.message or None,
    )


def _transcript(transcript: SdkTranscript) -> Transcript:
    return Transcript(tuple(map(_result, transcript.results)))


def _result(result: SdkTranscriptResult) -> TranscriptResult:
    return TranscriptResult(
        result_id=result.result_id,
        is_partial=result.is_partial,
        start_time_ms=result.start_time,
        end_time_ms=result.end_time,
        channel_id=result.channel_id,
        alternatives=tuple(map(_alternative, result.alternatives)),
        language_code=result.language_code or None,
        language_identification=tuple(
            TranscriptLanguageWithScore(language.language_code, language.score)
            for language in result.language_identification
        ),
    )


def _alternative(alternative: SdkTranscriptAlternative) -> TranscriptAlternative:
    return TranscriptAlternative(
        transcript=alternative.transcript,
        items=tuple(map(_item, alternative.items)),
        entities=tuple(map(_entity, alternative.entities)),
    )


def _item(item: SdkTranscriptItem) -> TranscriptItem:
    return TranscriptItem(
        type=_ITEM_TYPES.get(int(item.type)),
        content=item.content,
        start_time_ms=item.start_time,
        end_time_ms=item.end_time,
        attendee=TranscriptAttendee(item.speaker_attendee_id, item.speaker_external_user_id),
        vocabulary_filter_match=item.vocabulary_filter_match,
        stable=item.stable if item.HasField("stable") else None,
        confidence=item.confidence if item.HasField("confidence") else None,
    )


def _entity(entity: SdkTranscriptEntity) -> TranscriptEntity:
    return TranscriptEntity(
        category=entity.category,
        confidence=entity.confidence,
        content=entity.content,
        start_time_ms=entity.start_time,
        end_time_ms=entity.end_time,
        type=entity.type or None,
    )
