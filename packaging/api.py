"""Write ``docs/api.md`` from the docstrings: ``python packaging/api.py``."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jnn_studio
from jnn_studio.base.settings import Frozen

PAGE = Path(__file__).parents[1] / "docs" / "api.md"
GROUPS = {
    "The window": ("explore", "app.exploring:Exploration", "explore.scene.seen:SeenModel"),
    "The penalty": (
        "Composition",
        "NuclearNormPenalty",
        "penalty:PenaltyTerms",
        "tightness_gap",
        "penalty:TightnessGap",
        "exact_nuclear_norm",
    ),
    "Singular values": (
        "jacobian_svd",
        "JacobianSVD",
        "jacobian:krylov_svd",
        "jacobian:GramSVD",
        "SingularTracker",
        "effective_rank",
        "stable_rank",
        "nuclear_norm",
    ),
    "Walks": (
        "Walker",
        "Calibration",
        "explore.walking.place:Place",
        "explore.walking.place:Moved",
        "open_source",
    ),
    "Models": ("load_model", "open_models", "save_portable", "save_denoiser"),
    "Figures": (
        "ExploreState",
        "SceneRenderer",
        "make_sheet",
        "save_sheet",
        "save_animation",
        "explore.figures.animation:Animation",
        "explore.figures.motion:Motion",
    ),
    "In training code": ("JacobianPenalty", "RunWriter"),
}
"""Names of the package, and ``module:name`` of what they take and give."""
HEAD = """# The library

Written from the docstrings by `python packaging/api.py`. What stands here without a module is had by
`from jnn_studio import …`; it is loaded when it is first used, so that importing the package costs nothing.
[Examples](examples/README.md) of all of it run as they are; [choosing](choosing.md) says which estimator,
which method, and where to cut.
"""
SECTIONS = ("Args", "Attributes", "Returns", "Raises", "Example", "Signals", "Source")
LINE = 100


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for title, names in GROUPS.items():
        parts.append(f"## {title}\n")
        for name in names:
            parts += entry(name)
    told = {name for names in GROUPS.values() for name in names}
    if missing := set(jnn_studio.__all__) - told - {"__version__"}:
        raise SystemExit(f"packaging/api.py puts {', '.join(sorted(missing))} into no group")
    return "\n".join(parts)


def entry(name: str) -> Iterator[str]:
    """A function, or a class with its public members."""
    module, _, attribute = name.rpartition(":")
    if module:
        found = getattr(importlib.import_module(f"jnn_studio.{module}"), attribute)
    else:
        found = getattr(jnn_studio, name)
        found = inspect.unwrap(getattr(found, "_opener", lambda: found)())
    yield f"### `{f'jnn_studio.{module}.' if module else ''}{attribute}`\n"
    if not (inspect.isclass(found) and issubclass(found, Frozen)):
        yield f"```python\n{signature(attribute, found)}\n```\n"
    yield body(inspect.getdoc(found) or "")
    for member, value in vars(found).items() if inspect.isclass(found) else ():
        if member.startswith(("_", "on_")) or not inspect.getdoc(value) or isinstance(value, type):
            continue
        if isinstance(value, property):
            yield f"- **`{member}`**: {one_line(inspect.getdoc(value) or '')}\n"
        elif callable(getattr(found, member)):
            yield f"#### `{attribute}.{member}`\n"
            yield f"```python\n{signature(member, getattr(found, member))}\n```\n"
            yield body(inspect.getdoc(value) or "")


def signature(name: str, found: Any) -> str:
    """As it is called, on as many lines as it needs."""
    parameters = list(inspect.signature(found).parameters.values())
    words, keyword = [], False
    for parameter in parameters:
        if parameter.name == "self":
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and not keyword:
            keyword = True
            words.append("*")
        star = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
        text = star + parameter.name
        if parameter.annotation is not parameter.empty:
            text += f": {annotation(parameter.annotation)}"
        if parameter.default is not parameter.empty:
            text += f" = {default(parameter.default)}"
        words.append(text)
    returned = inspect.signature(found).return_annotation
    end = (
        "" if inspect.isclass(found) or returned is inspect.Signature.empty else f" -> {annotation(returned)}"
    )
    line = f"{name}({', '.join(words)}){end}"
    if len(line) <= LINE:
        return line
    return f"{name}(\n" + "".join(f"    {word},\n" for word in words) + f"){end}"


def annotation(value: Any) -> str:
    """A type as it is written."""
    if isinstance(value, str):
        return value
    return value.__name__ if inspect.isclass(value) else str(value).replace("typing.", "")


def default(value: Any) -> str:
    """A default value as it is written."""
    return getattr(value, "__name__", None) or repr(value)


def body(text: str) -> str:
    """A docstring as Markdown: sections in bold, their entries as lists, examples as code."""
    lines, section, code = [], "", False
    for line in text.replace("``", "`").split("\n"):
        head = re.fullmatch(r"(\w+):", line)
        if head and head[1] in SECTIONS:
            section = head[1]
            lines += [f"**{section}**", ""]
            continue
        if section and line and not line.startswith(" "):
            section = ""
        inner = line[4:] if section else line
        if inner.startswith((">>>", "...")) or (code and inner.strip()):
            if not code:
                lines.append("```python")
            code = True
            lines.append(re.sub(r"\s*# doctest:.*", "", inner))
            continue
        if code:
            lines.append("```")
            code = False
        if section and inner and not inner.startswith(" "):
            entry = re.match(r"([*\w, .]+):\s*(.*)", inner)
            lines.append(f"- **`{entry[1]}`** {entry[2]}" if entry and section != "Returns" else f"- {inner}")
        elif section and inner:
            lines.append(f"  {inner.strip()}")
        else:
            lines.append(inner)
    if code:
        lines.append("```")
    return "\n".join(lines).rstrip() + "\n"


def one_line(text: str) -> str:
    """A short docstring, as it stands in a list."""
    return re.sub(r"\s+", " ", text.split("\n\n")[0].replace("``", "`"))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
