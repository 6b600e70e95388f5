"""A portable file is somebody else's: nothing in it is run, and nothing it asks for is without bounds."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

from jnn_studio.models.portable.description import GraphDescription, NodeDescription
from jnn_studio.models.portable.limits import GraphError, output_shape
from jnn_studio.models.portable.operator_graph import OperatorError, OperatorGraph
from jnn_studio.models.portable.operators import ALLOWED
from jnn_studio.models.portable.saving import save_portable
from jnn_studio.models.weights import CONFIG_CHECKSUM, WeightsError, load_model

Node = dict[str, Any]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("portable") / "mine.jnnmodel"
    encoder = nn.Sequential(nn.Flatten(), nn.Linear(64, 4), nn.Tanh())
    decoder = nn.Sequential(nn.Linear(4, 64), nn.Sigmoid(), nn.Unflatten(1, (1, 8, 8)))
    save_portable(path, encoder, decoder, torch.rand(2, 1, 8, 8), name="mine")
    return path


def rewritten(path: Path, change: Callable[[Any], object], to: Path) -> Path:
    """The same file with another description, as somebody would write it who knows the format."""
    with safe_open(path, framework="pt") as file:
        tensors = {key: file.get_tensor(key).clone() for key in file.keys()}  # noqa: SIM118
        metadata = dict(file.metadata())
    config = json.loads(metadata["config"])
    change(config)
    metadata["config"] = json.dumps(config)
    del metadata[CONFIG_CHECKSUM]
    save_file(tensors, to, metadata)
    return to


def before(node: Node) -> Callable[[Any], None]:
    """Put a node in front of all others of the encoder."""
    return lambda config: config["encoder"]["nodes"].insert(0, {"name": "first", **node})


@pytest.mark.parametrize(
    "operator",
    [
        "system",
        "os.system",
        "aten.mm",
        "__class__",
        "load",
        "from_file",
        "set_.source_Storage",
        "rand",
        "nonzero",
        "resize_",
        "mul_.Tensor",
        "item.default",
        "",
    ],
)
def test_no_other_operator_is_called(saved: Path, tmp_path: Path, operator: str) -> None:
    bad = rewritten(
        saved, before({"operator": operator, "args": [{"node": "input"}]}), tmp_path / "a.jnnmodel"
    )
    with pytest.raises(WeightsError, match="is not among those that are allowed"):
        load_model(bad)


def test_none_of_the_operators_there_are_changes_its_input_or_reads_a_file() -> None:
    assert not [name for name in ALLOWED if name.split(".")[0].endswith("_") or "file" in name]


@pytest.mark.parametrize(
    "node",
    [
        {"operator": "full", "args": [[10**12], 1.0]},
        {"operator": "full", "args": [[2**20, 2**20], 1.0]},
        {"operator": "zeros", "args": [[-1]]},
        {"operator": "arange.start_step", "args": [0, 10**12]},
        {"operator": "arange.start_step", "args": [0, 10, 0]},
        {"operator": "repeat", "args": [{"node": "input"}, [10**6, 10**6, 1, 1]]},
        {"operator": "expand", "args": [{"node": "input"}, [10**12, 1, 8, 8]]},
        {"operator": "constant_pad_nd", "args": [{"node": "input"}, [10**9, 10**9, 10**9, 10**9]]},
        {"operator": "upsample_nearest2d.vec", "args": [{"node": "input"}, [10**6, 10**6], None]},
        {"operator": "sizes.mul", "args": [10**30, 10**30]},
        {"operator": "sizes.mul", "args": [2**20, 2**20]},
        {"operator": "sizes.floordiv", "args": [1, 0]},
        {"operator": "sizes.add", "args": [1.5, 2]},
        {"operator": "item", "args": [{"node": "input"}, 0]},
        {"operator": "sym_size.int", "args": [{"node": "input"}, 99]},
        {"operator": "mm", "args": [{"node": "input"}, {"tensor": "t0"}]},
        {"operator": "relu", "args": ["input"]},
        {"operator": "relu", "args": [{"node": "input"}], "kwargs": {"__class__": 1}},
        {"operator": "cat", "args": [[]]},
    ],
)
def test_what_asks_for_too_much_or_makes_no_sense_is_refused(saved: Path, tmp_path: Path, node: Node) -> None:
    with pytest.raises(WeightsError, match="describes no network"):
        load_model(rewritten(saved, before(node), tmp_path / "a.jnnmodel"))


@pytest.mark.parametrize(
    "value",
    [
        {"node": "later"},
        {"tensor": "t99"},
        {"tensor": "__class__"},
        {"code": "import os"},
        {"dtype": "complex64"},
        {"dtype": "__class__"},
        {"float": "1e5"},
        {"node": "input", "tensor": "t0"},
        {},
        "a word that is longer than any argument of an operator",
        [[{"node": "later"}]],
    ],
)
def test_arguments_are_those_there_are(saved: Path, tmp_path: Path, value: Any) -> None:
    bad = rewritten(saved, before({"operator": "relu", "args": [value]}), tmp_path / "a.jnnmodel")
    with pytest.raises(WeightsError, match="describes no network"):
        load_model(bad)


def set_tensor(name: str) -> Callable[[Any], None]:
    def change(config: Any) -> None:
        graph = config["encoder"]
        graph["tensors"][name] = graph["tensors"].pop("t0")

    return change


@pytest.mark.parametrize(
    "change",
    [
        set_tensor("forward"),
        set_tensor("_parameters"),
        set_tensor("a.b"),
        lambda config: config["encoder"]["tensors"]["t0"].update(shape=[10**9, 10**9]),
        lambda config: config["encoder"]["tensors"]["t0"].update(shape=[-1]),
        lambda config: config.update(latent=5),
        lambda config: config.update(size=16),
        lambda config: config.update(latent_shape=[2, 2]),
        lambda config: config.update(encoded={"mean": [0.5, 0.5], "deviation": [1.0]}),
        lambda config: config.update(encoded={"mean": [0.5], "deviation": [0.0]}),
        lambda config: config["encoder"].update(output="nowhere"),
        lambda config: config["encoder"].update(output="input"),
        lambda config: config["encoder"]["nodes"].append(config["encoder"]["nodes"][0]),
        lambda config: config["encoder"].update(nodes=[]),
        lambda config: config["decoder"].update(config["encoder"]),
    ],
)
def test_a_description_that_contradicts_itself_is_refused(
    saved: Path, tmp_path: Path, change: Callable[[Any], object]
) -> None:
    with pytest.raises(WeightsError):
        load_model(rewritten(saved, change, tmp_path / "a.jnnmodel"))


def test_many_multiplications_are_counted_before_they_are_done() -> None:
    nodes = [NodeDescription(name="wide", operator="expand", args=({"node": "input"}, [16, 4096, 4096]))]
    nodes += [
        NodeDescription(name=f"n{i}", operator="bmm", args=({"node": "wide"}, {"node": "wide"}))
        for i in range(20)
    ]
    graph = OperatorGraph(GraphDescription(nodes=tuple(nodes), output="n19")).to("meta")
    with pytest.raises(GraphError, match="operations for one image"):
        output_shape(graph, (4096, 4096), "it")


def test_an_operator_that_is_not_allowed_names_its_layer() -> None:
    node = NodeDescription(name="a", operator="bernoulli", args=({"node": "input"},), layer="blocks.3")
    with pytest.raises(OperatorError, match=r"'bernoulli' \(layer blocks\.3\)"):
        OperatorGraph(GraphDescription(nodes=(node,), output="a"))


@pytest.mark.parametrize("seed", range(3))
def test_a_file_changed_in_any_byte_is_refused_or_the_same(saved: Path, tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    data, right = saved.read_bytes(), load_model(saved).model
    images = torch.rand(2, 1, 8, 8)
    opened = 0
    for _ in range(60):
        changed = bytearray(data)
        changed[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        path = tmp_path / "changed.jnnmodel"
        path.write_bytes(changed)
        try:
            found = load_model(path).model
        except WeightsError:
            continue
        opened += 1  # in its name or in what is told of it
        assert torch.equal(found.encode(images), right.encode(images))
        assert torch.equal(found.decode(right.encode(images)), right.decode(right.encode(images)))
    assert opened < 10
