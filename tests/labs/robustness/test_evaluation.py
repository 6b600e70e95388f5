"""Trained networks are attacked and judged; what is measured is right where the answer is known."""

from __future__ import annotations

import csv
import json
import math
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from typer.testing import CliRunner

from jnn_studio.base.errors import StudioError
from jnn_studio.base.watch import Watch
from jnn_studio.cli import program as cli
from jnn_studio.data.corruptions import CORRUPTIONS, SEVERITIES, corrupt
from jnn_studio.labs.robustness import attacks
from jnn_studio.labs.robustness.config import EvaluationConfig, RobustnessConfig
from jnn_studio.labs.robustness.evaluation import measure
from jnn_studio.labs.robustness.material import Material
from jnn_studio.labs.robustness.measures import calibration_error, jacobian_figures
from jnn_studio.labs.robustness.report import (
    FailedCheck,
    ReportRow,
    RobustnessReport,
    make_report,
    read_report,
    report_data,
)
from jnn_studio.labs.robustness.table import at_equal_cost, checks_in_words, columns, shown_rows
from jnn_studio.models.weights import write_tensors
from jnn_studio.training.folder.run_folder import RunFolder

TinyRobustness = Callable[..., RobustnessConfig]
SIDE = 8


class Halves(nn.Module):
    """Two classes by the sign of w·(x − ½): z = ±w·(x − ½), times ``scale``."""

    def __init__(self, weight: Tensor, scale: float = 1.0) -> None:
        super().__init__()
        self.weight, self.scale = nn.Parameter(weight), scale

    def forward(self, images: Tensor) -> Tensor:
        z = self.scale * (images.flatten(1) - 0.5) @ self.weight
        return torch.stack([z, -z], 1)


def halves(scale: float = 1.0) -> tuple[Halves, Tensor, Tensor]:
    """A network, images in the middle of [0, 1] that it tells rightly, and their classes."""
    generator = torch.Generator().manual_seed(1)
    weight = torch.randn(SIDE * SIDE, generator=generator)
    images = 0.5 + 0.05 * torch.randn(12, 1, SIDE, SIDE, generator=generator)
    network = Halves(weight, scale)
    labels = network(images).argmax(1)
    return network.requires_grad_(False), images, labels


def distance(network: Halves, images: Tensor) -> Tensor:
    """From each image to the plane between the classes, in L2."""
    return ((images.flatten(1) - 0.5) @ network.weight).abs() / network.weight.norm()


def test_attacks_find_the_known_distance_to_a_plane() -> None:
    network, images, labels = halves()
    exact = distance(network, images)
    norms, away = attacks.smallest(network, images, labels, steps=100, seed=0)
    torch.testing.assert_close(norms, exact, rtol=0.1, atol=2e-3)
    torch.testing.assert_close(away.flatten(1).norm(dim=1), norms)
    without = attacks.without_gradients(network, images, labels, 1 - images, "l2", 3, 0)
    assert (without >= exact - 1e-5).all()
    assert torch.isfinite(without).all()
    for epsilon, row in zip(
        (0.02, 0.1, 0.4),
        attacks.surviving(network, images, labels, (0.02, 0.1, 0.4), "l2", 20, 1, 0),
        strict=True,
    ):
        assert row.tolist() == (exact > epsilon).tolist()


def test_margins_along_and_off_a_subspace_are_those_of_the_plane() -> None:
    network, images, labels = halves()
    basis = torch.linalg.qr(torch.randn(12, SIDE * SIDE, 5, generator=torch.Generator().manual_seed(2)))[0]
    inside = torch.einsum("bnk,n->bk", basis, network.weight).norm(dim=1) / network.weight.norm()
    exact = distance(network, images)

    anywhere, along, off = attacks.smallest_within(network, images, labels, basis, 150, 0)

    torch.testing.assert_close(anywhere, exact, rtol=0.1, atol=0)
    torch.testing.assert_close(along, exact / inside, rtol=0.1, atol=0)
    torch.testing.assert_close(off, exact / (1 - inside.square()).sqrt(), rtol=0.1, atol=0)


