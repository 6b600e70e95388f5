"""What the names of folders say of the images in them: a class, a person, a scene."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from jnn_studio.data.attributes import AttributeTable, distinct

MAX_LEVELS = 3
"""Folders within folders that are told apart, from the outermost on."""

MAX_CLASSES = 9
"""Folders up to which each is a class, and an attribute of its images; more are rather persons, or scenes."""

_LACKING = re.compile(
    r"(no|not|non|neg|negatives?|without|absent|false|off|0|neutral|none|others?|rest|background|controls?)"
    r"(?![a-z])",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class FolderLevel:
    """The folders of one depth, of those that tell images apart.

    Attributes:
        name: "folder", or "folder, level 2" where more than one depth does.
        folders: their names, in the order of the alphabet and of the numbers in them; "" where images lie
            above them.
        of: int64 (images,), each image's place in ``folders``.
    """

    name: str
    folders: tuple[str, ...]
    of: np.ndarray


def folder_levels(labels: Sequence[str]) -> tuple[FolderLevel, ...]:
    """The levels of folders that images are in, by their labels, whose parts are separated by ``/``.

    A level at which all images are in one folder, or every image in one of its own, says nothing.
    """
    parts = [label.split("/")[:-1] for label in labels]
    found = []
    for depth in range(min(MAX_LEVELS, max(map(len, parts), default=0))):
        names = [folders[depth] if depth < len(folders) else "" for folders in parts]
        known = {name: number for number, name in enumerate(sorted(set(names), key=_order))}
        if 1 < len(known) < len(labels):
            found.append((depth, tuple(known), np.array([known[name] for name in names], np.int64)))
    return tuple(
        FolderLevel("folder" if len(found) == 1 else f"folder, level {depth + 1}", names, of)
        for depth, names, of in found
    )


def folder_attributes(labels: Sequence[str]) -> AttributeTable | None:
    """A yes-or-no attribute for every class that folders tell, as from a table; None: there are no classes.

    Up to `MAX_CLASSES` folders of one level are classes. Of two one is yes and the other no, by what they are
    called: *smiling* and *not smiling*, *positives* and *negatives*; else the later one is yes. Images above
    the folders of a level have no value.
    """
    names: list[str] = []
    columns: list[np.ndarray] = []
    for level in folder_levels(labels):
        classes = [number for number, name in enumerate(level.folders) if name]
        if not 2 <= len(classes) <= MAX_CLASSES:
            continue
        if len(classes) == 2:
            first_is_yes = _lacks(level.folders[classes[1]]) and not _lacks(level.folders[classes[0]])
            yes = classes[:1] if first_is_yes else classes[1:]
        else:
            yes = classes
        known = np.isin(level.of, classes)
        for number in yes:
            names.append(level.folders[number])
            columns.append(np.where(known, level.of == number, np.nan).astype(np.float32))
    if not names:
        return None
    values = np.stack(columns, axis=1)
    values.flags.writeable = False
    matched = int(np.isfinite(values).any(axis=1).sum())
    binary = (True,) * len(names)
    return AttributeTable("names of folders", distinct(names), values, binary, matched, len(labels), 0, ())


def with_folders(table: AttributeTable | None, folders: AttributeTable | None) -> AttributeTable | None:
    """What a table and the names of folders say of the same images together."""
    if table is None or folders is None:
        return table or folders
    new = [index for index, name in enumerate(folders.names) if name not in table.names]
    values = np.concatenate([table.values, folders.values[:, new]], axis=1)
    values.flags.writeable = False
    return AttributeTable(
        table.title,
        (*table.names, *(folders.names[index] for index in new)),
        values,
        (*table.binary, *(folders.binary[index] for index in new)),
        table.matched,
        table.rows,
        table.repeated,
        table.ignored,
    )


def _order(name: str) -> tuple[tuple[str, int], ...]:
    """By which s2 comes before s10."""
    parts = re.split(r"([0-9]{1,18})", name)
    return tuple(
        (text, int(number or 0)) for text, number in zip(parts[::2], [*parts[1::2], ""], strict=True)
    )


def _lacks(name: str) -> bool:
    """Whether a folder is called after what its images have not."""
    return _LACKING.match(name.strip()) is not None
