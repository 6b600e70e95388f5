"""Runs that several processes train together, connected by gloo as two machines are."""

from __future__ import annotations

import json
import runpy
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from jnn_studio.base.watch import Watch
from jnn_studio.cli.output import STOPPED
from jnn_studio.penalty import Composition, NuclearNormPenalty
from jnn_studio.training.config import RunConfig
from jnn_studio.training.configuration.config_file import validate_config
from jnn_studio.training.folder.run_folder import RunFolder
from jnn_studio.training.gathering.share import Share
from jnn_studio.training.kind import find_kind
from jnn_studio.training.running import resume_run, start_run
from jnn_studio.training.step import fabric
from jnn_studio.training.step.commands import Commands
from jnn_studio.training.step.fabric import ScaleError, gather
from jnn_studio.training.step.processes import ALONE

Tiny = Callable[..., RunConfig]
CommandLine = Callable[..., Any]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def together(command_line: CommandLine) -> Callable[..., list[Any]]:
    """Starts ``jnn-studio`` in so many processes, as torchrun does."""

    def start(count: int, *argv: str | Path, program: Path | None = None) -> list[Any]:
        port = free_port()
        return [
            command_line(
                *argv,
                program=program,
                surroundings={
                    "TORCHELASTIC_RUN_ID": "test",
                    "MASTER_ADDR": "127.0.0.1",
                    "MASTER_PORT": str(port),
                    "WORLD_SIZE": str(count),
                    "LOCAL_WORLD_SIZE": str(count),
                    "RANK": str(rank),
                    "LOCAL_RANK": str(rank),
                    "GROUP_RANK": "0",
                },
            )
            for rank in range(count)
        ]

    return start


def written(config: RunConfig, folder: Path) -> Path:
    path = folder / "tiny.toml"
    path.write_text(config.to_toml(), encoding="utf-8")
    return path


def losses(path: Path) -> list[tuple[int, str, Mapping[str, float]]]:
    lines = (path / "metrics.jsonl").read_text().split("\n")
    return [(r["step"], r["model"], r["terms"]) for r in map(json.loads, filter(None, lines))]


def assert_alike(found: Any, expected: Any, tolerance: float, until: int = 10**9) -> None:
    """The same things logged at the same steps, up to rounding."""
    assert [record[:2] for record in found] == [record[:2] for record in expected]
    for (step, model, terms), (_, _, wanted) in zip(found, expected, strict=True):
        assert step > until or terms == pytest.approx(wanted, rel=tolerance), (step, model)


def finish(events: Iterable[Any]) -> None:
    *_, last = events
    assert last.state == "finished"


def test_a_run_is_the_same_in_two_processes_stopped_killed_and_gone_on_with_in_one(
    tiny: Tiny, tmp_path: Path, command_line: CommandLine, together: Callable[..., list[Any]]
) -> None:
    """As one process alone has it; images mirrored, moved and mixed, exact penalties."""
    config = tiny(
        schedule={"steps": 60},
        images={"mirror": True, "shift": 2, "mix": 0.5},
        logging={"metrics_every": 5, "spectrum_every": 25, "preview_every": 25, "checkpoint_every": 4},
    )
    path, file = tmp_path / "run", written(config, tmp_path)
    folder = RunFolder(path)
    # Fabric begins the other one, as when a person types this.
    leader = command_line(
        "train",
        "--config",
        file,
        "--out",
        path,
        "--devices",
        2,
        surroundings={"MASTER_PORT": str(free_port())},
    )
    while (folder.latest_checkpoint() or folder.checkpoint_path(0)) == folder.checkpoint_path(0):
        time.sleep(0.001)
    leader.signal(signal.SIGTERM)
    assert leader.wait() == STOPPED
    state = folder.state()
    assert (state.state, state.device) == ("stopped", "CPU, 1 thread, float32, 2 processes")
    assert f"stopped at step {state.step}" in leader.stdout

    leader, other = together(2, "train", "--resume", path)
    while folder.state().state != "running":
        time.sleep(0.001)
    other.signal(signal.SIGKILL)
    assert other.wait() == -signal.SIGKILL
    assert leader.wait() == 1
    last = folder.latest_checkpoint()
    assert last is not None
    reason = folder.state().reason
    assert folder.state().state == "failed"
    assert "another process of the run has ended" in reason
    assert f"The last good checkpoint is {last.name}." in reason
    assert "Traceback" not in leader.stderr

    finish(resume_run(path, Commands()))
    finish(start_run(config, tmp_path / "alone", Commands()))
    found, expected = losses(path), losses(tmp_path / "alone")
    assert_alike(found, expected, 1e-5, until=50)
    assert_alike(found, expected, 1e-3)


