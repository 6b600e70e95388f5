"""Methods measured on a folder in the window: the command's values, paired differences, a CSV."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from jnn_studio.app.workspaces.denoise.evaluate.page import EvaluatePage
from jnn_studio.app.workspaces.denoise.photo_desk import PhotoDesk
from jnn_studio.base.table_file import TableFile
from jnn_studio.labs.denoise.denoisers.methods import SUPERVISED
from jnn_studio.labs.denoise.measuring import evaluation
from jnn_studio.labs.denoise.measuring.evaluation import (
    EvaluationSettings,
    Measured,
    Results,
    evaluate,
    list_photographs,
    rows,
)
from jnn_studio.labs.denoise.measuring.evaluation_table import CSV_HEADER
from jnn_studio.labs.denoise.measuring.paired import ahead

from .photos import write_photo


@pytest.fixture
def page(
    show_batch: Callable[[type[EvaluatePage]], EvaluatePage], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> EvaluatePage:
    monkeypatch.setattr(evaluation, "user_cache_path", lambda *_, **__: tmp_path / "cache")
    return show_batch(EvaluatePage)


def test_the_table_is_the_command_s_with_paired_differences(
    qtbot: QtBot, page: EvaluatePage, desk: PhotoDesk, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    for seed in range(3):
        write_photo(tmp_path / "in" / f"{seed}.png", 24, 24, seed)
    (tmp_path / "in" / "bad.png").write_bytes(b"no picture")
    assert not page.start.isEnabled()
    assert not page.save.isEnabled()
    assert page.empty.isVisible()
    assert "Nothing has been measured yet" in page.empty.text()
    page.form.fill({"source": str(tmp_path / "in"), "sigma": "0.5", "crop": "16"})
    page.start.click()
    assert page.table.isVisible()
    assert not page.empty.isVisible()
    qtbot.waitUntil(lambda: not page.batch.running)
    settings = EvaluationSettings(0.5, crop=16)
    with closing(list_photographs(tmp_path / "in")) as listing:
        found = evaluate(listing, range(4), desk.models, (), settings, Results(tmp_path / "r.jsonl"))
        measured = [one for one in found if isinstance(one, Measured)]
    gains = ahead(measured, "penalised")
    shown = [[page.table.item(row, column).text() for column in range(6)] for row in range(3)]
    for texts, row in zip(shown, rows(measured), strict=True):
        assert texts[1] == "3"
        assert texts[2] == f"{row.mean['psnr_paper']:.2f} ± {row.sd['psnr_paper']:.2f}"
        gain = gains[row.method]
        assert texts[5] == ("—" if gain is None else f"{gain.mean:+.2f} [{gain.low:+.2f}, {gain.high:+.2f}]")
    assert "Skipped bad.png" in page.note.text()
    page.save_csv(tmp_path / "table.csv")
    table = TableFile(tmp_path / "table.csv", 10_000)
    assert tuple(table.header) == CSV_HEADER
    written = {cells[0]: cells for cells in table.rows()}
    gain = gains[SUPERVISED]
    assert gain is not None
    assert float(written[SUPERVISED][CSV_HEADER.index("penalised_ahead_low")].replace(",", ".")) == gain.low


def test_counts_can_be_stabilised_only_where_photons_are_counted(page: EvaluatePage, tmp_path: Path) -> None:
    page.form.fill({"source": str(tmp_path)})
    assert not page.form.fields["stabilised"].isVisible()
    page.form.fill({"peak": "8"})
    assert page.form.fields["stabilised"].isVisible()
    page.form.fill({"range": "0..1"})
    assert not page.start.isEnabled()
    assert "photons" in page.note.text()
