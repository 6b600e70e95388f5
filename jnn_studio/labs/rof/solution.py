"""Solutions in closed form, for the ball.

Minimised is the mean over Ω of ½(f − τ)² + η|∇f|, τ the indicator of a ball B. On all of Rⁿ the solution is
(1 − η Per(B)/|B|) τ, for the unit ball (1 − nη) τ (Scarvelis & Solomon, §4).

On a box Ω with a free boundary nothing holds the outside at 0. Among functions with one value a in B and one,
b, outside, ½(a − 1)²|B| + ½b²(|Ω| − |B|) + η Per(B)(a − b) is least at a = 1 − η Per(B)/|B| and
b = η Per(B)/(|Ω| − |B|). It is the solution among all functions if a > b and if a field z, |z| ≤ 1, carries
the unit flow that enters Ω∖B through ∂B to where it is absorbed, evenly all over Ω∖B, none leaving through ∂Ω
(then div z and the data term cancel: the optimality condition). By max-flow min-cut there is one unless some
part of Ω∖B receives more through its share of ∂B than it absorbs and its sides let out. The part at risk is
the narrow gap between the ball and the nearest wall: `gap_lets_through` checks it. For n = 2 the closed form
agrees with a total-variation solver on a grid (tests); in one dimension it always holds.
"""

from __future__ import annotations

from dataclasses import dataclass

from jnn_studio.labs.rof.config import RofProblemConfig
from jnn_studio.labs.rof.gap import gap_lets_through
from jnn_studio.labs.rof.targets import Ball

DIFFERENCE = (
    "On a box with a free boundary the outside rises to η·Per/(|box| − |target|), as much in all as the "
    "inside loses; the paper compares with the solution on all of space, where the outside is 0."
)


@dataclass(frozen=True)
class Theory:
    """Values of the solution inside and outside the ball: on the box, and on all of space."""

    inside: float
    outside: float
    whole_inside: float
    whole_outside: float = 0.0


def theory(problem: RofProblemConfig) -> Theory | None:
    """The closed solution, or None where the target has none."""
    target, n = problem.target, problem.n
    if not isinstance(target, Ball) or not gap_lets_through(n, target.radius, problem.half_width):
        return None
    inside = 1 - problem.eta * target.perimeter(n) / target.volume(n)
    outside = problem.eta * target.perimeter(n) / ((2 * problem.half_width) ** n - target.volume(n))
    return Theory(inside, outside, inside)
