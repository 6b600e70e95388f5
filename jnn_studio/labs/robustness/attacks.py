"""What trained networks are judged by: attacks of Foolbox (Rauber et al., JOSS 2020), an extra."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from jnn_studio.labs.robustness.errors import RobustnessError
from jnn_studio.labs.robustness.measures import logits_of, right
from jnn_studio.labs.robustness.perturbing import Norm

HOW_TO_GET = (
    "the attacks need Foolbox, which is not installed: pip install 'jnn-studio[robustness]'. "
    "Training does without."
)
_REACH = 2.5
"""Steps of PGD are so long that all of them together reach this many times ε."""


def _foolbox() -> Any:
    """The package; it brings no types, and imports a module of scipy's by its old name.

    Raises:
        RobustnessError: it is not installed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            import foolbox
    except ImportError as error:
        raise RobustnessError(HOW_TO_GET) from error
    return foolbox


def check_available() -> None:
    """Raise `RobustnessError` where Foolbox is not installed."""
    _foolbox()


def _model(network: nn.Module, bounds: tuple[float, float] = (0.0, 1.0)) -> Any:
    device = next(network.parameters()).device
    return _foolbox().PyTorchModel(network.eval(), bounds=bounds, device=device)


def surviving(
    network: nn.Module,
    images: Tensor,
    labels: Tensor,
    epsilons: Sequence[float],
    norm: Norm,
    steps: int,
    restarts: int,
    seed: int,
) -> Tensor:
    """Which images are still told rightly under PGD within each ε: bool (ε, images).

    ``epsilons`` rise; an image that is lost at one is lost at all larger ones. ``restarts``: random starts,
    the
    worst counts. Madry et al., ICLR 2018.
    """
    attacks = _foolbox().attacks
    kind = {"linf": attacks.LinfPGD, "l2": attacks.L2PGD}[norm]
    attack = kind(steps=steps, rel_stepsize=_REACH / steps, random_start=True)
    return _alive(network, images, labels, epsilons, attack, restarts, seed)


def one_step(
    network: nn.Module, images: Tensor, labels: Tensor, epsilons: Sequence[float], seed: int
) -> Tensor:
    """The same under the fast gradient sign method, L∞, which takes one step from the image itself."""
    return _alive(network, images, labels, epsilons, _foolbox().attacks.LinfFastGradientAttack(), 1, seed)


def under_noise(
    network: nn.Module, images: Tensor, labels: Tensor, epsilons: Sequence[float], seed: int
) -> Tensor:
    """The same under uniform noise, L∞, which knows nothing of the network."""
    attack = _foolbox().attacks.LinfRepeatedAdditiveUniformNoiseAttack(repeats=10)
    return _alive(network, images, labels, epsilons, attack, 1, seed)


def smallest(
    network: nn.Module, images: Tensor, labels: Tensor, steps: int, seed: int
) -> tuple[Tensor, Tensor]:
    """The smallest perturbations in L2 that DDN finds: their norms (images,), and themselves.

    The norm is 0 where the image is told wrongly as it is, and infinite where none was found. Rony et al.,
    "Decoupling direction and norm", CVPR 2019.
    """
    with _drawing(seed):
        found = _ddn(steps).run(_model(network), images, labels)
    away = (found - images).detach()
    return _norms(network, images, labels, found, away), away


def smallest_within(
    network: nn.Module, images: Tensor, labels: Tensor, basis: Tensor, steps: int, seed: int
) -> tuple[Tensor, Tensor, Tensor]:
    """The smallest perturbations in L2 anywhere, in the span of ``basis``, and orthogonal to it.

    Norms (images,); ``basis`` is (images, values, directions), orthonormal columns. All three are
    searched for by DDN without bounds on pixels, which no subspace respects, so that they can be compared.
    """
    flat = images.flatten(1)
    whole = _Along(network, images, None, inside=True)
    within = _Along(network, images, basis, inside=True)
    beyond = _Along(network, images, basis, inside=False)
    most = math.sqrt(flat.shape[1])
    norms = []
    for way in (whole, within, beyond):
        start = torch.zeros(len(images), way.length, device=images.device)
        with _drawing(seed):
            steps_taken = _ddn(steps).run(_model(way, (-most, most)), start, labels).detach()
        found = way.image(steps_taken)
        norms.append(_norms(network, images, labels, found, found - images))
    return norms[0], norms[1], norms[2]


