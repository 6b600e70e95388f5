"""A kind of run is added by adding files: a lab that says ``KIND`` is served by everything else as it is."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest

import jnn_studio.labs
from jnn_studio.explore.columns.open_models import ModelsError, open_models
from jnn_studio.training.config import ConfigError, RunConfig
from jnn_studio.training.configuration.config_file import parse_config
from jnn_studio.training.events import Arrays, Event, Preview, StateChanged
from jnn_studio.training.folder.run_folder import KEPT_ARRAYS, RunFolder
from jnn_studio.training.kind import find_kind, kind_names, run_members
from jnn_studio.training.running import resume_run, start_run
from jnn_studio.training.step.commands import Command, Commands

Finish = Callable[[Iterable[Event]], Event]

LAB = """
import math
from typing import Literal

import numpy as np
import torch

from jnn_studio.base.settings import Frozen
from jnn_studio.training.config import OptimiserConfig, RunConfig
from jnn_studio.training.device import choose_device
from jnn_studio.training.events import Arrays, MemberInfo, Metrics
from jnn_studio.training.experiment import Member
from jnn_studio.training.kind import RunKind


class LineConfig(Frozen):
    slope: float = 2.0


class LineRunConfig(RunConfig):
    kind: Literal["fit-a-line"] = "fit-a-line"
    line: LineConfig = LineConfig()
    optimiser: OptimiserConfig = OptimiserConfig(learning_rate=0.1)


class Lines:
    terms = ("total",)
    notes = ()

    def __init__(self, config):
        self.config, self.device = config, choose_device("cpu")
        self.members = tuple(self._member(info) for info in members(config))

    def _member(self, info):
        torch.manual_seed(self.config.schedule.seed)
        model = torch.nn.Linear(1, 1, bias=info.key == "affine")
        return Member(info.key, info.label, info.eta, model, torch.optim.SGD(model.parameters(), 0.1))

    def batch(self, step):
        return torch.randn(16, 1, generator=torch.Generator().manual_seed(step))

    def losses(self, member, batch, step):
        return (member.model(batch) - self.config.line.slope * batch).square().mean()[None]

    def watch(self, member, batch, step):
        return {}

    def due(self, step):
        return step % 4 == 0

    @torch.no_grad()
    def measure(self, step):
        x = torch.linspace(-1, 1, 5)[:, None]
        yield Arrays(step, {m.key: {"field": m.model(x).numpy()} for m in self.members})
        yield Metrics(step, math.nan, "affine", {"slope": float(self.members[1].model.weight)})

    def export(self, folder, step):
        pass


def members(config):
    return (MemberInfo("linear", "Linear", 0.0), MemberInfo("affine", "Affine", 0.0))


KIND = RunKind("fit-a-line", LineRunConfig, members, lambda config, watch: Lines(config))
"""

CONFIG = """
kind = "fit-a-line"
[line]
slope = 3.0
[schedule]
steps = 40
batch_size = 16
[logging]
checkpoint_every = 16
"""


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunConfig]:
    """The configuration of a run of a lab that consists of one added file."""
    folder = tmp_path / "labs" / "fit_a_line"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "run.py").write_text(LAB)
    monkeypatch.setattr(jnn_studio.labs, "__path__", [*jnn_studio.labs.__path__, str(tmp_path / "labs")])
    yield parse_config(CONFIG, "lab")
    for name in [name for name in sys.modules if name.startswith("jnn_studio.labs.fit_a_line")]:
        del sys.modules[name]


def test_the_kinds_there_are_have_the_names_they_are_found_by() -> None:
    assert "autoencoder-pair" in kind_names()
    for name in kind_names():
        found = find_kind(name)
        assert found.name == name
        assert found.config.model_fields["kind"].default == name


SCRIPT = """
import multiprocessing, sys
from jnn_studio.training.configuration.config_file import parse_config

def config_of(name):
    return type(parse_config(f"kind = '{name}'", "theirs")).__name__

def labs():
    return sorted(name for name in sys.modules if name.startswith("jnn_studio.labs."))

if __name__ == "__main__":
    parse_config("", "mine")
    print(labs())
    print(config_of("rof"))
    print(any("denoise" in name for name in labs()), "matplotlib" in sys.modules, "skimage" in sys.modules)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print(pool.apply(config_of, ("denoise",)))
