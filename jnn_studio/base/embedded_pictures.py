"""Pictures that a portable model brings along, to be looked at with it: PNGs in the header of its file."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from pathlib import Path

from jnn_studio.base.endings import ending_of
from jnn_studio.base.reading import MalformedError, open_file, parse_json

ENDING = ".jnnmodel"
KEY = "pictures"
"""In the metadata of the file."""
MAX_PICTURES = 64
MAX_BYTES = 4 * 2**20
"""Of all pictures of a file together."""
_MAX_HEADER = 16 * 2**20


def written(pictures: Sequence[bytes]) -> str:
    """Encoded pictures as the text that the metadata hold."""
    return json.dumps([base64.b64encode(picture).decode() for picture in pictures])


def may_have_pictures(path: Path) -> bool:
    """Whether a file is one of those that are looked into."""
    return ending_of(path) == ENDING


def read_pictures(path: Path) -> list[bytes]:
    """The encoded pictures in a file, none of them looked at; empty if it has none.

    Raises:
        MalformedError: it is no such file, or is damaged.
        OSError: it cannot be read.
    """
    with open_file(path) as file:
        length = int.from_bytes(file.read(8), "little")
        if length > _MAX_HEADER:
            raise MalformedError(f"{path} does not begin with a header; it is damaged")
        text = file.read(length)
    try:
        header = parse_json(text.decode())
        metadata = header.get("__metadata__", {}) if isinstance(header, dict) else {}
        listed = parse_json(metadata.get(KEY, "[]"))
        if (
            not isinstance(listed, list)
            or len(listed) > MAX_PICTURES
            or sum(map(len, listed)) > 2 * MAX_BYTES
        ):
            raise ValueError("no list of pictures")
        return [base64.b64decode(picture, validate=True) for picture in listed]
    except (ValueError, TypeError, AttributeError, binascii.Error) as error:
        raise MalformedError(f"{path} has pictures that cannot be read ({error}); copy it again") from error