def test_a_network_whose_gradients_are_masked_fails_its_checks() -> None:
    settings = EvaluationConfig(
        images=12,
        epsilons_linf=(0.02, 0.1),
        epsilons_l2=(0.3, 1.0),
        steps=8,
        black_box_images=6,
        black_box_steps=2,
    )
    failed = {}
    for name, scale in {"sound": 1.0, "masked": 1e4}.items():
        network, images, labels = halves(scale)
        sound = measure(network, Material(images, labels, 12), settings, Watch())
        assert sound.values["accuracy"] == 1
        assert (np.diff(sound.curves["linf"]) <= 0).all()
        failed[name] = {one.key for one in sound.checks if not one.holds}
    assert failed["sound"] == set()
    # The cross-entropy is 0 to the last digit: white-box attacks see nothing to follow.
    assert {"gradients_there", "black_box_weaker"} <= failed["masked"]


def test_calibration_and_jacobian_of_known_networks() -> None:
    sure = torch.tensor([[9.0, 0.0]] * 3 + [[0.0, 9.0]])
    assert calibration_error(sure, torch.tensor([0, 0, 0, 1])) == pytest.approx(0, abs=1e-3)
    assert calibration_error(sure, torch.tensor([0, 0, 1, 0])) == pytest.approx(0.5, abs=1e-3)
    network, images, _ = halves()
    figures = jacobian_figures(network, images)
    one = math.sqrt(2) * float(network.weight.norm())
    np.testing.assert_allclose(figures.sigma, [one, 0], atol=1e-4)
    assert (figures.nuclear, figures.frobenius, figures.rank) == pytest.approx((one, one, 1), rel=1e-4)


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_corruptions_are_stronger_the_severer_and_always_the_same(name: str) -> None:
    images = torch.rand(4, 3, 24, 24, generator=torch.Generator().manual_seed(0))
    found = [corrupt(images, name, severity) for severity in SEVERITIES]
    changes = [float((one - images).square().mean()) for one in found]
    # A picture of noise, once it is moved at all, is as far away as it can be.
    assert changes == sorted(changes) or name == "shift"
    assert changes[0] > 0
    assert all(0 <= one.min() <= one.max() <= 1 for one in found)
    torch.testing.assert_close(corrupt(images, name, 2), found[1], rtol=0, atol=0)


