"""Offers and answers on one connection: one after the other, compressed if both sides want it. No I/O."""

from __future__ import annotations

from collections import deque
from typing import Final

from chime_native.errors import FrameError
from chime_native.service.conference.requests import SubscribeRequested
from chime_native.signaling import SdpCompressor, SdpDecompressor
from chime_native.signaling.messages import SdkSubscribeAckFrame, SdkSubscribeFrame

__all__ = ["MAX_PENDING_OFFERS", "SdpExchange"]

MAX_PENDING_OFFERS: Final = 4
"""Clients wait for each answer; more than these at once are dropped."""


class SdpExchange:
    """Takes offers as they come, and gives them out one at a time: the next when the last is answered or has failed."""

    def __init__(self) -> None:
        self.compresses = False
        """As agreed in JOIN and JOIN_ACK; see :meth:`begin`."""
        self._answers = SdpCompressor(use_previous=True)
        self._offers = SdpDecompressor()
        self._pending: deque[SubscribeRequested] = deque()
        self._negotiating = False

    def begin(self, compresses: bool) -> None:
        """The client joins: nothing was exchanged before."""
        self.compresses = compresses
        self._answers.reset()
        self._offers.reset()

    @property
    def is_full(self) -> bool:
        return len(self._pending) >= MAX_PENDING_OFFERS

    def take(self, subscribe: SdkSubscribeFrame) -> None:
        """Queues what a SUBSCRIBE asks for; raises `FrameError` when its offer cannot be read."""
        offer = self._offer(subscribe)
        muted = subscribe.audio_muted if subscribe.HasField("audio_muted") else None
        audio = tuple(
            (wish.mid, wish.audio_stream_id) for wish in subscribe.audio_subscription_configurations
        )
        self._pending.append(
            SubscribeRequested(
                offer,
                muted,
                tuple(subscribe.send_streams),
                tuple(subscribe.receive_stream_ids),
                tuple(subscribe.video_subscription_configuration),
                audio,
            )
        )

    def _offer(self, subscribe: SdkSubscribeFrame) -> str:
        # A compressed offer is allowed only when JOIN_ACK agreed, but nothing is lost by reading it.
        if subscribe.compressed_sdp_offer:
            return self._offers.decompress(subscribe.compressed_sdp_offer)
        if not subscribe.sdp_offer:
            raise FrameError("SUBSCRIBE carries no offer")
        offer: str = subscribe.sdp_offer
        self._offers.remember(offer)
        return offer

    def next(self) -> SubscribeRequested | None:
        """What is to be negotiated now; None while a negotiation runs, or nothing waits."""
        if self._negotiating or not self._pending:
            return None
        self._negotiating = True
        return self._pending.popleft()

    def end(self) -> None:
        """The running negotiation is over, well or not."""
        self._negotiating = False

    def write(self, answer: str, ack: SdkSubscribeAckFrame) -> None:
        """Puts the answer into SUBSCRIBE_ACK."""
        if self.compresses:
            ack.compressed_sdp_answer = self._answers.compress(answer)
        else:
            ack.sdp_answer = answer
            self._answers.remember(answer)
