"""Penalties of models that several processes train; one process stands for two."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel
from torch.testing._internal.distributed.fake_pg import FakeStore

from jnn_studio.penalty import Composition, NuclearNormPenalty
from jnn_studio.penalty.shared import SharedModelError, added_to_wrapped_loss

PAGE = (Path(__file__).parents[2] / "docs" / "machines.md").read_text(encoding="utf-8")


@pytest.fixture
def _two() -> Iterator[None]:
    distributed.init_process_group("fake", rank=1, world_size=2, store=FakeStore())
    yield
    distributed.destroy_process_group()


def composition() -> Composition:
    return Composition(nn.Sequential(nn.Linear(6, 20), nn.ELU()), nn.Linear(20, 12))


def test_the_documented_form_for_ddp_runs(tmp_path: Path) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {}
    distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/meet", rank=0, world_size=1)
    try:
        exec(compile(block, "docs/machines.md", "exec"), names)
    finally:
        distributed.destroy_process_group()
    assert all(parameter.grad is not None for parameter in names["f"].parameters())


@pytest.mark.usefixtures("_two")
def test_inside_the_wrapped_forward_a_penalty_is_welcome() -> None:
    class Loss(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.f, self.penalty = composition(), NuclearNormPenalty()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.penalty(self.f, x)

    assert DistributedDataParallel(Loss())(torch.randn(4, 6)).requires_grad


@pytest.mark.usefixtures("_two")
def test_a_penalty_beside_a_wrapped_model_is_refused_and_looking_is_not() -> None:
    f, x = composition(), torch.randn(4, 6)
    DistributedDataParallel(composition())  # of no concern
    NuclearNormPenalty()(f, x).backward()
    wrapped = DistributedDataParallel(nn.ModuleDict({"f": f}))
    for seen in (f, wrapped.module.f):
        with pytest.raises(SharedModelError, match=r"outside of its forward.* Put the whole loss"):
            NuclearNormPenalty()(seen, seen.trace(x))
    with torch.no_grad():
        NuclearNormPenalty()(f, x)
    with added_to_wrapped_loss():  # as the callback for Lightning does
        NuclearNormPenalty()(f, x)
    del wrapped
    NuclearNormPenalty()(f, x)


@pytest.mark.usefixtures("_two")
def test_divided_weights_are_refused() -> None:
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard

    f = composition()
    fully_shard(f, mesh=init_device_mesh("cpu", (2,)))
    with pytest.raises(SharedModelError, match="divided among processes by fully_shard"):
        NuclearNormPenalty()(f, torch.randn(4, 6))
