"""From a module to what it computes: through `torch.export`, down to the allowed operators."""

from __future__ import annotations

import copy
import operator
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from pydantic import JsonValue
from torch import Tensor, nn
from torch._dynamo.exc import UserError
from torch.export import Dim, ExportedProgram
from torch.nn.attention import SDPBackend, sdpa_kernel

from jnn_studio.base.errors import StudioError
from jnn_studio.models.portable.description import (
    INPUT,
    GraphDescription,
    NodeDescription,
    TensorDescription,
    written_number,
)
from jnn_studio.models.portable.operator_graph import OperatorGraph
from jnn_studio.models.portable.operators import ALLOWED, DROPPED

_OF_SIZES = {
    operator.mul: "sizes.mul",
    operator.add: "sizes.add",
    operator.sub: "sizes.sub",
    operator.floordiv: "sizes.floordiv",
    operator.getitem: "item",
}
_MOST = 2**20
"""Elements of a batch."""
_COMPARED = 1024
_CHECKS = ("_assert_scalar", "_assert_tensor_metadata", "sym_constrain_range", "sym_constrain_range_for_size")


class ExportError(StudioError):
    """A network that cannot be written down; the message says which part of it, why, and what to do."""


@dataclass(frozen=True)
class WrittenGraph:
    """What a network computes, and the values of its tensors by the names they have there."""

    description: GraphDescription
    tensors: Mapping[str, Tensor]


def write_graph(module: nn.Module, example: Tensor, what: str) -> WrittenGraph:
    """What ``module`` computes of a batch like ``example`` (batch ≥ 2, …), for batches of any size.

    The module is copied first: its mode, its device, its gradients and its buffers stay as they are. It is
    written down as it computes in evaluation mode, in float32.

    Args:
        what: what to call it in messages, such as "the encoder".

    Raises:
        ExportError: `torch.export` cannot follow it, it uses an operator that is not allowed, it gives
            something else than one tensor with an entry for each of the batch, or the copy computes
            something else.
    """
    try:
        own = copy.deepcopy(module)
    except Exception as error:  # whatever somebody keeps in a module
        first = (str(error).strip().split("\n") or [""])[0]
        raise ExportError(
            f"{what} cannot be copied ({type(error).__name__}: {first}); keep tensors that belong to a "
            "graph, locks and open files out of it (such as those of weight_norm by a hook: use "
            "torch.nn.utils.parametrizations)"
        ) from error
    own = own.to("cpu", torch.float32).eval().requires_grad_(False)
    example = example.detach().to("cpu", torch.float32)
    program = _exported(own, example, what)
    written = _written(program, what)
    for batch in (len(example) * 2 + 1, *_beyond(program)):
        _compare(own, written, example, what, batch)
    return written


def _exported(module: nn.Module, example: Tensor, what: str) -> ExportedProgram:
    try:
        # Fused attention has no forward derivative and no second one; what it is made of has both.
        with warnings.catch_warnings(), torch.no_grad(), sdpa_kernel(SDPBackend.MATH):
            warnings.simplefilter("ignore")  # torch warns of its own ways
            try:
                batch = ({0: Dim("batch", min=1, max=_MOST)},)
                program = torch.export.export(module, (example,), dynamic_shapes=batch)
            except UserError:
                # It takes other ways for large batches, such as another layout in memory; `_beyond` has the
                # one that is written compared there too.
                program = torch.export.export(module, (example,), dynamic_shapes=({0: Dim.AUTO},))
            return program.run_decompositions()
    except Exception as error:  # whatever a tracer meets in somebody's module
        lines = [line.strip() for line in str(error).split("\n") if line.strip()]
        reason = lines[0] if lines else type(error).__name__
        raise ExportError(
            f"{what} cannot be written down: torch.export says: {reason}. Its forward must take one batch of "
            "any size, give one tensor, and take no branches that depend on numbers."
        ) from error


def _beyond(program: ExportedProgram) -> list[int]:
    """Sizes of batches just beyond what was followed, where a module takes another way for larger ones."""
    ends = (int(found.upper) for found in program.range_constraints.values() if found.upper < _MOST)
    return sorted({end + 1 for end in ends if end < _COMPARED})


