"""Decoded images on disk are there whole or not at all."""

from __future__ import annotations

import gc
import os
import resource
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from jnn_studio.base.errors import Cancelled
from jnn_studio.data.cache import CachedImages, ImageCache
from jnn_studio.data.errors import DataError

KEY, OTHER, THIRD = "a" * 64, "b" * 64, "c" * 64
SHAPE = (3, 8, 8)


def pictures(count: int = 10, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, *SHAPE), dtype=np.uint8)


def store(cache: ImageCache, key: str, images: np.ndarray | None = None) -> CachedImages:
    images = pictures() if images is None else images
    return cache.store(key, SHAPE, len(images), np.array_split(images, 3), lambda: {"names": ["a", "b"]})


def left_over(cache: ImageCache) -> list[str]:
    return sorted(path.name for path in cache.directory.iterdir())


@pytest.fixture
def cache(tmp_path: Path) -> ImageCache:
    return ImageCache(tmp_path)


class TestStoring:
    def test_what_is_stored_is_found_again(self, cache: ImageCache) -> None:
        stored = store(cache, KEY)
        found = ImageCache(cache.directory.parent).load(KEY)
        assert found is not None
        for entry in (stored, found):
            np.testing.assert_array_equal(entry.images, pictures())
            assert entry.record == {"names": ["a", "b"]}
        assert left_over(cache) == [KEY]

    def test_an_unknown_key_gives_nothing(self, cache: ImageCache) -> None:
        assert cache.load(KEY) is None
        store(cache, KEY)
        assert cache.load(OTHER) is None

    def test_fewer_images_than_expected_are_no_damage(self, cache: ImageCache) -> None:
        cache.store(KEY, SHAPE, 1_000, [pictures(2), pictures(0), pictures(3)], dict)
        found = cache.load(KEY)
        assert found is not None
        assert found.images.shape == (5, *SHAPE)

    def test_the_array_is_an_ordinary_npy_file(self, cache: ImageCache) -> None:
        store(cache, KEY)
        np.testing.assert_array_equal(np.load(cache.directory / KEY / "images.npy"), pictures())

    def test_images_are_mapped_and_cannot_be_written(self, cache: ImageCache) -> None:
        images = store(cache, KEY).images
        assert not images.flags.writeable
        assert not images.flags.owndata

    def test_a_load_broken_off_leaves_nothing(self, cache: ImageCache) -> None:
        def batches() -> Iterator[np.ndarray]:
            yield pictures(4)
            assert len(left_over(cache)) == 1
            raise Cancelled

        with pytest.raises(Cancelled):
            cache.store(KEY, SHAPE, 10, batches(), dict)
        assert left_over(cache) == []

    def test_a_refused_record_leaves_nothing(self, cache: ImageCache) -> None:
        def record() -> dict[str, object]:
            raise DataError("no image at all")

        with pytest.raises(DataError, match="no image at all"):
            cache.store(KEY, SHAPE, 10, [pictures()], record)
        assert left_over(cache) == []


