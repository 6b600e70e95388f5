"""Training as a generator of events."""

from __future__ import annotations

import errno
import gc
import itertools
import math
import os
import re
import shutil
import weakref
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from torch import Tensor

from jnn_studio.base.watch import Watch
from jnn_studio.data.faces import FaceSource
from jnn_studio.training.config import RunConfig
from jnn_studio.training.configuration.config_file import read_config
from jnn_studio.training.device import choose_device
from jnn_studio.training.events import (
    CheckpointSaved,
    Event,
    Metrics,
    Preview,
    Snapshot,
    Spectrum,
    Started,
    StateChanged,
)
from jnn_studio.training.experiment import Member
from jnn_studio.training.folder.run_folder import RunFolder
from jnn_studio.training.pair.autoencoder_pair import AutoencoderPair
from jnn_studio.training.running import resume_run, start_run
from jnn_studio.training.step.commands import Command, Commands
from jnn_studio.training.trainer import Trainer

Tiny = Callable[..., RunConfig]
Finish = Callable[[Iterable[Event]], Event]


class Watched(AutoencoderPair):
    """The real experiment; writes down what each model is trained on, and can go wrong at one step."""

    def __init__(
        self, config: RunConfig, spoil: Callable[[Member, int, Tensor], Tensor] | None = None
    ) -> None:
        source = FaceSource(config.data.count, config.model.size, config.data.seed)
        super().__init__(config, source, choose_device("cpu"), Watch())
        self.seen: list[tuple[str, int, float, Tensor]] = []
        self._spoil = spoil

    def losses(self, member: Member, batch: Tensor, step: int) -> Tensor:
        self.seen.append((member.key, step, member.optimiser.param_groups[0]["lr"], batch))
        terms = super().losses(member, batch, step)
        return terms if self._spoil is None else self._spoil(member, step, terms)


def trainer(experiment: Watched, path: Path, commands: Commands | None = None) -> Trainer:
    folder = RunFolder.create(path, experiment.config)
    return Trainer(experiment, experiment.config, folder, commands or Commands())


def until(events: Iterator[Event], wanted: Callable[[Event], bool]) -> Event:
    return next(event for event in events if wanted(event))


def checkpoint_tensors(path: Path) -> dict[str, Tensor]:
    with safe_open(path, framework="pt") as file:
        return {key: file.get_tensor(key).clone() for key in file.keys()}  # noqa: SIM118


# --- what is trained --------------------------------------------------------------------------------


def test_both_models_are_trained_alternately_on_the_same_batches(
    tiny: Tiny, tmp_path: Path, finish: Finish
) -> None:
    experiment = Watched(tiny(schedule={"steps": 6}))
    finish(trainer(experiment, tmp_path / "run").run())

    keys = [(key, step) for key, step, _, _ in experiment.seen]
    assert keys == [(key, step) for step in range(6) for key in ("unregularised", "regularised")]
    for (_, step, _, first), (_, _, _, second) in zip(
        experiment.seen[::2], experiment.seen[1::2], strict=True
    ):
        torch.testing.assert_close(first, second, rtol=0, atol=0)
        torch.testing.assert_close(first, experiment.batch(step), rtol=0, atol=0)


def test_without_a_penalty_both_models_stay_the_same_to_the_last_bit(tiny: Tiny, tmp_path: Path) -> None:
    config = tiny(penalty={"eta": 0.0, "eta_decoder": 0.0})
    events = list(start_run(config, tmp_path / "run", Commands()))

    losses: dict[str, list[Any]] = {"unregularised": [], "regularised": []}
    for event in events:
        if isinstance(event, Metrics):
            losses[event.member].append((event.step, event.terms))
    assert len(losses["regularised"]) > 4
    assert losses["regularised"] == losses["unregularised"]
    tensors = checkpoint_tensors(tmp_path / "run" / "checkpoints" / "step-0000020.safetensors")
    for name, value in tensors.items():
        torch.testing.assert_close(
            value, tensors[name.replace("unregularised", "regularised")], rtol=0, atol=0
        )


