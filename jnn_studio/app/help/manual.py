"""The documentation as the window reads it: pages of Markdown, searched by words. Free of Qt."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from jnn_studio.base.reading import read_text
from jnn_studio.base.resource_files import manual

NEWS = "CHANGELOG.md"
_FIRST = (
    "index.md",
    "tutorial.md",
    "using.md",
    "photos.md",
    "photographs_measured.md",
    "eta.md",
    "directions.md",
    "runs.md",
    "sweeps.md",
    "own_models.md",
)
"""What people look for first; other pages follow by title."""
_MAX_BYTES = 2**20
_EXCERPT = 110
MAX_HITS = 60


@dataclass(frozen=True)
class ManualPage:
    """``name``: of its file, as seen from the documentation's folder; ``text``: Markdown."""

    name: str
    title: str
    text: str


@dataclass(frozen=True)
class Hit:
    """Where words were found: a page, the heading above, the beginning of the paragraph."""

    page: str
    title: str
    section: str
    begins: str
    excerpt: str


def read_manual() -> tuple[ManualPage, ...]:
    """All pages, in the order in which they are offered.

    Raises:
        OSError: the installation is incomplete.
    """
    root = manual()
    files = {path.relative_to(root).as_posix(): path for path in (*root.glob("*.md"), *root.glob("*/*.md"))}
    files |= dict(_news())
    pages = [_page(name, path) for name, path in files.items()]
    place = {name: number for number, name in enumerate(_FIRST)}
    last = len(_FIRST)
    return tuple(sorted(pages, key=lambda p: (p.name == NEWS, place.get(p.name, last), p.title.casefold())))


def search(pages: Sequence[ManualPage], words: str) -> tuple[Hit, ...]:
    """Paragraphs that have all the words, in any order and case; headings first.

    >>> page = ManualPage("a.md", "A", "# A\\n\\nNothing.\\n\\n## Keys\\n\\nPress F1 for help.")
    >>> [hit.section for hit in search([page], "HELP f1")]
    ['Keys']
    """
    wanted = words.casefold().split()
    if not wanted:
        return ()
    found: list[tuple[bool, Hit]] = []
    for page in pages:
        for section, block, is_heading in _blocks(page.text):
            plain = plain_words(block)
            if all(word in plain.casefold() for word in wanted):
                hit = Hit(page.name, page.title, section, plain[:40], _around(plain, wanted[0]))
                found.append((not is_heading, hit))
    found.sort(key=lambda entry: entry[0])
    return tuple(hit for _, hit in found[:MAX_HITS])


def plain_words(markdown: str) -> str:
    """A paragraph without its marks, as a browser shows it.

    >>> plain_words("**Map** (Ctrl+M), see [the map](map.md) and `jnn`.")
    'Map (Ctrl+M), see the map and jnn.'
    """
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", markdown)
    text = re.sub(r"^\s*(#+|[-*]|\d+\.|>)\s+", "", text, flags=re.MULTILINE)
    return " ".join(re.sub(r"\*\*|`|\*(?=\S)|(?<=\S)\*", "", text).split())


def leads_to(page: str, link: str) -> str:
    """Where a link of a page leads, as the page's own name is written; "" for the page itself.

    >>> leads_to("examples/README.md", "../penalty.md"), leads_to("using.md", "examples/walk.py")
    ('penalty.md', 'examples/walk.py')
    """
    return posixpath.normpath(posixpath.join(posixpath.dirname(page), link)) if link else ""


def _page(name: str, path: Path) -> ManualPage:
    text = read_text(path, _MAX_BYTES)
    heading = re.search(r"^# (.+)$", text, re.MULTILINE)
    if name == NEWS:
        text = text.replace("](docs/", "](")  # in a checkout it lies beside the others
    return ManualPage(name, plain_words(heading[1]) if heading else path.stem, text)


def _news() -> Iterator[tuple[str, Path]]:
    """It lies beside the documentation in a checkout, and among it where the program is installed."""
    beside = manual().parent / NEWS
    if not (manual() / NEWS).exists() and beside.exists():
        yield NEWS, beside


def _blocks(text: str) -> Iterator[tuple[str, str, bool]]:
    """(heading above, paragraph, whether it is a heading), of everything but code and pictures."""
    section, code = "", False
    for block in re.split(r"\n\s*\n", text):
        fences = block.count("```")
        if code or fences or block.lstrip().startswith("!["):
            code ^= bool(fences % 2)
            continue
        heading = re.match(r"#+ (.+)", block.lstrip())
        if heading:
            section = plain_words(heading[1])
        for line in block.split("\n") if block.lstrip().startswith("|") else [block]:
            yield section, line.strip("| "), heading is not None


def _around(plain: str, word: str) -> str:
    """The part of a paragraph that has the word."""
    at = max(0, plain.casefold().find(word) - _EXCERPT // 3)
    begin = plain.rfind(" ", 0, at) + 1 if at else 0
    part = plain[begin : begin + _EXCERPT]
    return ("…" if begin else "") + part + ("…" if begin + _EXCERPT < len(plain) else "")
