"""What a run goes on from."""

from __future__ import annotations

import json
import math
import os
import pickle
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

from jnn_studio.training.folder.checkpoint import (
    SCHEMA_VERSION,
    CheckpointError,
    DamagedCheckpointError,
    RunProgress,
    Trained,
    load_checkpoint,
    load_weights,
    save_checkpoint,
)

Members = dict[str, Trained]


def fresh(width: int = 4) -> Members:
    """Two models whose optimisers have not taken a step."""
    members = {}
    for key in ("a", "b"):
        model = nn.Sequential(nn.Linear(3, width), nn.ELU(), nn.Linear(width, 2))
        members[key] = Trained(model, torch.optim.AdamW(model.parameters(), lr=0.01, fused=True))
    return members


def train(members: Members, steps: int, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    for _ in range(steps):
        x = torch.randn(5, 3, generator=generator)
        for member in members.values():
            member.optimiser.zero_grad()
            member.model(x).square().sum().backward()
            member.optimiser.step()


@pytest.fixture
def members() -> Members:
    torch.manual_seed(0)
    found = fresh()
    train(found, 3, seed=1)
    return found


@pytest.fixture
def saved(members: Members, tmp_path: Path) -> Path:
    path = tmp_path / "step-0000003.safetensors"
    save_checkpoint(path, members, RunProgress(3, 1.25, {"a": torch.rand(2, 4)}))
    return path


def parameters(members: Members) -> list[torch.Tensor]:
    return [p for member in members.values() for p in member.model.parameters()]


def test_training_goes_on_as_if_nothing_had_happened(members: Members, saved: Path) -> None:
    resumed = fresh()
    load_checkpoint(saved, resumed)

    train(members, 4, seed=2)
    train(resumed, 4, seed=2)

    for p, q in zip(parameters(members), parameters(resumed), strict=True):
        torch.testing.assert_close(p, q, rtol=0, atol=0)


def test_progress_comes_back_exactly(members: Members, tmp_path: Path) -> None:
    rows = torch.rand(2, 4)
    save_checkpoint(tmp_path / "c", members, RunProgress(3, 0.1 + 0.2, {"b": rows}))

    progress = load_checkpoint(tmp_path / "c", fresh())

    assert (progress.step, progress.elapsed) == (3, 0.1 + 0.2)
    assert list(progress.pending) == ["b"]
    torch.testing.assert_close(progress.pending["b"], rows, rtol=0, atol=0)


def test_a_run_that_has_not_taken_a_step_can_be_kept_too(tmp_path: Path) -> None:
    members = fresh()
    save_checkpoint(tmp_path / "c", members, RunProgress(0, 0.0, {}))

    resumed = fresh()
    load_checkpoint(tmp_path / "c", resumed)
    train(members, 2, seed=0)
    train(resumed, 2, seed=0)

    for p, q in zip(parameters(members), parameters(resumed), strict=True):
        torch.testing.assert_close(p, q, rtol=0, atol=0)


def test_what_was_loaded_does_not_hang_on_the_file(saved: Path) -> None:
    """The file is deleted or written over while training goes on."""
    resumed, undisturbed = fresh(), fresh()
    load_checkpoint(saved, undisturbed)
    progress = load_checkpoint(saved, resumed)
    pending = progress.pending["a"].clone()
    with saved.open("r+b") as file:
        file.write(bytes(saved.stat().st_size))

    train(resumed, 2, seed=0)
    train(undisturbed, 2, seed=0)

    torch.testing.assert_close(progress.pending["a"], pending, rtol=0, atol=0)
    for p, q in zip(parameters(undisturbed), parameters(resumed), strict=True):
        torch.testing.assert_close(p, q, rtol=0, atol=0)


def rewritten(path: Path, drop: str = "", **metadata: str) -> None:
    with safe_open(path, framework="pt") as file:
        tensors = {key: file.get_tensor(key).clone() for key in file.keys() if key != drop}  # noqa: SIM118
        metadata = {**file.metadata(), **metadata}
    save_file(tensors, path, metadata)


@pytest.mark.parametrize(
    ("metadata", "complaint"),
    [
        ({"schema_version": str(SCHEMA_VERSION + 1)}, "format 2, this program reads 1 to 1; go on with"),
        ({"schema_version": "x"}, "cannot read the checkpoint"),
        ({"members": '["a"]'}, "holds the models"),
        ({"members": "["}, "cannot read the checkpoint"),
        ({"step": "three"}, "cannot read the checkpoint"),
        ({"elapsed": ""}, "cannot read the checkpoint"),
    ],
)
def test_a_checkpoint_that_makes_no_sense_is_refused(
    saved: Path, metadata: dict[str, str], complaint: str
) -> None:
    rewritten(saved, **metadata)

    with pytest.raises(CheckpointError, match=complaint) as caught:
        load_checkpoint(saved, fresh())
    assert str(saved) in str(caught.value)


def test_a_checkpoint_of_another_network_is_refused(saved: Path) -> None:
    with pytest.raises(CheckpointError, match="does not fit the run's configuration"):
        load_checkpoint(saved, fresh(width=5))
    rewritten(saved, drop="b/model/0.weight")
    with pytest.raises(CheckpointError, match="does not fit the run's configuration"):
        load_checkpoint(saved, fresh())


@pytest.mark.parametrize("damage", [lambda data: b"", lambda data: data[:-5], lambda data: data[:60]])
def test_a_damaged_checkpoint_is_refused_with_what_to_do(
    saved: Path, damage: Callable[[bytes], bytes]
) -> None:
    saved.write_bytes(damage(saved.read_bytes()))

    with pytest.raises(CheckpointError, match="cannot read the checkpoint .* Remove that file"):
        load_checkpoint(saved, fresh())


def test_a_missing_checkpoint_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="cannot read the checkpoint"):
        load_checkpoint(tmp_path / "gone.safetensors", fresh())


