"""``MeetingReadinessChecker`` (SDK: ``src/meetingreadinesschecker/DefaultMeetingReadinessChecker.ts``)."""

from __future__ import annotations

import logging
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from chime_native.devices import PatternVideoSource
from chime_native.readiness.configuration import MeetingReadinessCheckerConfiguration
from chime_native.readiness.device_checks import DeviceChecks
from chime_native.readiness.devices import is_refused
from chime_native.readiness.feedback import (
    CheckAudioConnectivityFeedback,
    CheckContentShareConnectivityFeedback,
    CheckNetworkTCPConnectivityFeedback,
    CheckNetworkUDPConnectivityFeedback,
    CheckVideoConnectivityFeedback,
)
from chime_native.readiness.trial import MeetingTrial
from chime_native.readiness.turn_filter import Transport, TurnFilter, transport_of

if TYPE_CHECKING:
    from chime_native.devices import VideoSource
    from chime_native.rtc import AudioSource
    from chime_native.session import MeetingSession

__all__ = ["MeetingReadinessChecker"]

logger = logging.getLogger(__name__)

_F = TypeVar("_F", bound=StrEnum)

_NOTHING_OVER_TCP = (
    "the service offers no TURN server over TCP, and media goes over TCP in no other way (or a TURN server over UDP comes "
    "first among its URIs)"
)


