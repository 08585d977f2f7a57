"""The part of the facade that concerns speakers, transcripts, figures and primary meetings."""

from __future__ import annotations

from chime_native.metrics import ClientMetricReport
from chime_native.realtime import ActiveSpeakerPolicy, TranscriptionController
from chime_native.realtime.active_speaker_detector import ActiveSpeakersCallback, ScoresCallback
from chime_native.realtime.transcript import TranscriptEvent
from chime_native.session.credentials import MeetingSessionCredentials
from chime_native.session.realtime_facade import RealtimeFacade
from chime_native.session.status import MeetingSessionStatus
from chime_native.session.streams import EventStream

__all__ = ["MeetingFacade"]


class MeetingFacade(RealtimeFacade):
    """See :class:`AudioVideoFacade`, which is made of this and of the session's own methods."""

    # --- active speakers ---

    def subscribe_to_active_speaker_detector(
        self,
        policy: ActiveSpeakerPolicy,
        callback: ActiveSpeakersCallback,
        scores_callback: ScoresCallback | None = None,
        scores_interval_ms: float | None = None,
    ) -> None:
        """Calls ``callback(attendee_ids)``, the most active first, when somebody begins or ceases to be active.

        With ``scores_interval_ms``, ``scores_callback(scores)`` gets all scores as often. A steady tone is no speaker: what
        counts is that the volume changes.
        """
        self._link.speakers.subscribe(policy, callback, scores_callback, scores_interval_ms)

    def unsubscribe_from_active_speaker_detector(self, callback: ActiveSpeakersCallback) -> None:
        """Ends such calls."""
        self._link.speakers.unsubscribe(callback)

    def active_speakers(self) -> EventStream[list[str]]:
        """An async iterator over the list of active speakers, by the default policy; a slow reader loses the oldest."""
        return self._link.speakers.lists()

    @property
    def has_bandwidth_priority(self) -> bool:
        """Whether this attendee is the most active speaker, by a policy that gives its video more bandwidth then."""
        return self._link.speakers.has_bandwidth_priority

    # --- transcripts ---

    @property
    def transcription_controller(self) -> TranscriptionController:
        """Callbacks for live transcription: ``subscribe_to_transcript_event(callback)``."""
        return self._link.transcription

    def transcripts(self) -> EventStream[TranscriptEvent]:
        """An async iterator over transcription events; loses nothing (fails when 10,000 behind)."""
        return self._parts.transcripts.stream()

    # --- figures ---

    def metrics(self) -> EventStream[ClientMetricReport]:
        """An async iterator over the figures of each second, as ``metrics_did_receive``; a slow reader loses the oldest."""
        return self._parts.metrics.stream()

    # --- replicated meetings ---

    async def promote_to_primary_meeting(
        self, credentials: MeetingSessionCredentials
    ) -> MeetingSessionStatus:
        """Takes part in the primary meeting of this replica, as the attendee of these credentials; how that went.

        Never raises: OK means promoted. A reconnect demotes, which the observers are told.
        """
        return await self._link.primary_meeting.promote(credentials)

    def demote_from_primary_meeting(self) -> None:
        """Goes back to the replica meeting; ``audio_video_was_demoted_from_primary_meeting`` follows, with OK."""
        self._link.primary_meeting.demote()