class _Malicious:
    def __init__(self, proof: Path) -> None:
        self.proof = proof

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.proof,)


def test_nothing_is_ever_unpickled(tmp_path: Path) -> None:
    proof, path = tmp_path / "executed", tmp_path / "step-0000003.safetensors"
    path.write_bytes(pickle.dumps(_Malicious(proof)))

    with pytest.raises(CheckpointError):
        load_checkpoint(path, fresh())

    assert not proof.exists()


def without_sums(path: Path) -> None:
    """As the program of before wrote it."""
    with safe_open(path, framework="pt") as file:
        tensors = {key: file.get_tensor(key).clone() for key in file.keys()}  # noqa: SIM118
        metadata = {key: value for key, value in file.metadata().items() if key not in ("sha256", "logged")}
    save_file(tensors, path, metadata)


def test_a_checkpoint_from_before_there_were_sums_is_still_read(members: Members, saved: Path) -> None:
    without_sums(saved)

    resumed = fresh()
    progress = load_checkpoint(saved, resumed)

    assert (progress.step, progress.logged) == (3, {})
    for p, q in zip(parameters(members), parameters(resumed), strict=True):
        torch.testing.assert_close(p, q, rtol=0, atol=0)


def test_how_much_had_been_logged_comes_back(members: Members, tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "c", members, RunProgress(3, 1.0, {}, {"metrics.jsonl": 120}))

    assert load_checkpoint(tmp_path / "c", fresh()).logged == {"metrics.jsonl": 120}


@pytest.mark.parametrize("share", [0.02, 0.5, 0.98])
def test_a_tail_of_zeros_is_damage(saved: Path, share: float) -> None:
    """What a disk gives back after the power failed."""
    data = saved.read_bytes()
    kept = round(len(data) * (1 - share))
    saved.write_bytes(data[:kept] + bytes(len(data) - kept))
    resumed = fresh()
    before = [p.clone() for p in parameters(resumed)]

    with pytest.raises(DamagedCheckpointError, match="cannot read the checkpoint"):
        load_checkpoint(saved, resumed)
    for p, q in zip(parameters(resumed), before, strict=True):
        torch.testing.assert_close(p, q, rtol=0, atol=0)


def test_a_flipped_bit_anywhere_is_damage_or_changes_nothing(members: Members, saved: Path) -> None:
    """Only the name of the sums can be hit without a difference: then there are none to compare."""
    data = saved.read_bytes()
    random = np.random.default_rng(0)
    noticed = 0
    for position in [*range(8), *random.integers(8, len(data), 400).tolist()]:
        damaged = bytearray(data)
        damaged[position] ^= 1 << int(random.integers(8))
        saved.write_bytes(damaged)
        resumed = fresh()
        try:
            load_checkpoint(saved, resumed)
        except DamagedCheckpointError:
            noticed += 1
        else:
            for p, q in zip(parameters(members), parameters(resumed), strict=True):
                torch.testing.assert_close(p, q, rtol=0, atol=0)
    assert noticed > 390


