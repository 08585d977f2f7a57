"""The state machine: work that raises, and deferred work that finds its state gone."""

from __future__ import annotations

import pytest
from chime_native.session.state_controller import (
    SessionStateController,
    TransitionResult,
)
from chime_native.session.state_controller import SessionStateControllerAction as Action
from chime_native.session.state_controller import SessionStateControllerState as State


def nothing() -> None: ...


def failing() -> None:
    raise RuntimeError("boom")


def test_work_that_raises_puts_the_state_back(caplog: pytest.LogCaptureFixture) -> None:
    controller = SessionStateController()
    assert controller.perform(Action.CONNECT, failing) is TransitionResult.TRANSITION_FAILED
    assert controller.state is State.NOT_CONNECTED
    assert "boom" in caplog.text


def test_deferred_work_runs_after_the_next_transition_or_not_at_all() -> None:
    controller = SessionStateController()
    controller.perform(Action.CONNECT, nothing)
    ran: list[str] = []
    controller.perform(Action.UPDATE, lambda: ran.append("update"))
    assert controller.deferred_action is Action.UPDATE
    controller.perform(Action.FAIL, nothing)
    assert controller.deferred_action is None
    assert ran == []
    assert controller.state is State.DISCONNECTING


def test_work_sees_the_new_state_and_may_act_itself() -> None:
    controller = SessionStateController()
    states: list[State] = []
    controller.perform(Action.CONNECT, nothing)

    def work() -> None:
        states.append(controller.state)
        controller.perform(Action.UPDATE, lambda: states.append(controller.state))

    controller.perform(Action.FINISH_CONNECTING, work)
    assert states == [State.CONNECTED, State.UPDATING]
