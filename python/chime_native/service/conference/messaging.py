"""Who gets data messages and transcripts. No I/O."""

from __future__ import annotations

from chime_native.service.conference.data_messages import DataMessageRelay, Sender
from chime_native.service.conference.hall import Hall
from chime_native.service.conference.member import Member
from chime_native.service.conference.outgoing import FrameType
from chime_native.service.conference.requests import DataMessageReceived
from chime_native.service.transcription import TRANSCRIPTION_TOPIC
from chime_native.signaling import Dialect
from chime_native.signaling.messages import SdkDataMessageFrame, SdkDataMessagePayload, SdkTranscriptFrame

__all__ = ["Messaging"]


class Messaging:
    """Takes messages from members and sends them to the others."""

    def __init__(self, hall: Hall, data_messages: DataMessageRelay) -> None:
        self._hall = hall
        self._data_messages = data_messages

    def relay(self, member: Member, event: DataMessageReceived) -> None:
        """A message of a member, who must take part; a throttled one goes back to it."""
        if member.participant is None:
            self._hall.counters["data_messages_of_watchers"] += 1
            return
        sender = Sender(member.participant.attendee_id, member.participant.external_user_id)
        relayed = self._data_messages.relay(sender, event.message, self._hall.now)
        if relayed is None:
            return
        frame = SdkDataMessageFrame(messages=[relayed.payload])
        if relayed.throttled:
            member.connection.send(FrameType.DATA_MESSAGE, data_message=frame)
            return
        receivers = [m for m in self._hall.listeners() if m is not member]
        self._hall.send_to(receivers, FrameType.DATA_MESSAGE, data_message=frame)

    def send_transcript(self, transcript: SdkTranscriptFrame) -> None:
        """Transcripts go to everybody: as data messages, in the native dialect as a frame of their own."""
        listeners = self._hall.listeners()
        native = [m for m in listeners if m.connection.dialect is Dialect.NATIVE]
        browser = [m for m in listeners if m.connection.dialect is Dialect.BROWSER]
        self._hall.send_to(native, FrameType.AUDIO_TRANSCRIPT, audio_transcript=transcript)
        payload = SdkDataMessagePayload(
            topic=TRANSCRIPTION_TOPIC,
            data=transcript.SerializeToString(),
            ingest_time_ns=self._data_messages.ingest_time_ns(self._hall.now),
        )
        messages = SdkDataMessageFrame(messages=[payload])
        self._hall.send_to(browser, FrameType.DATA_MESSAGE, data_message=messages)
