"""What stands beside a slider and is said of its direction, in every model."""

from __future__ import annotations

from collections.abc import Sequence

from jnn_studio.app.workspaces.explore.walking.group_mark import Mark
from jnn_studio.explore.directions.averaged import fit_words
from jnn_studio.explore.figures.sheet import basis_words
from jnn_studio.explore.scene.renderer import ColumnView, Scene


def figures(scene: Scene, d: int) -> list[tuple[str, str]]:
    """Words in colour roles: what is measured, then the figure of each model."""
    views = scene.columns
    matched = scene.state.matched and len(views) > 1
    shown = [view for view in views if not matched or view.match]
    averaged = [view.place.fit is not None for view in shown]
    if matched:
        measure = "|cos|"
    elif scene.state.region is not None:
        measure = "in"
    elif any(averaged):
        measure = "fit" if all(averaged) else "σ, fit"
    else:
        measure = "σ"
    return [(measure, "muted"), *((_figure(view, d), view.role) for view in shown)]


def _figure(view: ColumnView, d: int) -> str:
    place = view.place
    if d >= place.directions.shape[1]:
        return "–"
    if view.match is not None:
        return f"{abs(float(view.match.cosine[d])):.2f}"
    if place.inside is not None:
        return f"{place.inside[d]:.0%}"
    if place.fit is not None:
        return f"{place.fit[d]:.2f}"
    here = view.moved.here
    sigma = here.sigma if here is not None else place.sigma
    return f"{sigma[d]:.0f}" if sigma[d] >= 10 else f"{sigma[d]:#.2g}"


def explain(scene: Scene, d: int, names: Sequence[Sequence[str]] | None) -> str:
    """All that is known of direction ``d``, a line for each model; ``names`` are what it does."""
    lines = [f"Direction {d + 1} at this image. Unit: RMS change of the image."]
    for i, view in enumerate(scene.columns):
        place = view.place
        if d >= place.directions.shape[1]:
            continue
        words = f"{view.caption}: σ = {place.sigma[d]:.4g}"
        if view.match is not None:
            words += f", |cos| {abs(float(view.match.cosine[d])):.3f} (its u{view.match.order[d] + 1})"
        if place.inside is not None:
            words += f", {place.inside[d]:.1%} of its change inside the rectangle"
        if place.fit is not None:
            words += f", of all images: {fit_words(float(place.fit[d]))} (cos {place.fit[d]:.2f})"
        if names and i < len(names) and d < len(names[i]) and names[i][d]:
            words += f", {names[i][d]}"
        lines.append(words)
    return "\n".join(lines)


def brackets(scene: Scene, count: int) -> list[list[Mark | None]]:
    """At each of ``count`` sliders every model's part of the brackets; empty lists if there is no group."""
    views = scene.columns
    members = [[[m for m in view.place.group(d) if m < count] for d in range(count)] for view in views]
    if not any(map(any, members)):
        return [[] for _ in range(count)]
    return [
        [_mark(view, d, found[d]) if found[d] else None for view, found in zip(views, members, strict=True)]
        for d in range(count)
    ]


def _mark(view: ColumnView, d: int, members: Sequence[int]) -> Mark:
    more = d == members[-1] and view.place.group_size(d) > len(members)
    return Mark(view.role, d - 1 in members, d + 1 in members or more)


def explain_groups(scene: Scene, d: int, count: int) -> str:
    """What a bracket means; empty where there is none."""
    lines = []
    for view in scene.columns:
        members = [member for member in view.place.group(d) if member < count]
        if not members:
            continue
        sigma = view.place.sigma[members]
        which = _listed([str(member + 1) for member in members], view.place.group_size(d) - len(members))
        spread = f"{sigma.min():.2g} … {sigma.max():.2g}"
        shown = f"shown by {basis_words(scene.state)}" if view.place.rotated else "shown as computed"
        lines.append(f"{view.caption}: {which}, σ {spread}; {shown}.")
    if not lines:
        return ""
    return "\n".join(
        [
            "These directions have nearly equal σ: a change of the image that one hardly sees can turn each",
            "of them into the others. Trust the subspace they span together, not a single one of them.",
            *lines,
        ]
    )


def _listed(words: Sequence[str], more: int) -> str:
    if more:
        words = [*words, f"{more} beyond"]
    return ", ".join(words[:-1]) + f" and {words[-1]}"
