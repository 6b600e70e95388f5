"""Every script of docs/examples runs as it stands there; the one with a window is run by test_exploring."""

from __future__ import annotations

import runpy
import sys
import types
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from jnn_studio.training.folder.run_folder import RunFolder

FOLDER = Path(__file__).parents[1] / "docs" / "examples"
SCRIPTS = sorted(FOLDER.glob("*.py"))


class Trainer:
    """Of `transformers.Trainer` what it says in its documentation that `compute_loss` can rely on."""

    model_accepts_loss_kwargs = False

    def __init__(self, model: nn.Module, args: types.SimpleNamespace, train_dataset: list[Any]) -> None:
        self.model, self.args, self._examples = model, args, train_dataset

    def train(self) -> None:
        """Steps on batches in the order of the examples, their tensors stacked by name."""
        optimiser = torch.optim.AdamW(self.model.parameters(), 5e-3)
        size = self.args.per_device_train_batch_size
        self.model.train()
        for step in range(self.args.max_steps):
            rows = [self._examples[(step * size + i) % len(self._examples)] for i in range(size)]
            inputs = {name: torch.stack([row[name] for row in rows]) for name in rows[0]}
            loss = self.compute_loss(self.model, inputs, num_items_in_batch=torch.tensor(size))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()

    def compute_loss(self, model: nn.Module, inputs: Any, **more: Any) -> torch.Tensor:
        raise NotImplementedError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a script is given to write to; `transformers` is no dependency, and stood in for."""
    monkeypatch.setattr(sys, "argv", ["example", str(tmp_path)])
    stand_in: Any = types.ModuleType("transformers")
    stand_in.Trainer = Trainer
    stand_in.TrainingArguments = lambda folder, **more: types.SimpleNamespace(output_dir=folder, **more)
    monkeypatch.setitem(sys.modules, "transformers", stand_in)
    return tmp_path


@pytest.mark.parametrize(
    "script", [path for path in SCRIPTS if path.stem != "own_model"], ids=lambda p: p.stem
)
@pytest.mark.filterwarnings("ignore::UserWarning:lightning")
def test_it_runs(script: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(script), run_name="__main__")

    said = capsys.readouterr().out
    match script.stem:
        case "penalise":
            assert "closed_form (exact" in said
        case "walk":
            assert (folder / "walk.png").stat().st_size > 10_000
        case "write_run":
            assert RunFolder.open(folder / "my-run").state().state == "finished"
        case "lightning_training":
            ranks = [
                float(line.split("rank ")[1].split(";")[0]) for line in said.splitlines() if "rank" in line
            ]
            assert ranks[1] < 0.8 * ranks[0]
        case "hf_trainer":
            assert "closed_form (exact" in said


def test_the_list_names_all_of_them() -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert {path.name for path in SCRIPTS} == {
        name.partition("]")[0] for name in text.split("[")[1:] if "](" in name
    }