def test_with_a_penalty_they_part_and_its_value_falls(tiny: Tiny, tmp_path: Path) -> None:
    config = tiny(schedule={"steps": 40}, optimiser={"learning_rate": 3e-3})
    events = list(start_run(config, tmp_path / "run", Commands()))

    last = {e.member: e.terms for e in events if isinstance(e, Metrics) and "total" in e.terms}
    first = next(e.terms for e in events if isinstance(e, Metrics) and "total" in e.terms)
    assert last["regularised"]["reconstruction"] < 0.5 * first["reconstruction"]
    assert last["regularised"]["penalty"] < 0.8 * last["unregularised"]["penalty"]
    ranks = {e.member: e.effective_rank for e in events if isinstance(e, Spectrum)}
    assert ranks["regularised"] < ranks["unregularised"]


@pytest.mark.parametrize("schedule", ["cosine", "constant"])
def test_the_learning_rate_follows_its_schedule(
    tiny: Tiny, tmp_path: Path, finish: Finish, schedule: str
) -> None:
    config = tiny(schedule={"steps": 8}, optimiser={"schedule": schedule, "learning_rate": 0.002})
    experiment = Watched(config)
    finish(trainer(experiment, tmp_path / "run").run())

    if schedule == "cosine":
        expected = [0.002 * 0.5 * (1 + math.cos(math.pi * step / 8)) for step in range(8)]
    else:
        expected = [0.002] * 8
    for index in (0, 1):
        assert [rate for _, _, rate, _ in experiment.seen[index::2]] == pytest.approx(expected, rel=1e-12)


def test_a_logged_loss_is_the_mean_of_its_steps(tiny: Tiny, tmp_path: Path) -> None:
    every_step = list(start_run(tiny(logging={"metrics_every": 1}), tmp_path / "one", Commands()))
    every_fifth = list(start_run(tiny(logging={"metrics_every": 5}), tmp_path / "five", Commands()))

    def totals(events: list[Event]) -> list[tuple[int, float]]:
        found = [e for e in events if isinstance(e, Metrics) and "total" in e.terms]
        return [(e.step, e.terms["total"]) for e in found if e.member == "regularised"]

    singles = [value for _, value in totals(every_step)]
    assert [step for step, _ in totals(every_fifth)] == [5, 10, 15, 20]
    means = [sum(singles[i : i + 5]) / 5 for i in range(0, 20, 5)]
    assert [value for _, value in totals(every_fifth)] == pytest.approx(means, rel=1e-6)


# --- what is told -----------------------------------------------------------------------------------


def test_events_come_in_order(tiny: Tiny, tmp_path: Path) -> None:
    config = tiny(
        schedule={"steps": 5},
        logging={"metrics_every": 2, "spectrum_every": 3, "preview_every": 4, "checkpoint_every": 4},
    )
    events = list(start_run(config, tmp_path / "run", Commands()))

    def short(event: Event) -> str:
        match event:
            case Started():
                return f"started {event.step}/{event.total_steps}"
            case StateChanged():
                return f"{event.state} {event.step}"
            case Metrics():
                kinds = {"total": "loss", "held_out_psnr": "psnr", "tightness_gap": "gap"}
                return f"{kinds[next(iter(event.terms))]} {event.step} {event.member}"
            case Spectrum():
                return f"spectrum {event.step} {event.member}"
            case CheckpointSaved():
                return f"checkpoint {event.step}"
        return f"preview {event.step}"

    def both(what: str) -> list[str]:
        return [f"{what} unregularised", f"{what} regularised"]

    def spectra(step: int) -> list[str]:
        return [
            f"{what} {step} {key}" for key in ("unregularised", "regularised") for what in ("spectrum", "gap")
        ]

    assert [short(event) for event in events] == [
        "started 0/5",
        "running 0",
        *spectra(0),
        *both("psnr 0"),
        "preview 0",
        "checkpoint 0",
        *both("loss 2"),
        *spectra(3),
        *both("loss 4"),
        *both("psnr 4"),
        "preview 4",
        "checkpoint 4",
        *both("loss 5"),
        *spectra(5),
        *both("psnr 5"),
        "preview 5",
        "checkpoint 5",
        "finished 5",
    ]
    started = events[0]
    assert isinstance(started, Started)
    assert [(m.key, m.label, m.eta) for m in started.members] == [
        ("unregularised", "Unregularised", 0.0),
        ("regularised", "Regularised", 0.5),
    ]
    assert started.name == config.name
    assert "CPU" in started.device


