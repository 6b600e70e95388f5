"""The documentation is whole and linked, and what is generated of it is current; `make docs` checks again."""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest
from markdown.extensions.toc import slugify_unicode

from jnn_studio.app.help.manual import NEWS, leads_to, plain_words, read_manual

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = {page.name: page.text for page in read_manual()}


def links(text: str) -> Iterator[str]:
    """Where a page leads, pictures included; not what stands in code."""
    prose = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)
    yield from re.findall(r"\]\(([^)\s]+)\)", prose)


def anchors(text: str) -> set[str]:
    """Those of a page's headings, as the site makes them."""
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    return {slugify_unicode(plain_words(head), "-") for head in re.findall(r"^#+ (.+)$", prose, re.MULTILINE)}


@pytest.mark.parametrize("name", PAGES)
def test_every_link_and_picture_of_the_manual_is_there(name: str) -> None:
    for link in links(PAGES[name]):
        if link.startswith(("https://", "http://")):
            continue
        path, _, anchor = link.partition("#")
        target = leads_to(name, path) or name
        assert target in PAGES or (DOCS / target).is_file(), f"{name}: {link}"
        if anchor:
            assert anchor in anchors(PAGES[target]), f"{name}: {link}"


def test_every_page_has_its_place_on_the_site() -> None:
    site = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    placed = re.findall(r"^ +- .+: (\S+\.md)$", site.partition("\nnav:")[2], re.MULTILINE)
    assert sorted(placed) == sorted(PAGES)


def test_the_site_and_the_manual_call_a_page_alike() -> None:
    titles = {page.name: page.title for page in read_manual()}
    assert titles["index.md"] == "JNN Studio"
    assert titles[NEWS] == "Changelog"
    assert titles["examples/README.md"] == "Examples"
    assert [page.name for page in read_manual()][:3] == ["index.md", "tutorial.md", "using.md"]


def test_every_picture_is_shown_somewhere() -> None:
    shown = {leads_to(name, link) for name, text in PAGES.items() for link in links(text)}
    shown |= {link.removeprefix("docs/") for link in links((ROOT / "README.md").read_text(encoding="utf-8"))}
    assert {f"images/{path.name}" for path in (DOCS / "images").iterdir()} <= shown


def test_commands_and_man_page_are_what_the_commands_say() -> None:
    made = runpy.run_path(str(ROOT / "packaging" / "commands.py"))
    assert made["page"]() == (DOCS / "commands.md").read_text(encoding="utf-8"), "run make commands"
    assert made["man_page"]() == (ROOT / "packaging" / "jnn-studio.1").read_text(encoding="utf-8")
    for line in made["man_page"]().split("\n"):
        assert re.match(r"\.(TH|SH|SS|TP|B)\b|[^.']|$", line), f"man would take this for a command: {line}"
