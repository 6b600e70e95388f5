"""Solutions in closed form, for the ball and the annulus.

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

The annulus between radii r and R has three values: 1 − η Per/|T| in the ring, nη/r in its hole, and outside
as for the ball of R, as long as the ring stands above the hole. Then both are one disc of |T|/|B_R| − nη/R:
more is left than the ring's own volume over its perimeter would say, since filling the hole saves its edge.
Where the disc would sink below the outside the solution is constant. The field is radial, αρ + βρ^(1−n) in
the ring and linear in the hole, and falls from at most 1 to −1: it carries the flow.
"""

from __future__ import annotations

from dataclasses import dataclass

from jnn_studio.labs.rof.config import RofProblemConfig
from jnn_studio.labs.rof.gap import gap_lets_through
from jnn_studio.labs.rof.targets import Annulus, Ball

DIFFERENCE = (
    "On a box with a free boundary the outside rises to η·Per/(|box| − |target|), as much in all as the "
    "inside loses; the paper compares with the solution on all of space, where the outside is 0."
)


@dataclass(frozen=True)
class Theory:
    """Values of the solution in the target and outside: on the box, and on all of space.

    Attributes:
        hole: of an annulus, in its hole, where the two solutions agree unless both are constant.
    """

    inside: float
    outside: float
    whole_inside: float
    whole_outside: float = 0.0
    hole: float | None = None
    whole_hole: float | None = None


def theory(problem: RofProblemConfig) -> Theory | None:
    """The closed solution, or None where the target has none."""
    target, n = problem.target, problem.n
    if not isinstance(target, Ball | Annulus) or not gap_lets_through(
        n, target.extent(n), problem.half_width
    ):
        return None
    return _of_ball(target, problem) if isinstance(target, Ball) else _of_annulus(target, problem)


def _of_ball(target: Ball, problem: RofProblemConfig) -> Theory:
    n, eta = problem.n, problem.eta
    inside = 1 - eta * target.perimeter(n) / target.volume(n)
    outside = eta * target.perimeter(n) / ((2 * problem.half_width) ** n - target.volume(n))
    return Theory(inside, outside, inside)


def _of_annulus(target: Annulus, problem: RofProblemConfig) -> Theory:
    n, eta = problem.n, problem.eta
    disc, box = Ball(radius=target.outer), (2 * problem.half_width) ** n
    ring, hole = 1 - eta * target.perimeter(n) / target.volume(n), n * eta / target.inner
    if ring <= hole:  # they have met
        ring = hole = target.volume(n) / disc.volume(n) - n * eta / target.outer
    outside, mean = eta * disc.perimeter(n) / (box - disc.volume(n)), target.volume(n) / box
    whole_ring, whole_hole = max(ring, 0.0), max(hole, 0.0)
    if ring <= outside:
        ring = hole = outside = mean
    return Theory(ring, outside, whole_ring, 0.0, hole, whole_hole)