"""


def test_a_script_and_its_processes_know_the_labs_and_import_what_they_read(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)

    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=120, check=False)

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["[]", "RofConfig", "False False False", "DenoiseConfig"]


def test_an_added_lab_is_a_kind_like_any_other(lab: RunConfig) -> None:
    assert "fit-a-line" in kind_names()
    assert lab.kind == "fit-a-line"
    assert parse_config(lab.to_toml(), "again") == lab
    assert [member.label for member in run_members(lab)] == ["Linear", "Affine"]
    with pytest.raises(ConfigError, match=r"mine: line\.slope: .*got 'steep'"):
        parse_config("kind = 'fit-a-line'\nline.slope = 'steep'", "mine")


def test_what_a_kind_has_no_setting_for_cannot_be_changed(lab: RunConfig) -> None:
    assert lab.with_changes(steps=7).schedule.steps == 7
    with pytest.raises(ConfigError, match="--eta: a run of kind 'fit-a-line' has no η"):
        lab.with_changes(eta="0.5")
    with pytest.raises(ConfigError, match="--data: a run of kind 'fit-a-line' does not train on images"):
        lab.with_changes(data=Path("photos"))


def test_its_runs_are_trained_logged_and_kept(lab: RunConfig, tmp_path: Path, finish: Finish) -> None:
    last = finish(start_run(lab, tmp_path / "run", Commands()))

    assert isinstance(last, StateChanged)
    assert last.state == "finished"
    folder = RunFolder.open(tmp_path / "run")
    assert folder.config() == lab
    slopes = [m.terms["slope"] for m in folder.metrics()[0] if "slope" in m.terms]
    assert abs(slopes[-1] - 3) < 0.05 < abs(slopes[0] - 3)
    arrays = folder.latest_arrays()
    assert arrays is not None
    assert arrays.step == 40
    expected = 3 * np.linspace(-1, 1, 5)[:, None]
    np.testing.assert_allclose(arrays.values["affine"]["field"], expected, atol=0.1)
    assert folder.spectra(("linear", "affine")) == []


def test_its_runs_go_on_to_the_last_bit(lab: RunConfig, tmp_path: Path, finish: Finish) -> None:
    finish(start_run(lab, tmp_path / "whole", Commands()))
    commands = Commands()
    for event in start_run(lab, tmp_path / "stopped", commands):
        if getattr(event, "step", 0) == 20:
            commands.send(Command.STOP)
    finish(resume_run(tmp_path / "stopped", Commands()))

    logs = [
        [(m.step, m.member, m.terms) for m in RunFolder(tmp_path / name).metrics()[0]]
        for name in ("whole", "stopped")
    ]
    assert logs[0] == logs[1]
    fields = [RunFolder(tmp_path / name).latest_arrays() for name in ("whole", "stopped")]
    for member in ("linear", "affine"):
        np.testing.assert_array_equal(fields[0].values[member]["field"], fields[1].values[member]["field"])


def test_models_without_a_latent_are_not_walked(lab: RunConfig, tmp_path: Path, finish: Finish) -> None:
    finish(start_run(lab, tmp_path / "run", Commands()))

    with pytest.raises(ModelsError, match="of kind 'fit-a-line': it has no latent to walk"):
        open_models(tmp_path / "run")


def test_arrays_come_back_and_only_the_newest_are_kept(lab: RunConfig, tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run", lab)
    assert folder.latest_arrays() is None
    for step in range(KEPT_ARRAYS + 5):
        folder.save_arrays(Arrays(step, {"": {"exact": np.full((2, 3), step)}, "m": {"a/b": np.ones(1)}}))

    found = folder.latest_arrays()
    assert found is not None
    assert found.step == KEPT_ARRAYS + 4
    np.testing.assert_array_equal(found.values[""]["exact"], np.full((2, 3), found.step, np.float32))
    assert found.values[""]["exact"].dtype == np.float32
    assert list(found.values["m"]) == ["a/b"]
    assert folder.latest_arrays(after=found.step) is None
    assert len(list((folder.path / "arrays").iterdir())) == KEPT_ARRAYS
    folder.truncate(10)
    assert folder.latest_arrays().step == 10
    folder.delete()
    assert not folder.path.exists()


def test_previews_need_be_neither_square_nor_of_the_runs_models(lab: RunConfig, tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run", lab)
    rng = np.random.default_rng(0)
    rows = rng.integers(0, 256, (4, 3, 6, 10, 3), dtype=np.uint8)
    folder.save_preview(Preview(8, rows[0], {"noisy": rows[1], "linear": rows[2], "affine": rows[3]}))

    found = folder.latest_preview(("linear", "affine"))

    assert found is not None
    np.testing.assert_array_equal(found.originals, rows[0])
    assert list(found.reconstructions) == ["noisy", "linear", "affine"]
    for images, expected in zip(found.reconstructions.values(), rows[1:], strict=True):
        np.testing.assert_array_equal(images, expected)
