"""Three solvers in one run: what it logs, draws and leaves behind, and going on where it stopped."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor
from typer.testing import CliRunner

from jnn_studio.base.watch import Watch
from jnn_studio.cli import program as cli
from jnn_studio.cli.commands import rof
from jnn_studio.cli.output import FAILED, STOPPED
from jnn_studio.labs.rof import reference
from jnn_studio.labs.rof.config import RofConfig
from jnn_studio.labs.rof.experiment import PROBES
from jnn_studio.labs.rof.measures import Measures
from jnn_studio.labs.rof.objective import drawn_composite
from jnn_studio.labs.rof.result import MEASURED, read_result
from jnn_studio.labs.rof.run import KIND, MEMBERS
from jnn_studio.training.events import Arrays, Event, Metrics, Started, StateChanged
from jnn_studio.training.folder.run_folder import RunFolder, RunFolderError
from jnn_studio.training.running import resume_run, start_run
from jnn_studio.training.step.commands import Command, Commands

TinyRof = Callable[..., RofConfig]


def train(config: RofConfig, path: Path) -> list[Event]:
    return list(start_run(config, path, Commands()))


@pytest.fixture(scope="module")
def finished(tiny_rof: TinyRof, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run, to be read only."""
    path = tmp_path_factory.mktemp("rof") / "run"
    events = train(tiny_rof(), path)
    assert events[-1] == StateChanged("finished", 12)
    return path


def logged(path: Path) -> list[dict[str, Any]]:
    records = [json.loads(line) for line in (path / "metrics.jsonl").read_text().splitlines()]
    for record in records:
        record.pop("time")
        record["terms"].pop("seconds_per_step", None)
    return records


def test_all_solvers_start_alike_and_part(finished: Path) -> None:
    curves = read_result(finished).curves

    firsts = {
        key: {term: curves[key][term][1][0] for term in MEASURED if term in curves[key]} for key in MEMBERS
    }
    assert firsts["exact"] == firsts["composite"] == firsts["draws"]
    assert len({curves[key]["mae"][1][-1] for key in MEMBERS}) == 3


def test_losses_are_those_of_the_problem(finished: Path) -> None:
    curves = read_result(finished).curves
    for key in MEMBERS:
        total, data, penalty, eta = (curves[key][term][1] for term in ("total", "data", "penalty", "eta"))
        np.testing.assert_allclose(total, data + eta * penalty, rtol=1e-5)
        assert (curves[key]["seconds_per_step"][1] > 0).all()


def test_every_solver_lowers_its_objective(finished: Path) -> None:
    curves = read_result(finished).curves
    for key, term in {"exact": "nuclear", "composite": "composite", "draws": "composite"}.items():
        values = curves[key][f"objective_{term}"][1]
        assert values[-1] < 0.8 * values[0]


def test_measures_are_logged_with_the_step_they_were_made_at(finished: Path) -> None:
    steps, values = read_result(finished).curves["exact"]["mae"]

    assert steps.tolist() == [0, 4, 8, 12]
    assert np.isfinite(values).all()


def test_solutions_in_the_plane_are_fields(finished: Path) -> None:
    arrays = RunFolder.open(finished).latest_arrays()

    assert arrays is not None
    assert arrays.step == 12
    assert {name: value.shape for name, value in arrays.values[""].items()} == {
        "axis": (16,),
        "target": (16, 16),
        "reference": (16, 16),
        "reference_error": (1,),
    }
    for key in MEMBERS:
        assert arrays.values[key]["field"].shape == (16, 16)
    error = np.abs(arrays.values["exact"]["field"] - arrays.values[""]["reference"]).mean()
    assert error == pytest.approx(read_result(finished).curves["exact"]["mae"][1][-1], rel=1e-4)