class MeetingReadinessChecker(DeviceChecks):
    """Tells whether devices and network are ready for a meeting; one check at a time.

    It uses the session that it is given: each connectivity check starts and leaves the meeting, so the session must not be in
    one. Nothing is left at the end of a check, also of one that failed or was cancelled: the meeting is left, sources are
    closed, observers and URL rewriters are as before.

    Args:
        meeting_session: of an attendee in a meeting that may be used for trying things out.
        configuration: how long to wait; default: as the SDK.
    """

    def __init__(
        self,
        meeting_session: MeetingSession,
        configuration: MeetingReadinessCheckerConfiguration | None = None,
    ) -> None:
        super().__init__(meeting_session, configuration)
        self.turn_uris: tuple[str, ...] | None = None
        """The TURN URIs that the service gave in the last network check; None: it gave no word on them."""

    @property
    def tcp_is_offered(self) -> bool | None:
        """Whether a TURN server over TCP or TLS is among ``turn_uris``; None before they are known."""
        return None if self.turn_uris is None else any(transport_of(uri) == "tcp" for uri in self.turn_uris)

    # --- media ---

    async def check_audio_connectivity(
        self, source: AudioSource | None = None
    ) -> CheckAudioConnectivityFeedback:
        """Whether sound goes both ways: the service tells that this attendee is present, and packets come from it.

        Args:
            source: what is sent; None: silence.
        """
        feedback = CheckAudioConnectivityFeedback
        audio_video = self._session.audio_video
        self.detail = ""
        try:
            await audio_video.start_audio_input(source)
        except Exception as error:  # noqa: BLE001 - whatever a device raises is what the check tells
            self._note(error)
            denied = is_refused(error)
            return feedback.AUDIO_INPUT_PERMISSION_DENIED if denied else feedback.AUDIO_INPUT_REQUEST_FAILED
        try:
            async with self._trial() as trial:
                if not await trial.start():
                    return self._because(trial.detail, feedback.CONNECTION_FAILED)
                if await trial.wait(lambda: trial.is_present and trial.audio_packets_received > 0):
                    return feedback.SUCCEEDED
                present = "is" if trial.is_present else "is not"
                what = f"the attendee {present} present, {trial.audio_packets_received} packets were received"
                return self._because(what, feedback.AUDIO_NOT_RECEIVED)
        finally:
            await audio_video.stop_audio_input()

    async def check_video_connectivity(
        self, source: VideoSource | None = None
    ) -> CheckVideoConnectivityFeedback:
        """Whether video is sent: the service takes it, and packets go out.

        Args:
            source: what is sent; None: a test pattern.
        """
        feedback = CheckVideoConnectivityFeedback
        audio_video = self._session.audio_video
        self.detail = ""
        try:
            await audio_video.start_video_input(PatternVideoSource() if source is None else source)
        except Exception as error:  # noqa: BLE001 - likewise
            self._note(error)
            denied = is_refused(error)
            return feedback.VIDEO_INPUT_PERMISSION_DENIED if denied else feedback.VIDEO_INPUT_REQUEST_FAILED
        async with self._trial() as trial:
            try:
                if not await trial.start():
                    return self._because(trial.detail, feedback.CONNECTION_FAILED)
                audio_video.start_local_video_tile()
                if await trial.wait(lambda: trial.video_packets_sent > 0):
                    return feedback.SUCCEEDED
                what = "no video was sent: the meeting or the attendee may be without, or the source gives no picture"
                return self._because(what, feedback.VIDEO_NOT_SENT)
            finally:
                await audio_video.stop_video_input()
                audio_video.remove_local_video_tile()

    async def check_content_share_connectivity(
        self, source: VideoSource | None = None
    ) -> CheckContentShareConnectivityFeedback:
        """Whether content can be shared: the meeting tells that it has it, and its pictures are sent.

        The SDK's check does not look at the pictures, and is content with an attendee who may not share any.

        Args:
            source: what is shared; None: the screen, which needs the extra ``screen``.
        """
        feedback = CheckContentShareConnectivityFeedback
        self.detail = ""
        async with self._trial() as trial:
            trial.begin()
            try:
                await trial.share(source)
            except Exception as error:  # noqa: BLE001 - likewise
                self._note(error)
                return feedback.PERMISSION_DENIED if is_refused(error) else feedback.FAILED
            if not await trial.started():
                return self._because(trial.detail, feedback.CONNECTION_FAILED)
            await trial.wait(lambda: trial.is_shared or trial.content_stopped)
            if trial.is_shared:
                return feedback.SUCCEEDED
            if trial.content_stopped:
                return self._because("the service has refused the content, or lost it", feedback.FAILED)
            what = (
                "but no picture was sent" if trial.content_started else "and the meeting does not tell of it"
            )
            return self._because(f"the content was shared, {what}", feedback.TIMED_OUT)

    # --- network ---

    async def check_network_udp_connectivity(self) -> CheckNetworkUDPConnectivityFeedback:
        """Whether media can go over UDP: straight to the service, or to its TURN server where it gives one."""
        feedback = CheckNetworkUDPConnectivityFeedback
        return feedback(await self._check_network("udp"))

    async def check_network_tcp_connectivity(self) -> CheckNetworkTCPConnectivityFeedback:
        """Whether media can go over TCP: to a TURN server of the service over TCP or TLS, the only way that there is.

        A service that gives no such server fails, where the SDK's check may be content with UDP; ``turn_uris`` tells.
        """
        feedback = CheckNetworkTCPConnectivityFeedback
        return feedback(await self._check_network("tcp"))

    async def _check_network(self, transport: Transport) -> str:
        feedback = CheckNetworkUDPConnectivityFeedback
        self.detail = ""
        urls = self._session.configuration.urls
        if urls is None:
            return self._because(
                "the configuration has no URLs", feedback.MEETING_SESSION_URLS_NOT_INITIALIZED
            )
        with TurnFilter(urls, transport) as turn:
            async with self._trial() as trial:
                is_started = await trial.start()
                has_joined = is_started or trial.has_negotiated or bool(turn.offered)
                self.turn_uris = tuple(turn.offered) if has_joined else None
                if not is_started and not trial.has_negotiated:
                    return self._because(trial.detail, feedback.CONNECTION_FAILED)
                if transport == "tcp" and turn.carrier != "tcp":
                    return self._because(_NOTHING_OVER_TCP, feedback.ICE_NEGOTIATION_FAILED)
                if is_started and await trial.wait(lambda: trial.has_candidate_pair):
                    return feedback.SUCCEEDED
                detail = trial.detail or "no pair of candidates was found that works"
                return self._because(f"over {transport.upper()}: {detail}", feedback.ICE_NEGOTIATION_FAILED)

    # --- inside ---

    def _trial(self) -> MeetingTrial:
        return MeetingTrial(self._session, self.configuration)

    def _because(self, detail: str, feedback: _F) -> _F:
        self.detail = detail
        logger.info("a readiness check has not succeeded: %s (%s)", feedback, detail)
        return feedback
