"""`jnn-studio shrinkage`: optimal singular-value shrinkage, whose answer is known in closed form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from jnn_studio.base.atomic import write_text
from jnn_studio.base.text import counted
from jnn_studio.cli.command_spec import CommandSpec
from jnn_studio.cli.output import reported, say, say_json
from jnn_studio.cli.paths import check_new, path

NUMBERS = "numbers.json"


def shrinkage(
    out: Annotated[Path, typer.Option("--out", help="New folder for the figures and numbers.", parser=path)],
    rows: Annotated[int | None, typer.Option("--rows", "-D", help="D: numbers in one sample.")] = None,
    samples: Annotated[int | None, typer.Option("--samples", "-N", help="N: how many samples.")] = None,
    rank: Annotated[int | None, typer.Option("--rank", help="Rank of the clean data.")] = None,
    spectrum: Annotated[
        str | None, typer.Option("--spectrum", help="flat, linear, geometric or explicit.")
    ] = None,
    largest: Annotated[
        float | None, typer.Option("--largest", help="Largest singular value, in units of √N.")
    ] = None,
    smallest: Annotated[
        float | None, typer.Option("--smallest", help="Smallest nonzero one, in units of √N.")
    ] = None,
    values: Annotated[
        str | None, typer.Option("--values", help="With --spectrum explicit: all of them, by commas.")
    ] = None,
    sigma: Annotated[float | None, typer.Option("--sigma", help="Standard deviation of the noise.")] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Seed of data and factors.")] = None,
    eta: Annotated[float | None, typer.Option("--eta", help="η; left out, σ².")] = None,
    depth: Annotated[int | None, typer.Option("--depth", help="L: factors of A, 2 or more.")] = None,
    reading: Annotated[
        str | None,
        typer.Option("--reading", help="frobenius or nuclear: what factors are penalised by at L > 2."),
    ] = None,
    steps: Annotated[int, typer.Option("--steps", min=1, help="Gradient steps at most.")] = 2000,
    as_json: Annotated[bool, typer.Option("--json", help="Print the numbers as JSON.")] = False,
) -> None:
    """Denoise low-rank data in closed form and by gradient descent on the factors; figures and numbers."""
    # Imported here: the other commands need not wait for matplotlib.
    from jnn_studio.labs.shrinkage.config import checked
    from jnn_studio.labs.shrinkage.descent import Descent, descend
    from jnn_studio.labs.shrinkage.figures import write_figures
    from jnn_studio.labs.shrinkage.problem import make_problem
    from jnn_studio.labs.shrinkage.report import LABELS, numbers, solve

    given: dict[str, Any] = {
        "rows": rows, "samples": samples, "rank": rank, "spectrum": spectrum, "largest": largest,
        "smallest": smallest, "values": values, "sigma": sigma, "seed": seed, "eta": eta, "depth": depth,
        "reading": reading,
    }  # fmt: skip
    with reported():
        check_new(out)
        config = checked({name: value for name, value in given.items() if value is not None})
        problem = make_problem(config)
        solution = solve(problem, config.weight)
        descent = Descent(config.weight, config.depth, config.reading, steps)
        history = list(descend(problem, descent))
        found = numbers(solution, history)
        out.mkdir(parents=True, exist_ok=True)
        written = write_figures(out, solution, history)
        write_text(out / NUMBERS, json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    if as_json:
        say_json(found)
        return
    say(f"η = {solution.eta:.6g}, threshold √(Nη) = {solution.threshold:.6g}")
    words = {"gradient": "Factors, gradient descent", **LABELS}
    for name, error in found["error"].items():
        say(f"{words[name]:28} ‖AY − X‖/‖X‖ = {error:.4f}")
    last = history[-1]
    say(f"{counted(last.step, 'step')}, {last.seconds:.1f} s: ‖A − A*‖/‖A*‖ = {last.gap:.2g}")
    say(f"{counted(len(written), 'figure')} and {NUMBERS} in {out}")


COMMAND = CommandSpec(order=40, run=shrinkage, aliases=("shrink",))
