"""A hook of mkdocs: what lies beside the documentation in a checkout, and how formulas stand on the site."""

from __future__ import annotations

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

NEWS = "CHANGELOG.md"
ICON = "images/jnn-studio.svg"
_CODE = re.compile(r"(^```.*?^```|`[^`\n]+`)", re.DOTALL | re.MULTILINE)
_LOWERED = re.compile(r"(‖|\bJ)_(?:\{([^{}]+)\}|([*Fℓ]))")
_RAISED = re.compile(r"(?<=</sub>)\^(?:\{([^{}]+)\}|(\w))")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the changelog, whose links are seen from where it lies, and the program's icon."""
    root = Path(config.config_file_path).parent
    text = (root / NEWS).read_text(encoding="utf-8")
    files.append(File.generated(config, NEWS, content=text.replace("](docs/", "](")))
    files.append(File.generated(config, ICON, content=(root / "resources/icons/jnn-studio.svg").read_bytes()))
    return files


def on_page_markdown(markdown: str, /, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Norms as they are written by hand: ``‖J‖_*`` has its star below the line; code is left as it is."""
    parts = _CODE.split(markdown)
    return "".join(part if number % 2 else _set(part) for number, part in enumerate(parts))


def _set(text: str) -> str:
    lowered = _LOWERED.sub(lambda m: f"{m[1]}<sub>{(m[2] or m[3]).replace('*', '&#42;')}</sub>", text)
    lowered = re.sub(r"\bS_(\d|L)(?=/|</sub>)", r"S<sub>\1</sub>", lowered)
    return _RAISED.sub(lambda m: f"<sup>{m[1] or m[2]}</sup>", lowered)
