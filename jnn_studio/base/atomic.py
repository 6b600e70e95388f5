"""Files that are there whole or not at all, and logs that are appended to."""

from __future__ import annotations

import errno
import os
import secrets
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from jnn_studio.base.reading import refuse_special

_NEW = 0o666  # less what the umask takes
_NAMED = 40


@contextmanager
def replacing(path: Path, through_links: bool = True, make_folder: bool = True) -> Iterator[Path]:
    """A temporary path beside ``path`` to write to; at the end it is flushed to disk and renamed.

    A new file has the permissions that the umask leaves, a replaced one keeps its own. Where ``path`` is a
    link, what it leads to is written; without ``through_links`` the link itself is replaced, for folders that
    come from somebody else. The folder is made, unless ``make_folder`` is False.

    Raises:
        UnfitFileError: ``path`` is a device, a pipe or a socket.
        OSError: the folder cannot be written or the disk is full; ``path`` is then as it was.
    """
    if make_folder:
        path.parent.mkdir(parents=True, exist_ok=True)
    if through_links and path.is_symlink():
        target = Path(os.path.realpath(path))
        if target.is_symlink():
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
        path = target
    mode = None
    with suppress(FileNotFoundError):
        about = path.lstat()
        if not stat.S_ISLNK(about.st_mode):
            refuse_special(path, about)
            mode = stat.S_IMODE(about.st_mode) & 0o777
    try:
        temporary, given = _temporary(path)
    except OSError as error:
        error.filename = str(path)  # nobody knows the temporary name
        raise
    try:
        yield temporary
        # Whoever wrote may have put another file in its place, with permissions of its own.
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        if os.name == "posix":
            temporary.chmod(given if mode is None else mode)
        temporary.replace(path)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename in (str(temporary), temporary):
            error.filename = str(path)
        raise


def write_bytes(path: Path, data: bytes, through_links: bool = True) -> None:
    """Write ``data`` to ``path``, as `replacing`."""
    with replacing(path, through_links) as temporary:
        temporary.write_bytes(data)


def write_text(path: Path, text: str, through_links: bool = True) -> None:
    """`write_bytes` of UTF-8 text."""
    write_bytes(path, text.encode(), through_links)


def open_to_append(path: Path, through_links: bool = True) -> BinaryIO:
    """The ordinary file at ``path``, made if there is none, opened to be written at its end.

    Raises:
        UnfitFileError: there is a device, a pipe or a socket.
        OSError: there is a folder, or a link where ``through_links`` is False, or the system refuses.
    """
    with suppress(FileNotFoundError):
        refuse_special(path, path.stat())
    never_wait = getattr(os, "O_NONBLOCK", 0) | (0 if through_links else getattr(os, "O_NOFOLLOW", 0))
    file = open(path, "ab", opener=lambda name, flags: os.open(name, flags | never_wait, _NEW))  # noqa: SIM115
    try:
        refuse_special(path, os.fstat(file.fileno()))
    except BaseException:
        file.close()
        raise
    return file


def leftovers(folder: Path) -> list[Path]:
    """Temporary files anywhere in ``folder`` whose writer was killed."""
    # safetensors writes to a temporary file of its own beside the one it is given.
    return [*folder.rglob(".*.*-*.tmp"), *folder.rglob(".tmp??????")]


def _temporary(path: Path) -> tuple[Path, int]:
    """A new, empty file beside ``path`` that nobody could have put there, and its permissions."""
    # Cut: a name may be 255 bytes long, and so may the temporary one.
    name = os.fsdecode(os.fsencode(path.name)[:_NAMED])
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    while True:
        mark = f"{os.getpid()}-{threading.get_ident()}-{secrets.token_hex(4)}"
        temporary = path.with_name(f".{name}.{mark}.tmp")
        try:
            descriptor = os.open(temporary, flags, _NEW)
        except FileExistsError:
            continue
        try:
            return temporary, stat.S_IMODE(os.fstat(descriptor).st_mode)
        finally:
            os.close(descriptor)
