"""The image files of a folder or a .zip: their names, a key of their content, and their bytes.

Nothing is decoded here. Files count by their extension; what is in them is decided on decoding. What is
hidden, or left by another program, does not count.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
import struct
import threading
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np

from jnn_studio.base.clutter import is_clutter
from jnn_studio.base.embedded_pictures import may_have_pictures, read_pictures
from jnn_studio.base.reading import MalformedError, open_file
from jnn_studio.base.watch import Watch
from jnn_studio.data.decode import MAX_FILE_BYTES
from jnn_studio.data.errors import DataError, UnreadableImageError
from jnn_studio.data.image_formats import is_image_name, unread_reason

_SAMPLED_FILES = 32
_SAMPLED_BYTES = 16_384


class Listing(Protocol):
    """A fixed, sorted list of image files."""

    @property
    def names(self) -> list[str]:
        """Names relative to the folder or archive, with ``/`` between the parts."""

    @property
    def unlisted(self) -> list[tuple[str, str]]:
        """(name, reason) of image files and folders that could not even be listed."""

    def key(self) -> str:
        """Hexadecimal hash that changes when any of the files does."""

    def stamps(self) -> np.ndarray:
        """uint64 (files, 3): of each file hashes of its name and of its content as far as that is known
        without reading it, and when it was last written (ns; 0 where nothing says so)."""

    def open(self, index: int) -> BinaryIO:
        """The bytes of file ``index``. Raises OSError or UnreadableImageError."""

    def close(self) -> None: ...


def list_images(path: Path, watch: Watch | None = None) -> Listing:
    """List the image files in the folder or .zip at ``path``, or the pictures of a portable model.

    Raises:
        DataError: there is nothing at ``path``, or neither a readable folder nor a sound .zip.
        Cancelled: ``watch`` said so.
    """
    try:
        if path.is_dir():
            return FolderListing(path, watch)
        if not path.exists():
            raise DataError(f"There is nothing at {path}. Check the path, or choose another folder.")
        if may_have_pictures(path):
            return PicturesListing(path)
        if path.is_file():
            with open_file(path) as file:
                archive = zipfile.is_zipfile(file)
            if archive:
                return ZipListing(path)
    except MalformedError as error:
        raise DataError(str(error)) from error
    except OSError as error:
        reason = UnreadableImageError.from_os(error).reason
        raise DataError(f"{path} cannot be opened: {reason}. Check it, or choose another folder.") from error
    if path.suffix.lower() == ".zip":
        raise DataError(f"{path} is a broken .zip file. Download or pack it again.")
    raise DataError(f"{path} is neither a folder nor a .zip file. Choose the folder with the images.")


class FolderListing:
    """All image files under a folder, links followed, every folder visited once."""

    def __init__(self, root: Path, watch: Watch | None = None) -> None:
        self._root = root
        self.unlisted: list[tuple[str, str]] = []
        self._hash = hashlib.sha256()
        found = sorted(self._walk(watch or Watch()))
        for name, size, modified in found:
            self._hash.update(f"{len(name)}:{name}:{size}:{modified}\n".encode("utf-8", "surrogatepass"))
        self.names = [name for name, _, _ in found]
        self._sizes = [size for _, size, _ in found]
        self._dates = [modified for _, _, modified in found]

    def _walk(self, watch: Watch) -> Iterator[tuple[str, int, int]]:
        """(relative name, size, modification time in ns) of every image file, in no order."""
        waiting = [""]
        seen: set[tuple[int, int]] = set()  # a link may lead back up
        visited = 0
        while waiting:
            folder = waiting.pop()
            folders: list[tuple[bool, str]] = []
            try:
                here = (self._root / folder).stat()
                if (here.st_dev, here.st_ino) in seen:
                    continue
                seen.add((here.st_dev, here.st_ino))
                with os.scandir(self._root / folder) as entries:
                    for entry in entries:
                        visited += 1
                        if visited % 1024 == 0:
                            watch.check()
                        name = f"{folder}/{entry.name}" if folder else entry.name
                        if _hidden(entry.name):
                            continue
                        if _is_folder(entry):
                            folders.append((entry.is_symlink(), name))
                        elif is_image_name(entry.name) and (about := self._about(entry, name)):
                            yield name, about.st_size, about.st_mtime_ns
                        elif reason := unread_reason(entry.name):
                            self.unlisted.append((name, reason))
            except OSError as error:
                if not folder:
                    raise
                self.unlisted.append((folder, UnreadableImageError.from_os(error).reason))
            # In fixed order and links last: of two ways to one folder the same one always gives the names.
            waiting.extend(name for _, name in sorted(folders, reverse=True))

    def _about(self, entry: os.DirEntry[str], name: str) -> os.stat_result | None:
        try:
            about = entry.stat()
        except OSError as error:
            self.unlisted.append((name, UnreadableImageError.from_os(error).reason))
            return None
        if not stat.S_ISREG(about.st_mode):  # opening a pipe could wait for ever
            self.unlisted.append((name, "not a regular file"))
            return None
        return about

    def key(self) -> str:
        """Hash of every file's name, size and modification time, and of a few files' bytes.

        Name, size and time change whenever a program writes a file, and reading them takes about a
        second for 200,000 files where reading the bytes takes minutes. The place of the folder is left
        out, so that it may be moved. What they cannot tell apart are two sets of equally large raw files
        whose archive gave every file the same time; the sampled bytes do.
        """
        digest = self._hash.copy()
        count = min(len(self.names), _SAMPLED_FILES)
        for index in (i * len(self.names) // count for i in range(count)):
            try:
                with self.open(index) as file:
                    file.seek(max(0, (file.seek(0, os.SEEK_END) - _SAMPLED_BYTES) // 2))
                    digest.update(file.read(_SAMPLED_BYTES))
            except OSError:
                digest.update(b"unreadable")
        return digest.hexdigest()

    def stamps(self) -> np.ndarray:
        return _stamps(zip(self.names, map(str, self._sizes), self._dates, strict=True))

    def open(self, index: int) -> BinaryIO:
        return open_file(self._root / self.names[index])

    def close(self) -> None:
        pass


class ZipListing:
    """All image files in a .zip, read in place."""

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, struct.error) as error:
            raise DataError(f"{path} is a broken .zip file ({error}). Download or pack it again.") from error
        members = [
            member
            for member in self._zip.infolist()
            if not member.is_dir() and not any(_hidden(part) for part in member.filename.split("/"))
        ]
        self._members = sorted(
            (member for member in members if is_image_name(member.filename)),
            key=lambda member: member.filename,
        )
        self.names = [member.filename for member in self._members]
        told = ((member.filename, unread_reason(member.filename)) for member in members)
        self.unlisted: list[tuple[str, str]] = [(name, reason) for name, reason in told if reason]
        self._lock = threading.Lock()

    def key(self) -> str:
        """Hash of every member's name, size and checksum, which the archive's directory holds."""
        digest = hashlib.sha256()
        for member in self._members:
            entry = f"{len(member.filename)}:{member.filename}:{member.file_size}:{member.CRC}\n"
            digest.update(entry.encode("utf-8", "surrogatepass"))
        return digest.hexdigest()

    def stamps(self) -> np.ndarray:
        return _stamps((m.filename, f"{m.file_size}:{m.CRC}", 0) for m in self._members)

    def open(self, index: int) -> BinaryIO:
        member = self._members[index]
        if member.flag_bits & 1:
            raise UnreadableImageError("encrypted in the archive")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            # The others unpack without a bound on what one read returns.
            raise UnreadableImageError("packed by another method than store or deflate")
        if member.file_size > MAX_FILE_BYTES:
            size = member.file_size / 2**20
            raise UnreadableImageError(
                f"unpacks to {size:,.0f} MB, more than the {MAX_FILE_BYTES >> 20} MB read"
            )
        try:
            with self._lock:  # `ZipFile` counts its readers without one
                reader = self._zip.open(member)
            try:
                # Bounded also where the member unpacks to more than its entry says.
                return io.BytesIO(reader.read(member.file_size))
            finally:
                with self._lock:
                    reader.close()
        except MemoryError:
            raise UnreadableImageError("not enough memory to unpack it", transient=True) from None
        except (
            zipfile.BadZipFile,
            NotImplementedError,
            ValueError,
            EOFError,
            RuntimeError,
            zlib.error,
        ) as error:
            raise UnreadableImageError(f"damaged in the archive ({error})") from error

    def close(self) -> None:
        self._zip.close()


class PicturesListing:
    """The pictures that a portable model brings along; see `embedded_pictures`."""

    def __init__(self, path: Path) -> None:
        self._pictures = read_pictures(path)
        self.names = [f"picture {number:02d}.png" for number in range(1, len(self._pictures) + 1)]
        self.unlisted: list[tuple[str, str]] = []

    def key(self) -> str:
        """Hash of all there is."""
        digests = [hashlib.sha256(picture).digest() for picture in self._pictures]
        return hashlib.sha256(b"".join(digests)).hexdigest()

    def stamps(self) -> np.ndarray:
        return _stamps(
            (n, hashlib.sha256(p).hexdigest(), 0) for n, p in zip(self.names, self._pictures, strict=True)
        )

    def open(self, index: int) -> BinaryIO:
        return io.BytesIO(self._pictures[index])

    def close(self) -> None:
        pass


def _stamps(files: Iterable[tuple[str, str, int]]) -> np.ndarray:
    rows = [(_hash(name), _hash(content), date & 2**64 - 1) for name, content, date in files]
    return np.array(rows, np.uint64).reshape(-1, 3)


def _hash(text: str) -> int:
    data = text.encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "little")


def _hidden(name: str) -> bool:
    return name.startswith(".") or is_clutter(name)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False
