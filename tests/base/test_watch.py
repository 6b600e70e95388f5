"""Work is told on, and called off, through the watch it was handed."""

from __future__ import annotations

import threading

import pytest

from jnn_studio.base.errors import Cancelled, StudioError
from jnn_studio.base.watch import Progress, Watch


def test_a_step_is_told_to_whoever_watches() -> None:
    told: list[Progress] = []
    watch = Watch(told.append)
    watch.step(1, 3)
    watch.step(2, 3, "images")
    assert told == [Progress(1, 3), Progress(2, 3, "images")]


def test_one_that_nobody_looks_at_lets_work_go_on() -> None:
    watch = Watch()
    watch.step(1, 1)
    watch.check()
    assert not watch.cancelled


def test_work_that_was_called_off_ends_at_its_next_look_and_tells_no_more() -> None:
    told: list[Progress] = []
    watch = Watch(told.append)
    watch.cancel()
    assert watch.cancelled
    with pytest.raises(Cancelled):
        watch.check()
    with pytest.raises(Cancelled):
        watch.step(1, 2)
    assert told == []


def test_it_can_be_called_off_from_another_thread() -> None:
    watch = Watch()
    thread = threading.Thread(target=watch.cancel)
    thread.start()
    thread.join()
    assert watch.cancelled


def test_who_asked_for_the_work_may_have_to_look_whether_it_is_wanted() -> None:
    wanted = [True, True, False, True]
    watch = Watch(unwanted=lambda: not wanted.pop(0))
    watch.check()
    watch.check()
    with pytest.raises(Cancelled):
        watch.check()
    assert watch.cancelled, "what was called off once stays so"
    assert wanted == [True], "and nobody is asked any more"


def test_a_part_of_the_work_is_called_off_with_the_whole_and_says_nothing() -> None:
    told: list[Progress] = []
    whole = Watch(told.append)
    part = whole.quiet()
    part.step(1, 2)
    assert told == []
    whole.cancel()
    with pytest.raises(Cancelled):
        part.step(2, 2)


def test_calling_off_a_part_leaves_the_whole() -> None:
    whole = Watch()
    whole.quiet().cancel()
    assert not whole.cancelled


def test_nobody_has_to_read_that_work_was_called_off() -> None:
    assert not issubclass(Cancelled, StudioError)
