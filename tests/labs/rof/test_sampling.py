"""Points that are drawn where little of the box lies, and count less."""

from __future__ import annotations

import pytest
import torch

from jnn_studio.labs.rof.config import RofConfig, RofProblemConfig, RofSamplingConfig
from jnn_studio.labs.rof.sampling import PointSampler
from jnn_studio.labs.rof.targets import Ball, ball_volume
from jnn_studio.training.config import ConfigError
from jnn_studio.training.configuration.config_file import validate_config

N, HALF_WIDTH, RADIUS, COUNT = 5, 2.0, 1.2, 200_000
PROBLEM = RofProblemConfig(n=N, half_width=HALF_WIDTH, eta=0.01, target=Ball(radius=RADIUS))
SHARED = RofSamplingConfig(ball=0.3, edge=0.4)


def test_without_shares_points_are_uniform_on_the_box_and_count_one() -> None:
    sampler = PointSampler(PROBLEM, RofSamplingConfig(), 7)
    points = sampler.points(torch.Generator().manual_seed(3))
    expected = (2 * torch.rand(7, N, generator=torch.Generator().manual_seed(3)) - 1) * HALF_WIDTH
    torch.testing.assert_close(points, expected, rtol=0, atol=0)
    assert torch.equal(sampler.weights(points), torch.ones(7))


def test_weighted_means_are_those_over_the_box() -> None:
    sampler = PointSampler(PROBLEM, SHARED, COUNT)
    points = sampler.points(torch.Generator().manual_seed(0)).double()
    weights, radii = sampler.weights(points), points.norm(dim=1)
    box = (2 * HALF_WIDTH) ** N

    def share(radius: float) -> float:
        return ball_volume(N, radius) / box

    # (values, their mean over the box in closed form)
    cases = {
        "one": (torch.ones(COUNT), 1.0),
        "the ball": (radii <= RADIUS, share(RADIUS)),
        "a thin layer": ((radii > 1.19) & (radii < 1.21), share(1.21) - share(1.19)),
        "outside": (radii > 1.5, 1 - share(1.5)),
        "a square": (points[:, 0].square(), HALF_WIDTH**2 / 3),
    }
    for name, (values, mean) in cases.items():
        found = weights * values.double()
        error = float(found.std()) / COUNT**0.5
        assert float(found.mean()) == pytest.approx(mean, abs=5 * error), name
    layer = weights * cases["a thin layer"][0].double()
    uniform = (mean := cases["a thin layer"][1]) * (1 - mean)
    assert float(layer.var()) < 0.2 * uniform, "the layer is known better than by uniform points"


@pytest.mark.parametrize(
    ("sections", "match"),
    [
        ({"problem": {"n": 2, "target": {"kind": "box"}}}, "need a ball"),
        ({"problem": {"n": 2, "half_width": 1.25}}, "leads out of the box"),
        ({"sampling": {"ball": 0.5, "edge": 0.5}}, "leave a twentieth"),
        ({"sampling": {"edge": 0.5, "nearest": 0.5}}, r"must be less than farthest"),
    ],
)
def test_shares_that_make_no_sense_are_refused(sections: dict[str, object], match: str) -> None:
    table = {"schema_version": 1, "kind": "rof", "sampling": {"edge": 0.5}} | sections
    with pytest.raises(ConfigError, match=match):
        validate_config(table, "here")


def test_a_run_without_shares_is_as_before() -> None:
    config = validate_config({"schema_version": 1, "kind": "rof"}, "here")
    assert isinstance(config, RofConfig)
    assert config.sampling == RofSamplingConfig()
