import asyncio
from collections.abc import Callable

import pytest
from chime_native.errors import AuthenticationRejectedError, SessionError
from chime_native.session.configuration import MeetingSessionConfiguration
from chime_native.session.controller import AudioVideoController
from chime_native.session.failures import AttemptFailed
from chime_native.session.observers import ObserverSet
from chime_native.session.state_controller import SessionStateControllerState as State
from chime_native.session.status import MeetingSessionStatus
from chime_native.session.status import MeetingSessionStatusCode as Code

Step = Callable[["FakeConnection"], object]


class FakeConnection:
    """Does what its script says; remembers what was asked of it."""

    def __init__(
        self, resume: bool, script: dict[str, Step], log: list[str], reached: dict[str, asyncio.Event]
    ) -> None:
        self.reached = reached
        self.over: asyncio.Future[AttemptFailed] = asyncio.get_running_loop().create_future()
        self.resume = resume
        self.script = script
        self.log = log

    async def _step(self, name: str) -> None:
        self.log.append(name)
        if name in self.reached:
            self.reached[name].set()
        step = self.script.get(name)
        if step is not None:
            result = step(self)
            if asyncio.iscoroutine(result):
                await result

    async def open(self) -> None:
        await self._step("open")

    async def join(self) -> None:
        await self._step("join (resume)" if self.resume else "join")
        await self._step("join_any")

    async def negotiate(self) -> None:
        await self._step("negotiate")

    async def leave(self, _limit: float) -> None:
        await self._step("leave")

    async def close(self) -> None:
        await self._step("close")
        self.over.cancel()


def fails(code: Code, detail: str = "") -> Step:
    def step(_: FakeConnection) -> None:
        raise AttemptFailed(code, detail)

    return step


async def hang(_: object) -> None:
    await asyncio.get_running_loop().create_future()


class Bench:
    """A controller with scripted connections, and everything that happens to it in one list."""

    def __init__(self, *scripts: dict[str, Step], random: float = 0.0, retry_start: bool = True) -> None:
        self.log: list[str] = []
        self.hooks: list[str] = []
        self.scripts = list(scripts)
        self.connections: list[FakeConnection] = []
        self.observers = ObserverSet()
        self.observers.add(self)
        self.configuration = MeetingSessionConfiguration()
        self.controller = AudioVideoController(
            self.configuration,
            self.connect,
            self.observers,
            self,
            retry_start=retry_start,
            random=lambda: random,
        )
        self.started_again = asyncio.Event()
        self.reached = {"negotiate": asyncio.Event(), "close": asyncio.Event()}

    def connected(self) -> None:
        self.hooks.append("connected")

    def broke(self) -> None:
        self.hooks.append("broke")

    def stopped(self) -> None:
        self.hooks.append("stopped")

    def connect(self, resume: bool) -> FakeConnection:
        script = self.scripts[min(len(self.connections), len(self.scripts) - 1)]
        self.connections.append(FakeConnection(resume, script, self.log, self.reached))
        return self.connections[-1]

    def audio_video_did_start_connecting(self, reconnecting: bool) -> None:
        self.log.append(f"connecting {reconnecting}")

    def audio_video_did_start(self) -> None:
        self.log.append("started")
        if len(self.connections) > 1:
            self.started_again.set()

    def audio_video_did_stop(self, status: MeetingSessionStatus) -> None:
        self.log.append(f"stopped {status.status_code.name}")


async def within(work: object) -> object:
    return await asyncio.wait_for(work, 30)  # type: ignore[arg-type]


async def test_start_and_stop() -> None:
    bench = Bench({})
    controller = bench.controller
    assert controller.state is State.NOT_CONNECTED
    with pytest.raises(RuntimeError, match="has not been started"):
        await controller.started()
    controller.start()
    controller.start()
    await within(controller.started())
    assert controller.state is State.CONNECTED
    assert controller.connected
    await within(controller.started())
    controller.stop()
    status = await within(controller.ended())
    assert status == MeetingSessionStatus(Code.LEFT)
    assert controller.state is State.NOT_CONNECTED
    assert not controller.running
    assert bench.log == [
        "connecting False",
        "join",
        "join_any",
        "negotiate",
        "started",
        "leave",
        "close",
        "stopped LEFT",
    ]
    with pytest.raises(SessionError, match="Left"):
        await controller.started()
    assert await within(controller.ended()) == status


async def test_it_may_be_started_again() -> None:
    bench = Bench({})
    for _ in range(2):
        bench.controller.start()
        await within(bench.controller.started())
        bench.controller.stop()
        await within(bench.controller.ended())
    assert bench.log.count("connecting False") == 2
    assert bench.log.count("stopped LEFT") == 2


async def test_a_terminal_failure_of_the_start_is_not_retried() -> None:
    bench = Bench({"join": fails(Code.AUDIO_AUTHENTICATION_REJECTED, "bad token")})
    bench.controller.start()
    with pytest.raises(AuthenticationRejectedError, match="bad token") as caught:
        await within(bench.controller.started())
    assert caught.value.status == MeetingSessionStatus(Code.AUDIO_AUTHENTICATION_REJECTED)
    assert await within(bench.controller.ended()) == caught.value.status
    assert len(bench.connections) == 1
    assert bench.log[-3:] == ["leave", "close", "stopped AUDIO_AUTHENTICATION_REJECTED"]


async def test_a_failed_start_is_cleaned_up_and_retried_from_scratch() -> None:
    bench = Bench({"negotiate": fails(Code.TASK_FAILED)}, {"join": fails(Code.TASK_FAILED)}, {})
    bench.controller.start()
    await within(bench.controller.started())
    assert [connection.resume for connection in bench.connections] == [False, False, False]
    assert bench.log.count("connecting False") == 1
    assert "connecting True" not in bench.log
    assert bench.log.count("leave") == 2
    await within(bench.controller.close())


