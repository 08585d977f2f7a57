"""Use case 25: figures of the connection, once a second, as observer and as iterator."""

import asyncio

from chime_native import MeetingSession
from chime_native.devices import ToneSource
from chime_native.metrics import ClientMetricReport
from local_meeting import local_meeting


class Figures:
    def metrics_did_receive(self, report: ClientMetricReport) -> None:
        sent = report.observable_metric_value("audio_packets_sent")
        print(f"observer: {sent:.0f} packets a second sent")


async def main() -> None:
    async with (
        local_meeting("ada") as (meeting, (ada,)),
        MeetingSession.join(meeting, ada) as session,
    ):
        await session.audio_video.start_audio_input(ToneSource(440))
        session.audio_video.add_observer(Figures())
        async for report in session.audio_video.metrics():
            figures = report.observed()
            if figures.audio_packets_received and figures.audio_upstream_level:
                print(
                    f"iterator: {figures.audio_packets_received:.0f} received, "
                    f"{figures.audio_packets_received_fraction_loss} % lost, "
                    f"played after {figures.audio_speaker_delay_ms:.0f} ms"
                )
                break


if __name__ == "__main__":
    asyncio.run(main())
