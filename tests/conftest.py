"""What tests of several rooms share: a tiny run, and one that has been trained."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import torch
from torch import Tensor

from jnn_studio.base.watch import Watch
from jnn_studio.sweeps.config import SweepConfig, sweep_from
from jnn_studio.sweeps.folder import SweepFolder
from jnn_studio.sweeps.measuring import measure
from jnn_studio.sweeps.plan import plan_grid
from jnn_studio.training.config import RunConfig
from jnn_studio.training.configuration.config_file import validate_config
from jnn_studio.training.configuration.identity import new_identity
from jnn_studio.training.folder.run_folder import RunFolder
from jnn_studio.training.running import start_run
from jnn_studio.training.step.commands import Commands

TINY: Mapping[str, Any] = {
    "data": {"kind": "faces", "count": 48, "seed": 1},
    "model": {"size": 16, "dct": 8, "hidden": 24, "latent": 8},
    "penalty": {"eta": 0.5, "eta_decoder": 0.1},
    "schedule": {"steps": 20, "batch_size": 8, "held_out": 6, "device": "cpu"},
    "logging": {"metrics_every": 5, "spectrum_every": 4, "preview_every": 10, "checkpoint_every": 6},
}

Tiny = Callable[..., RunConfig]


# Nothing here is measured by the clock: the machine may have other work.
hypothesis.settings.register_profile(
    "calm", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("calm")


def pytest_configure() -> None:
    """What a shell runs in the background ignores these, and so would what a test interrupts."""
    for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)


def make_tiny(**sections: Any) -> RunConfig:
    """A run of a fraction of a second; keyword arguments replace settings of its sections."""
    settings = {key: dict(value) for key, value in TINY.items()}
    for key, value in sections.items():
        settings[key] = settings.get(key, {}) | value if isinstance(value, dict) else value
    return validate_config(settings, "tiny")


@pytest.fixture(scope="session")
def tiny() -> Tiny:
    """`make_tiny`."""
    return make_tiny


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run, to be read only."""
    path = tmp_path_factory.mktemp("trained") / "run"
    config = make_tiny(name="tiny", schedule={"steps": 60}, optimiser={"learning_rate": 3e-3})
    for _ in start_run(config, path, Commands()):
        pass
    return path


def make_tiny_sweep(**changes: Any) -> SweepConfig:
    """Three η of a tiny pair; keyword arguments replace what a `SweepConfig` has."""
    run = {name: dict(table) for name, table in TINY.items()}
    eta = {"setting": "penalty.eta", "values": [0.1, 0.5, 2.0], "along": {"penalty.eta_decoder": 0.2}}
    return sweep_from({"schema_version": 1, "name": "tiny", "vary": [eta], "run": run} | changes, "tiny.toml")


@pytest.fixture(scope="session")
def tiny_sweep() -> Callable[..., SweepConfig]:
    """`make_tiny_sweep`."""
    return make_tiny_sweep


@pytest.fixture(scope="session")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished sweep, trained without processes of its own; to be read only."""
    folder = SweepFolder.create(tmp_path_factory.mktemp("swept") / "sweep", make_tiny_sweep())
    for run in plan_grid(folder.id, folder.config, "here"):
        path = folder.room(run.folder)
        for _ in start_run(run.config, path, Commands(), identity=new_identity(run.id, run.twin)):
            pass
        folder.keep_measured(run.id, measure(path, run.config, Watch()))
    return folder.path


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    """Tiny tensors are slower on several threads, and runs in one process are then alike to the last bit."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class Process:
    """A running ``jnn-studio``, which prints in ``encoding``."""

    def __init__(self, ask: Callable[..., int], pid: int, folder: Path, encoding: str) -> None:
        self.pid, self._ask, self._folder, self._encoding = pid, ask, folder, encoding

    def signal(self, number: int) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def wait(self) -> int:
        """Its exit status; negative if a signal ended it."""
        return self._ask(wait=self.pid)

    @property
    def stdout(self) -> str:
        """What it has printed."""
        return (self._folder / "stdout").read_text(encoding=self._encoding)

    @property
    def stderr(self) -> str:
        """What it has complained of."""
        return (self._folder / "stderr").read_text(encoding=self._encoding)


CommandLine = Callable[..., Process]


@pytest.fixture(scope="session")
def command_line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    """Starts ``jnn-studio`` in a process of its own: ``command_line("train", …, limits=…, …)``.

    With ``program``, that script instead; with ``output``, all that it prints goes there.
    """
    server = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("fork_server.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )

    def ask(**request: Any) -> int:
        server.stdin.write(json.dumps(request) + "\n")
        server.stdin.flush()
        return int(server.stdout.readline())

    def start(
        *argv: str | Path,
        limits: Mapping[str, int] | None = None,
        ignored: Sequence[str] = (),
        surroundings: Mapping[str, str] | None = None,
        program: Path | None = None,
        encoding: str = "utf-8",
        output: Path | None = None,
    ) -> Process:
        folder = tmp_path_factory.mktemp("process")
        pid = ask(
            argv=[str(argument) for argument in argv],
            stdout=str(output or folder / "stdout"),
            stderr=str(output or folder / "stderr"),
            limits=dict(limits or {}),
            ignored=list(ignored),
            surroundings=dict(surroundings or {}),
            program=str(program or ""),
            encoding=encoding,
        )
        return Process(ask, pid, folder, encoding)

    yield start
    with server:
        server.stdin.close()


@pytest.fixture
def long_run(tiny: Tiny, tmp_path: Path, command_line: CommandLine) -> tuple[Path, Process]:
    """A run that another process is training, and that process, which is to be ended."""
    config = tmp_path / "long.toml"
    config.write_text(tiny(name="long", schedule={"steps": 1_000_000}).to_toml(), encoding="utf-8")
    path = tmp_path / "run"
    process = command_line("train", "--config", config, "--out", path)
    while not path.exists() or RunFolder(path).state().state != "running":
        time.sleep(0.01)
    return path, process


@pytest.fixture
def full_jacobian() -> Callable[[Callable[[Tensor], Tensor], Tensor], Tensor]:
    """Row by row with plain autograd: shares no code with the package."""

    def rows(f: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
        found = []
        for element in x:
            leaf = element.unsqueeze(0).detach().requires_grad_()
            outputs = f(leaf).flatten()
            grads = [torch.autograd.grad(y, leaf, retain_graph=True)[0].flatten() for y in outputs]
            found.append(torch.stack(grads))
        return torch.stack(found)

    return rows
