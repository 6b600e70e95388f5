"""The engine on every kind of layer against float64 oracles: ``python -m benchmarks.layers`` prints JSON.

Each layer of `layer_list` and network of `architectures`, and of `public_networks` as far as transformers and
diffusers are installed, is taken at torch's own first weights, behind a
layer that scales every number of its input by a weight (so that there is one before it to differentiate by).

- ``plan``: the estimator that ``NuclearNormPenalty()`` takes for the layer by itself, and why;
  ``accuracy`` says whether that is exact or estimated.
- ``value``: the penalty by that plan against ‖J‖_F² from the full Jacobian, row by row in reverse mode; one
  that is estimated has to lie within five of its standard errors with 400 probes.
- ``gradient``: that of ‖J‖_F² by products with J and with Jᵀ, in a random direction of all weights, against
  central differences of the oracle's value (by finite differences of the layer where that is the plan); where
  these do not agree, because a norm computes in single precision, against that of the full Jacobian.
- ``svd``: the three leading singular values by ``auto``, and ``krylov``, against an SVD of the full Jacobian.
- ``forward_passes``: time of the penalty by its plan over that of a forward pass, float32, batch 1024.

``--table`` prints the table of docs/layers.md instead.
"""

from __future__ import annotations

import argparse
import copy
import json
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from benchmarks.architectures import ARCHITECTURES
from benchmarks.layer_list import LAYERS
from benchmarks.public_networks import installed
from benchmarks.timing import interleaved, ratio
from jnn_studio.jacobian import NoDerivativeError, jacobian_svd
from jnn_studio.jacobian.structure import flatten
from jnn_studio.penalty import Composition, NuclearNormPenalty

BATCH, PROBES, STEP, LEADING = 2, 400, 1e-5, 3


class Gain(nn.Module):
    """Every number of the input times a weight of its own."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.weight = nn.Parameter(0.5 + torch.rand(shape))

    def forward(self, x: Tensor) -> Tensor:
        """x, scaled."""
        return x * self.weight


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", help="regular expression for names of layers")
    parser.add_argument("--seconds", type=float, default=0.2, help="time for the cost of each layer")
    parser.add_argument("--table", action="store_true", help="print Markdown")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    result = {
        kind: {
            name: examine(*case, seconds=arguments.seconds)
            for name, case in cases.items()
            if re.search(arguments.only or "", name)
        }
        for kind, cases in (
            ("layers", LAYERS),
            ("networks", ARCHITECTURES),
            ("public networks", installed()),
        )
    }
    print(table(result) if arguments.table else json.dumps(result, indent=2, ensure_ascii=False))


def examine(make: Callable[[], nn.Module], shape: tuple[int, ...], seconds: float) -> dict[str, Any]:
    """All that is to be said of one layer."""
    torch.manual_seed(0)
    layer, x = make().double(), torch.randn(BATCH, *shape, dtype=torch.float64)
    whole = Whole(nn.Sequential(Gain(shape).double(), layer), x)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plan = _plan(layer, x)
        figures: dict[str, Any] = {"plan": plan.reason, "accuracy": plan.accuracy}
        figures["value"] = _verdict(partial(_value, whole, plan.estimator))
        figures["gradient"] = _verdict(partial(_gradient, whole, plan.estimator))
        for method in ("auto", "krylov"):
            figures["svd" if method == "auto" else "krylov"] = _verdict(partial(_svd, whole, method))
        figures["forward_passes"] = _cost(make, shape, seconds)
    return figures


class Plan:
    """What ``auto`` takes for a layer, from what it says."""

    def __init__(self, line: str) -> None:
        found = re.search(r": (\w+) \((exact|stochastic).*?\): (.*)", line)
        assert found is not None, line
        self.estimator = found[1]
        self.accuracy = "exact" if found[2] == "exact" else "estimated"
        self.reason = f"{found[1]}: {found[3]}"


def _plan(layer: nn.Module, x: Tensor) -> Plan:
    penalty = NuclearNormPenalty()
    f = Composition(layer, nn.Identity())
    penalty(f, x.clone().requires_grad_())
    return Plan(repr(penalty).splitlines()[1])


class Whole:
    """A map, an input, and the same map as the oracle sees it: batch statistics held constant."""

    def __init__(self, f: nn.Sequential, x: Tensor) -> None:
        self.f, self.x = f, x
        self._frozen = copy.deepcopy(f) if _can_be_copied(f) else f
        norms = [
            part for part in self._frozen.modules() if isinstance(part, nn.BatchNorm2d) and part.training
        ]
        inputs: dict[nn.Module, Tensor] = {}
        hooks = [
            n.register_forward_pre_hook(lambda n, i: inputs.__setitem__(n, i[0].detach())) for n in norms
        ]
        self._frozen(x)
        for hook in hooks:
            hook.remove()
        for norm in norms:
            axes = [axis for axis in range(inputs[norm].ndim) if axis != 1]
            norm.running_var, norm.running_mean = torch.var_mean(inputs[norm], axes, correction=0)
            norm.eval()

    def jacobian(self) -> Tensor:
        """(batch, m, n), in reverse mode, by the random numbers of seed 0."""
        with plain():
            torch.manual_seed(0)
            x = self.x.clone().requires_grad_()
            y = flatten(self._frozen(x))
            rows = [torch.autograd.grad(y[:, i].sum(), x, retain_graph=True)[0] for i in range(y.shape[1])]
        return torch.stack([row.flatten(1) for row in rows], 1)

    def energy(self) -> Tensor:
        """Mean ‖J‖_F² over the batch."""
        return self.jacobian().square().sum((1, 2)).mean()

    def derivative(self, direction: list[Tensor]) -> Tensor:
        """Of `energy`, by central differences of all weights."""
        ends = []
        for sign in (1, -1):
            self._move(sign, direction)
            ends.append(self.energy())
            self._move(-sign, direction)
        return (ends[0] - ends[1]) / (2 * STEP)

    def recorded(self, direction: list[Tensor]) -> Tensor:
        """The same by differentiating the full Jacobian, for norms that compute in single precision whatever
        they are given: differences of weights drown in their rounding.
        """
        weights = list(self._frozen.parameters())
        with sdpa_kernel(SDPBackend.MATH):
            rows = torch.autograd.functional.jacobian(
                lambda x: self._frozen(x).flatten(1).sum(0), self.x, True
            )
        energy = rows.square().sum() / len(self.x)
        found = torch.autograd.grad(energy, weights, materialize_grads=True, allow_unused=True)
        return torch.stack([(g * d).sum() for g, d in zip(found, direction, strict=True)]).sum()

    @torch.no_grad()
    def _move(self, sign: int, direction: list[Tensor]) -> None:
        for weight, d in zip(self._frozen.parameters(), direction, strict=True):
            weight.add_(d, alpha=sign * STEP)

    def penalty(self, penalty: NuclearNormPenalty) -> tuple[Tensor, Tensor | None]:
        """(‖J‖_F², its standard error) by a penalty, the same random numbers drawn by the layers."""
        f = Composition(self.f, nn.Identity())
        torch.manual_seed(0)
        trace = f.trace(self.x)
        terms = penalty.evaluate(f, trace, torch.Generator().manual_seed(1))
        return terms.factors[0], terms.standard_error


@contextmanager
def plain() -> Iterator[None]:
    """The oracle's kernels: attention without its fast path."""
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)


