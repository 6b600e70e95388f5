"""‖J‖_F² in closed form, for one affine map between elementwise ones.

With factor φ(Wx + b), J = diag(φ'(a)) W, so ‖J‖_F² = Σᵢ φ'(aᵢ)² ‖wᵢ‖²: the squared row norms of W, shared by
the whole batch, and elementwise work. In general J = D₁WD₀ with diagonal D's, and
‖J‖_F² = d₁² · (W∘W) d₀²: squares travel through the layers, weights squared. For a convolution W∘W is the
convolution with squared taps, which counts only those inside the image; batch norms and dropout masks are
diagonal, reshapes and pixel shuffles permutations.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from jnn_studio.jacobian.layer_pass import LayerPass, diagonal, linear_part, transposed_convolution
from jnn_studio.jacobian.layers import CONVOLUTIONS, DIAGONAL, TRANSPOSED, LayerKind
from jnn_studio.jacobian.structure import Structure, leaves, row_size
from jnn_studio.penalty.row_norms import squared_row_norms

_KNOWN = DIAGONAL | {LayerKind.AFFINE, LayerKind.REARRANGING, LayerKind.SHIFT}


def is_closed_form(kinds: Sequence[LayerKind]) -> bool:
    """Whether layers of these kinds have ‖J‖_F² in closed form together."""
    return all(kind in _KNOWN for kind in kinds) and kinds.count(LayerKind.AFFINE) <= 1


def closed_form_evaluations(kinds: Sequence[LayerKind]) -> int:
    """Network evaluations it costs: one (of the squared weight) if something diagonal precedes the affine."""
    affine = kinds.index(LayerKind.AFFINE) if LayerKind.AFFINE in kinds else 0
    return int(any(kind in DIAGONAL for kind in kinds[:affine]))


def closed_form(passes: Sequence[LayerPass], x: Structure) -> Tensor:
    """‖J‖_F² of a chain of layers at every element of the batch x; differentiable.

    Returns:
        (batch,), or a scalar where it is the same for every element.

    Raises:
        ValueError: the chain has no closed form.
    """
    if not is_closed_form([done.kind for done in passes]):
        names = ", ".join(type(done.layer).__name__ for done in passes)
        raise ValueError(
            "the closed form needs at most one linear or convolutional layer, with only elementwise layers, "
            f"batch norms, dropouts and reshapes around it; got {names}"
        )
    # Entry i holds Σⱼ (∂yᵢ/∂xⱼ)² so far: without a batch axis while ``shared`` by all elements; None: ones.
    squares: Tensor | None = None
    shared = True
    for position, done in enumerate(passes):
        if done.kind is LayerKind.AFFINE:
            if squares is None:
                squares = _squared_rows(done)
            else:
                squares = _on_batch(_squared_affine(done), squares, shared)
        elif done.kind is LayerKind.REARRANGING:
            squares = None if squares is None else _on_batch(done.layer, squares, shared)
        elif done.kind is not LayerKind.SHIFT:
            slopes, own = _squared_slopes(done)
            if position == len(passes) - 1 and own and shared and squares is not None:
                # The common case, Σᵢ φ'(aᵢ)² ‖wᵢ‖²: one matrix-vector product, no product tensor.
                return slopes.flatten(1) @ squares.expand(slopes.shape[1:]).flatten()
            squares, shared = slopes if squares is None else slopes * squares, shared and not own
    if squares is None:
        return _wide(leaves(x)[0]).new_full((), float(row_size(x)))
    return squares.sum() if shared else squares.flatten(1).sum(1)


def _on_batch(function: Callable[[Tensor], Tensor], squares: Tensor, shared: bool) -> Tensor:
    return function(squares.unsqueeze(0)).squeeze(0) if shared else function(squares)


def _squared_slopes(done: LayerPass) -> tuple[Tensor, bool]:
    """The squared diagonal of a layer's Jacobian, and whether every element of the batch has its own."""
    slopes = _wide(diagonal(done)).square()
    shape = done.input.shape
    return (slopes, True) if slopes.shape == shape else (slopes.expand(shape[1:]), False)


def _squared_affine(done: LayerPass) -> Callable[[Tensor], Tensor]:
    """The linear map with W∘W in place of W."""
    layer = done.layer
    assert isinstance(layer, nn.Module)
    assert isinstance(layer.weight, Tensor)
    weight = _wide(layer.weight).square()
    return lambda squares: linear_part(layer, squares, weight)


def _squared_rows(done: LayerPass) -> Tensor:
    """(W∘W) 1, the squared row norms of the layer's matrix, in the shape of its output."""
    layer = done.layer
    assert isinstance(layer, nn.Module)
    assert isinstance(layer.weight, Tensor)
    weight = _wide(layer.weight)
    if isinstance(layer, nn.Linear):
        norms = squared_row_norms(weight, done.port)
        return norms if done.output.ndim == 2 else norms.expand(done.output.shape[1:])
    spatial = done.input.shape[2:]
    ones = torch.ones(1, 1, *spatial, dtype=weight.dtype, device=weight.device)
    if isinstance(layer, CONVOLUTIONS):
        # Every output channel sees ones in all its input channels, so those can be summed first.
        taps = weight.square().sum(1, keepdim=True)
        function = {1: torch.conv1d, 2: torch.conv2d, 3: torch.conv3d}[len(spatial)]
        return function(ones, taps, None, layer.stride, layer.padding, layer.dilation)[0]
    assert isinstance(layer, TRANSPOSED)
    taps = weight.square().unflatten(0, (layer.groups, -1)).sum(1)
    taps = taps.reshape(1, math.prod(taps.shape[:2]), *taps.shape[2:])
    return transposed_convolution(layer, ones, taps, groups=1)[0]


def _wide(x: Tensor) -> Tensor:
    """At least float32: squares of half-precision numbers overflow or vanish."""
    return x.float() if x.dtype.itemsize < 4 else x
