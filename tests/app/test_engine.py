"""Worker threads: newest request wins, stale results never arrive, failures arrive as data."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from jnn_studio.app.engine.bridge import Bridge
from jnn_studio.app.engine.mailbox import Buffer, Slot
from jnn_studio.app.engine.worker import Failure, Worker


@pytest.fixture
def worker(qtbot: QtBot) -> Iterator[Worker]:
    worker = Worker(Bridge(), "under test")
    yield worker
    worker.close()


def fail_test(failure: Failure) -> None:
    raise AssertionError(failure.details)


def test_a_result_arrives_on_the_main_thread_and_was_made_on_another(worker: Worker, qtbot: QtBot) -> None:
    made, arrived = [], []
    worker.request(
        "k",
        lambda: made.append(threading.current_thread()),
        lambda _: arrived.append(threading.current_thread()),
        fail_test,
    )
    qtbot.waitUntil(lambda: bool(arrived))
    assert arrived == [threading.main_thread()]
    assert made[0] is not threading.main_thread()


def test_of_many_requests_only_the_first_begun_and_the_newest_are_worked_on(
    worker: Worker, qtbot: QtBot
) -> None:
    begun, gate, worked, arrived = threading.Event(), threading.Event(), [], []

    def first() -> int:
        begun.set()
        gate.wait(10)
        worked.append(0)
        return 0

    worker.request("k", first, arrived.append, fail_test)
    begun.wait(10)
    for number in range(1, 100):
        worker.request("k", lambda n=number: worked.append(n) or n, arrived.append, fail_test)
    gate.set()
    qtbot.waitUntil(lambda: bool(arrived))
    assert worked == [0, 99]
    assert arrived == [99], "the result of the first was stale when it came"


def test_requests_of_different_keys_are_all_served(worker: Worker, qtbot: QtBot) -> None:
    arrived: list[str] = []
    for key in "abc":
        worker.request(key, lambda key=key: key, arrived.append, fail_test)
    qtbot.waitUntil(lambda: sorted(arrived) == ["a", "b", "c"])


def test_a_forgotten_request_never_arrives(worker: Worker, qtbot: QtBot) -> None:
    gate, arrived = threading.Event(), []
    worker.request("k", lambda: gate.wait(10), lambda _: arrived.append("forgotten"), fail_test)
    worker.forget("k")
    gate.set()
    worker.request("other", lambda: 0, lambda _: arrived.append("other"), fail_test)
    qtbot.waitUntil(lambda: bool(arrived))
    qtbot.wait(20)
    assert arrived == ["other"]


def test_an_exception_arrives_as_a_failure_and_the_worker_lives_on(worker: Worker, qtbot: QtBot) -> None:
    failures: list[Failure] = []
    arrived: list[int] = []

    def broken() -> int:
        raise ValueError("no such thing")

    worker.request("k", broken, arrived.append, failures.append)
    qtbot.waitUntil(lambda: bool(failures))
    assert failures[0].text == "no such thing"
    assert "ValueError" in failures[0].details
    worker.request("k", lambda: 7, arrived.append, failures.append)
    qtbot.waitUntil(lambda: arrived == [7])


def test_a_closed_bridge_delivers_nothing(qtbot: QtBot) -> None:
    bridge, arrived = Bridge(), []
    bridge.post(lambda: arrived.append(1))
    bridge.close()
    qtbot.wait(20)
    assert arrived == []


def test_a_slot_keeps_the_newest_and_gives_it_once() -> None:
    slot: Slot[int] = Slot()
    slot.put(1)
    slot.put(2)
    assert slot.take() == 2
    assert slot.take() is None


def test_a_buffer_gives_everything_once_in_order() -> None:
    buffer: Buffer[int] = Buffer()
    buffer.put(1)
    buffer.extend([2, 3])
    assert buffer.take() == [1, 2, 3]
    assert buffer.take() == []
