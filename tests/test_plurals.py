"""No number stands before a noun that it does not fit: “1 attributes”."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from jnn_studio.base.text import counted

PACKAGE = Path(__file__).parents[1] / "jnn_studio"
NOUNS = frozenset(
    [
        "images",
        "models",
        "runs",
        "steps",
        "files",
        "persons",
        "directions",
        "settings",
        "attributes",
        "rows",
        "points",
        "folders",
        "components",
        "columns",
        "pairs",
        "problems",
        "sessions",
        "groups",
        "processes",
        "values",
        "factors",
        "names",
        "curves",
        "photographs",
        "pictures",
        "frames",
        "networks",
        "epochs",
        "bytes",
        "lines",
        "changes",
        "threads",
        "machines",
        "devices",
        "classes",
        "seeds",
    ]
)


def told(tree: ast.AST) -> Iterator[ast.JoinedStr]:
    """What is told with numbers in it. What is raised is about numbers too large; a key is told to nobody."""
    for node in ast.iter_child_nodes(tree):
        key = isinstance(node, ast.FunctionDef) and node.name == "key"
        if not isinstance(node, ast.Raise) and not key:
            if isinstance(node, ast.JoinedStr):
                yield node
            yield from told(node)


def before_nouns(text: ast.JoinedStr) -> Iterator[str]:
    """Values of an f-string right before a noun in the plural; not of a size, 3 × 4 px, and no constant."""
    before = ""
    for part, after in pairwise([*text.values, ast.Constant("")]):
        if isinstance(part, ast.Constant):
            before = str(part.value)
        elif isinstance(part, ast.FormattedValue) and isinstance(after, ast.Constant):
            constant = isinstance(part.value, ast.Name) and part.value.id.isupper()
            noun = re.match(r" ([a-z]+)(?![/a-z])", str(after.value))
            if noun and noun[1] in NOUNS and not constant and not before.endswith("× "):
                yield f"{ast.unparse(part.value)}{after.value}"
            before = ""


def test_numbers_of_things_are_written_by_counted() -> None:
    found = [
        f"{path.relative_to(PACKAGE)}:{text.lineno}: {words}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for text in told(ast.parse(path.read_text(encoding="utf-8")))
        for words in before_nouns(text)
    ]
    assert found == []


def test_the_kind_is_found() -> None:
    wrong = ast.parse(
        "f'{len(names)} attributes'; f'{4} × {n} points'; f'{speed:.1f} steps/s'; f'{n} runs so far'"
    )
    assert [words for text in told(wrong) for words in before_nouns(text)] == [
        *("len(names) attributes", "n runs so far"),
    ]
    assert counted(1, "attribute") == "1 attribute"
