"""``jnn-studio runs``: the runs there are, one of them, several side by side, what they logged."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from jnn_studio.cli import program as cli
from jnn_studio.runs.annotations import Annotation, annotate
from jnn_studio.training.config import RunConfig
from jnn_studio.training.events import Metrics
from jnn_studio.training.folder.run_folder import RunFolder
from jnn_studio.training.running import start_run
from jnn_studio.training.step.commands import Commands

Tiny = Callable[..., RunConfig]
Invoke = Callable[..., Any]


@pytest.fixture(scope="module")
def runs(tiny: Tiny, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three runs: two that are finished, of another η, and one that failed."""
    folder = tmp_path_factory.mktemp("runs")
    for name, eta in (("weak", 0.1), ("strong", 0.3)):
        for _ in start_run(tiny(name=name, penalty={"eta": eta}), folder / f"{name}-1", Commands()):
            pass
    failed = RunFolder.create(folder / "failed-1", tiny(name="failed & gone"))
    failed.set_state("failed", 3, "The total became nan.")
    return folder


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person who has nothing yet."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("CACHE", "DATA", "CONFIG"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    monkeypatch.setenv("XDG_DOCUMENTS_DIR", str(tmp_path / "Documents"))


@pytest.fixture
def invoke(runs: Path) -> Invoke:
    """Runs ``jnn-studio runs`` with arguments and gives what it prints; it looks in the three runs'."""

    def run(*arguments: str | Path, fails: bool = False, there: bool = True) -> str:
        program = cli.build(lambda: 0, list)
        given = ["runs", *map(str, arguments), *(["--in", str(runs)] if there else [])]
        result = CliRunner().invoke(program, given)
        assert result.exit_code == (1 if fails else 0), result.output
        return str(result.output if fails else result.stdout)

    return run


def test_the_list_has_a_line_a_run_under_titles(invoke: Invoke) -> None:
    header, *lines = invoke("list").splitlines()

    assert header.split()[:4] == ["Name", "State", "Kind", "Data"]
    assert sorted(line.split("  ")[0] for line in lines) == ["failed & gone", "strong", "weak"]
    strong = next(line for line in lines if line.startswith("strong"))
    assert "finished" in strong
    assert "autoencoder-pair" in strong
    assert "48 faces" in strong
    assert " 0.3 " in strong


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (["--state", "finished"], {"weak", "strong"}),
        (["--state", "failed", "--state", "stopped"], {"failed & gone"}),
        (["--text", "STRONG 0.3"], {"strong"}),
        (["--text", "faces gone"], {"failed & gone"}),
        (["--kind", "rof"], set()),
    ],
)
def test_only_what_is_asked_for_is_listed(invoke: Invoke, options: list[str], names: set[str]) -> None:
    assert {run["name"] for run in json.loads(invoke("list", "-f", "json", *options))} == names


def test_it_is_sorted_and_what_has_no_value_comes_last(invoke: Invoke) -> None:
    rows = json.loads(invoke("list", "-f", "json", "--sort", "psnr"))
    down = json.loads(invoke("list", "-f", "json", "--sort", "psnr", "--descending"))

    assert rows[-1]["name"] == down[-1]["name"] == "failed & gone"
    assert [r["name"] for r in rows[:2]] == [r["name"] for r in down[1::-1]]
    assert rows[0]["psnr"] <= rows[1]["psnr"]


def test_json_has_each_model_and_no_nan(invoke: Invoke, runs: Path) -> None:
    with (runs / "failed-1" / "metrics.jsonl").open("w") as file:
        file.write('{"step": 1, "time": 1, "model": "regularised", "terms": {"total": NaN}}\n')
    text = invoke("list", "-f", "json")
    (runs / "failed-1" / "metrics.jsonl").unlink()

    assert "NaN" not in text
    by_name = {run["name"]: run for run in json.loads(text)}
    assert [m["key"] for m in by_name["strong"]["models"]] == ["unregularised", "regularised"]
    assert by_name["strong"]["models"][1]["last"]["held_out_psnr"] == by_name["strong"]["psnr"]
    assert by_name["failed & gone"]["reason"] == "The total became nan."


def test_a_csv_has_every_digit_and_goes_into_a_file(invoke: Invoke, tmp_path: Path) -> None:
    printed = list(csv.DictReader(io.StringIO(invoke("list", "-f", "csv"))))
    invoke("list", "-f", "csv", "--out", tmp_path / "runs.csv")
    with (tmp_path / "runs.csv").open(encoding="utf-8-sig", newline="") as file:
        written = list(csv.DictReader(file))

    assert printed == written
    by_name = {row["name"]: row for row in written}
    assert by_name["strong"]["eta"] == "0.3"
    assert float(by_name["strong"]["psnr"]) == pytest.approx(float(by_name["strong"]["psnr"]))
    assert by_name["failed & gone"]["psnr"] == ""


