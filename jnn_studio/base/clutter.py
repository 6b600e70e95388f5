"""What systems and programs leave in people's folders: no content, and no reason to call one not empty."""

from __future__ import annotations

import os
from pathlib import Path

_NAMES = frozenset(
    {
        # macOS
        *("__macosx", ".ds_store", ".localized", ".spotlight-v100", ".trashes", ".fseventsd", ".appledouble"),
        *(".documentrevisions-v100", ".temporaryitems", "temporary items", ".volumeicon.icns", ".apdisk"),
        *("network trash folder", "icon\r"),
        # Windows
        *("$recycle.bin", "recycler", "recycled", "system volume information", "desktop.ini"),
        *("thumbs.db", "ehthumbs.db", "ehthumbs_vista.db"),
        # Linux
        *("lost+found", ".directory", ".trash", ".hidden", ".thumbnails"),
        # network storage
        *("@eadir", "#recycle", "#snapshot", "@tmp", "@recycle", "@recently-snapshot", ".@__thumb"),
        # version control and synchronisation
        *(".git", ".gitignore", ".gitattributes", ".gitkeep", ".svn", ".hg", "cvs"),
        *(".dropbox", ".dropbox.cache", ".stfolder", ".stversions"),
        # viewers
        *(".picasa.ini", "picasa.ini", ".nomedia"),
    }
)
_BEGINNINGS = ("._", ".trash-", ".nfs", ".fuse_hidden", ".~lock.")


def is_clutter(name: str) -> bool:
    """Whether another program leaves files or folders of this name: ``Thumbs.db``, ``@eaDir``, ``._a``."""
    plain = name.lower()
    return plain in _NAMES or plain.startswith(_BEGINNINGS)


def is_empty(folder: Path) -> bool:
    """Whether there is nothing in ``folder`` but clutter; OSError if it cannot be looked into."""
    with os.scandir(folder) as entries:
        return all(is_clutter(entry.name) for entry in entries)
