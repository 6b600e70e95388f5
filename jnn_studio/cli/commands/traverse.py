"""``jnn-studio traverse``: figures and animations of walks, without a window, pixel for pixel the same."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from jnn_studio.base.endings import ending_of
from jnn_studio.cli.command_spec import CommandSpec
from jnn_studio.cli.output import UsageError, complain, console, reported, say
from jnn_studio.cli.paths import path
from jnn_studio.cli.progress import watching
from jnn_studio.data.config import FolderConfig
from jnn_studio.explore.columns.open_models import images_of
from jnn_studio.explore.columns.references import open_references
from jnn_studio.explore.figures.animation import Animation, check_animation, save_animation
from jnn_studio.explore.figures.exporting import check_target
from jnn_studio.explore.figures.frames import FrameStyle
from jnn_studio.explore.figures.motion import Loop, Motion, MotionKind
from jnn_studio.explore.figures.sheet import make_sheet
from jnn_studio.explore.painted import AnyRegion, region_of_mask
from jnn_studio.explore.region import Region
from jnn_studio.explore.saved.session_file import load_session
from jnn_studio.explore.scene.renderer import SceneRenderer
from jnn_studio.explore.state import (
    MAX_COLUMNS,
    MAX_DIRECTIONS,
    Base,
    Column,
    DirectionKind,
    ExploreState,
    FileImage,
    Towards,
    WalkMode,
)
from jnn_studio.models.weights import LoadedModel

OUT_HELP = (
    "Figure: .png, .svg or .pdf. Animation: .gif, .mp4, or with --motion a new folder for numbered frames."
)


_Layout = Literal["side-by-side", "stacked"]


def traverse(
    out: Annotated[Path, typer.Option("--out", help=OUT_HELP, parser=path)],
    models: Annotated[
        list[str] | None,
        typer.Argument(metavar="MODEL", help="Weights files, run folders, or bundled models' names."),
    ] = None,
    session: Annotated[
        Path | None,
        typer.Option("--session", help="A session saved by Explore, instead of models.", parser=path),
    ] = None,
    image: Annotated[
        Path | None,
        typer.Option("--image", help="Image to start from; else the first of the models' own.", parser=path),
    ] = None,
    directions: Annotated[
        int, typer.Option(min=1, max=MAX_DIRECTIONS, help="Directions: rows of a figure, or shown in turn.")
    ] = 5,
    steps: Annotated[int, typer.Option(min=2, max=64, help="Figure: images in a row.")] = 8,
    limit: Annotated[
        float | None,
        typer.Option(
            "--range",
            min=0.001,
            max=0.5,
            help="RMS image change at both ends, images in [0, 1]; the session's, or 0.1.",
        ),
    ] = None,
    scale: Annotated[int, typer.Option(min=1, max=8, help="Figure: enlargement of each image.")] = 1,
    layout: Annotated[_Layout, typer.Option(help="Figure: how models are placed.")] = "side-by-side",
    mode: Annotated[
        WalkMode | None, typer.Option(help="Along straight rays, or following directions as they turn.")
    ] = None,
    along: Annotated[
        DirectionKind | None,
        typer.Option(help="Singular vectors of the encoder's or the decoder's Jacobian, or latent axes."),
    ] = None,
    region: Annotated[
        str | None,
        typer.Option(
            metavar="L,T,R,B",
            help="Directions that change this rectangle most and the rest least: left, top, right, bottom, "
            "in shares of the picture.",
        ),
    ] = None,
    region_mask: Annotated[
        Path | None,
        typer.Option(
            "--region-mask",
            help="The same for a part of any shape: what is white in this image, which is cut and scaled as "
            "images are.",
            parser=path,
        ),
    ] = None,
    of_images: Annotated[
        Path | None,
        typer.Option(
            "--of-images",
            help="Directions that the images of this folder or archive have in common.",
            parser=path,
        ),
    ] = None,
    sparse: Annotated[
        bool | None,
        typer.Option(
            "--sparse/--computed",
            help="Groups with near-equal singular values by their sparsest basis, or as computed.",
        ),
    ] = None,
    matched: Annotated[
        bool | None,
        typer.Option("--match/--no-match", help="Match the other models' directions to the first's."),
    ] = None,
    towards: Annotated[
        Path | None, typer.Option("--towards", help="Another image, for --motion interpolation.", parser=path)
    ] = None,
    motion: Annotated[MotionKind | None, typer.Option(help="Animation: what moves.")] = None,
    direction: Annotated[
        int, typer.Option(min=1, max=MAX_DIRECTIONS, help="Animation: the direction of a sweep.")
    ] = 1,
    seconds: Annotated[float, typer.Option(min=0.1, max=600, help="Animation: how long.")] = 4.0,
    fps: Annotated[float, typer.Option(min=1, max=60, help="Animation: frames a second.")] = 25.0,
    loop: Annotated[
        Loop, typer.Option(help="Animation: from end to end, smoothly there and back, or evenly.")
    ] = "loop",
    cell: Annotated[
        int, typer.Option("--size", min=16, max=1024, help="Animation: pixels of each model's image.")
    ] = 256,
    labels: Annotated[
        bool, typer.Option("--labels/--no-labels", help="Animation: write names and amounts.")
    ] = True,
) -> None:
    """Draw a figure or an animation of walks from an image, of models or of a saved session.

    A figure is a grid for each model: its directions down, steps along them across.
    """
    with reported():
        animated = motion is not None or ending_of(out) in (".gif", ".mp4")
        chosen = Animation(
            Motion(
                kind=motion or "sweep",
                direction=direction - 1,
                directions=directions,
                limit=limit,
                seconds=seconds,
                fps=fps,
                loop=loop,
            ),
            FrameStyle(cell, labels),
        )
        if animated:
            check_animation(out, chosen)
        else:
            # Here, because Matplotlib takes long to import.
            from jnn_studio.explore.figures.sheet_page import check_suffix, save_sheet

            check_suffix(out)
            check_target(out)
        state, opened = _opened(models or [], session, image)
        state = _with_options(state, mode, along, matched, towards)
        state = _with_directions(state, _chosen_region(region, region_mask), of_images, sparse)
        renderer = SceneRenderer(opened)
        with watching(console, "frames" if animated else "images", transient=True) as watch:
            if animated:
                save_animation(renderer, state, chosen, out, watch)
            else:
                sheet = make_sheet(renderer, state, directions, steps, limit, watch=watch)
                save_sheet(sheet, out, scale, "stacked" if layout == "stacked" else "side by side")
        say(f"wrote {out}")


def _opened(
    models: list[str], session: Path | None, image: Path | None
) -> tuple[ExploreState, dict[str, LoadedModel]]:
    """What to start from, and the models that are open already."""
    if session is not None:
        if models:
            raise UsageError("give either models or --session, which names its own")
        loaded = load_session(session)
        for warning in loaded.warnings:
            complain(warning)
        state, opened = loaded.state, dict(loaded.models)
        if not state.columns:
            raise UsageError(f"the session {session} shows no model; save one that does")
    else:
        if not models:
            raise UsageError("give at least one model, or --session FILE")
        images = images_of(Path(models[0])) if image is None else None
        if image is None and images is None:
            raise UsageError("give --image, the image to start from")
        opened = {}
        for where in models:
            opened |= open_references(where)
        if len(opened) > MAX_COLUMNS:
            raise UsageError(f"{len(opened)} models are too many for one picture; give at most {MAX_COLUMNS}")
        state = ExploreState(
            columns=tuple(Column(key=f"c{n + 1}", where=where) for n, where in enumerate(opened))
        )
        if images is not None:
            state = state.change(source=images)
    if image is not None:
        state = state.change(base=Base(image=FileImage(path=image)))
    return state, opened


def _with_options(
    state: ExploreState,
    mode: WalkMode | None,
    along: DirectionKind | None,
    matched: bool | None,
    towards: Path | None,
) -> ExploreState:
    if mode is not None:
        state = state.change(mode=mode)
    if matched is not None:
        state = state.change(matched=matched)
    if along is not None:
        state = state.change(columns=tuple(c.model_copy(update={"directions": along}) for c in state.columns))
    if towards is not None:
        state = state.change(towards=Towards(image=FileImage(path=towards)))
    return state


def _with_directions(
    state: ExploreState, region: AnyRegion | None, of_images: Path | None, sparse: bool | None
) -> ExploreState:
    if region is not None:
        state = state.change(region=region)
    if of_images is not None:
        columns = tuple(column.model_copy(update={"scope": "images"}) for column in state.columns)
        state = state.change(source=FolderConfig(path=of_images.absolute()), columns=columns)
    if sparse is not None:
        state = state.change(basis="sparse" if sparse else "computed")
    return state


def _chosen_region(rectangle: str | None, mask: Path | None) -> AnyRegion | None:
    if rectangle is not None and mask is not None:
        raise UsageError("give either --region or --region-mask")
    if mask is not None:
        return region_of_mask(mask)
    return None if rectangle is None else _region(rectangle)


def _region(text: str) -> Region:
    try:
        left, top, right, bottom = (float(part) for part in text.split(","))
        return Region(left=left, top=top, right=right, bottom=bottom)
    except ValueError as error:
        raise UsageError(
            f"--region {text} is no rectangle; give left,top,right,bottom in shares of the picture, "
            "such as 0.3,0.6,0.7,0.8"
        ) from error


COMMAND = CommandSpec(order=20, run=traverse)
