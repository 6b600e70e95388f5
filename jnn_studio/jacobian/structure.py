"""Tensors, and tuples or lists of them: what flows between the parts of a network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import torch
from torch import Tensor

Structure: TypeAlias = "Tensor | Sequence[Structure]"
"""A tensor (batch, *shape), or a tuple or list of structures with the same batch."""


def leaves(structure: Structure) -> list[Tensor]:
    """The tensors of a structure, in order."""
    if isinstance(structure, Tensor):
        return [structure]
    return [leaf for part in structure for leaf in leaves(part)]


def map_leaves(function: Callable[..., Tensor], structure: Structure, *others: Structure) -> Any:
    """The structure with ``function`` applied to its tensors (and to those of ``others``, in step)."""
    if isinstance(structure, Tensor):
        return function(structure, *others)
    parts = [map_leaves(function, *group) for group in zip(structure, *others, strict=True)]
    if isinstance(structure, list):
        return parts
    # A named tuple takes its fields one by one.
    return type(structure)(*parts) if hasattr(structure, "_fields") else tuple(parts)


def flatten(structure: Structure, lead: int = 1) -> Tensor:
    """One tensor (*first ``lead`` axes, size) of everything behind those axes."""
    parts = [leaf.flatten(lead) if leaf.ndim > lead else leaf.unsqueeze(-1) for leaf in leaves(structure)]
    return parts[0] if len(parts) == 1 else torch.cat(parts, -1)


def unflatten(flat: Tensor, like: Structure, lead: int) -> Any:
    """Inverse of `flatten`: (*lead axes, size) → shapes and precision of ``like`` behind its batch."""
    sizes = [row_size(leaf) for leaf in leaves(like)]
    parts = iter(flat.split(sizes, -1))
    return map_leaves(
        lambda leaf: next(parts).reshape(*flat.shape[:lead], *leaf.shape[1:]).to(leaf.dtype), like
    )


def row_size(structure: Structure) -> int:
    """How many numbers one element of the batch has."""
    return sum(leaf[0].numel() for leaf in leaves(structure))


def batch_size(structure: Structure) -> int:
    """Length of the batch axis."""
    return len(leaves(structure)[0])


def identity_tangents(like: Structure, start: int, stop: int) -> Any:
    """Unit vectors ``start`` … ``stop`` of the flattened structure, (stop − start, batch, *shape)."""
    first = leaves(like)[0]
    rows = torch.zeros(stop - start, row_size(like), dtype=first.dtype, device=first.device)
    rows[torch.arange(stop - start), torch.arange(start, stop)] = 1
    return unflatten(rows.unsqueeze(1).expand(-1, batch_size(like), -1), like, 2)


def describe(value: object) -> str:
    """What a value is, for an error message: ``float32 (8, 3)``, ``(float32 (8, 3), …)``, ``dict``."""
    if isinstance(value, Tensor):
        return f"{str(value.dtype).removeprefix('torch.')} {tuple(value.shape)}"
    if isinstance(value, (tuple, list)):
        return f"({', '.join(describe(part) for part in value)})"
    return type(value).__name__


def check_structure(value: object, name: str) -> None:
    """Raise unless ``value`` is floating-point tensors with one common, non-empty batch axis.

    Raises:
        TypeError: something else than floating-point tensors, tuples and lists.
        ValueError: no tensor, no batch axis, nothing in it, or batches of different lengths.
    """
    if isinstance(value, Tensor) and value.is_floating_point() and value.ndim > 1 and value.numel():
        return
    expected = "a floating-point tensor (batch, *shape), or a tuple of such tensors"
    for part in _parts(value):
        if not isinstance(part, Tensor):
            raise TypeError(f"{name} must be {expected}; got {describe(value)}")
        if not part.is_floating_point():
            raise TypeError(f"{name} must be floating point to be differentiated; got {describe(value)}")
    tensors = leaves(value)  # type: ignore[arg-type]
    if not tensors or any(t.ndim < 2 or t.numel() == 0 for t in tensors):
        raise ValueError(f"{name} must be {expected}, nothing of it empty; got {describe(value)}")
    if len({len(t) for t in tensors}) > 1:
        raise ValueError(f"all tensors of {name} must share one batch size; got {describe(value)}")


def transforming() -> bool:
    """Whether a compiler or a ``torch.func`` transform is at work: then tensors have no values yet."""
    return bool(torch.compiler.is_compiling() or torch._C._are_functorch_transforms_active())


def check_finite(value: Structure, name: str) -> None:
    """Raise ``ValueError`` if a number is NaN or infinite; silent where there are no values to look at."""
    if transforming():
        return
    for tensor in leaves(value):
        # One reduction instead of a mask; an overflow of the sum is settled by the mask.
        if not torch.isfinite(tensor.sum()) and not torch.isfinite(tensor).all():
            bad = int((~torch.isfinite(tensor)).sum())
            raise ValueError(
                f"{name} must be finite; {bad} of {tensor.numel()} numbers in {describe(value)} are not"
            )


def _parts(value: object) -> list[object]:
    if isinstance(value, (tuple, list)):
        return [leaf for part in value for leaf in _parts(part)]
    return [value]