@pytest.mark.parametrize("n", [3, 5])
def test_solutions_in_more_dimensions_are_radial_profiles(n: int, tiny_rof: TinyRof, tmp_path: Path) -> None:
    train(tiny_rof(problem={"n": n, "eta": 0.01}, schedule={"steps": 2}), tmp_path / "run")

    result = read_result(tmp_path / "run")
    assert result.arrays is not None
    about = result.arrays.values[""]
    np.testing.assert_allclose(about["radius"], [0, 0.5, 1, 1.5, 2])
    assert about["target"].tolist() == [1, 1, 1, 0, 0]
    assert about["reference"][0] == pytest.approx(1 - n * 0.01)
    for key in MEMBERS:
        assert result.arrays.values[key]["profile_sd"].shape == (5,)
        assert result.arrays.values[key]["profile_sd"][0] == pytest.approx(0, abs=1e-5)
        assert np.isfinite(result.curves[key]["mean_inside"][1]).all()
        error, mean = (result.curves[key][term][1][-1] for term in ("mae_inside", "mean_inside"))
        assert error >= abs(mean - (1 - n * 0.01)) - 1e-6, "errors do not make up for each other"


def test_a_line_and_a_drawn_shape(tiny_rof: TinyRof, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference, "FINE_CELLS", 16)
    train(tiny_rof(problem={"n": 1}, schedule={"steps": 2}), tmp_path / "line")
    drawn = {"kind": "drawn", "points": [[-1, -1], [1, -1], [0, 1]]}
    train(tiny_rof(problem={"target": drawn, "eta": 0.03}, schedule={"steps": 2}), tmp_path / "drawn")

    line, shape = read_result(tmp_path / "line"), read_result(tmp_path / "drawn")
    assert line.arrays is not None
    assert line.arrays.values["draws"]["field"].shape == (16,)
    assert shape.numbers["theory"] is None
    assert "mae" in shape.numbers["members"]["exact"]
    assert "mae_whole_space" not in shape.numbers["members"]["exact"]


def test_a_stopped_run_goes_on_as_if_it_had_not_been(
    finished: Path, tiny_rof: TinyRof, tmp_path: Path
) -> None:
    commands = Commands()
    for event in start_run(tiny_rof(), tmp_path / "run", commands):
        if isinstance(event, Metrics) and event.step == 6:
            commands.send(Command.STOP)
    assert RunFolder.open(tmp_path / "run").state().state == "stopped"

    events = list(resume_run(tmp_path / "run", Commands()))

    started = next(event for event in events if isinstance(event, Started))
    assert 6 <= started.step < 12
    assert logged(tmp_path / "run") == logged(finished)
    for key in MEMBERS:
        again = load_file(tmp_path / "run" / "models" / f"{key}.safetensors")
        for name, value in load_file(finished / "models" / f"{key}.safetensors").items():
            torch.testing.assert_close(again[name], value, rtol=0, atol=0)


def test_batches_are_points_of_the_box_and_repeat(tiny_rof: TinyRof) -> None:
    config = tiny_rof()
    quiet = Watch()
    first, second = KIND.prepare(config, quiet), KIND.prepare(config, quiet)

    batch = first.batch(3)
    assert batch.shape == (64, 2)
    assert batch.abs().max() <= 2
    assert batch.abs().max() > 1.5
    torch.testing.assert_close(batch, second.batch(3), rtol=0, atol=0)
    assert not torch.equal(batch, first.batch(4))


def test_the_draws_have_nothing_to_do_with_the_points(tiny_rof: TinyRof) -> None:
    config = tiny_rof()
    made = KIND.prepare(config, Watch())
    member = next(m for m in made.members if m.key == "draws")
    batch = made.batch(3)

    def drawn(seed: int) -> Tensor:
        return drawn_composite(config.penalty)(member.model, batch, torch.Generator().manual_seed(seed))

    found = made.losses(member, batch, 3)[2]
    torch.testing.assert_close(found, drawn(config.schedule.seed_at(3, PROBES)))
    assert not torch.equal(found, drawn(config.schedule.seed_at(3)))


def test_arrays_are_told_as_well_as_kept(tiny_rof: TinyRof, tmp_path: Path) -> None:
    told = [e for e in train(tiny_rof(schedule={"steps": 4}), tmp_path / "run") if isinstance(e, Arrays)]

    assert [event.step for event in told] == [0, 4]


def test_a_run_of_another_kind_is_no_result(trained: Path) -> None:
    with pytest.raises(RunFolderError, match="is of kind 'autoencoder-pair', not 'rof'"):
        read_result(trained)


# --- the command line --------------------------------------------------------------------------------


def invoke(*arguments: str | Path) -> Any:
    return CliRunner().invoke(cli.build(lambda: 0, list), ["rof", *map(str, arguments)])