def _value(whole: Whole, estimator: str) -> bool:
    exact = whole.energy()
    differences = estimator.endswith("difference")
    for way in [estimator] if differences else ["forward", "reverse", "jvp"]:
        found, error = whole.penalty(NuclearNormPenalty(way, probes=PROBES))  # type: ignore[arg-type]
        # torch's own rules hold some constants, such as a sixth, in single precision. The standard error is
        # that of half the sum over two factors.
        slack = 1e-6 * exact + (0.0 if error is None else 5 * 2 * error)
        if abs(found - exact) > slack:
            return False
    return True


def _gradient(whole: Whole, estimator: str) -> bool:
    direction = [torch.randn_like(weight) for weight in whole.f.parameters()]
    exact = whole.derivative(direction)
    differences = estimator.endswith("difference")
    ways = [estimator] if differences else ["forward", "reverse"]
    for way in ways:
        penalty = NuclearNormPenalty(way, probes=10 * PROBES if differences else 1)  # type: ignore[arg-type]
        value, _ = whole.penalty(penalty)
        found = torch.autograd.grad(
            value, list(whole.f.parameters()), materialize_grads=True, allow_unused=True
        )
        along = torch.stack([(g * d).sum() for g, d in zip(found, direction, strict=True)]).sum()
        allowed = (0.1 if differences else 1e-5) * max(abs(exact), whole.energy())
        if abs(along - exact) > allowed and (differences or abs(along - whole.recorded(direction)) > allowed):
            return False
    return True


def _svd(whole: Whole, method: str) -> bool:
    exact = torch.linalg.svdvals(whole.jacobian())[:, :LEADING]
    torch.manual_seed(0)
    k = min(LEADING, exact.shape[1])
    found = jacobian_svd(whole.f, whole.x, k, method, tolerance=1e-8)  # type: ignore[arg-type]
    return bool((found.sigma - exact).abs().max() <= 1e-6 * exact.max())


def _verdict(right: Callable[[], bool]) -> str:
    try:
        return "right" if right() else "wrong"
    except NoDerivativeError as error:
        return f"refused: {error}"


def _cost(make: Callable[[], nn.Module], shape: tuple[int, ...], seconds: float) -> float:
    torch.manual_seed(0)
    layer, x = make(), torch.randn(1024, *shape, requires_grad=True)
    f, penalty = Composition(layer, nn.Identity()), NuclearNormPenalty()
    trace = f.trace(x)
    for _ in range(4):  # beyond what only the first calls do
        penalty(f, trace)
    times = interleaved({"forward": lambda: layer(x), "penalty": lambda: penalty(f, trace)}, seconds)
    return float(f"{ratio(times, 'penalty', 'forward'):.2g}")


def _can_be_copied(f: nn.Module) -> bool:
    return all(t.is_leaf for part in f.modules() for t in vars(part).values() if isinstance(t, Tensor))


def table(result: dict[str, Any]) -> str:
    """The Markdown table of docs/layers.md."""
    lines = []
    for kind, cases in result.items():
        lines += [
            f"| {kind[:-1]} | penalty | value | gradient | SVD | Krylov | forward passes |",
            "|---|---|---|---|---|---|---|",
        ]
        for name, found in cases.items():
            verdicts = [found[key].split(":")[0] for key in ("value", "gradient", "svd", "krylov")]
            how = f"{found['plan'].split(':')[0]}, {found['accuracy']}"
            lines.append(f"| {name} | {how} | {' | '.join(verdicts)} | {found['forward_passes']:.2g} |")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