def test_latex_has_the_signs_of_names_as_they_are(invoke: Invoke) -> None:
    text = invoke("list", "-f", "latex")
    assert text.startswith("\\begin{tabular}{")
    assert "failed \\& gone & failed & " in text
    assert "$\\eta$" in text


def test_where_nothing_is_it_says_where_it_looked(invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    text = invoke("list", "--in", tmp_path / "empty", there=False)
    assert "There are no runs here." in text
    assert str(tmp_path / "empty") in text
    assert "None of 3 runs is so." in invoke("list", "--text", "elsewhere")


def test_without_folders_it_looks_where_the_window_does(
    invoke: Invoke, tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jnn_studio.cli.commands.runs.standard_runs_folder", lambda: tmp_path / "mine")
    RunFolder.create(tmp_path / "mine" / "one", tiny(name="one"))
    assert [run["name"] for run in json.loads(invoke("list", "-f", "json", there=False))] == ["one"]


def test_one_run_is_shown_with_its_models_and_settings(invoke: Invoke, runs: Path) -> None:
    text = invoke("show", "strong")
    assert "Regularised" in text
    assert "held_out_psnr" in text
    assert any(line.split() == ["penalty.eta", "0.3"] for line in text.splitlines())
    data = json.loads(invoke("show", "strong", "-f", "json"))
    assert data["settings"]["penalty.eta"] == "0.3"
    assert json.loads(invoke("show", data["id"][:6], "-f", "json"))["name"] == "strong"
    assert json.loads(invoke("show", runs / "strong-1", "-f", "json", there=False))["id"] == data["id"]


def test_a_run_goes_by_the_name_that_somebody_gave_it(invoke: Invoke, runs: Path, tmp_path: Path) -> None:
    run_id = json.loads(invoke("show", "weak", "-f", "json"))["id"]
    annotate(runs / "weak-1", run_id, tmp_path, Annotation(name="the other", tags=("paper",)))
    found = json.loads(invoke("show", "the other", "-f", "json"))
    (runs / "weak-1" / "annotation.json").unlink()

    assert (found["id"], found["tags"]) == (run_id, ["paper"])


def test_what_is_called_so_by_none_or_several_is_refused(invoke: Invoke, tiny: Tiny, tmp_path: Path) -> None:
    assert "there is no run called 'none'" in invoke("show", "none", fails=True)
    for place in "ab":
        RunFolder.create(tmp_path / "two" / place, tiny(name="same"))
    text = invoke("show", "same", "--in", tmp_path / "two", there=False, fails=True)
    assert "2 runs are called 'same'; name one by its id" in text


def test_two_runs_are_compared_by_what_differs(invoke: Invoke) -> None:
    header, *lines = invoke("compare", "weak", "strong").splitlines()
    rows = {line.split()[0]: line.split()[1:] for line in lines}

    assert header.split() == ["weak", "strong"]
    assert rows["penalty.eta"] == ["0.1", "0.3"]
    assert rows["η"] == ["0.1", "0.3"]
    assert "PSNR" in rows
    assert "model.size" not in rows
    marked = invoke("compare", "weak", "strong", "--all")
    assert any(line.split() == ["penalty.eta", "≠", "0.1", "0.3"] for line in marked.splitlines())
    assert any(line.split() == ["model.size", "16", "16"] for line in marked.splitlines())
    assert "two runs or more" in invoke("compare", "weak", fails=True)


def test_all_that_was_logged_is_exported(invoke: Invoke, runs: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(invoke("export", "weak", "strong", "--term", "total"))))
    logged: list[Metrics] = RunFolder(runs / "weak-1").metrics()[0]
    weak = [row for row in rows if row["run"] == "weak"]

    assert [(int(r["step"]), r["model"], float(r["value"])) for r in weak] == [
        (m.step, m.member, m.terms["total"]) for m in logged if "total" in m.terms
    ]
    assert {row["run"] for row in rows} == {"weak", "strong"}
    assert "nothing was logged as losss; there are " in invoke(
        "export", "weak", "--term", "losss", fails=True
    )


def test_so_are_the_last_singular_values(invoke: Invoke, runs: Path) -> None:
    rows = json.loads(invoke("export", "weak", "--spectra", "-f", "json"))
    spectra = RunFolder(runs / "weak-1").newest_spectra(("unregularised", "regularised"))
    sigma = [row["sigma"] for row in rows if row["model"] == "regularised"]

    assert sigma == spectra["regularised"].sigma.tolist()
    assert {row["step"] for row in rows} == {20}