def test_two_draw_the_noise_and_the_probes_of_one(tmp_path: Path, together: Callable[..., list[Any]]) -> None:
    """A denoiser's noise, turns and random directions."""
    settings = {
        "kind": "denoise",
        "data": {"kind": "dead-leaves", "count": 24},
        "model": {"widths": [4, 8, 8, 8]},
        "methods": ["noise2noise", "penalised"],
        "schedule": {"steps": 6, "batch_size": 4, "held_out": 4, "crop": 16, "device": "cpu"},
        "logging": {"metrics_every": 2, "spectrum_every": 6, "preview_every": 6},
    }
    config = validate_config(settings, "tiny")
    processes = together(2, "train", "--config", written(config, tmp_path), "--out", tmp_path / "two")

    assert [process.wait() for process in processes] == [0, 0]
    assert "finished at step 6" in processes[0].stdout
    assert processes[1].stdout == processes[1].stderr == ""
    finish(start_run(config, tmp_path / "one", Commands()))
    assert_alike(losses(tmp_path / "two"), losses(tmp_path / "one"), 1e-4)


def test_the_callback_for_lightning_is_in_two_processes_what_it_is_in_one(
    tmp_path: Path, together: Callable[..., list[Any]]
) -> None:
    """Each has half of every batch; gradients of the penalty are shared with those of the loss."""
    program = Path(__file__).with_name("lightning_program.py")
    processes = together(2, tmp_path / "weights", program=program)
    names = runpy.run_path(str(program))
    by_hand = names["Autoencoder"]()
    f = Composition(by_hand.encoder[:2], by_hand.encoder[2:])
    optimiser = by_hand.configure_optimizers()
    for x in names["DATA"].split(names["BATCH"]) * names["EPOCHS"]:
        trace = f.trace(x)
        loss = 0.5 * (by_hand.decoder(trace.output) - x).square().sum(1).mean()
        optimiser.zero_grad()
        (loss + names["ETA"] * NuclearNormPenalty()(f, trace)).backward()
        optimiser.step()

    assert [process.wait() for process in processes] == [0, 0], [process.stderr for process in processes]
    for rank in range(2):
        found = torch.load(tmp_path / f"weights.{rank}")
        for name, value in by_hand.state_dict().items():
            torch.testing.assert_close(found[name], value, rtol=1e-5, atol=1e-6, msg=f"{name}, {rank}")


# --- what is asked for ------------------------------------------------------------------------------


def test_without_lightning_one_device_works_and_more_say_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "lightning.fabric", None)

    assert gather("cpu", None, None) is ALONE
    assert gather("cpu", 1, 1) is ALONE
    with pytest.raises(ScaleError, match=r'in 8 processes needs .* pip install "jnn-studio\[scale\]"'):
        gather("cpu", 4, 2)


def test_what_cannot_train_together_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ScaleError, match="--strategy fsdp: a run can be shared by ddp alone"):
        gather("cpu", 2, None, "fsdp")
    with pytest.raises(ScaleError, match="give --device cpu"):
        gather("mps", 2, None)
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "test")
    with pytest.raises(ScaleError, match="does not say how many there are"):
        gather("cpu", None, None)


def test_what_slurm_began_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"STEP_ID": "0", "NTASKS": "8", "NNODES": "2", "NTASKS_PER_NODE": "4"}.items():
        monkeypatch.setenv(f"SLURM_{name}", value)
    assert fabric._begun() == (4, 2)
    monkeypatch.delenv("SLURM_STEP_ID")  # the script that sbatch runs once, not a step of srun
    assert fabric._begun() == (1, 1)


def test_a_batch_is_dealt_out_evenly_or_not_at_all(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Share(1, 4).rows(8) == slice(2, 4)
    assert Share(1, 2).part(1, 2) == Share(3, 4)
    monkeypatch.setattr("jnn_studio.training.batches.process_share", lambda: Share(0, 3))
    with pytest.raises(ValueError, match="batch of 8 cannot be dealt out evenly to 3 processes; .* to 6"):
        find_kind("autoencoder-pair").prepare(tiny(), Watch())


def test_a_beta_vae_is_trained_by_one(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jnn_studio.training.beta_vae.beta_vae.process_share", lambda: Share(0, 2))
    model = {"kind": "beta-vae", "model": {"size": 32, "widths": [4, 4, 4, 4, 4]}, "divergence": {}}
    config = validate_config(
        {**model, "data": {"kind": "faces", "count": 48}, "schedule": {"held_out": 6, "batch_size": 8}},
        "tiny",
    )
    with pytest.raises(ValueError, match="trained by one process: its batch normalisation"):
        find_kind("beta-vae").prepare(config, Watch())
