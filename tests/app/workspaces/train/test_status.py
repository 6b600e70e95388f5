"""What the Train page knows of a run: speed, time left, and what can be done with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from jnn_studio.app.engine.feed import RunFeed
from jnn_studio.app.engine.mailbox import Buffer
from jnn_studio.app.steering.drain import Drain
from jnn_studio.app.steering.rate import RateMeter
from jnn_studio.app.steering.status import Status
from jnn_studio.base.text import duration
from jnn_studio.base.watch import Progress
from jnn_studio.training.events import CheckpointSaved, Metrics, Started, StateChanged
from jnn_studio.training.pair.pair_config import PairConfig


def ignore(*_: object) -> None:
    pass


@pytest.fixture
def status() -> Status:
    config = PairConfig.model_validate({"name": "mine", "schedule": {"steps": 1000}})
    return Status(RunFeed(Path("somewhere"), config, ignore), here=True)


def test_speed_is_steps_over_training_time() -> None:
    meter = RateMeter()
    assert meter.per_second is None
    for step in range(0, 101, 10):
        meter.add(step, 5 + step / 20)
    assert meter.per_second == pytest.approx(20)
    assert meter.seconds == 10


def test_speed_forgets_what_lies_far_behind() -> None:
    meter = RateMeter()
    for second in range(101):
        meter.add(second if second < 50 else 50 + 10 * (second - 50), second)
    assert meter.per_second == pytest.approx(10)


def test_speed_starts_anew_where_a_run_went_back_to_a_checkpoint() -> None:
    meter = RateMeter()
    for step, seconds in ((100, 10), (200, 20), (150, 12), (160, 13)):
        meter.add(step, seconds)
    assert meter.per_second == pytest.approx(10)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "0 s"), (59.4, "59 s"), (60, "1 min 00 s"), (3605, "1 h 00 min"), (7800, "2 h 10 min")],
)
def test_durations_in_words(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_a_drain_hands_out_everything_once_and_in_order() -> None:
    buffer: Buffer[int] = Buffer()
    buffer.extend(list(range(5)))
    drain = Drain(buffer)
    taken = drain.take(3)
    buffer.put(5)
    while portion := drain.take(3):
        assert len(portion) <= 3
        taken += portion
    assert taken == list(range(6))


def test_a_drain_goes_on_with_another_buffer_where_it_was() -> None:
    first: Buffer[int] = Buffer()
    second: Buffer[int] = Buffer()
    first.extend([0, 1, 2])
    drain = Drain(first)
    assert drain.take(2) == [0, 1]
    first.put(3)
    second.put(4)

    drain.go_on(second)

    assert drain.take(9) == [2, 3]
    assert drain.take(9) == [4]


def test_while_preparing_a_run_can_only_be_discarded(status: Status) -> None:
    status.preparing = Progress(30, 120, "Decoding images")
    assert (status.can_pause, status.can_stop, status.can_discard) == (False, False, True)
    assert status.headline == "Decoding images for “mine”: 30 of 120"
    assert status.fraction == 0.25


def test_a_resumed_run_can_be_kept_while_it_is_prepared(status: Status) -> None:
    status.resumed = True
    assert status.can_stop


def test_a_running_run_tells_step_speed_and_time_left(status: Status) -> None:
    status.take(Started("mine", (), 0, 1000, "CPU, 1 thread, float32"))
    status.take(StateChanged("running", 0))
    for step in (100, 200):
        status.measure(Metrics(step, step / 10, "regularised", {"total": 1.0}))
    assert (status.can_pause, status.can_stop, status.can_discard, status.can_resume) == (
        True,
        True,
        True,
        False,
    )
    assert status.headline == "Training “mine”"
    assert status.fraction == 0.2
    assert [part.strip() for part in status.figures.split("·")] == [
        "step 200 of 1,000",
        "10.0 steps/s",
        "1 min 20 s left",
        "CPU, 1 thread, float32",
    ]


def test_what_was_asked_is_said_and_not_offered_again(status: Status) -> None:
    status.take(Started("mine", (), 0, 1000, "CPU"))
    status.take(StateChanged("running", 0))
    status.asked = "stop"
    assert (status.can_pause, status.can_stop, status.can_discard) == (False, False, True)
    assert status.headline == "Stopping and saving… “mine”"
    status.take(StateChanged("stopped", 10))
    assert status.headline == "Stopped “mine”"


@pytest.mark.parametrize("state", ["stopped", "failed"])
def test_a_run_that_ended_early_can_be_resumed_and_explored(status: Status, state: str) -> None:
    status.take(Started("mine", (), 0, 1000, "CPU"))
    status.take(CheckpointSaved(5, "checkpoint"))
    status.take(StateChanged(state, 5))  # type: ignore[arg-type]
    assert (status.can_resume, status.can_explore, status.can_discard, status.here) == (
        True,
        True,
        False,
        False,
    )


def test_a_run_that_never_started_has_nothing_to_resume_or_explore(status: Status) -> None:
    status.take(StateChanged("failed", 0, "There is no image file"))
    assert (status.can_resume, status.can_explore) == (False, False)


def test_a_run_trained_elsewhere_is_only_watched(status: Status) -> None:
    status.here = False
    status.take(Started("mine", (), 0, 1000, ""))
    status.take(StateChanged("running", 0))
    assert status.headline == "Training “mine” in another process"
    assert (status.can_pause, status.can_stop, status.can_discard) == (False, False, False)


def test_one_in_another_process_that_is_held_up_is_quiet_until_it_moves() -> None:
    config = PairConfig.model_validate({"name": "mine", "schedule": {"steps": 1000}})
    far = Status(RunFeed(Path("somewhere"), config, ignore), here=False, resumed=True)
    far.take(StateChanged("running", 40))
    assert far.headline == "Training “mine” in another process"
    far.take(StateChanged("running", 40, "The process 7 on far has the run and is held up."))
    assert far.headline == "No word from “mine” in another process"
    assert not far.can_resume
    far.take(StateChanged("running", 50))
    assert far.headline == "Training “mine” in another process"