def without_gradients(
    network: nn.Module, images: Tensor, labels: Tensor, others: Tensor, norm: Norm, steps: int, seed: int
) -> Tensor:
    """Norms (images,) of what HopSkipJump finds, which only sees decisions (Chen, Jordan & Wainwright 2020).

    ``others``: images to begin with, one that is told otherwise for each. 0 where the image is told wrongly
    as
    it is; infinite where none of the ``others`` will do.
    """
    told = logits_of(network, others).argmax(1)
    distances = torch.zeros(len(images), device=images.device)
    places, starts = [], []
    for place in right(logits_of(network, images), labels).nonzero()[:, 0].tolist():
        distances[place] = math.inf
        beginnings = (told != labels[place]).nonzero()[:, 0]
        if len(beginnings):
            away = (others[beginnings] - images[place]).flatten(1).norm(dim=1)
            places.append(place)
            starts.append(others[beginnings[away.argmin()]])
    if not places:
        return distances
    attack = _foolbox().attacks.HopSkipJumpAttack(steps=steps, constraint=norm)
    with _drawing(seed):
        found = attack.run(
            _model(network), images[places], labels[places], starting_points=torch.stack(starts)
        )
    away = (found - images[places]).flatten(1)
    distances[places] = away.abs().amax(1) if norm == "linf" else away.norm(dim=1)
    return distances


def _ddn(steps: int) -> Any:
    return _foolbox().attacks.DDNAttack(init_epsilon=0.5, steps=steps)


def _norms(network: nn.Module, images: Tensor, labels: Tensor, found: Tensor, away: Tensor) -> Tensor:
    """L2 norms of perturbations: 0 where an image is told wrongly anyway, infinite where it is not yet."""
    norms = away.flatten(1).norm(dim=1).nan_to_num(math.inf)
    norms = torch.where(right(logits_of(network, found), labels), math.inf, norms)
    return torch.where(right(logits_of(network, images), labels), norms, 0.0)


def _alive(
    network: nn.Module,
    images: Tensor,
    labels: Tensor,
    epsilons: Sequence[float],
    attack: Any,
    restarts: int,
    seed: int,
) -> Tensor:
    model = _model(network)
    alive = right(logits_of(network, images), labels)
    rows = []
    with _drawing(seed):
        for epsilon in epsilons:
            for _ in range(restarts):
                left = alive.nonzero()[:, 0]
                if len(left):
                    found = attack.run(model, images[left], labels[left], epsilon=epsilon)
                    alive[left] = right(logits_of(network, found), labels[left])
            rows.append(alive.clone())
    return torch.stack(rows)


@contextmanager
def _drawing(seed: int) -> Iterator[None]:
    """Foolbox draws from torch's own generator: while this is on, from ``seed``."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield


class _Along(nn.Module):
    """A network as a map of perturbations: in the span of a basis, by coordinates, or orthogonal to it."""

    def __init__(self, network: nn.Module, images: Tensor, basis: Tensor | None, inside: bool) -> None:
        super().__init__()
        self.network, self._images, self._basis, self._inside = network, images, basis, inside

    @property
    def length(self) -> int:
        """Coordinates of a perturbation."""
        if self._basis is not None and self._inside:
            return self._basis.shape[2]
        return self._images[0].numel()

    def image(self, steps: Tensor) -> Tensor:
        """The images moved by what the coordinates say, the same number of images as there are."""
        moved = steps
        if self._basis is not None and self._inside:
            moved = torch.einsum("bnk,bk->bn", self._basis, steps)
        elif self._basis is not None:
            inside = torch.einsum("bnk,bn->bk", self._basis, steps)
            moved = steps - torch.einsum("bnk,bk->bn", self._basis, inside)
        return self._images + moved.view_as(self._images)

    def forward(self, steps: Tensor) -> Tensor:
        """Logits."""
        return self.network(self.image(steps))
