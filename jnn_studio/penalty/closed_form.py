"""‖J‖_F² in closed form, for one affine map between elementwise ones.

With factor φ(Wx + b), J = diag(φ'(a)) W, so ‖J‖_F² = Σᵢ φ'(aᵢ)² ‖wᵢ‖²: the squared row norms of W, shared by
the whole batch, and elementwise work. In general J = D₁WD₀ with diagonal D's, and
‖J‖_F² = d₁² · (W∘W) d₀²: squares travel through the layers, weights squared. For a convolution W∘W is the
convolution with squared taps, which counts only those inside the image; batch norms and dropout masks are
diagonal, reshapes and pixel shuffles permutations.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from jnn_studio.jacobian.layer_pass import LayerPass, diagonal, linear_part, transposed_convolution
from jnn_studio.jacobian.layers import CONVOLUTIONS, DIAGONAL, TRANSPOSED, Kind
from jnn_studio.jacobian.structure import Structure, batch_size, leaves, row_size
from jnn_studio.penalty.row_norms import squared_row_norms

_KNOWN = DIAGONAL | {Kind.AFFINE, Kind.REARRANGING}


def is_closed_form(kinds: Sequence[Kind]) -> bool:
    """Whether layers of these kinds have ‖J‖_F² in closed form together."""
    return all(kind in _KNOWN for kind in kinds) and kinds.count(Kind.AFFINE) <= 1


def closed_form_evaluations(kinds: Sequence[Kind]) -> int:
    """Network evaluations it costs: one (of the squared weight) if something diagonal precedes the affine."""
    affine = kinds.index(Kind.AFFINE) if Kind.AFFINE in kinds else 0
    return int(any(kind in DIAGONAL for kind in kinds[:affine]))


def closed_form(passes: Sequence[LayerPass], x: Structure) -> Tensor:
    """‖J‖_F² of a chain of layers at every element of the batch x, (batch,); differentiable.

    Raises:
        ValueError: the chain has no closed form.
    """
    if not is_closed_form([done.kind for done in passes]):
        names = ", ".join(type(done.layer).__name__ for done in passes)
        raise ValueError(
            "the closed form needs at most one linear or convolutional layer, with only elementwise layers, "
            f"batch norms, dropouts and reshapes around it; got {names}"
        )
    # Entry i holds Σⱼ (∂yᵢ/∂xⱼ)² so far, with a batch of 1 while all elements agree; None stands for ones.
    squares: Tensor | None = None
    for position, done in enumerate(passes):
        if done.kind is Kind.AFFINE:
            squares = _squared_affine(done, squares)
        elif done.kind is Kind.REARRANGING:
            squares = squares if squares is None else done.layer(squares)
        else:
            slopes = _slopes(done).square()
            if position == len(passes) - 1 and squares is not None and len(squares) == 1:
                # The common case, Σᵢ φ'(aᵢ)² ‖wᵢ‖²: one matrix-vector product, no product tensor.
                return (slopes.flatten(1) @ squares.flatten()).expand(batch_size(x))
            squares = slopes if squares is None else slopes * squares
    if squares is None:
        return _wide(leaves(x)[0]).new_full((batch_size(x),), float(row_size(x)))
    return squares.flatten(1).sum(1).expand(batch_size(x))


def _slopes(done: LayerPass) -> Tensor:
    """The diagonal of a layer's Jacobian, (batch or 1, *shape)."""
    slopes = _wide(diagonal(done))
    shape = done.input.shape
    return slopes if slopes.shape == shape else slopes.expand(1, *shape[1:])


def _squared_affine(done: LayerPass, squares: Tensor | None) -> Tensor:
    layer = done.layer
    assert isinstance(layer, nn.Module)
    assert isinstance(layer.weight, Tensor)
    weight = _wide(layer.weight)
    if squares is not None:
        return linear_part(layer, squares, weight.square())
    if isinstance(layer, nn.Linear):
        return squared_row_norms(weight, done.port).expand(1, *done.output.shape[1:])
    spatial = done.input.shape[2:]
    ones = torch.ones(1, 1, *spatial, dtype=weight.dtype, device=weight.device)
    if isinstance(layer, CONVOLUTIONS):
        # Every output channel sees ones in all its input channels, so those can be summed first.
        taps = weight.square().sum(1, keepdim=True)
        function = {1: torch.conv1d, 2: torch.conv2d, 3: torch.conv3d}[len(spatial)]
        return function(ones, taps, None, layer.stride, layer.padding, layer.dilation)
    assert isinstance(layer, TRANSPOSED)
    taps = weight.square().unflatten(0, (layer.groups, -1)).sum(1)
    taps = taps.reshape(1, math.prod(taps.shape[:2]), *taps.shape[2:])
    return transposed_convolution(layer, ones, taps, groups=1)


def _wide(x: Tensor) -> Tensor:
    """At least float32: squares of half-precision numbers overflow or vanish."""
    return x.float() if x.dtype.itemsize < 4 else x
