"""What another program hands over, dropped or pasted: a file, a picture, or the address of one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMimeData, QObject
from PySide6.QtGui import QImage, QImageWriter

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.worker import Failure
from jnn_studio.base.watch import Watch
from jnn_studio.explore.saved.pasted import keep_picture

ENCODED = (
    "image/png",
    "image/jpeg",
    "image/webp",
    "image/tiff",
    "image/bmp",
    "image/x-bmp",
    "image/gif",
    "image/avif",
)
"""Kinds of pictures whose bytes are taken as they are, the best first."""

REMOTE = (
    "This is the address of a picture, and nothing is fetched from the net. Save the picture and open the "
    "file, or copy the picture itself and paste it (Ctrl+V)."
)
NOTHING = "There is no picture, file or folder on the clipboard. Copy one, then paste again."


@dataclass(frozen=True)
class Arrival:
    """What was handed over: one of these, or ``refusal``, why it cannot be used.

    Attributes:
        path: of a file or folder on this machine.
        data: an encoded picture.
        image: a picture as the system has it, which is still to be encoded.
    """

    path: Path | None = None
    data: bytes = b""
    image: QImage | None = None
    refusal: str = ""

    @property
    def is_picture(self) -> bool:
        """Whether it came without a file."""
        return bool(self.data) or self.image is not None

    def encoded(self) -> bytes:
        """The picture's bytes; may be called on any thread."""
        if self.image is None:
            return self.data
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        QImageWriter(buffer, QByteArray(b"png")).write(self.image)
        return bytes(buffer.data().data())


@dataclass(frozen=True)
class Glance:
    """What can be told of it while it hovers: nothing is read or decoded. ``path``: of this machine."""

    path: Path | None = None
    is_picture: bool = False


def glance_at(mime: QMimeData) -> Glance:
    """A file of this machine before a picture, a picture before its address, as `arrival_of` has it."""
    path = next((Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()), None)
    picture = mime.hasImage() or any(map(mime.hasFormat, ENCODED))
    return Glance(path, picture and path is None)


def keep_arrival(
    context: AppContext,
    owner: QObject,
    arrival: Arrival,
    then: Callable[[Path], object],
    failed: Callable[[Failure], None],
) -> None:
    """Keep a picture that came without a file, and go on with the file."""
    folder = context.data_folder / "pasted"

    def work(_: Watch) -> Path:
        return keep_picture(arrival.encoded(), folder)

    context.loading.request(owner, "pasted", work, then, failed)


def can_arrive(mime: QMimeData) -> bool:
    """Whether there is something to take, or to say."""
    return mime.hasUrls() or mime.hasImage() or any(map(mime.hasFormat, ENCODED))


def arrival_of(mime: QMimeData) -> Arrival:
    """A file of this machine before a picture, a picture before its address: so browsers hand them over."""
    for url in mime.urls():
        if url.isLocalFile():
            return Arrival(path=Path(url.toLocalFile()))
    for kind in ENCODED:
        if data := bytes(mime.data(kind).data()):
            return Arrival(data=data)
    image = mime.imageData() if mime.hasImage() else None
    if isinstance(image, QImage) and not image.isNull():
        return Arrival(image=image)
    return Arrival(refusal=REMOTE if _is_address(mime) else NOTHING)


def _is_address(mime: QMimeData) -> bool:
    return mime.hasUrls() or mime.text().strip().startswith(("http://", "https://", "data:"))
