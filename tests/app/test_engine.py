"""Worker threads: newest request wins, stale results never arrive, failures arrive as data."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from jnn_studio.app.engine.bridge import Bridge
from jnn_studio.app.engine.mailbox import Buffer, Slot
from jnn_studio.app.engine.worker import Failure, Worker
from jnn_studio.base.watch import Progress, Watch

SOMEBODY = QObject()


@pytest.fixture
def bridge(qtbot: QtBot) -> Bridge:
    return Bridge()


@pytest.fixture
def worker(bridge: Bridge) -> Iterator[Worker]:
    worker = Worker(bridge, "under test")
    yield worker
    worker.close()


def fail_test(failure: Failure) -> None:
    raise AssertionError(failure.details)


def test_a_result_arrives_on_the_main_thread_and_was_made_on_another(worker: Worker, qtbot: QtBot) -> None:
    made, arrived = [], []
    worker.request(
        SOMEBODY,
        "k",
        lambda _: made.append(threading.current_thread()),
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

    def first(_: Watch) -> int:
        begun.set()
        gate.wait(10)
        worked.append(0)
        return 0

    worker.request(SOMEBODY, "k", first, arrived.append, fail_test)
    begun.wait(10)
    for number in range(1, 100):
        worker.request(SOMEBODY, "k", lambda _, n=number: worked.append(n) or n, arrived.append, fail_test)
    gate.set()
    qtbot.waitUntil(lambda: bool(arrived))
    assert worked == [0, 99]
    assert arrived == [99], "the result of the first was stale when it came"


def test_requests_of_different_keys_are_all_served(worker: Worker, qtbot: QtBot) -> None:
    arrived: list[str] = []
    for key in "abc":
        worker.request(SOMEBODY, key, lambda _, key=key: key, arrived.append, fail_test)
    qtbot.waitUntil(lambda: sorted(arrived) == ["a", "b", "c"])


def test_a_forgotten_request_never_arrives(worker: Worker, qtbot: QtBot) -> None:
    gate, arrived = threading.Event(), []
    worker.request(SOMEBODY, "k", lambda _: gate.wait(10), lambda _: arrived.append("forgotten"), fail_test)
    worker.forget("k")
    gate.set()
    worker.request(SOMEBODY, "other", lambda _: 0, lambda _: arrived.append("other"), fail_test)
    qtbot.waitUntil(lambda: bool(arrived))
    qtbot.wait(20)
    assert arrived == ["other"]


def test_an_exception_arrives_as_a_failure_and_the_worker_lives_on(worker: Worker, qtbot: QtBot) -> None:
    failures: list[Failure] = []
    arrived: list[int] = []

    def broken(_: Watch) -> int:
        raise ValueError("no such thing")

    worker.request(SOMEBODY, "k", broken, arrived.append, failures.append)
    qtbot.waitUntil(lambda: bool(failures))
    assert failures[0].text == "no such thing"
    assert "ValueError" in failures[0].details
    worker.request(SOMEBODY, "k", lambda _: 7, arrived.append, failures.append)
    qtbot.waitUntil(lambda: arrived == [7])


class Patient:
    """Work that goes on until it is called off, or let go."""

    def __init__(self) -> None:
        self.begun, self.may_end, self.ended = threading.Event(), threading.Event(), threading.Event()

    def __call__(self, watch: Watch) -> str:
        self.begun.set()
        try:
            while not self.may_end.wait(0.005):
                watch.check()
        finally:
            self.ended.set()
        return "done"


class TestCalledOff:
    @pytest.fixture
    def work(self, worker: Worker) -> Patient:
        return Patient()

    def begin(self, worker: Worker, work: Patient, arrived: list[str], **further: Any) -> None:
        worker.request(SOMEBODY, "k", work, arrived.append, fail_test, **further)
        assert work.begun.wait(10)

    def test_a_newer_request_ends_the_work_on_the_older_one(
        self, worker: Worker, work: Patient, qtbot: QtBot
    ) -> None:
        arrived: list[str] = []
        self.begin(worker, work, arrived)
        worker.request(SOMEBODY, "k", lambda _: "newer", arrived.append, fail_test)
        qtbot.waitUntil(lambda: arrived == ["newer"])
        assert work.ended.is_set()

    def test_forgetting_a_request_ends_its_work_and_nothing_is_heard_of_it(
        self, worker: Worker, work: Patient, qtbot: QtBot
    ) -> None:
        arrived: list[str] = []
        self.begin(worker, work, arrived, cancelled=lambda: arrived.append("cancelled"))
        worker.forget("k")
        assert work.ended.wait(10)
        qtbot.wait(20)
        assert arrived == []

    def test_closing_ends_the_work_under_way(self, worker: Worker, work: Patient, qtbot: QtBot) -> None:
        arrived: list[str] = []
        self.begin(worker, work, arrived, cancelled=lambda: arrived.append("cancelled"))
        worker.close()
        assert work.ended.is_set()
        qtbot.wait(20)
        assert arrived == []

    def test_whoever_cancels_hears_on_the_main_thread_when_the_work_has_ended(
        self, worker: Worker, work: Patient, qtbot: QtBot
    ) -> None:
        arrived: list[str] = []
        ended: list[tuple[bool, threading.Thread]] = []
        self.begin(
            worker,
            work,
            arrived,
            cancelled=lambda: ended.append((work.ended.is_set(), threading.current_thread())),
        )
        worker.cancel("k")
        qtbot.waitUntil(lambda: bool(ended))
        assert ended == [(True, threading.main_thread())]
        assert arrived == []

    def test_work_that_was_cancelled_before_it_began_is_never_begun(
        self, worker: Worker, work: Patient, qtbot: QtBot
    ) -> None:
        ended: list[str] = []
        late = Patient()
        self.begin(worker, work, [])
        worker.request(SOMEBODY, "late", late, fail_test, fail_test, cancelled=lambda: ended.append("late"))
        worker.cancel("late")
        work.may_end.set()
        qtbot.waitUntil(lambda: ended == ["late"])
        assert not late.begun.is_set()

    def test_work_that_was_quicker_than_its_cancelling_is_delivered(
        self, worker: Worker, qtbot: QtBot
    ) -> None:
        begun, gate = threading.Event(), threading.Event()
        arrived: list[bool] = []

        def deaf(_: Watch) -> bool:
            begun.set()
            return gate.wait(10)

        worker.request(SOMEBODY, "k", deaf, arrived.append, fail_test)
        assert begun.wait(10)
        worker.cancel("k")
        gate.set()
        qtbot.waitUntil(lambda: arrived == [True])


def test_a_result_that_was_posted_before_the_worker_was_closed_does_not_arrive(
    worker: Worker, qtbot: QtBot
) -> None:
    done, arrived = threading.Event(), []
    worker.request(SOMEBODY, "k", lambda _: 1, arrived.append, fail_test)
    worker.request(SOMEBODY, "after", lambda _: done.set(), fail_test, fail_test)
    assert done.wait(10)  # the first result is under way to this thread
    worker.close()
    worker.request(SOMEBODY, "late", lambda _: 2, arrived.append, fail_test)
    qtbot.wait(20)
    assert arrived == []


class TestKept:
    """What somebody asked to keep is done whatever else comes."""

    def test_no_request_replaces_another(self, worker: Worker, qtbot: QtBot) -> None:
        written, arrived = [], []
        for number in range(5):
            worker.request(
                SOMEBODY,
                "save",
                lambda _, n=number: written.append(n) or n,
                arrived.append,
                fail_test,
                kept=True,
            )
        qtbot.waitUntil(lambda: arrived == [0, 1, 2, 3, 4])
        assert written == [0, 1, 2, 3, 4]

    def test_it_is_done_before_a_closed_worker_ends_and_tells_nobody(
        self, worker: Worker, qtbot: QtBot
    ) -> None:
        begun, gate = threading.Event(), threading.Event()
        written: list[str] = []
        arrived: list[object] = []

        def first(watch: Watch) -> None:
            begun.set()
            gate.wait(10)
            watch.check()
            written.append("under way")

        worker.request(SOMEBODY, "save", first, arrived.append, fail_test, kept=True)
        worker.request(SOMEBODY, "look", lambda _: written.append("looked"), arrived.append, fail_test)
        worker.request(
            SOMEBODY, "save", lambda _: written.append("waiting"), arrived.append, fail_test, kept=True
        )
        assert begun.wait(10)
        worker.close(timeout=0)
        gate.set()
        worker.close(timeout=10)
        qtbot.wait(20)
        assert not worker.alive
        assert written == ["under way", "waiting"]
        assert arrived == []

    def test_an_owner_that_is_gone_does_not_prevent_it(self, worker: Worker, qtbot: QtBot) -> None:
        owner, gate, written = QObject(), threading.Event(), []

        def save(watch: Watch) -> None:
            gate.wait(10)
            watch.check()
            written.append(True)

        worker.request(owner, "save", save, fail_test, fail_test, kept=True)
        delete(owner)
        gate.set()
        qtbot.waitUntil(lambda: written == [True])


class TestProgress:
    def test_the_newest_arrives_once_a_tick_on_the_main_thread(
        self, worker: Worker, bridge: Bridge, qtbot: QtBot
    ) -> None:
        gate, said = threading.Event(), threading.Event()
        heard: list[Progress] = []
        threads: list[threading.Thread] = []
        arrived: list[None] = []

        def work(watch: Watch) -> None:
            for done in range(1000):
                watch.step(done, 1000, "counting")
            said.set()
            gate.wait(10)

        def progressed(now: Progress) -> None:
            heard.append(now)
            threads.append(threading.current_thread())

        worker.request(SOMEBODY, "k", work, arrived.append, fail_test, progressed=progressed)
        assert said.wait(10)
        qtbot.wait(20)
        assert heard == [], "nothing before the tick"
        bridge.tick()
        bridge.tick()
        assert heard == [Progress(999, 1000, "counting")]
        assert threads == [threading.main_thread()]
        gate.set()
        qtbot.waitUntil(lambda: bool(arrived))

    @pytest.mark.parametrize("end", ["delivered", "forgotten", "cancelled", "replaced", "closed"])
    def test_nothing_is_heard_of_work_nobody_waits_for(
        self, worker: Worker, bridge: Bridge, qtbot: QtBot, end: str
    ) -> None:
        said, gate = threading.Event(), threading.Event()
        heard: list[Progress] = []
        arrived: list[bool] = []

        def work(watch: Watch) -> bool:
            watch.step(1, 2)
            said.set()
            return gate.wait(10)

        worker.request(SOMEBODY, "k", work, arrived.append, fail_test, progressed=heard.append)
        assert said.wait(10)
        if end == "delivered":
            gate.set()
            qtbot.waitUntil(lambda: arrived == [True])
        elif end == "forgotten":
            worker.forget("k")
        elif end == "cancelled":
            worker.cancel("k")
        elif end == "replaced":
            worker.request(SOMEBODY, "k", lambda _: True, arrived.append, fail_test)
        else:
            gate.set()
            worker.close()
        bridge.tick()
        gate.set()
        assert heard == []


def test_a_closed_bridge_delivers_nothing(qtbot: QtBot) -> None:
    bridge, arrived = Bridge(), []
    bridge.post(lambda: arrived.append(1))
    bridge.post_at_tick(lambda: arrived.append(2))
    bridge.close()
    bridge.tick()
    qtbot.wait(20)
    assert arrived == []


def test_a_slot_keeps_the_newest_and_gives_it_once() -> None:
    slot: Slot[int] = Slot()
    assert slot.put(1)
    assert not slot.put(2)
    assert slot.take() == 2
    assert slot.take() is None


def test_a_buffer_gives_everything_once_in_order() -> None:
    buffer: Buffer[int] = Buffer()
    buffer.put(1)
    buffer.extend([2, 3])
    assert buffer.take() == [1, 2, 3]
    assert buffer.take() == []


class TestOwner:
    """What asked for the work may be gone before the work is done."""

    def test_work_whose_owner_is_deleted_is_called_off_and_nothing_of_it_is_heard(
        self, worker: Worker, bridge: Bridge, qtbot: QtBot
    ) -> None:
        label, begun, gone = QLabel(), threading.Event(), threading.Event()
        heard: list[object] = []
        unwanted: list[bool] = []

        def work(watch: Watch) -> int:
            watch.step(1, 2)
            begun.set()
            assert gone.wait(10)
            unwanted.append(watch.cancelled)
            return 7

        worker.request(
            label,
            "k",
            work,
            lambda number: label.setText(str(number)),
            lambda failure: label.setText(failure.text),
            progressed=lambda now: heard.append(label.text()),
            cancelled=lambda: heard.append(label.text()),
        )
        assert begun.wait(10)
        delete(label)
        gone.set()
        qtbot.waitUntil(lambda: bool(unwanted))
        bridge.tick()
        qtbot.wait(50)
        assert unwanted == [True]
        assert heard == []

    @pytest.mark.parametrize("end", ["delivered", "failed", "cancelled"])
    def test_an_owner_deleted_while_the_answer_is_on_its_way_does_not_get_it(
        self, worker: Worker, qtbot: QtBot, end: str
    ) -> None:
        label, done = QLabel(), threading.Event()

        def work(watch: Watch) -> None:
            done.set()
            if end == "failed":
                raise ValueError("no")
            if end == "cancelled":
                worker.cancel("k")
                watch.check()

        def touch(*_: object) -> None:
            label.setText("arrived")  # raises once the label is gone

        worker.request(label, "k", work, touch, touch, cancelled=touch)
        assert done.wait(10)
        delete(label)  # before the event loop runs again
        with qtbot.captureExceptions() as raised:
            qtbot.wait(50)
        assert raised == []

    def test_work_that_waits_for_an_owner_who_is_gone_is_never_begun(
        self, worker: Worker, qtbot: QtBot
    ) -> None:
        gate, begun, after = threading.Event(), [], []
        label = QLabel()
        worker.request(SOMEBODY, "first", lambda _: gate.wait(10), lambda _: None, fail_test)
        worker.request(label, "second", lambda _: begun.append("second"), lambda _: None, fail_test)
        worker.request(SOMEBODY, "third", lambda _: "third", after.append, fail_test)
        delete(label)
        gate.set()
        qtbot.waitUntil(lambda: after == ["third"])
        assert begun == []
