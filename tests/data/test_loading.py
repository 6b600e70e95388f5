"""A listing decoded on several threads, in order, in bounded memory, until done or cancelled."""

from __future__ import annotations

import io
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from jnn_studio.base.errors import Cancelled
from jnn_studio.base.watch import Progress, Watch
from jnn_studio.data import loading
from jnn_studio.data.decode import decode_middle
from jnn_studio.data.listing import FolderListing
from jnn_studio.data.loading import UnreadFile, decode_listing

SHAPE = (3, 8, 8)


class Watched(FolderListing):
    """A folder that notes which of its files were opened, and can make their readers wait."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.opened: list[int] = []
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    def open(self, index: int) -> io.BufferedReader:
        self.opened.append(index)
        self.may_go_on.wait()
        return super().open(index)


@pytest.fixture
def listing(tmp_path: Path) -> Watched:
    """200 pictures, each of a grey of its own."""
    for index in range(200):
        Image.new("L", (12, 9), index).save(tmp_path / f"{index:03d}.png")
    return Watched(tmp_path)


def test_images_come_in_the_order_of_the_listing(listing: Watched) -> None:
    images = np.concatenate([chunk.images for chunk in decode_listing(listing, SHAPE, workers=5)])
    assert images.shape == (200, *SHAPE)
    np.testing.assert_array_equal(images[:, 0, 0, 0], np.arange(200))


def test_failures_are_told_by_index_and_images_close_ranks(listing: Watched, tmp_path: Path) -> None:
    (tmp_path / "003.png").write_bytes(b"")
    (tmp_path / "150.png").unlink()
    chunks = list(decode_listing(listing, SHAPE))
    assert sum(chunk.files for chunk in chunks) == 200
    empty, gone = (failure for chunk in chunks for failure in chunk.failures)
    assert empty == UnreadFile(3, "empty file", transient=False)
    assert (gone.index, gone.transient) == (150, True)
    greys = np.concatenate([chunk.images for chunk in chunks])[:, 0, 0, 0]
    np.testing.assert_array_equal(greys, np.delete(np.arange(200), [3, 150]))


def test_large_images_come_one_at_a_time(listing: Watched) -> None:
    chunks = decode_listing(listing, (3, 1_024, 1_024), workers=1)
    assert next(chunks).images.shape == (1, 3, 1_024, 1_024)
    chunks.close()


def test_only_a_bounded_number_of_files_is_in_flight(
    listing: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However slowly the results are taken, decoding runs only a few chunks ahead of them."""
    monkeypatch.setattr(loading, "_CHUNK_FILES", 1)
    for taken, _ in enumerate(decode_listing(listing, SHAPE, workers=2), 1):
        assert len(listing.opened) <= taken + 2 * 2
    assert sorted(listing.opened) == list(range(200))


def test_progress_only_grows_and_comes_from_the_consuming_thread(
    listing: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "_REPORT_EVERY", -1.0)
    reports: list[Progress] = []
    threads = set()

    def progress(report: Progress) -> None:
        reports.append(report)
        threads.add(threading.current_thread())

    for _ in decode_listing(listing, SHAPE, Watch(progress), workers=2):
        pass
    done = [report.done for report in reports]
    assert len(done) > 3
    assert done == sorted(set(done))
    assert reports[-1] == Progress(200, 200, "Decoding images")
    assert threads == {threading.current_thread()}


def test_cancelling_leaves_undone_what_a_thread_was_already_given(
    listing: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "_CHUNK_FILES", 200)
    listing.may_go_on.clear()

    def cancelled() -> bool:
        if listing.opened:
            listing.may_go_on.set()
        return listing.may_go_on.is_set()

    with pytest.raises(Cancelled):
        next(decode_listing(listing, SHAPE, Watch(unwanted=cancelled), workers=1))
    assert 0 < len(listing.opened) < 200


def test_closing_the_iterator_ends_the_threads(listing: Watched) -> None:
    before = threading.active_count()
    chunks = decode_listing(listing, SHAPE, workers=3)
    next(chunks)
    assert threading.active_count() > before
    chunks.close()
    assert threading.active_count() == before


def test_every_decoded_image_is_that_of_its_file(listing: Watched, tmp_path: Path) -> None:
    chunk = next(decode_listing(listing, SHAPE, workers=1))
    with (tmp_path / "007.png").open("rb") as file:
        np.testing.assert_array_equal(chunk.images[7], decode_middle(file, 8, 3))