def test_the_command_trains_measures_and_writes_it_all_down(
    tiny_robustness: TinyRobustness, tmp_path: Path
) -> None:
    config = tmp_path / "tiny.toml"
    config.write_text(
        tiny_robustness(strengths={"decay": [], "frobenius": []}, sets={"sizes": [12]}).to_toml(),
        encoding="utf-8",
    )
    out = tmp_path / "out"
    done = CliRunner().invoke(
        cli.build(lambda: 0, list), ["robustness", str(config), "--out", str(out), "--json"]
    )
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout.splitlines()[-1])

    assert [row["key"] for row in report["rows"]] == ["none", "nuclear-0.01", "adversarial-0.02"]
    for row in report["rows"]:
        assert row["networks"] == 2
        assert {"accuracy", "gap_12", "minimal_l2", "corrupted", "nuclear_norm"} <= row["mean"].keys()
        assert len(row["curves"]["linf"]) == len(report["linf"]) == 3
    assert (
        json.loads((out / "report.json").read_text())
        == report
        == json.loads((out / "run" / "robustness.json").read_text())
    )
    with (out / "table.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["regulariser"] for row in rows] == ["none", "nuclear", "adversarial"]
    assert float(rows[0]["accuracy"]) == report["rows"][0]["mean"]["accuracy"]
    assert r"\toprule" in (out / "table.tex").read_text(encoding="utf-8")
    assert (out / "table.md").read_text(encoding="utf-8").count("\n| ") >= 1 + len(report["rows"])
    for name in ("accuracy-epsilon", "trade-off", "spectra", "generalisation", "corruptions"):
        assert (out / f"{name}.png").stat().st_size > 5_000
    # The same again of the run that is there.
    assert report_data(make_report(out / "run", Watch())) == report
    changed = CliRunner().invoke(
        cli.build(lambda: 0, list), ["robustness", str(out / "run"), "--out", str(out), "--eta", "1"]
    )
    assert changed.exit_code == 1
    assert "there is nothing to change in it" in changed.stderr


def test_runs_that_cannot_be_measured_are_refused_in_words(
    finished: Path, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StudioError, match="is no robustness run"):
        make_report(trained, Watch())
    foreign = tmp_path / "foreign"
    shutil.copytree(finished, foreign)
    checkpoint = RunFolder.open(foreign).latest_checkpoint()
    assert checkpoint is not None
    tensors = load_file(checkpoint)
    write_tensors(
        checkpoint, {name: value for name, value in tensors.items() if "logits.bias" not in name}, {}
    )
    with pytest.raises(StudioError):
        make_report(foreign, Watch())
    # Other images than those it was trained on: some of them may now be held out.
    changed = tmp_path / "changed"
    shutil.copytree(finished, changed)
    text = (changed / "config.toml").read_text(encoding="utf-8")
    (changed / "config.toml").write_text(text.replace("margin = 0.2", "margin = 0.25"), encoding="utf-8")
    with pytest.raises(StudioError, match="the images are not those that the run in .* was trained on"):
        make_report(changed, Watch())
    (foreign / "robustness.json").write_text("{}", encoding="utf-8")
    with pytest.raises(StudioError, match="cannot be read; measure the run again"):
        read_report(foreign)
    assert read_report(finished) is None
    monkeypatch.setitem(sys.modules, "foolbox", None)
    with pytest.raises(StudioError, match=r"pip install 'jnn-studio\[robustness\]'"):
        make_report(finished, Watch())


def test_the_table_says_which_checks_failed_and_what_has_no_number() -> None:
    row = ReportRow(
        key="nuclear-1",
        label="Nuclear η = 1",
        regulariser="nuclear",
        strength=1,
        networks=3,
        mean={"accuracy": 0.5, "minimal_l2": None},
        sd={"accuracy": 0.01},
        curves={"linf": [0.5, 0.25], "l2": [0.5, 0.125]},
        spreads={"linf": [0.01, None], "l2": [0.01, 0.02]},
        failed=[FailedCheck(key="gradients_there", networks=2, worst=0.4)],
        equal=True,
    )
    report = RobustnessReport(
        name="r", classes=["a", "b"], linf=[0, 0.1], l2=[0, 1], sizes=[8], images=4, rows=[row]
    )
    assert [one.title for one in columns(report)] == ["Clean %", "PGD L∞ 0.1 %", "PGD L2 1 %"]
    assert shown_rows(report) == [
        ["Nuclear η = 1 *", "50.0 ± 1.0", "25.0", "12.5 ± 2.0", checks_in_words(row)]
    ]
    plain, weak = (
        row.model_copy(
            update={"regulariser": key, "mean": {"accuracy": clean}, "curves": {"linf": [clean, hard]}}
        )
        for key, clean, hard in (("none", 0.9, 0.0), ("nuclear", 0.8, 0.2))
    )
    compared = report.model_copy(update={"rows": [plain, weak, row]})
    # Along the line from no regulariser through its strengths: a tenth given up at 0.8, 0.15 a sixth on.
    assert at_equal_cost(compared, 0.1)["nuclear"] == pytest.approx(0.2)
    assert at_equal_cost(compared, 0.15)["nuclear"] == pytest.approx(0.2 + 0.05 / 6)
    assert at_equal_cost(compared, 0.5)["nuclear"] is None
    assert checks_in_words(row) == "not so: gradients are there to be followed (2 of 3)"
