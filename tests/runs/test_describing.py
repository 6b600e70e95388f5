"""What is known of a run at a glance."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from jnn_studio.runs.columns import COLUMNS
from jnn_studio.runs.describing import describe, signature
from jnn_studio.runs.exporting import as_data
from jnn_studio.runs.log_digest import digest
from jnn_studio.runs.summary import UNREADABLE, RunSummary
from jnn_studio.training.config import RunConfig
from jnn_studio.training.configuration.config_file import validate_config
from jnn_studio.training.events import Metrics
from jnn_studio.training.folder.run_folder import RunFolder
from jnn_studio.training.running import start_run
from jnn_studio.training.step.commands import Command, Commands

Tiny = Callable[..., RunConfig]
MEMBERS = ("unregularised", "regularised")


def described(path: Path) -> RunSummary:
    found = describe(path)
    assert found is not None
    return found


def test_a_finished_pair_is_described_by_what_it_logged(pair_of_runs: Path) -> None:
    run = described(pair_of_runs / "strong")
    folder = RunFolder(run.path)
    logged, _ = folder.metrics()
    last = [m.terms["held_out_psnr"] for m in logged if m.member == MEMBERS[1] and "held_out_psnr" in m.terms]

    assert (run.name, run.kind, run.data) == ("strong", "autoencoder-pair", "48 faces")
    assert (run.step, run.steps, run.state_word) == (20, 20, "finished")
    assert [(m.key, m.eta) for m in run.members] == [("unregularised", 0.0), ("regularised", 0.3)]
    assert run.main is not None
    assert run.main.key == "regularised"
    assert run.main.psnr == last[-1]
    assert run.main.gap is not None
    assert run.main.rank == folder.newest_spectra(MEMBERS)["regularised"].effective_rank
    assert run.eta_words == "0.3"
    assert run.seconds == max(m.time for m in logged if math.isfinite(m.time))
    assert run.explorable
    assert run.device.startswith("CPU")
    assert run.id == folder.config_and_identity()[1].id
    assert not run.under_way
    assert not run.resumable


def test_every_kind_of_run_says_what_it_learns_from(tmp_path: Path) -> None:
    words = []
    for kind in ("beta-vae", "rof", "denoise"):
        RunFolder.create(tmp_path / kind, validate_config({"kind": kind}, "here"))
        words.append(described(tmp_path / kind).data)
    photos = {"data": {"kind": "folder", "path": "/far/holiday"}, "model": {"channels": 3}}
    RunFolder.create(tmp_path / "own", validate_config(photos, "here"))

    assert words == ["8,192 faces", "ball, n = 2", "8,192 dead leaves"]
    assert described(tmp_path / "own").data == "holiday"


def test_a_rank_that_is_aimed_at_stands_beside_the_eta_that_was_found(tiny: Tiny, tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run", tiny(penalty={"eta": 0.5, "target_rank": 3}))
    folder.log(Metrics(5, 1.0, "regularised", {"total": 1.0, "eta": 0.01234}))

    run = described(folder.path)
    assert run.target_rank == 3
    assert run.eta_words == "0.0123 for rank 3"


def test_an_eta_of_every_images_own_is_told_in_words_and_is_no_number(tmp_path: Path) -> None:
    told = {"kind": "denoise", "model": {"kind": "conditioned-denoiser"}, "noise": {"sigma": 0.5}}
    run = described(RunFolder.create(tmp_path / "told", validate_config(told, "here")).path)
    other = described(RunFolder.create(tmp_path / "other", validate_config({"kind": "denoise"}, "here")).path)

    assert run.main is not None
    assert run.main.key == "penalised"
    assert (run.eta_words, other.eta_words) == ("σ²", "1")
    assert [member.eta_words for member in run.members if member.key == "supervised"] == ["0"]
    assert (COLUMNS["eta"].value(run), COLUMNS["eta"].value(other)) == (None, 1.0)
    assert {model["key"]: model["eta"] for model in as_data(run)["models"]}["penalised"] is None


def test_a_stopped_run_can_be_resumed(tiny: Tiny, tmp_path: Path) -> None:
    commands = Commands()
    events = start_run(tiny(schedule={"steps": 10_000}), tmp_path / "run", commands)
    for event in events:
        if isinstance(event, Metrics) and event.step == 5:
            commands.send(Command.STOP)
    run = described(tmp_path / "run")

    assert run.state_word == "stopped"
    assert run.resumable
    assert 0 < run.step < 10_000


def test_a_curve_begins_and_ends_with_the_run_and_is_short(tiny: Tiny, tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run", tiny(schedule={"steps": 5_000}))
    lines = [
        json.dumps({"step": step, "time": step / 10, "model": member, "terms": {"total": float(step)}})
        for step in range(0, 5_001, 5)
        for member in MEMBERS
    ]
    (folder.path / "metrics.jsonl").write_text("\n".join(lines) + "\n")

    run = described(folder.path)
    for member in run.members:
        assert member.steps[0] == 0
        assert member.steps[-1] == 5_000
        assert 16 <= len(member.steps) <= 40
        assert member.curve == tuple(map(float, member.steps))


def test_a_log_of_any_length_is_read_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jnn_studio.runs.log_digest.WHOLE_BYTES", 10_000)
    monkeypatch.setattr("jnn_studio.runs.log_digest._TAIL_BYTES", 5_000)
    monkeypatch.setattr("jnn_studio.runs.log_digest._WINDOW_BYTES", 400)
    with (tmp_path / "metrics.jsonl").open("w") as file:
        for step in range(20_000):
            record = {"step": step, "time": 1.0, "model": "a", "terms": {"total": step + 0.5}}
            file.write(json.dumps(record) + "\n")

    found = digest(tmp_path, ["a"], "total", 20)
    steps, values = found.curves["a"]
    assert found.last["a"] == {"total": 19_999.5}
    assert (steps[0], steps[-1]) == (0, 19_999)
    assert steps == sorted(set(steps))
    assert 10 <= len(steps) <= 30
    assert values == [step + 0.5 for step in steps]


def test_a_half_written_line_is_not_there_yet(tmp_path: Path) -> None:
    whole = json.dumps({"step": 1, "time": 1.0, "model": "a", "terms": {"total": 2.0}})
    (tmp_path / "metrics.jsonl").write_text(f'{whole}\nno line\n{{"step": 2, "time"')
    assert digest(tmp_path, ["a"], "total", 20).curves == {"a": ([1], [2.0])}


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("state.json", b"[" * 5000),
        ("metrics.jsonl", b"\xff\xfe\n[]\n" + b"[" * 9000),
        ("spectra.npy", b"\x93NUMPY\x01\x00\xff\xff" + b"[" * 65_535),
        ("owner", b"\x00\x01"),
        ("checkpoints/latest", b"\xff"),
    ],
)
def test_what_is_damaged_is_left_out_and_the_rest_is_described(
    tiny: Tiny, tmp_path: Path, name: str, data: bytes
) -> None:
    folder = RunFolder.create(tmp_path / "run", tiny(name="mine"))
    (folder.path / "checkpoints").mkdir()
    (folder.path / name).write_bytes(data)

    run = described(folder.path)
    assert (run.name, run.problem) == ("mine", "")


@pytest.mark.parametrize("text", ["[", 'kind = "none such"', "schema_version = 99", 'id = "a\nb"'])
def test_a_run_that_cannot_be_read_says_why(tiny: Tiny, tmp_path: Path, text: str) -> None:
    folder = RunFolder.create(tmp_path / "run", tiny())
    (folder.path / "config.toml").write_text(text)

    run = described(folder.path)
    assert run.state_word == UNREADABLE
    assert "config.toml" in run.problem


def test_a_configuration_of_something_else_is_no_run(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[server]\nport = 80\n")
    assert describe(tmp_path) is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes")
def test_nothing_is_waited_for(tiny: Tiny, tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run", tiny())
    for name in ("metrics.jsonl", "spectra.npy", "owner"):
        os.mkfifo(folder.path / name)
    run = described(folder.path)
    assert any("metrics.jsonl" in note for note in run.notes)


def test_the_signature_changes_with_whatever_is_written(tiny: Tiny, tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run", tiny())
    seen = {signature(folder.path)}
    folder.set_state("running", 1)
    seen.add(signature(folder.path))
    folder.log(Metrics(5, 1.0, "regularised", {"total": 1.0}))
    seen.add(signature(folder.path))
    assert len(seen) == 3