def test_time_never_runs_backwards(tiny: Tiny, tmp_path: Path) -> None:
    times = [e.time for e in start_run(tiny(), tmp_path / "run", Commands()) if isinstance(e, Metrics)]

    assert times == sorted(times)
    assert times[0] >= 0


def test_whatever_is_told_is_in_the_folder_already(tiny: Tiny, tmp_path: Path) -> None:
    path = tmp_path / "run"
    folder = RunFolder(path)
    members = ("unregularised", "regularised")
    told = {"metrics": 0, "spectra": 0}
    for event in start_run(tiny(), path, Commands()):
        match event:
            case Metrics():
                told["metrics"] += 1
                found = folder.metrics()[0]
                assert len(found) >= told["metrics"]
                assert dict(found[told["metrics"] - 1].terms) == dict(event.terms)
            case Spectrum():
                told["spectra"] += 1
                assert folder.spectra(members)[told["spectra"] - 1].sigma.tolist() == event.sigma.tolist()
            case Preview():
                assert (path / "previews" / f"step-{event.step:07d}.png").is_file()
            case CheckpointSaved():
                assert Path(event.path).is_file()
            case StateChanged():
                assert folder.state().state == event.state
                assert folder.state().step == event.step
            case _:
                pass
    assert told == {"metrics": 26, "spectra": 12}
    assert folder.state().state == "finished"


def test_the_folders_own_configuration_repeats_the_run(
    tiny: Tiny, tmp_path: Path, finish: Finish, outcome: Callable[[Path], Any]
) -> None:
    finish(start_run(tiny(), tmp_path / "first", Commands()))

    config = read_config(tmp_path / "first" / "config.toml")
    finish(start_run(config, tmp_path / "second", Commands()))

    outcome(tmp_path / "first").assert_same(outcome(tmp_path / "second"))


# --- commands ---------------------------------------------------------------------------------------


def test_pause_and_resume(tiny: Tiny, tmp_path: Path) -> None:
    commands = Commands()
    events = start_run(tiny(), tmp_path / "run", commands)
    until(events, lambda e: isinstance(e, Metrics) and e.step == 5)
    commands.send(Command.PAUSE)
    paused = until(events, lambda e: isinstance(e, StateChanged))
    assert (paused.state, paused.step) == ("paused", 5)
    assert RunFolder(tmp_path / "run").state().state == "paused"

    commands.send(Command.PAUSE)  # once more does nothing
    commands.send(Command.SNAPSHOT)
    commands.send(Command.CHECKPOINT)
    assert isinstance(next(events), Snapshot)
    assert isinstance(next(events), CheckpointSaved)
    commands.send(Command.RESUME)
    running = next(events)
    assert isinstance(running, StateChanged)
    assert (running.state, running.step) == ("running", 5)
    commands.send(Command.RESUME)  # neither does this

    *_, last = events
    assert isinstance(last, StateChanged)
    assert (last.state, last.step) == ("finished", 20)


