"""Figure sheets: the window's pixels in a grid, on a page."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from jnn_studio import __version__
from jnn_studio.base.errors import Cancelled
from jnn_studio.base.watch import Watch
from jnn_studio.data.config import FacesConfig
from jnn_studio.explore.columns.references import open_references
from jnn_studio.explore.figures.exporting import ExportError
from jnn_studio.explore.figures.sheet import Sheet, make_sheet
from jnn_studio.explore.figures.sheet_page import Layout, SheetPage, lay_out, save_sheet
from jnn_studio.explore.scene.renderer import SceneRenderer
from jnn_studio.explore.state import Column, ExploreState, SourceImage, Towards, Walk


@pytest.fixture(scope="module")
def state(trained: Path) -> ExploreState:
    """Both models of a tiny run, moved, one of them on its own."""
    columns = [Column(key=f"c{n}", where=where) for n, where in enumerate(open_references(trained))]
    columns[1] = columns[1].model_copy(update={"linked": False, "walk": Walk(amounts=(0.03,) * 8)})
    walk = Walk(amounts=(0.05,) * 8)
    return ExploreState(source=FacesConfig(count=48, seed=1), columns=tuple(columns), walk=walk)


@pytest.fixture(scope="module")
def renderer() -> SceneRenderer:
    return SceneRenderer()


@pytest.fixture(scope="module")
def sheet(renderer: SceneRenderer, state: ExploreState) -> Sheet:
    return make_sheet(renderer, state, directions=3, steps=5)


# --- what is in it -----------------------------------------------------------------------------------


def box(page: SheetPage, number: int) -> tuple[int, int, int, int]:
    """(left, top, width, height) of a cell; cells are numbered block by block, row by row."""
    cell = page.cells[number]
    return cell.x, cell.y, cell.side[1], cell.side[0]


def test_a_grid_for_each_model_with_a_row_for_each_direction(sheet: Sheet, state: ExploreState) -> None:
    assert [block.title for block in sheet.blocks] == ["Unregularised · η = 0", "Regularised · η = 0.5"]
    for block in sheet.blocks:
        assert block.cells.shape == (3, 5, 16, 16, 3)
        assert block.cells.dtype == np.uint8
        assert [row.name for row in block.rows] == ["u1", "u2", "u3"]
    np.testing.assert_allclose(sheet.amounts, [-0.1, -0.05, 0, 0.05, 0.1], atol=1e-12)
    assert sheet.state == state


def test_rows_carry_their_singular_values(sheet: Sheet, renderer: SceneRenderer, state: ExploreState) -> None:
    for block, view in zip(sheet.blocks, renderer.render(state).columns, strict=True):
        assert [row.strength for row in block.rows] == [f"σ {s:.3g}" for s in view.place.sigma[:3]]


@pytest.mark.parametrize("mode", ["straight", "curved"])
def test_every_cell_is_what_the_window_shows_with_that_slider_there(
    renderer: SceneRenderer, state: ExploreState, mode: str
) -> None:
    state = state.change(mode=mode)
    sheet = make_sheet(renderer, state, directions=2, steps=3)

    linked = state.change(columns=tuple(c.model_copy(update={"linked": True}) for c in state.columns))
    for d in range(2):
        for s, amount in enumerate(sheet.amounts):
            shown = SceneRenderer().render(linked.change(walk=Walk()).with_amount(d, amount))
            for block, view in zip(sheet.blocks, shown.columns, strict=True):
                np.testing.assert_array_equal(block.cells[d, s], view.moved.image)


def test_the_middle_of_every_row_is_the_reconstruction(
    sheet: Sheet, renderer: SceneRenderer, state: ExploreState
) -> None:
    for block, view in zip(sheet.blocks, renderer.render(state).columns, strict=True):
        for row in block.cells:
            np.testing.assert_array_equal(row[2], view.place.reconstruction)


def test_both_ends_have_changed_by_the_limit(sheet: Sheet) -> None:
    for block in sheet.blocks:
        for row in block.cells / 255:
            for end in (0, -1):
                assert np.sqrt(np.square(row[end] - row[2]).mean()) == pytest.approx(0.1, rel=0.05)


def test_a_wider_range_reaches_further(renderer: SceneRenderer, state: ExploreState) -> None:
    sheet = make_sheet(renderer, state, directions=1, steps=3, limit=0.2)
    row = sheet.blocks[1].cells[0] / 255

    assert sheet.amounts == (-0.2, 0.0, 0.2)
    assert np.sqrt(np.square(row[2] - row[1]).mean()) == pytest.approx(0.2, rel=0.1)
    assert sheet.state.limit == 0.2


def test_an_interpolation_under_way_does_not_enter(
    renderer: SceneRenderer, state: ExploreState, sheet: Sheet
) -> None:
    blended = state.change(towards=Towards(image=SourceImage(index=5), share=0.7))
    again = make_sheet(renderer, blended, directions=3, steps=5)
    for one, other in zip(sheet.blocks, again.blocks, strict=True):
        np.testing.assert_array_equal(one.cells, other.cells)


def test_matched_rows_say_which_direction_of_the_other_it_is_and_how_well_it_fits(
    renderer: SceneRenderer, state: ExploreState
) -> None:
    matched = state.change(matched=True)
    sheet = make_sheet(renderer, matched, directions=3, steps=2)
    match = renderer.render(matched).columns[1].match

    assert match is not None
    assert [row.cosine for row in sheet.blocks[0].rows] == [None] * 3
    for d, row in enumerate(sheet.blocks[1].rows):
        assert row.name == f"u{match.order[d] + 1}"
        assert row.cosine == pytest.approx(match.cosine[d])
    assert "matched to the first model's" in sheet.caption


def test_the_caption_says_how_it_was_walked(
    renderer: SceneRenderer, state: ExploreState, sheet: Sheet
) -> None:
    assert sheet.title == "Latent traversals from face 0"
    assert sheet.caption.startswith(
        "Straight walks from its latent along left singular vectors of the encoder's"
    )
    assert "RMS image change −0.1 … +0.1" in sheet.caption
    axes = tuple(column.model_copy(update={"directions": "axes"}) for column in state.columns)
    other = make_sheet(renderer, state.change(columns=axes, mode="curved"), directions=1, steps=2)
    assert other.caption.startswith("Curved walks from its latent along axes of the latent space")
    assert other.blocks[0].rows[0].name == "z1"
    assert other.blocks[0].rows[0].strength.startswith("‖Jz‖ ")


def test_meanings_stand_with_their_rows(renderer: SceneRenderer, state: ExploreState) -> None:
    sheet = make_sheet(renderer, state, 2, 2, meanings={"c1": ["mostly smile"]})
    assert [row.meaning for row in sheet.blocks[1].rows] == ["mostly smile", ""]
    assert [row.meaning for row in sheet.blocks[0].rows] == ["", ""]


def test_progress_is_told_and_work_stops_when_called_off(
    renderer: SceneRenderer, state: ExploreState
) -> None:
    told: list[tuple[int, int]] = []
    make_sheet(renderer, state, 2, 3, watch=Watch(lambda now: told.append((now.done, now.total))))
    assert told[-1] == (6, 6)
    assert [done for done, _ in told[1:]] == list(range(7))

    told.clear()
    watch = Watch(lambda now: told.append((now.done, now.total)), lambda: len(told) >= 4)
    with pytest.raises(Cancelled):
        make_sheet(renderer, state, 2, 3, watch=watch)
    assert len(told) == 4


# --- on the page -------------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", ["side by side", "stacked"])
@pytest.mark.parametrize("scale", [1, 3])
def test_the_picture_holds_every_pixel_of_every_cell(
    sheet: Sheet, tmp_path: Path, scale: int, layout: Layout
) -> None:
    save_sheet(sheet, tmp_path / "s.png", scale, layout)
    with Image.open(tmp_path / "s.png") as opened:
        page = np.asarray(opened.convert("RGB"))
    places = lay_out(sheet, scale, layout)

    assert page.shape == (places.height, places.width, 3)
    cells = [cell for block in sheet.blocks for row in block.cells for cell in row]
    assert len(cells) == 30
    boxes = set()
    for number, cell in enumerate(cells):
        x, y, width, height = box(places, number)
        assert (width, height) == (16 * scale, 16 * scale)
        cut = page[y : y + height, x : x + width]
        np.testing.assert_array_equal(cut, cell.repeat(scale, 0).repeat(scale, 1))
        boxes.add((x, y))
    assert len(boxes) == 30
    columns, rows = {x for x, _ in boxes}, {y for _, y in boxes}
    assert (len(columns), len(rows)) == ((10, 3) if layout == "side by side" else (5, 6))


def test_smaller_models_are_enlarged_to_the_largest_by_whole_factors(sheet: Sheet, tmp_path: Path) -> None:
    one, other = sheet.blocks
    small = type(one)(one.title, one.rows, np.ascontiguousarray(one.cells[:, :, :8, :8]))
    mixed = Sheet(sheet.title, sheet.caption, sheet.amounts, (small, other), sheet.state)
    save_sheet(mixed, tmp_path / "s.png", 2)
    with Image.open(tmp_path / "s.png") as opened:
        page = np.asarray(opened.convert("RGB"))

    x, y, width, height = box(lay_out(mixed, 2), 0)
    assert (width, height) == (32, 32)
    cut = page[y : y + height, x : x + width]
    np.testing.assert_array_equal(cut, small.cells[0, 0].repeat(4, 0).repeat(4, 1))


def test_pictures_say_what_they_are(sheet: Sheet, tmp_path: Path) -> None:
    save_sheet(sheet, tmp_path / "s.png")
    with Image.open(tmp_path / "s.png") as opened:
        words = opened.text  # type: ignore[attr-defined]

    assert words["Title"] == sheet.title
    assert words["Description"] == sheet.caption
    assert words["Software"] == f"JNN Studio {__version__}"
    assert ExploreState.model_validate_json(words["Session"]) == sheet.state


def test_drawings_embed_the_images_and_say_what_they_are(sheet: Sheet, tmp_path: Path) -> None:
    save_sheet(sheet, tmp_path / "s.svg")
    text = (tmp_path / "s.svg").read_text(encoding="utf-8")

    assert text.count("data:image/png;base64,") == 30
    assert sheet.title in text
    description = re.search(r"<dc:description>(.*?)</dc:description>", text, re.DOTALL)
    assert description is not None
    kept = description[1].replace("&quot;", '"').replace("&gt;", ">").replace("&amp;", "&").split("\n")[-1]
    assert ExploreState.model_validate(json.loads(kept)) == sheet.state
    assert f"JNN Studio {__version__}" in text


def test_documents_embed_the_images_and_say_what_they_are(sheet: Sheet, tmp_path: Path) -> None:
    save_sheet(sheet, tmp_path / "s.pdf")
    content = (tmp_path / "s.pdf").read_bytes()

    assert content.startswith(b"%PDF")
    assert content.count(b"/Subtype /Image") == 30
    assert f"/Title ({sheet.title})".encode() in content
    assert f"(JNN Studio {__version__})".encode() in content
    assert b'"schema_version": 1' in content


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_the_same_sheet_is_the_same_file(sheet: Sheet, tmp_path: Path, suffix: str) -> None:
    for name in ("a", "b"):
        save_sheet(sheet, tmp_path / f"{name}{suffix}")
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


def test_the_same_session_is_the_same_sheet_whoever_renders_it(sheet: Sheet, state: ExploreState) -> None:
    again = make_sheet(SceneRenderer(), state, directions=3, steps=5)
    for one, other in zip(sheet.blocks, again.blocks, strict=True):
        np.testing.assert_array_equal(one.cells, other.cells)


# --- what cannot be written --------------------------------------------------------------------------


def test_another_ending_is_refused(sheet: Sheet, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"s.jpg: .* give a name ending in .png, .svg or .pdf"):
        save_sheet(sheet, tmp_path / "s.jpg")


def test_a_missing_folder_is_named(sheet: Sheet, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="there is no folder .*gone; make it, or choose another"):
        save_sheet(sheet, tmp_path / "gone" / "s.png")


def test_a_full_disk_leaves_the_old_file(
    sheet: Sheet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "s.png"
    path.write_bytes(b"old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(ExportError, match=r"s.png could not be written: No space left on device; nothing"):
        save_sheet(sheet, path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["s.png"]
    assert path.read_bytes() == b"old"


def test_more_directions_than_there_are_give_those_there_are(
    renderer: SceneRenderer, state: ExploreState
) -> None:
    sheet = make_sheet(renderer, state, directions=50, steps=2)
    assert {block.cells.shape for block in sheet.blocks} == {(8, 2, 16, 16, 3)}
