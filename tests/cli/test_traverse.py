"""``jnn-studio traverse``: what the window exports, from a script."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from jnn_studio.cli import program as cli
from jnn_studio.data.config import FacesConfig, FolderConfig
from jnn_studio.data.faces import FaceSource
from jnn_studio.explore.columns.references import open_references
from jnn_studio.explore.figures.animation import Animation, save_animation
from jnn_studio.explore.figures.frames import FrameStyle
from jnn_studio.explore.figures.motion import Motion
from jnn_studio.explore.figures.sheet import make_sheet
from jnn_studio.explore.figures.sheet_page import save_sheet
from jnn_studio.explore.painted import PaintedRegion
from jnn_studio.explore.region import Region
from jnn_studio.explore.saved.session_file import save_session
from jnn_studio.explore.scene.renderer import SceneRenderer
from jnn_studio.explore.state import Base, Column, ExploreState, FileImage, Leg, SourceImage, Towards, Walk

Invoke = Callable[..., Any]


@pytest.fixture
def invoke() -> Invoke:
    """Runs ``jnn-studio traverse`` with arguments."""

    def run(*arguments: object) -> Any:
        program = cli.build(lambda: 0, list)
        return CliRunner().invoke(program, ["traverse", *(str(argument) for argument in arguments)])

    return run


@pytest.fixture
def face(tmp_path: Path) -> Path:
    path = tmp_path / "face.png"
    (pixels,) = FaceSource(1, 40, seed=3).thumbnails([0], 40)
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def state(trained: Path) -> ExploreState:
    """A curved walk on its way to another image, with models that are matched."""
    columns = tuple(Column(key=f"c{n}", where=where) for n, where in enumerate(open_references(trained)))
    return ExploreState(
        source=FacesConfig(count=48, seed=1),
        columns=columns,
        base=Base(image=SourceImage(index=7)),
        mode="curved",
        walk=Walk(legs=(Leg(direction=1, amount=0.05), Leg(direction=0, amount=-0.04))),
        towards=Towards(image=SourceImage(index=9), share=0.25),
        matched=True,
        limit=0.12,
    )


@pytest.fixture
def session(state: ExploreState, tmp_path: Path) -> Path:
    path = tmp_path / "found [1].jnnsession"
    save_session(path, state, {c.where: next(iter(open_references(c.where).values())) for c in state.columns})
    return path


def size_of(path: Path) -> tuple[int, int]:
    with Image.open(path) as opened:
        return opened.size


# --- from models -------------------------------------------------------------------------------------


def test_both_models_of_a_run_stand_side_by_side(
    invoke: Invoke, trained: Path, face: Path, tmp_path: Path
) -> None:
    out = tmp_path / "strip [1].png"
    options = ("--image", face, "--directions", 3, "--steps", 9)

    done = invoke(trained, *options, "--out", out)

    assert done.exit_code == 0, done.output
    assert done.stdout == f"wrote {out}\n"
    invoke(trained / "models" / "regularised.safetensors", *options, "--out", tmp_path / "one.png")
    invoke(trained, *options, "--layout", "stacked", "--out", tmp_path / "stacked.png")
    both, one, stacked = (size_of(path) for path in (out, tmp_path / "one.png", tmp_path / "stacked.png"))
    assert both[0] > one[0] == stacked[0]
    assert both[1] == one[1] < stacked[1]


@pytest.mark.parametrize(("directions", "steps", "scale"), [(1, 30, 1), (3, 20, 3)])
def test_the_picture_has_a_row_for_each_direction_and_a_column_for_each_step(
    invoke: Invoke, trained: Path, face: Path, tmp_path: Path, directions: int, steps: int, scale: int
) -> None:
    def size(directions: int, steps: int) -> np.ndarray:
        out = tmp_path / "strip.png"
        arguments = ("--directions", directions, "--steps", steps, "--scale", scale)
        model = trained / "models" / "regularised.safetensors"
        assert invoke(model, "--image", face, *arguments, "--out", out).exit_code == 0
        return np.array(size_of(out))

    grown = size(directions, steps + 1) - size(directions, steps)
    np.testing.assert_array_equal(grown, [16 * scale + 2, 0])
    grown = size(directions + 1, steps) - size(directions, steps)
    assert grown[1] == max(16 * scale, 26) + 2


def test_several_models_of_any_origin_share_a_picture(
    invoke: Invoke, trained: Path, face: Path, tmp_path: Path
) -> None:
    out = tmp_path / "strip.png"
    options = ("--image", face, "--directions", 1, "--steps", 2, "--out", out)

    done = invoke("regularised", trained / "models" / "regularised.safetensors", *options)

    assert done.exit_code == 0, done.output
    with Image.open(out) as opened:
        state = ExploreState.model_validate_json(opened.text["Session"])  # type: ignore[attr-defined]
    assert [column.where for column in state.columns] == [
        "regularised",
        str(trained / "models" / "regularised.safetensors"),
    ]
    assert size_of(out)[0] >= 4 * 64


def test_more_models_than_fit_are_refused(invoke: Invoke, trained: Path, face: Path, tmp_path: Path) -> None:
    models = (trained, "regularised", "unregularised", trained / "models" / "regularised.safetensors")
    refused = invoke(*models, "--image", face, "--out", tmp_path / "s.png")
    assert refused.exit_code == 1
    assert "5 models are too many for one picture; give at most 4" in refused.stderr


# --- from a session ----------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_a_session_gives_the_file_the_window_exports(
    invoke: Invoke, session: Path, state: ExploreState, tmp_path: Path, suffix: str
) -> None:
    sheet = make_sheet(SceneRenderer(), state, directions=1, steps=3)
    save_sheet(sheet, tmp_path / f"window{suffix}", scale=2)
    out = tmp_path / f"script{suffix}"

    done = invoke("--session", session, "--out", out, "--directions", 1, "--steps", 3, "--scale", 2)

    assert done.exit_code == 0, done.output
    assert done.stderr == ""
    assert out.read_bytes() == (tmp_path / f"window{suffix}").read_bytes()


@pytest.mark.parametrize("kind", ["walk", "interpolation"])
@pytest.mark.parametrize("name", ["film.gif", "film.mp4", "frames"])
def test_a_session_gives_the_animation_the_window_exports(
    invoke: Invoke, session: Path, state: ExploreState, tmp_path: Path, kind: Any, name: str
) -> None:
    window, script = tmp_path / "window", tmp_path / "script"
    window.mkdir()
    script.mkdir()
    motion = Motion(kind, seconds=0.5, fps=10, loop="ping-pong")
    save_animation(SceneRenderer(), state, Animation(motion, FrameStyle(48)), window / name)
    options = ("--motion", kind, "--seconds", 0.5, "--fps", 10, "--loop", "ping-pong", "--size", 48)

    done = invoke("--session", session, "--out", script / name, *options)

    assert done.exit_code == 0, done.output
    files = [path for path in window.rglob("*") if path.is_file()]
    assert len(files) == (5 if name == "frames" else 1)
    for path in files:
        assert (script / path.relative_to(window)).read_bytes() == path.read_bytes()


def test_options_change_what_the_session_says(
    invoke: Invoke, session: Path, face: Path, tmp_path: Path
) -> None:
    out = tmp_path / "s.png"
    options = ("--mode", "straight", "--along", "decoder", "--no-match", "--range", 0.2, "--image", face)

    done = invoke("--session", session, "--out", out, "--directions", 1, "--steps", 3, *options)

    assert done.exit_code == 0, done.output
    with Image.open(out) as opened:
        kept = ExploreState.model_validate_json(opened.text["Session"])  # type: ignore[attr-defined]
    assert (kept.mode, kept.matched, kept.limit) == ("straight", False, 0.2)
    assert {column.directions for column in kept.columns} == {"decoder"}
    assert kept.base.image.kind == "file"


def test_a_session_whose_model_changed_is_drawn_with_a_warning(
    invoke: Invoke, trained: Path, state: ExploreState, tmp_path: Path
) -> None:
    one, other = open_references(trained).items()
    path = tmp_path / "s.jnnsession"
    save_session(path, state, {one[0]: other[1], other[0]: other[1]})

    done = invoke("--session", path, "--out", tmp_path / "s.png", "--directions", 1, "--steps", 2)

    assert done.exit_code == 0
    assert "The weights of Unregularised" in done.stderr
    assert "have changed since s.jnnsession was saved" in done.stderr


# --- animations --------------------------------------------------------------------------------------


def test_a_sweep_is_what_moves_unless_told_otherwise(
    invoke: Invoke, trained: Path, face: Path, tmp_path: Path
) -> None:
    out = tmp_path / "sweep.gif"
    options = ("--seconds", 1, "--fps", 8, "--size", 64, "--direction", 2, "--no-labels")

    done = invoke(trained, "--image", face, "--out", out, *options)

    assert done.exit_code == 0, done.output
    with Image.open(out) as opened:
        assert opened.size == (128, 64)
        assert opened.n_frames == 8  # type: ignore[attr-defined]


def test_an_interpolation_goes_to_the_image_given(
    invoke: Invoke, trained: Path, face: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.png"
    Image.fromarray(FaceSource(9, 40, seed=3).thumbnails([8], 40)[0]).save(other)
    options = ("--motion", "interpolation", "--seconds", 1, "--fps", 2, "--loop", "once", "--no-labels")

    done = invoke(
        trained, "--image", face, "--towards", other, "--size", 16, "--out", tmp_path / "f", *options
    )
    back = invoke(
        trained, "--image", other, "--towards", face, "--size", 16, "--out", tmp_path / "b", *options
    )

    assert done.exit_code == back.exit_code == 0, done.output
    there = [np.asarray(Image.open(tmp_path / "f" / f"frame-000{n}.png")) for n in (1, 2)]
    returned = [np.asarray(Image.open(tmp_path / "b" / f"frame-000{n}.png")) for n in (2, 1)]
    np.testing.assert_array_equal(there, returned)
    assert (there[0] != there[1]).any()


# --- what will not do --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "image", "out", "complaint"),
    [
        ("nonsense", "face.png", "strip.png", "nonsense; give a .safetensors file"),
        (".", "face.png", "strip.png", "holds no run"),
        ("face.png", "face.png", "strip.png", "face.png is not a readable .safetensors file"),
        ("regularised", "gone.png", "strip.png", "gone.png"),
        ("regularised", "broken.png", "strip.png", "broken.png"),
        ("regularised", "face.png", "strip.jpg", "give a name ending in .png"),
        ("regularised", "face.png", "gone/strip.png", "there is no folder"),
        ("regularised", "face.png", "gone/strip.gif", "there is no folder"),
    ],
)
@pytest.mark.usefixtures("face")
def test_what_cannot_be_walked_is_refused_in_a_line(
    invoke: Invoke,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    model: str,
    image: str,
    out: str,
    complaint: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.png").write_bytes((tmp_path / "face.png").read_bytes()[:60])

    refused = invoke(model, "--image", image, "--out", out)

    assert refused.exit_code == 1
    (line,) = refused.stderr.splitlines()
    assert complaint in line
    assert not (tmp_path / out).exists()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--image", "face.png"), "give at least one model, or --session FILE"),
        (("regularised",), "give --image, the image to start from"),
        (("regularised", "--session", "s.jnnsession"), "give either models or --session"),
        (("--session", "gone.jnnsession"), "there is no session at gone.jnnsession"),
        (("regularised", "--image", "face.png", "--motion", "walk"), "ending in .gif or .mp4"),
        (("regularised", "--image", "face.png", "--region", "0.1,0.2"), "0.1,0.2 is no rectangle"),
        (
            ("regularised", "--image", "face.png", "--region", "0,0,1,1", "--region-mask", "face.png"),
            "give either --region or --region-mask",
        ),
        (("regularised", "--image", "face.png", "--region", "0.5,0,0.4,1"), "0.5,0,0.4,1 is no rectangle"),
    ],
)
def test_what_does_not_go_together_is_refused_in_a_line(
    invoke: Invoke,
    face: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    complaint: str,
) -> None:
    monkeypatch.chdir(face.parent)
    refused = invoke(*arguments, "--out", "s.png")

    assert refused.exit_code == 1
    (line,) = refused.stderr.splitlines()
    assert complaint in line


@pytest.mark.parametrize(
    "option",
    [
        *(("--directions", 0), ("--directions", 33), ("--steps", 1), ("--range", 0), ("--range", 2)),
        *(("--scale", 9), ("--fps", 0), ("--seconds", 0), ("--size", 1), ("--mode", "sideways")),
    ],
)
def test_values_out_of_range_are_refused(
    invoke: Invoke, face: Path, tmp_path: Path, option: tuple[str, object]
) -> None:
    refused = invoke("regularised", "--image", face, "--out", tmp_path / "s.png", *option)

    assert refused.exit_code == 2
    assert option[0] in refused.stderr


# --- which directions --------------------------------------------------------------------------------


def test_a_figure_of_a_region_and_of_what_images_have_in_common(
    invoke: Invoke, face: Path, trained: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    for number, pixels in enumerate(FaceSource(6, 40, seed=5).thumbnails(range(6), 40)):
        Image.fromarray(pixels).save(folder / f"{number}.png")
    columns = tuple(
        Column(key=f"c{n + 1}", where=where, scope="images")
        for n, where in enumerate(open_references(trained))
    )
    base = Base(image=FileImage(path=face))
    region = Region(left=0.25, top=0.5, right=0.75, bottom=1.0)
    own = ExploreState(columns=columns, base=base, source=FolderConfig(path=folder))
    mask = np.zeros((64, 64), np.uint8)
    mask[40:50, 10:50] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    painted = PaintedRegion.of(mask > 0)
    for name, options, state in (
        ("region", ("--region", "0.25,0.5,0.75,1", "--sparse"), own.change(region=region, basis="sparse")),
        ("mask", ("--region-mask", tmp_path / "mask.png"), own.change(region=painted)),
        ("images", (), own),
    ):
        out = tmp_path / f"{name}.png"
        done = invoke(
            trained, "--image", face, "--of-images", folder, "--directions", 2, *options, "--out", out
        )
        assert done.exit_code == 0, done.stderr
        expected = tmp_path / f"{name}-expected.png"
        save_sheet(make_sheet(SceneRenderer(), state, 2, 8), expected, 1, "side by side")
        assert (np.asarray(Image.open(out)) == np.asarray(Image.open(expected))).all()
    captions = [make_sheet(SceneRenderer(), s, 1, 2).caption for s in (own.change(region=region), own)]
    assert "region: columns 25%–75%, rows 50%–100% of the picture" in captions[0]
    assert "averaged over the images" in captions[1]