async def test_a_failed_start_is_told_at_once_when_not_to_be_retried() -> None:
    bench = Bench({"join": fails(Code.TASK_FAILED, "connection refused")}, retry_start=False)
    bench.controller.start()
    with pytest.raises(SessionError, match="connection refused"):
        await within(bench.controller.started())
    assert len(bench.connections) == 1


async def test_a_broken_connection_is_brought_back() -> None:
    bench = Bench({})
    bench.controller.start()
    await within(bench.controller.started())
    bench.connections[0].over.set_result(AttemptFailed(Code.SIGNALING_CHANNEL_CLOSED_UNEXPECTEDLY))
    await within(bench.started_again.wait())
    assert bench.connections[1].resume
    assert "leave" not in bench.log
    assert bench.log.index("connecting True") < bench.log.index("join (resume)") + 2
    bench.controller.stop()
    await within(bench.controller.ended())
    assert bench.log[-3:] == ["leave", "close", "stopped LEFT"]
    assert bench.hooks == ["connected", "broke", "connected", "stopped"]


async def test_a_failing_reconnect_goes_on_as_one_series() -> None:
    bench = Bench({}, {"join_any": fails(Code.TASK_FAILED)}, {"negotiate": fails(Code.TASK_FAILED)}, {})
    bench.controller.start()
    await within(bench.controller.started())
    bench.connections[0].over.set_result(AttemptFailed(Code.CONNECTION_HEALTH_RECONNECT))
    await within(bench.started_again.wait())
    assert [connection.resume for connection in bench.connections] == [False, True, True, True]
    assert bench.log.count("connecting True") == 1
    await within(bench.controller.close())


async def test_a_terminal_status_ends_a_connected_session() -> None:
    bench = Bench({})
    bench.controller.start()
    await within(bench.controller.started())
    bench.controller.fail(Code.MEETING_ENDED)
    bench.controller.fail(Code.AUDIO_DISCONNECTED)
    assert await within(bench.controller.ended()) == MeetingSessionStatus(Code.MEETING_ENDED)
    assert bench.log[-3:] == ["leave", "close", "stopped MEETING_ENDED"]


async def test_stop_while_connecting_ends_the_attempt() -> None:
    bench = Bench({"negotiate": hang})
    bench.controller.start()
    waiting = asyncio.create_task(bench.controller.started())
    await within(bench.reached["negotiate"].wait())
    bench.controller.stop()
    assert await within(bench.controller.ended()) == MeetingSessionStatus(Code.LEFT)
    with pytest.raises(SessionError, match="Left"):
        await waiting
    assert bench.log[-3:] == ["leave", "close", "stopped LEFT"]


async def test_stop_between_two_attempts() -> None:
    bench = Bench({"join": fails(Code.TASK_FAILED)}, random=0.99)
    bench.controller.start()
    await within(bench.reached["close"].wait())
    bench.controller.stop()
    assert await within(bench.controller.ended()) == MeetingSessionStatus(Code.LEFT)
    assert len(bench.connections) == 1


async def test_a_step_that_hangs_runs_into_the_limit() -> None:
    bench = Bench({"join": hang}, retry_start=False)
    bench.configuration.connection_timeout_ms = 20
    bench.controller = AudioVideoController(
        bench.configuration, bench.connect, bench.observers, bench, retry_start=False
    )
    bench.controller.start()
    with pytest.raises(SessionError, match=r"connecting took more than 0\.02 s"):
        await within(bench.controller.started())


async def test_what_ends_the_connection_ends_the_step_that_runs() -> None:
    def end(connection: FakeConnection) -> object:
        connection.over.set_result(AttemptFailed(Code.MEETING_ENDED, "closed with 4410"))
        return hang(connection)

    bench = Bench({"join": end})
    bench.controller.start()
    with pytest.raises(SessionError, match="closed with 4410"):
        await within(bench.controller.started())


async def test_an_unexpected_error_ends_the_session_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    def breaks(_: FakeConnection) -> None:
        raise ZeroDivisionError("a bug")

    bench = Bench({"join": breaks})
    bench.controller.start()
    with pytest.raises(SessionError, match="ZeroDivisionError"):
        await within(bench.controller.started())
    assert "the session's task failed" in caplog.text


async def test_close_is_possible_at_any_time() -> None:
    bench = Bench({})
    await within(bench.controller.close())
    bench.controller.start()
    await within(bench.controller.close())
    await within(bench.controller.close())
    assert bench.log[-1] == "stopped LEFT"
    assert {task for task in asyncio.all_tasks() if task is not asyncio.current_task()} == set()


async def test_signaling_may_be_opened_ahead() -> None:
    bench = Bench({})
    bench.controller.start_signaling()
    bench.controller.start_signaling()
    assert bench.controller.state is State.NOT_CONNECTED
    bench.controller.start()
    await within(bench.controller.started())
    assert len(bench.connections) == 1
    await within(bench.controller.close())
    assert bench.log.count("close") == 1


async def test_what_was_opened_ahead_and_is_not_used_is_closed() -> None:
    bench = Bench({})
    bench.controller.start_signaling()
    bench.controller.stop()
    await within(bench.controller.close())
    assert bench.log == ["close"]
    assert bench.hooks == ["stopped"]


async def test_what_was_opened_ahead_and_has_ended_is_replaced() -> None:
    bench = Bench({"open": fails(Code.TASK_FAILED)}, {})
    bench.controller.start_signaling()
    bench.connections[0].over.set_result(AttemptFailed(Code.SIGNALING_BAD_REQUEST))
    bench.controller.start()
    await within(bench.controller.started())
    assert len(bench.connections) == 2
    await within(bench.controller.close())
