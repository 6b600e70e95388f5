"""The engine against the paper's published procedure: ``python -m benchmarks.penalty`` prints JSON.

Both are measured in one run, taking turns, on four networks: (a) the bundled encoder, (b) a convolutional
encoder at 64², (c) the paper's encoder, at half its size unless asked otherwise, (d) the denoising network.

- ``steps``: time of a training step (forward, backward, AdamW) without the penalty, with the paper's, and
  with each estimator; ``over_unregularised`` and ``over_paper`` are medians of ratios within a round.
  ``relative_sd`` is that of the penalty at one element over repeated draws; ``variance_times_cost`` is
  variance times the milliseconds the penalty adds, relative to the paper's: the variance at equal cost.
- ``svd``: time of the ten leading singular values at one input, and their largest relative error. ``gram`` is
  prepared once for all inputs (``gram_preparation_ms``); ``warm`` starts from the answer at an input 1 %
  away. ``paper_at_time_of_auto`` is the paper's procedure with as much more oversampling as fits into the
  time of ``auto``.
- ``gap``: time of the tightness gap at four inputs.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from functools import partial
from statistics import median
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks import networks, paper_procedure
from benchmarks.networks import Case
from benchmarks.timing import interleaved, ratio
from jnn_studio.jacobian import GramSVD, JacobianSVD, jacobian_svd
from jnn_studio.jacobian.gram import two_layers
from jnn_studio.penalty import NuclearNormPenalty, tightness_gap
from jnn_studio.penalty.closed_form import is_closed_form

ETA = 1e-3
TOP = 10
ESTIMATORS = ("auto", "closed_form", "jvp", "finite_difference", "central_difference", "deflated")
LARGEST_GRAM = 2048


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--parts", nargs="+", choices=("steps", "svd", "gap"), default=["steps", "svd", "gap"]
    )
    parser.add_argument("--networks", nargs="+", choices=tuple("abcd"), default=list("abcd"))
    parser.add_argument("--seconds", type=float, default=8, help="time for each network in each part")
    parser.add_argument("--draws", type=int, default=50, help="repetitions behind a standard deviation")
    parser.add_argument("--scale", type=float, default=0.5, help="size of (c) relative to the paper's")
    parser.add_argument("--width", type=int, default=16, help="channels of (d); the paper's are 64")
    parser.add_argument("--size", type=int, default=64, help="side of the images of (d); the paper's is 128")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    result: dict[str, Any] = {
        "torch": torch.__version__,
        "threads": arguments.threads,
        "device": arguments.device,
    }
    for case in cases(arguments):
        figures: dict[str, Any] = {"batch": len(case.images)}
        if "steps" in arguments.parts and not case.name.endswith("unregularised"):
            figures["steps"] = steps(case, arguments.seconds, arguments.draws, arguments.device)
        if "svd" in arguments.parts and not case.name.startswith("(d)"):
            figures["svd"] = singular_values(case, arguments.seconds, arguments.device)
        if "gap" in arguments.parts and not case.name.startswith("(d)"):
            run = partial(tightness_gap, case.f, case.x[:4])
            times = interleaved({"gap": run}, arguments.seconds / 4, arguments.device)
            figures["gap_of_four_ms"] = _rounded(median(times["gap"]))
        result[case.name] = figures
    print(json.dumps(result, indent=2, ensure_ascii=False))


def cases(arguments: argparse.Namespace) -> Iterator[Case]:
    """The networks asked for, one in memory at a time."""
    makers: dict[str, list[Callable[[], Case]]] = {
        "a": [partial(networks.bundled, 64, which) for which in ("Regularised", "Unregularised")],
        "b": [partial(networks.convolutional, 32)],
        "c": [partial(networks.paper_encoder, 16, arguments.scale)],
        "d": [partial(networks.denoiser, 8, arguments.width, arguments.size)],
    }
    for letter in arguments.networks:
        for make in makers[letter]:
            yield make().on(arguments.device)


def steps(case: Case, seconds: float, draws: int, device: str) -> dict[str, Any]:
    """Training steps with each way to the penalty."""
    optimiser = torch.optim.AdamW(case.network.parameters(), lr=1e-6, weight_decay=0, fused=True)
    penalties = {
        name: NuclearNormPenalty(name)  # type: ignore[arg-type]
        for name in ESTIMATORS
        if name != "closed_form" or _has_closed_form(case)
    }

    def train(objective: Callable[[], Tensor]) -> None:
        optimiser.zero_grad(set_to_none=True)
        objective().backward()
        optimiser.step()

    def task(output: Tensor) -> Tensor:
        return 0.5 * (case.tail(output) - case.target).square().sum() / len(output)

    def published() -> Tensor:
        x = case.x
        return task(case.f(x)) + ETA * paper_procedure.regulariser(case.f, x).mean()

    def ours(penalty: NuclearNormPenalty) -> Tensor:
        trace = case.f.trace(case.x)
        return task(trace.output) + ETA * penalty(case.f, trace)

    contestants: dict[str, Callable[[], None]] = {
        "unregularised": partial(train, lambda: task(case.f(case.x))),
        "paper": partial(train, published),
        **{name: partial(train, partial(ours, penalty)) for name, penalty in penalties.items()},
    }
    times = interleaved(contestants, seconds, device)

    small = case.x[:8].detach()
    with torch.no_grad():
        spreads = {"paper": _spread(lambda: paper_procedure.regulariser(case.f, small), draws)}
        spreads |= {
            name: _spread(partial(penalty.values, case.f, small), draws)
            for name, penalty in penalties.items()
        }
    plain = median(times["unregularised"])
    figures: dict[str, Any] = {"unregularised_ms": _rounded(plain)}
    published_work = spreads["paper"] ** 2 * (median(times["paper"]) - plain)
    for name, spread in spreads.items():
        work = spread**2 * (median(times[name]) - plain)
        figures[name] = {
            "ms": _rounded(median(times[name])),
            "over_unregularised": _rounded(ratio(times, name, "unregularised")),
            "over_paper": _rounded(ratio(times, name, "paper")),
            "relative_sd": _rounded(spread),
            "variance_times_cost": _rounded(max(work, 0) / published_work),
        }
    figures["plan"] = repr(penalties["auto"]).splitlines()[1:]
    return figures


@torch.no_grad()
def singular_values(case: Case, seconds: float, device: str) -> dict[str, Any]:
    """The ten leading singular values at one input, by every method."""
    f, x = case.f, case.x[:1]
    exact = jacobian_svd(f.double(), x.double(), TOP, "dense").sigma[0]
    f.float()
    near = jacobian_svd(f, x + 0.01 * x.std() * torch.randn_like(x), TOP + 6, "krylov")
    contestants: dict[str, Callable[[], Tensor | JacobianSVD]] = {
        "paper": lambda: paper_procedure.single_pass_svd(f, x[0], TOP)[1],
        "jacrev_svd": partial(_jacrev_svd, f, x[0]),
        "auto": lambda: jacobian_svd(f, x, TOP),
        "dense": lambda: jacobian_svd(f, x, TOP, "dense"),
        "krylov": lambda: jacobian_svd(f, x, TOP, "krylov"),
        "warm": lambda: jacobian_svd(f, x, TOP, "krylov", start=near),
    }
    figures: dict[str, Any] = {}
    layers = two_layers(f)
    if layers is not None and layers[0].out_features <= LARGEST_GRAM:
        prepared = GramSVD(f)
        contestants["gram"] = lambda: prepared(x, TOP)
        preparation = interleaved({"gram": lambda: GramSVD(f)}, 0, device)
        figures["gram_preparation_ms"] = _rounded(median(preparation["gram"]))
    else:
        del contestants["jacrev_svd"]
    times = interleaved(contestants, seconds, device)
    sketch = min(int((TOP + 10) / ratio(times, "paper", "auto")), min(exact_rank(f, x)))
    as_long = partial(paper_procedure.single_pass_svd, f, x[0], TOP, max(sketch - TOP, 0))
    figures["auto_method"] = jacobian_svd(f, x, TOP).method
    for name, run in contestants.items():
        figures[name] = {
            "ms": _rounded(median(times[name])),
            "over_paper": _rounded(ratio(times, name, "paper")),
            "largest_relative_error": _error(run, exact),
        }
    figures["paper_at_time_of_auto"] = {
        "oversampling": max(sketch - TOP, 0),
        "largest_relative_error": _error(lambda: as_long()[1], exact),
    }
    return figures


def exact_rank(f: nn.Module, x: Tensor) -> tuple[int, int]:
    """(m, n)."""
    return f(x).numel(), x.numel()


def _jacrev_svd(f: nn.Module, x: Tensor) -> Tensor:
    entries = torch.func.jacrev(lambda row: f(row.unsqueeze(0)).squeeze(0))(x)
    return torch.linalg.svd(entries.flatten(1), full_matrices=False)[1][:TOP]


def _error(run: Callable[[], Tensor | JacobianSVD], exact: Tensor) -> float:
    """Largest relative error of the singular values, the median of five runs."""
    errors = []
    for _ in range(5):
        found = run()
        sigma = found.sigma[0] if isinstance(found, JacobianSVD) else found
        errors.append(float((sigma.double() / exact - 1).abs().max()))
    return _rounded(median(errors))


def _has_closed_form(case: Case) -> bool:
    trace = case.f.trace(case.x[:1])
    return all(is_closed_form([layer.kind for layer in done.layers]) for done in trace.passes)


def _spread(values: Callable[[], Tensor], draws: int) -> float:
    """Standard deviation over draws at one element, relative to the mean."""
    samples = torch.stack([values() for _ in range(draws)])
    return float(samples.var(0).mean().sqrt() / samples.mean())


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")


if __name__ == "__main__":
    main()