class TestDamage:
    @pytest.mark.parametrize("kept", [0, 10, 200, 2_000])
    def test_a_shortened_array_is_dropped(self, cache: ImageCache, kept: int) -> None:
        store(cache, KEY)
        os.truncate(cache.directory / KEY / "images.npy", kept)
        assert cache.load(KEY) is None
        assert left_over(cache) == []

    @pytest.mark.parametrize("name", ["images.npy", "record.json"])
    def test_a_missing_part_is_noticed(self, cache: ImageCache, name: str) -> None:
        store(cache, KEY)
        (cache.directory / KEY / name).unlink()
        assert cache.load(KEY) is None

    @pytest.mark.parametrize("place", [3, 60, 128, 1_000, -1])
    def test_a_changed_byte_in_a_small_array_is_noticed(self, cache: ImageCache, place: int) -> None:
        store(cache, KEY)
        path = cache.directory / KEY / "images.npy"
        data = bytearray(path.read_bytes())
        data[place] ^= 0x40
        path.write_bytes(data)
        assert cache.load(KEY) is None

    def test_a_lost_block_in_a_large_array_is_noticed(self, cache: ImageCache) -> None:
        images = pictures(5_000)
        store(cache, KEY, images)
        with (cache.directory / KEY / "images.npy").open("rb+") as file:
            file.seek(images.nbytes // 2)
            file.write(bytes(images.nbytes // 10))
        assert cache.load(KEY) is None

    @pytest.mark.parametrize("text", ["", "{", "[]", "{}", "7", '{"shape": 3}', "\xff"])
    def test_a_damaged_record_is_noticed(self, cache: ImageCache, text: str) -> None:
        store(cache, KEY)
        (cache.directory / KEY / "record.json").write_text(text, encoding="latin-1")
        assert cache.load(KEY) is None

    def test_an_edited_record_is_noticed(self, cache: ImageCache) -> None:
        store(cache, KEY)
        path = cache.directory / KEY / "record.json"
        path.write_text(path.read_text().replace('"b"', '"c"'))
        assert cache.load(KEY) is None

    def test_the_entry_can_be_stored_again(self, cache: ImageCache) -> None:
        store(cache, KEY)
        (cache.directory / KEY / "images.npy").write_bytes(b"rubbish")
        assert cache.load(KEY) is None
        np.testing.assert_array_equal(store(cache, KEY).images, pictures())


class TestTwoAtOnce:
    def test_the_slower_one_takes_the_entry_of_the_faster(self, cache: ImageCache) -> None:
        def batches() -> Iterator[np.ndarray]:
            yield pictures(4)
            store(cache, KEY)
            yield pictures(6)

        slower = cache.store(KEY, SHAPE, 10, batches(), dict)
        np.testing.assert_array_equal(slower.images, pictures())
        assert slower.record == {"names": ["a", "b"]}
        assert left_over(cache) == [KEY]

    def test_many_threads_agree(self, cache: ImageCache) -> None:
        found: list[CachedImages] = []
        start = threading.Barrier(4)

        def run() -> None:
            start.wait()
            found.append(store(cache, KEY))

        threads = [threading.Thread(target=run) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 4
        for entry in found:
            np.testing.assert_array_equal(entry.images, pictures())
        assert left_over(cache) == [KEY]


HALF_BUILT = """
import sys, time
import numpy as np
from pathlib import Path
from jnn_studio.data.cache import ImageCache

def batches():
    yield np.zeros((4, 3, 8, 8), np.uint8)
    print("building", flush=True)
    time.sleep(600)

ImageCache(Path(sys.argv[1])).store("a" * 64, (3, 8, 8), 10, batches(), dict)
"""


class TestOrphans:
    def test_what_a_killed_process_left_is_removed_and_not_before(self, cache: ImageCache) -> None:
        command = [sys.executable, "-c", HALF_BUILT, str(cache.directory.parent)]
        builder = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert builder.stdout is not None
            assert builder.stdout.readline() == "building\n"
            (partial,) = cache.directory.iterdir()
            long_ago = time.time() - 3_600
            os.utime(partial, (long_ago, long_ago))
            store(cache, OTHER)
            assert left_over(cache) == sorted([OTHER, partial.name])
        finally:
            builder.kill()
            builder.communicate()
        store(cache, THIRD)
        assert left_over(cache) == [OTHER, THIRD]

    def test_a_build_that_has_just_begun_is_left_alone(self, cache: ImageCache) -> None:
        young = cache.directory / f"{OTHER}.{'0' * 32}.partial"
        young.mkdir(parents=True)
        store(cache, KEY)
        assert left_over(cache) == [KEY, young.name]

    def test_other_people_s_files_are_left_alone(self, cache: ImageCache) -> None:
        cache.directory.mkdir(parents=True)
        (cache.directory / "thesis.partial").write_text("years of work")
        (cache.directory / "photos").mkdir()
        for path in cache.directory.iterdir():
            os.utime(path, (0, 0))
        store(ImageCache(cache.directory.parent, limit=0), KEY)
        assert left_over(cache) == [KEY, "photos", "thesis.partial"]


class TestBounds:
    def test_the_least_recently_used_entries_go_first(self, cache: ImageCache) -> None:
        size = pictures().nbytes
        for age, key in [(300, KEY), (200, OTHER), (100, THIRD)]:
            store(cache, key)
            used = time.time() - age
            os.utime(cache.directory / key / "record.json", (used, used))
        assert cache.load(KEY) is not None
        store(ImageCache(cache.directory.parent, limit=7 * size // 2), "d" * 64)
        assert left_over(cache) == [KEY, THIRD, "d" * 64]

    def test_an_entry_in_use_stays_until_it_is_let_go(self, cache: ImageCache) -> None:
        small = ImageCache(cache.directory.parent, limit=1)
        used = store(small, KEY)
        store(small, OTHER)
        assert left_over(cache) == [KEY, OTHER]
        np.testing.assert_array_equal(used.images, pictures())
        del used
        gc.collect()
        store(small, THIRD)
        assert left_over(cache) == [THIRD]

    def test_a_disk_too_small_is_said_before_anything_is_decoded(self, cache: ImageCache) -> None:
        kept = store(cache, OTHER)
        del kept

        def batches() -> Iterator[np.ndarray]:
            raise AssertionError("decoding began")
            yield

        with pytest.raises(DataError) as caught:
            cache.store(KEY, SHAPE, 10**15, batches(), dict)
        assert str(cache.directory) in str(caught.value)
        assert "needs 192000000.00 GB" in str(caught.value)
        assert left_over(cache) == [OTHER]

    @pytest.mark.parametrize(("count", "needed"), [(10, "0.0 MB"), (10_000, "1.9 MB")])
    def test_a_write_that_fails_is_explained_and_leaves_nothing(
        self, cache: ImageCache, count: int, needed: str
    ) -> None:
        """A limit on the size of files stands in for a disk that fills while others write to it too."""
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, before[1]))
        try:
            with pytest.raises(DataError) as caught:
                store(cache, KEY, pictures(count))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert str(cache.directory) in str(caught.value)
        assert f"needs {needed}" in str(caught.value)
        assert left_over(cache) == []

    def test_a_place_that_cannot_be_written_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("in the way")
        with pytest.raises(DataError) as caught:
            store(ImageCache(tmp_path / "file"), KEY)
        assert str(tmp_path / "file") in str(caught.value)
        assert "choose another cache folder" in str(caught.value)

    def test_a_place_that_goes_away_meanwhile_is_named(self, cache: ImageCache) -> None:
        def batches() -> Iterator[np.ndarray]:
            yield pictures()
            shutil.rmtree(cache.directory)

        with pytest.raises(DataError, match="cannot be written") as caught:
            cache.store(KEY, SHAPE, 10, batches(), dict)
        assert str(cache.directory) in str(caught.value)