def test_a_pause_is_not_training_time(tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the clock of this test a pause lasts a thousand seconds; the steps around it take none."""
    clock = [0.0]
    monkeypatch.setattr("time.perf_counter", lambda: clock[0])
    commands = Commands()
    events = start_run(tiny(), tmp_path / "run", commands)
    until(events, lambda e: isinstance(e, Metrics) and e.step == 5)
    commands.send(Command.PAUSE)
    until(events, lambda e: isinstance(e, StateChanged))
    clock[0] += 1000
    commands.send(Command.RESUME)

    assert {e.time for e in events if isinstance(e, Metrics)} == {0.0}


def test_a_snapshot_is_a_copy_of_the_weights_of_its_step(tiny: Tiny, tmp_path: Path) -> None:
    commands = Commands()
    experiment = Watched(tiny())
    events = trainer(experiment, tmp_path / "run", commands).run()
    until(events, lambda e: isinstance(e, Metrics) and e.step == 5)
    commands.send(Command.SNAPSHOT)
    snapshot = until(events, lambda e: isinstance(e, Snapshot))
    assert isinstance(snapshot, Snapshot)

    now = {m.key: {k: v.clone() for k, v in m.model.state_dict().items()} for m in experiment.members}
    assert snapshot.step == 5
    for key, weights in snapshot.weights.items():
        for name, value in weights.items():
            torch.testing.assert_close(torch.from_numpy(value), now[key][name], rtol=0, atol=0)

    for _ in events:
        pass
    moved = experiment.members[0].model.state_dict()["encoder.0.0.weight"]
    kept = torch.from_numpy(snapshot.weights["unregularised"]["encoder.0.0.weight"])
    assert not torch.equal(kept, moved)


@pytest.mark.parametrize("paused", [False, True])
def test_stop_keeps_the_run(tiny: Tiny, tmp_path: Path, paused: bool) -> None:
    commands = Commands()
    events = start_run(tiny(), tmp_path / "run", commands)
    until(events, lambda e: isinstance(e, Spectrum) and e.step == 8)
    if paused:
        commands.send(Command.PAUSE)
        until(events, lambda e: isinstance(e, StateChanged))
    commands.send(Command.STOP)
    *_, saved, last = events

    assert isinstance(saved, CheckpointSaved)
    assert last == StateChanged("stopped", 8)
    folder = RunFolder(tmp_path / "run")
    assert folder.state().state == "stopped"
    assert folder.latest_checkpoint() == folder.checkpoint_path(8)
    exported = sorted(path.name for path in (folder.path / "models").iterdir())
    assert exported == ["regularised.safetensors", "unregularised.safetensors"]


def test_stop_after_the_last_step_is_a_finished_run(tiny: Tiny, tmp_path: Path) -> None:
    commands = Commands()
    events = start_run(tiny(), tmp_path / "run", commands)
    until(events, lambda e: isinstance(e, Metrics) and e.step == 20)
    commands.send(Command.STOP)
    *_, last = events

    assert last == StateChanged("finished", 20)


@pytest.mark.parametrize("paused", [False, True])
def test_discard_leaves_nothing_but_what_is_not_the_runs_own(
    tiny: Tiny, tmp_path: Path, paused: bool
) -> None:
    commands = Commands()
    events = start_run(tiny(), tmp_path / "run", commands)
    until(events, lambda e: isinstance(e, Metrics) and e.step == 5)
    (tmp_path / "run" / "notes.txt").write_text("mine")
    if paused:
        commands.send(Command.PAUSE)
        until(events, lambda e: isinstance(e, StateChanged))
    commands.send(Command.DISCARD)
    *_, last = events

    assert last == StateChanged("discarded", 5)
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["notes.txt"]


def test_a_checkpoint_can_be_asked_for(tiny: Tiny, tmp_path: Path) -> None:
    commands = Commands()
    events = start_run(tiny(), tmp_path / "run", commands)
    until(events, lambda e: isinstance(e, Metrics) and e.step == 5)
    commands.send(Command.CHECKPOINT)
    saved = until(events, lambda e: isinstance(e, CheckpointSaved))

    assert isinstance(saved, CheckpointSaved)
    assert saved.step == 5
    assert Path(saved.path).is_file()
    events.close()


# --- interruption -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trained_tiny(tiny: Tiny, tmp_path_factory: pytest.TempPathFactory, outcome: Callable[[Path], Any]) -> Any:
    """The outcome of the run of one piece."""
    path = tmp_path_factory.mktemp("whole") / "run"
    for _ in start_run(tiny(), path, Commands()):
        pass
    return outcome(path)


def test_a_run_closed_at_any_moment_and_resumed_is_the_run_of_one_piece(
    tiny: Tiny, tmp_path: Path, trained_tiny: Any, outcome: Callable[[Path], Any]
) -> None:
    """After its first event, after its second, and so on to the last."""
    ends = []
    for told in itertools.count(1):
        path = tmp_path / str(told)
        events = start_run(tiny(), path, Commands())
        seen = list(itertools.islice(events, told))
        events.close()
        ends.append(RunFolder(path).state().state)
        if ends[-1] == "stopped":
            *_, last = resume_run(path, Commands())
            assert last == StateChanged("finished", 20)
        outcome(path).assert_same(trained_tiny)
        if len(seen) < told:
            break

    # Whoever closes it while it tells of the last step has a finished run.
    assert len(ends) > 30
    assert ends.index("finished") > 20
    assert set(ends[ends.index("finished") :]) == {"finished"}


def test_a_run_stopped_within_a_block_several_times_logs_the_same_means(
    tiny: Tiny, tmp_path: Path, trained_tiny: Any, outcome: Callable[[Path], Any]
) -> None:
    path, stops = tmp_path / "run", []
    last: Event = StateChanged("created", 0)
    while not (isinstance(last, StateChanged) and last.state == "finished"):
        commands = Commands()
        events = resume_run(path, commands) if stops else start_run(tiny(), path, commands)
        # The next spectrum is not where losses are logged.
        begun = stops[-1] if stops else 0
        for event in events:
            if isinstance(event, Spectrum) and event.step > begun:
                commands.send(Command.STOP)
            last = event
        stops.append(last.step)

    assert stops == [4, 8, 12, 16, 20]
    outcome(path).assert_same(trained_tiny)


def test_closing_after_the_end_changes_nothing(tiny: Tiny, tmp_path: Path) -> None:
    events = start_run(tiny(), tmp_path / "run", Commands())
    until(events, lambda e: isinstance(e, StateChanged) and e.state == "finished")
    events.close()

    assert RunFolder(tmp_path / "run").state().state == "finished"


def test_nothing_of_a_run_outlives_it(tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without help from the garbage collector, which the window does not leave to chance."""
    made: list[weakref.ref[Any]] = []
    build = AutoencoderPair._member

    def remembered(self: AutoencoderPair, *asked: Any) -> Member:
        member = build(self, *asked)
        made.extend([weakref.ref(self), weakref.ref(member.model), weakref.ref(member.optimiser)])
        return member

    monkeypatch.setattr(AutoencoderPair, "_member", remembered)
    gc.disable()
    try:
        for _ in start_run(tiny(), tmp_path / "run", Commands()):
            pass
        assert len(made) == 6
        assert [ref() for ref in made] == [None] * 6
    finally:
        gc.enable()


# --- what goes wrong --------------------------------------------------------------------------------


def spoil(key: str, step: int, **terms: float) -> Callable[[Member, int, Tensor], Tensor]:
    """Makes terms of one model's loss what is given, at one step."""

    def change(member: Member, at: int, values: Tensor) -> Tensor:
        if (member.key, at) != (key, step):
            return values
        factors = [terms.get(name, 1.0) for name in AutoencoderPair.terms]
        return values * torch.tensor(factors)

    return change


@pytest.mark.parametrize(
    ("terms", "named"),
    [
        ({"total": math.nan, "penalty": math.nan}, "The penalty of the regularised model became nan"),
        ({"total": math.inf, "reconstruction": math.inf}, "The reconstruction of .* became inf"),
        ({"total": math.nan, "decoder_penalty": math.nan}, "The decoder penalty of .* became nan"),
        ({"total": math.inf}, "The total of .* became inf"),
    ],
)
@pytest.mark.parametrize(
    "logging",
    [
        {"metrics_every": 50, "spectrum_every": 50, "preview_every": 50, "checkpoint_every": 3},
        {"metrics_every": 50, "spectrum_every": 3, "preview_every": 50, "checkpoint_every": 50},
        {"metrics_every": 3, "spectrum_every": 50, "preview_every": 50, "checkpoint_every": 50},
        {"metrics_every": 50, "spectrum_every": 50, "preview_every": 3, "checkpoint_every": 50},
        {"metrics_every": 50, "spectrum_every": 50, "preview_every": 50, "checkpoint_every": 50},
    ],
)
def test_a_loss_that_is_not_finite_stops_the_run_and_says_where(
    tiny: Tiny, tmp_path: Path, finish: Finish, terms: dict[str, float], named: str, logging: dict[str, int]
) -> None:
    experiment = Watched(tiny(schedule={"steps": 14}, logging=logging), spoil("regularised", 6, **terms))
    folder = RunFolder(tmp_path / "run")

    failed = finish(trainer(experiment, folder.path).run())

    assert isinstance(failed, StateChanged)
    assert failed.state == folder.state().state == "failed"
    assert failed.reason == folder.state().reason
    assert re.match(rf"{named} at step 7\. Lower the learning rate or η\.", failed.reason)
    latest = folder.latest_checkpoint()
    assert latest is not None
    assert latest.name in failed.reason
    assert latest <= folder.checkpoint_path(6)
    assert all(torch.isfinite(value).all() for value in checkpoint_tensors(latest).values())
    assert all(math.isfinite(v) for m in folder.metrics()[0] for v in m.terms.values())


def test_weights_that_are_not_finite_are_never_kept(tiny: Tiny, tmp_path: Path, finish: Finish) -> None:
    """The loss is finite, its gradient is not."""

    def broken(member: Member, step: int, terms: Tensor) -> Tensor:
        return terms + (0 * terms).sqrt() if step == 5 else terms

    experiment = Watched(tiny(logging={"checkpoint_every": 6}), broken)
    folder = RunFolder(tmp_path / "run")

    failed = finish(trainer(experiment, folder.path).run())

    assert isinstance(failed, StateChanged)
    assert "weights of the unregularised model are no longer finite at step 6" in failed.reason
    assert folder.latest_checkpoint() == folder.checkpoint_path(0)


def test_a_learning_rate_beyond_reason_is_such_a_case(tiny: Tiny, tmp_path: Path, finish: Finish) -> None:
    config = tiny(optimiser={"learning_rate": 1e18})

    failed = finish(start_run(config, tmp_path / "run", Commands()))

    assert isinstance(failed, StateChanged)
    assert "of the unregularised model became" in failed.reason
    assert "at step 2. Lower the learning rate" in failed.reason


@pytest.mark.parametrize("command", [Command.STOP, Command.CHECKPOINT, None])
def test_asking_for_a_checkpoint_of_what_is_not_finite_is_a_failure_too(
    tiny: Tiny, tmp_path: Path, command: Command | None
) -> None:
    """Also when the run is closed: then nobody is told, but the folder says it."""
    commands = Commands()
    config = tiny(logging={"metrics_every": 50, "spectrum_every": 50, "preview_every": 50})
    folder = RunFolder(tmp_path / "run")

    def then_ask(member: Member, step: int, terms: Tensor) -> Tensor:
        if (member.key, step) == ("regularised", 2):
            commands.send(command or Command.PAUSE)
            return terms * math.nan
        return terms

    events = trainer(Watched(config, then_ask), folder.path, commands).run()
    if command is None:
        until(events, lambda e: isinstance(e, StateChanged) and e.state == "paused")
        events.close()
    else:
        *_, failed = events
        assert isinstance(failed, StateChanged)
        assert failed.state == "failed"

    assert folder.state().state == "failed"
    assert "of the regularised model became nan at step 3" in folder.state().reason
    assert folder.latest_checkpoint() == folder.checkpoint_path(0)


@pytest.mark.parametrize("moment", ["checkpoint", "stop", "close"])
def test_a_folder_that_cannot_be_written_any_more_is_a_failure_with_a_reason(
    tiny: Tiny, tmp_path: Path, moment: str
) -> None:
    commands = Commands()
    path = tmp_path / "run"
    events = start_run(tiny(), path, commands)
    until(events, lambda e: isinstance(e, Metrics) and e.step == 5)
    shutil.rmtree(path / "checkpoints")
    (path / "checkpoints").write_text("a file in place of the folder")

    if moment == "close":
        events.close()
    else:
        if moment == "stop":
            commands.send(Command.STOP)
        *_, failed = events
        assert isinstance(failed, StateChanged)
        assert failed.state == "failed"
        assert "Traceback" in failed.details

    state = RunFolder(path).state()
    assert state.state == "failed"
    assert state.reason.startswith("Cannot write the run: ")
    assert "checkpoints" in state.reason
    assert "resume" in state.reason


def test_a_folder_that_is_gone_altogether_still_ends_in_an_event(tiny: Tiny, tmp_path: Path) -> None:
    path = tmp_path / "run"
    events = start_run(tiny(), path, Commands())
    until(events, lambda e: isinstance(e, Metrics) and e.step == 5)
    shutil.rmtree(path)
    path.write_text("a file in place of the folder")

    *_, failed = events

    assert isinstance(failed, StateChanged)
    assert failed.state == "failed"
    assert failed.reason.startswith("Cannot write the run: ")


def test_out_of_memory_says_what_to_reduce(tiny: Tiny, tmp_path: Path, finish: Finish) -> None:
    problems = [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB."),
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 4 bytes."),
    ]
    for number, problem in enumerate(problems):

        def full(member: Member, step: int, terms: Tensor, problem: Exception = problem) -> Tensor:
            if step == 8:
                raise problem
            return terms

        failed = finish(trainer(Watched(tiny(), full), tmp_path / str(number)).run())

        assert isinstance(failed, StateChanged)
        assert failed.state == "failed"
        assert failed.reason == (
            "Out of memory at step 8 on cpu. Reduce schedule.batch_size (now 8) or model.hidden (now 24). "
            "The last good checkpoint is step-0000006.safetensors."
        )


@pytest.mark.parametrize("problem", [RuntimeError("a kernel failed"), ValueError("odd"), KeyError("lost")])
def test_anything_else_is_a_failure_that_can_be_reported(
    tiny: Tiny, tmp_path: Path, finish: Finish, problem: Exception
) -> None:
    def fail(member: Member, step: int, terms: Tensor) -> Tensor:
        raise problem

    failed = finish(trainer(Watched(tiny(), fail), tmp_path / "run").run())

    assert isinstance(failed, StateChanged)
    assert failed.state == "failed"
    assert failed.reason.startswith(f"Training failed: {problem}")
    assert "Traceback" in failed.details
    assert RunFolder(tmp_path / "run").state().reason == failed.reason


@pytest.fixture
def stopped_at_15(tiny: Tiny, tmp_path: Path, finish: Finish) -> Path:
    commands = Commands()
    events = start_run(tiny(), tmp_path / "run", commands)
    until(events, lambda e: isinstance(e, Metrics) and e.step == 15)
    commands.send(Command.STOP)
    finish(events)
    return tmp_path / "run"


def flipped(data: bytes) -> bytes:
    return data[:-100] + bytes([data[-100] ^ 1]) + data[-99:]


@pytest.mark.parametrize(
    "damage",
    [lambda data: data[:-100], lambda data: data[:-100] + bytes(100), flipped, lambda data: b""],
    ids=["cut", "zeroed", "flipped", "empty"],
)
def test_a_damaged_checkpoint_is_named_and_the_one_before_it_taken(
    stopped_at_15: Path, trained_tiny: Any, outcome: Callable[[Path], Any], damage: Callable[[bytes], bytes]
) -> None:
    damaged = RunFolder(stopped_at_15).checkpoint_path(15)
    damaged.write_bytes(damage(damaged.read_bytes()))

    started, *_, last = resume_run(stopped_at_15, Commands())

    assert isinstance(started, Started)
    assert started.step == 12
    assert started.notes == ("step-0000015.safetensors is damaged: the run went on from step 12.",)
    assert last == StateChanged("finished", 20)
    outcome(stopped_at_15).assert_same(trained_tiny)


def test_a_run_none_of_whose_checkpoints_is_sound_fails_and_keeps_what_it_has(
    stopped_at_15: Path, finish: Finish
) -> None:
    folder = RunFolder(stopped_at_15)
    log = (stopped_at_15 / "metrics.jsonl").read_bytes()
    for path in folder.checkpoints():
        path.write_bytes(path.read_bytes()[:-100])

    failed = finish(resume_run(stopped_at_15, Commands()))

    assert isinstance(failed, StateChanged)
    assert failed.state == "failed"
    assert failed.reason.startswith("None of the run's checkpoints is sound")
    assert str(folder.checkpoint_path(15)) in failed.reason
    assert failed.details == ""
    assert (stopped_at_15 / "metrics.jsonl").read_bytes() == log


def test_what_had_to_be_put_right_is_said_when_a_run_goes_on(stopped_at_15: Path) -> None:
    (stopped_at_15 / "state.json").write_text("{")
    (stopped_at_15 / "checkpoints" / "latest").write_bytes(b"\xff\xfe")
    with (stopped_at_15 / "metrics.jsonl").open("ab") as file:
        file.write(b'[]\n{"a":1}\n')
    (stopped_at_15 / "previews" / "step-0000010.png").write_bytes(b"no picture")

    started, *_, last = resume_run(stopped_at_15, Commands())

    assert isinstance(started, Started)
    assert [note.split()[0] for note in started.notes] == [
        "state.json",
        "checkpoints/latest",
        "previews/step-0000010.png",
        "metrics.jsonl",
    ]
    assert last == StateChanged("finished", 20)
    assert not (stopped_at_15 / "previews" / "step-0000010.png").exists()


@pytest.mark.parametrize("moment", ["step", "stop", "pause", "close"])
def test_a_folder_that_is_deleted_while_it_is_trained_ends_as_failed_and_stays_deleted(
    tiny: Tiny, tmp_path: Path, moment: str
) -> None:
    path, commands = tmp_path / "run", Commands()
    events = start_run(tiny(), path, commands)
    until(events, lambda e: isinstance(e, Metrics) and e.step == 5)
    if moment in ("stop", "pause"):
        commands.send(Command.PAUSE if moment == "pause" else Command.STOP)
    shutil.rmtree(path)

    if moment == "close":
        events.close()
    else:
        *_, failed = events
        assert isinstance(failed, StateChanged)
        assert failed.state == "failed"
        assert failed.reason.startswith(f"Cannot write the run: the run's folder {path} is gone")
        assert failed.details == ""
    assert not path.exists()


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.ENOSPC, "Free some space on that disk, then resume."),
        (errno.EACCES, "Check the permissions of the file and of its folder, then resume."),
        (errno.EROFS, "Make that disk writable: it is read-only, then resume."),
        (errno.EIO, "Check the disk and its cable: it cannot be read or written, then resume."),
    ],
)
def test_the_advice_follows_what_the_system_said(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, advice: str
) -> None:
    events = start_run(tiny(), tmp_path / "run", Commands())
    until(events, lambda e: isinstance(e, Metrics) and e.step == 5)

    def refuse(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    *_, failed = events

    assert isinstance(failed, StateChanged)
    assert failed.reason.startswith("Cannot write the run: ")
    assert failed.reason.endswith(advice)
