"""``python -m benchmarks.attack``: see the package."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import benchmarks.attack
from benchmarks.attack.report import Budget, Report

SCALES: Mapping[str, Mapping[str, Budget]] = {
    "minutes": {
        "kills": Budget(count=60),
        "inputs": Budget(count=2_000),
        "quits": Budget(count=24),
        "leaving": Budget(count=28),
        "monkey": Budget(seconds=180),
        "soak": Budget(seconds=240),
    },
    "full": {
        "kills": Budget(count=200),
        "inputs": Budget(count=10_000),
        "quits": Budget(count=500),
        "leaving": Budget(count=28),
        "monkey": Budget(seconds=1_800),
        "soak": Budget(seconds=3_600),
    },
}


def main() -> int:
    """Attack, and print what was found."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.attack",
        description=benchmarks.attack.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    names = tuple(SCALES["minutes"])
    parser.add_argument("attacks", nargs="*", metavar="|".join(names), help="all, if none is named")
    parser.add_argument("--scale", choices=tuple(SCALES), default="minutes", help="how much of each")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--count", type=int, help="cases, instead of the scale's")
    parser.add_argument("--seconds", type=float, help="how long, instead of the scale's")
    parser.add_argument("--only", default="", help="inputs: kinds of files, a regular expression")
    arguments = parser.parse_args()
    if unknown := set(arguments.attacks) - set(names):
        parser.error(f"there is no attack {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    result: dict[str, Any] = {}
    missed = False
    for name in arguments.attacks or names:
        budget = replace(
            SCALES[arguments.scale][name], seed=arguments.seed, first=arguments.first, only=arguments.only
        )
        if arguments.count is not None:
            budget = replace(budget, count=arguments.count)
        if arguments.seconds is not None:
            budget = replace(budget, seconds=arguments.seconds)
        report = _attack(name)(budget)
        missed = missed or bool(report.findings)
        result[name] = report.as_json()
        sys.stderr.write(f"{name}: {report.tried} tried, {len(report.findings)} found\n")
    print(json.dumps(result, indent=2, ensure_ascii=False))
    return int(missed)


def _attack(name: str) -> Callable[[Budget], Report]:
    # Each is imported when it is its turn: those that fork must not have Qt's threads.
    found: Callable[[Budget], Report] = importlib.import_module(f"benchmarks.attack.{name}").attack
    return found


if __name__ == "__main__":
    sys.exit(main())