def test_damage_is_not_taken_for_another_run_or_a_newer_program(saved: Path) -> None:
    rewritten(saved, schema_version="3")
    with pytest.raises(DamagedCheckpointError, match="format 3"):
        load_checkpoint(saved, fresh())
    rewritten(saved, schema_version="1", members='["a", "c"]')
    with pytest.raises(DamagedCheckpointError, match="holds the models"):
        load_checkpoint(saved, fresh())
    rewritten(saved, members='["a", "b"]')
    load_checkpoint(saved, fresh())
    with pytest.raises(CheckpointError, match="does not fit") as caught:
        load_checkpoint(saved, fresh(width=5))
    assert not isinstance(caught.value, DamagedCheckpointError)


@pytest.mark.timeout(30)
def test_a_file_that_only_says_it_is_large_is_refused_before_it_is_read(saved: Path) -> None:
    header = json.dumps(
        {
            "__metadata__": {"schema_version": "1", "step": "3", "elapsed": "1.0", "members": '["a", "b"]'},
            "a/model/0.weight": {"dtype": "F32", "shape": [5 << 30], "data_offsets": [0, 20 << 30]},
        }
    ).encode()
    with saved.open("wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        file.truncate(8 + len(header) + (20 << 30))

    with pytest.raises(CheckpointError, match="does not fit the run's configuration"):
        load_checkpoint(saved, fresh())


@pytest.mark.timeout(30)
def test_a_checkpoint_that_may_not_be_read_is_no_damage(saved: Path) -> None:
    saved.unlink()
    os.mkfifo(saved)

    with pytest.raises(CheckpointError, match="a pipe, not a file") as caught:
        load_checkpoint(saved, fresh())
    assert not isinstance(caught.value, DamagedCheckpointError)


@pytest.mark.parametrize("name", ["members", "step", "elapsed", "schema_version", "sha256", "logged"])
@pytest.mark.parametrize("value", ["[" * 3000, "9" * 10_000, '{"a": []}', "[[]]", "", "nan", "1e400", "\x00"])
def test_a_header_of_anything_is_refused_in_words(saved: Path, name: str, value: str) -> None:
    without_sums(saved)
    rewritten(saved, **{name: value})

    with pytest.raises(CheckpointError, match=re.escape(str(saved))):
        load_checkpoint(saved, fresh())


def test_the_weights_alone_can_be_had_and_are_compared_too(members: Members, saved: Path) -> None:
    seen = []
    step, weights, states = load_weights(saved, ["a", "b"], lambda key, shapes: seen.append((key, shapes)))

    for (key, shapes), (name, member) in zip(seen, members.items(), strict=True):
        assert key == name
        assert {n: v.shape for n, v in shapes.items()} == {
            n: v.shape for n, v in member.model.state_dict().items()
        }
        assert all(value.is_meta for value in shapes.values())
    assert step == "3"
    assert states == {"a": {}, "b": {}}
    for key, member in members.items():
        for name, value in member.model.state_dict().items():
            torch.testing.assert_close(weights[key][name], value, rtol=0, atol=0)
    data = saved.read_bytes()
    saved.write_bytes(data[: len(data) // 3] + bytes(len(data) - len(data) // 3))
    with pytest.raises(DamagedCheckpointError):
        load_weights(saved, ["a", "b"], lambda *_: None)


def test_checkpoints_are_for_everybody_the_umask_allows(members: Members, tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        save_checkpoint(tmp_path / "c", members, RunProgress(3, 1.0, {}))
    finally:
        os.umask(before)

    assert (tmp_path / "c").stat().st_mode & 0o777 == 0o644


def test_what_a_member_remembers_beside_its_model_comes_back_in_place(tmp_path: Path) -> None:
    found, other = fresh(), fresh()
    remembered = {"eta": torch.tensor(0.1, dtype=torch.float64) + 0.2, "error": torch.tensor(math.nan)}
    found["b"] = Trained(found["b"].model, found["b"].optimiser, remembered)
    state = {name: torch.zeros_like(value) for name, value in remembered.items()}
    other["b"] = Trained(other["b"].model, other["b"].optimiser, state)
    save_checkpoint(tmp_path / "c", found, RunProgress(3, 0.1, {}))

    load_checkpoint(tmp_path / "c", other)
    _, _, states = load_weights(tmp_path / "c", ["a", "b"], lambda *_: None)

    assert state["eta"].item() == states["b"]["eta"].item() == 0.1 + 0.2
    assert state["error"].isnan()
    assert states["a"] == {}
    with pytest.raises(CheckpointError, match="b/state/.* belongs to none of its models"):
        load_checkpoint(tmp_path / "c", fresh())
    save_checkpoint(tmp_path / "without", fresh(), RunProgress(3, 0.1, {}))
    with pytest.raises(CheckpointError, match="b/state/eta is missing"):
        load_checkpoint(tmp_path / "without", other)
