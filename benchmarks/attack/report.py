"""What an attack found, as it is printed."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

Fault = Literal[
    "lost", "traceback", "hang", "program started", "silently wrong", "complaint", "crash", "growth"
]
_SHOWN = 4000


@dataclass(frozen=True)
class Budget:
    """How much to try: ``count`` cases from number ``first`` on, or as many as fit into ``seconds``."""

    seed: int = 0
    first: int = 0
    count: int = 0
    seconds: float = 0.0
    only: str = ""
    """Regular expression for what is attacked, where an attack is of many kinds of things."""

    @property
    def numbers(self) -> range:
        """Of the cases."""
        return range(self.first, self.first + self.count)


@dataclass(frozen=True)
class Finding:
    """One thing that must not be."""

    fault: Fault
    number: int
    what: str
    details: str = ""


@dataclass
class Report:
    """What was tried, and what was found.

    Attributes:
        aims: the faults that this attack looks for.
        figures: what else there is to tell.
    """

    attack: str
    budget: Budget
    aims: tuple[Fault, ...]
    tried: int = 0
    findings: list[Finding] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)

    def found(self, fault: Fault, number: int, what: str, details: str = "") -> None:
        """Note one, with both ends of what was said: dumps begin with the place, tracebacks end in why."""
        half = _SHOWN // 2
        said = details if len(details) <= _SHOWN else f"{details[:half]}\n…\n{details[-half:]}"
        self.findings.append(Finding(fault, number, what, said))

    def as_json(self) -> Mapping[str, Any]:
        """For people and scripts: how many of each fault, and how each is repeated."""
        counts = Counter(finding.fault for finding in self.findings)
        only = f" --only {shlex.quote(self.budget.only)}" if self.budget.only else ""
        again = f"python -m benchmarks.attack {self.attack} --seed {self.budget.seed}{only} --first "
        return {
            "seed": self.budget.seed,
            "tried": self.tried,
            **{fault: counts[fault] for fault in self.aims},
            **self.figures,
            "findings": [
                {"repeat": f"{again}{finding.number} --count 1", **asdict(finding)}
                for finding in self.findings
            ],
        }


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder of its own for an attack, removed afterwards, whatever was made of it."""
    with TemporaryDirectory(prefix="jnn-attack-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)
