"""The state machine of a session (SDK: ``src/sessionstatecontroller/DefaultSessionStateController.ts``).

In Connecting and Updating one action can be kept for later: it is performed after the next transition. Which of two is
kept is decided by priority: Disconnect, then Fail, Reconnect, Update.
"""

from __future__ import annotations

import enum
import logging
from collections.abc import Callable
from typing import Final

__all__ = [
    "SessionStateController",
    "SessionStateControllerAction",
    "SessionStateControllerState",
    "TransitionResult",
]

logger = logging.getLogger("chime_native.session")


class SessionStateControllerState(enum.Enum):
    """Where a session is in its life; values are the SDK's names."""

    NOT_CONNECTED = "NotConnected"
    CONNECTING = "Connecting"
    CONNECTED = "Connected"
    UPDATING = "Updating"
    DISCONNECTING = "Disconnecting"


class SessionStateControllerAction(enum.Enum):
    """What moves a session from state to state; values are the SDK's names."""

    CONNECT = "Connect"
    FINISH_CONNECTING = "FinishConnecting"
    UPDATE = "Update"
    FINISH_UPDATING = "FinishUpdating"
    RECONNECT = "Reconnect"
    DISCONNECT = "Disconnect"
    FAIL = "Fail"
    FINISH_DISCONNECTING = "FinishDisconnecting"


class TransitionResult(enum.Enum):
    """What became of an action; values are the SDK's names."""

    TRANSITIONED = "Transitioned"
    NO_TRANSITION_AVAILABLE = "NoTransitionAvailable"
    DEFERRED_TRANSITION = "DeferredTransition"
    TRANSITION_FAILED = "TransitionFailed"


_State = SessionStateControllerState
_Action = SessionStateControllerAction

_TRANSITIONS: Final = {
    (_State.NOT_CONNECTED, _Action.CONNECT): _State.CONNECTING,
    (_State.CONNECTING, _Action.FINISH_CONNECTING): _State.CONNECTED,
    (_State.CONNECTING, _Action.FAIL): _State.DISCONNECTING,
    (_State.CONNECTED, _Action.DISCONNECT): _State.DISCONNECTING,
    (_State.CONNECTED, _Action.RECONNECT): _State.CONNECTING,
    (_State.CONNECTED, _Action.FAIL): _State.DISCONNECTING,
    (_State.CONNECTED, _Action.UPDATE): _State.UPDATING,
    (_State.UPDATING, _Action.FAIL): _State.DISCONNECTING,
    (_State.UPDATING, _Action.FINISH_UPDATING): _State.CONNECTED,
    (_State.DISCONNECTING, _Action.FINISH_DISCONNECTING): _State.NOT_CONNECTED,
}
_DEFER_PRIORITIES: Final = {_Action.DISCONNECT: 4, _Action.FAIL: 3, _Action.RECONNECT: 2, _Action.UPDATE: 1}
_DEFERRING_STATES: Final = frozenset({_State.CONNECTING, _State.UPDATING})


class SessionStateController:
    """Lets an action's work run exactly when the state allows it."""

    def __init__(self) -> None:
        self._state = _State.NOT_CONNECTED
        self._deferred: tuple[SessionStateControllerAction, Callable[[], None]] | None = None

    @property
    def state(self) -> SessionStateControllerState:
        """The present state."""
        return self._state

    @property
    def deferred_action(self) -> SessionStateControllerAction | None:
        """The action that waits for the next transition."""
        return self._deferred[0] if self._deferred else None

    def perform(self, action: SessionStateControllerAction, work: Callable[[], None]) -> TransitionResult:
        """Moves to the next state and runs ``work``, keeps both for later, or refuses.

        Work that raises puts the state back; it is logged and the result says so.
        """
        before = self._state
        after = _TRANSITIONS.get((before, action))
        if after is None:
            return self._defer_or_refuse(action, work)
        logger.info("transitioning from %s to %s with %s", before.value, after.value, action.value)
        self._state = after
        try:
            work()
        except Exception:
            logger.exception("the work of %s failed; going back to %s", action.value, before.value)
            self._state = before
            return TransitionResult.TRANSITION_FAILED
        self._perform_deferred()
        return TransitionResult.TRANSITIONED

    def _defer_or_refuse(
        self, action: SessionStateControllerAction, work: Callable[[], None]
    ) -> TransitionResult:
        priority = _DEFER_PRIORITIES.get(action)
        if priority is None or self._state not in _DEFERRING_STATES:
            logger.info("no transition from %s with %s", self._state.value, action.value)
            return TransitionResult.NO_TRANSITION_AVAILABLE
        if self._deferred is None or _DEFER_PRIORITIES[self._deferred[0]] <= priority:
            logger.info("deferring %s in %s", action.value, self._state.value)
            self._deferred = (action, work)
        return TransitionResult.DEFERRED_TRANSITION

    def _perform_deferred(self) -> None:
        if self._deferred is None:
            return
        action, work = self._deferred
        self._deferred = None
        if self.perform(action, work) is not TransitionResult.TRANSITIONED:
            logger.info("the deferred %s cannot be performed in %s", action.value, self._state.value)
