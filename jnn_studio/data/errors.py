"""What can go wrong with images from outside."""

from __future__ import annotations

import os

from jnn_studio.base.errors import StudioError
from jnn_studio.base.reading import UnfitFileError


class DataError(StudioError):
    """An image source cannot be opened or read; the message says what, where and what to do."""


class UnreadableImageError(DataError):
    """One file gives no image.

    Attributes:
        reason: for people, without the file's name: ``"empty file"``.
        transient: the file system and not the content is to blame, so a later try may succeed.
    """

    def __init__(self, reason: str, transient: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.transient = transient

    @classmethod
    def from_os(cls, error: OSError) -> UnreadableImageError:
        """The same for an error of the file system."""
        if isinstance(error, FileNotFoundError):
            return cls("missing: moved, deleted, or a link to nowhere", transient=True)
        if isinstance(error, UnfitFileError):
            return cls(str(error.strerror))
        if isinstance(error, IsADirectoryError):
            return cls("not a file")
        if isinstance(error, PermissionError):
            return cls("permission denied", transient=True)
        reason = os.strerror(error.errno) if error.errno else str(error)
        return cls(f"cannot be read ({reason})", transient=True)