@pytest.mark.parametrize(
    ("problem", "drawn"),
    [({}, "heat-maps"), ({"n": 5, "eta": 0.01}, "radial-profile"), ({"n": 1}, "solutions")],
)
def test_the_command_writes_figures_and_numbers(
    problem: dict[str, Any], drawn: str, tiny_rof: TinyRof, tmp_path: Path
) -> None:
    config, out = tmp_path / "tiny.toml", tmp_path / "out"
    config.write_text(tiny_rof(problem=problem).to_toml(), encoding="utf-8")

    done = invoke(config, "--out", out, "--steps", "4", "--json")

    assert done.exit_code == 0, done.output
    numbers = json.loads(done.stdout)
    assert numbers == json.loads((out / "numbers.json").read_text())
    assert numbers["step"] == numbers["steps"] == 4
    assert set(numbers["members"]) == set(MEMBERS)
    assert numbers["draws_over_composite_seconds"] > 0
    assert {path.name for path in out.glob("*.*g")} == {
        f"{name}{kind}" for name in (drawn, "error", "objectives") for kind in (".png", ".svg")
    }
    assert RunFolder.open(out).state().state == "finished", "the folder is the run's own"
    with Image.open(out / f"{drawn}.png") as picture:
        assert min(picture.size) > 400
    assert (out / f"{drawn}.svg").read_text().lstrip().startswith("<?xml")


def test_the_command_says_what_it_found(tiny_rof: TinyRof, tmp_path: Path) -> None:
    config = tmp_path / "tiny.toml"
    config.write_text(tiny_rof().to_toml(), encoding="utf-8")

    done = invoke(config, "--out", tmp_path / "out", "--steps", "2")

    assert "theory on the box: 0.8000 inside, 0.0489 outside" in done.stdout
    assert "Composite (9), 3 draws" in done.stdout


def test_what_was_stopped_says_so_and_of_which_step_its_figures_are(
    tiny_rof: TinyRof, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, out = tmp_path / "tiny.toml", tmp_path / "out"
    config.write_text(tiny_rof(logging={"measure_every": 5}).to_toml(), encoding="utf-8")

    def start(settings: RofConfig, path: Path, commands: Commands) -> Iterator[Event]:
        for event in start_run(settings, path, commands):
            if isinstance(event, Metrics) and event.step == 8:
                commands.send(Command.STOP)
            yield event

    monkeypatch.setattr(rof, "start_run", start)
    done = invoke(config, "--out", out)

    assert done.exit_code == STOPPED
    step = RunFolder.open(out).state().step
    assert f"stopped at step {step} of 12: these are the figures of step 5;" in done.stderr
    assert f"jnn-studio train --resume {out}" in done.stderr.replace("\n", "")
    again = invoke(config, "--out", out)
    assert again.exit_code == FAILED
    assert "is not empty" in again.stderr


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("rof-2d-quick", "--eta", "0.5"), "problem.eta: η must be below 0.5"),
        (("faces-quick",), "faces-quick is a run of kind 'autoencoder-pair'; give one of rof-"),
        (("rof-3d",), "there is no preset 'rof-3d'"),
    ],
)
def test_the_command_refuses(arguments: tuple[str, ...], complaint: str, tmp_path: Path) -> None:
    done = invoke(*arguments, "--out", tmp_path / "out")

    assert done.exit_code == 1
    assert complaint in done.stderr
    assert not (tmp_path / "out").exists()


def test_objectives_are_measured_as_on_a_dense_grid(tiny_rof: TinyRof) -> None:
    """Also of one with a thin edge, f = σ((1 − |x|)/0.03): its variation is in a few percent of the box."""
    edge = 0.03

    def variation(x: torch.Tensor) -> float:
        value = torch.sigmoid((1 - x.norm(dim=1)) / edge)
        return float((value * (1 - value) / edge).mean())

    config = tiny_rof(measuring={"sample": 16_384})
    measured = variation(Measures(config, "cpu").sample)

    dense = variation(reference.grid_points(2, 2.0, 1024))
    assert measured == pytest.approx(dense, rel=0.01)
    assert dense == pytest.approx(2 * np.pi / 16, rel=0.01)