def _written(program: ExportedProgram, what: str) -> WrittenGraph:
    signature = program.graph_signature
    if signature.buffers_to_mutate or signature.user_inputs_to_mutate:
        changed = ", ".join(signature.buffers_to_mutate.values()) or "its input"
        raise ExportError(f"{what} changes {changed} when it computes; write it so that it does not")
    if len(signature.user_outputs) != 1 or not isinstance(signature.user_outputs[0], str):
        raise ExportError(
            f"{what} gives {len(signature.user_outputs)} results; wrap it so that it gives one tensor"
        )
    sources = {
        **{name: (of, True) for name, of in signature.inputs_to_parameters.items()},
        **{name: (of, False) for name, of in signature.inputs_to_buffers.items()},
        **{name: (of, False) for name, of in signature.inputs_to_lifted_tensor_constants.items()},
    }
    values = {**program.state_dict, **program.constants}
    names: dict[str, JsonValue] = {}
    tensors: dict[str, Tensor] = {}
    described: dict[str, TensorDescription] = {}
    nodes: list[NodeDescription] = []
    for node in program.graph.nodes:
        if node.op == "placeholder" and node.name in sources:
            of, trained = sources[node.name]
            value, key = values[of].detach(), f"t{len(tensors)}"
            names[node.name], tensors[key] = {"tensor": key}, value.contiguous()
            described[key] = TensorDescription.model_validate(
                {"name": of, "shape": tuple(value.shape), "dtype": _dtype(value.dtype), "trained": trained}
            )
        elif node.op == "placeholder":
            names[node.name] = {"node": INPUT}
        elif node.op == "call_function" and not _is_check(node.target):
            found = _node(node, names, f"n{len(nodes)}", what)
            nodes.append(found)
            names[node.name] = {"node": found.name}
        elif node.op not in ("call_function", "output"):
            raise ExportError(f"{what} keeps {node.op} {node.target!r}, which cannot be written down")
    output = names[signature.user_outputs[0]]
    if not isinstance(output, dict) or "node" not in output:
        raise ExportError(f"{what} gives the same whatever its input")
    description = GraphDescription(tensors=described, nodes=tuple(nodes), output=str(output["node"]))
    return WrittenGraph(description, tensors)


def _is_check(target: Any) -> bool:
    return getattr(target, "_opname", "") in _CHECKS or getattr(target, "__name__", "") in ("eq", "ge", "le")


def _node(node: Any, names: Mapping[str, JsonValue], name: str, what: str) -> NodeDescription:
    layer = _layer(node)
    called = _operator(node.target)
    if called not in ALLOWED:
        place = f"the layer {layer!r} of {what}" if layer else what
        raise ExportError(
            f"{place} uses {node.target}, which a portable model cannot hold. Put another layer in its "
            "place, or bring the model as an installed package (entry point jnn_studio.models)."
        )
    kwargs = {key: value for key, value in node.kwargs.items() if key not in DROPPED}
    return NodeDescription(
        name=name,
        operator=called,
        args=tuple(_argument(value, names) for value in node.args),
        kwargs={key: _argument(value, names) for key, value in kwargs.items() if value is not None},
        layer=layer,
    )


def _operator(target: Any) -> str:
    if target in _OF_SIZES:
        return _OF_SIZES[target]
    name = str(target)
    return name.removeprefix("aten.").removesuffix(".default") if name.startswith("aten.") else name


def _layer(node: Any) -> str:
    """The innermost part of the network that a node came from, as its author calls it."""
    stack = list((node.meta.get("nn_module_stack") or {}).values())
    path = str(stack[-1][0]) if stack else ""
    return path.removeprefix("L['self'].").removeprefix("L['self']")


def _argument(value: Any, names: Mapping[str, JsonValue]) -> JsonValue:
    if isinstance(value, torch.fx.Node):
        return names[value.name]
    if isinstance(value, list | tuple):
        return [_argument(item, names) for item in value]
    if isinstance(value, torch.dtype):
        return {"dtype": _dtype(value)}
    if isinstance(value, float):
        return written_number(value)
    if value is None or isinstance(value, bool | int | str):
        return value
    raise ExportError(f"an argument of the kind {type(value).__name__} cannot be written down")


def _dtype(value: torch.dtype) -> str:
    return str(value).removeprefix("torch.")


def _compare(module: nn.Module, written: WrittenGraph, example: Tensor, what: str, batch: int) -> None:
    """At a batch of another size than was followed."""
    graph = OperatorGraph(written.description)
    graph.load_state_dict(dict(written.tensors), assign=True)
    more = torch.cat([example, example.flip(0)]).repeat(batch // len(example) + 1, *[1] * (example.ndim - 1))
    more = more[:batch]
    with torch.no_grad():
        right = module(more)
        try:
            found = graph(more)
        except RuntimeError as failed:
            raise ExportError(
                f"{what}, written down, works for the example's batch of {len(example)} alone ({failed}); "
                "take sizes that depend on the batch from x.shape, not from len(x)"
            ) from failed
    if right.shape[:1] != more.shape[:1]:
        raise ExportError(f"{what} gives {tuple(right.shape)} for a batch of {len(more)}: not one for each")
    error = float((found - right).norm() / right.norm().clamp_min(torch.finfo(right.dtype).tiny))
    if not error <= 1e-4:
        raise ExportError(
            f"{what}, written down, computes something else (by {error:.2g} of it for a batch of "
            f"{len(more)}); what it does must depend on its input alone"
        )
