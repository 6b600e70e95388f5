"""A folder or .zip of images, opened as a source."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from jnn_studio.base.errors import Cancelled
from jnn_studio.base.watch import Progress, Watch
from jnn_studio.data import folder, loading
from jnn_studio.data.decode import load_image
from jnn_studio.data.errors import DataError
from jnn_studio.data.folder import FolderSource, SkippedFile, open_folder
from jnn_studio.data.listing import FolderListing
from jnn_studio.data.source import ImageSource

Open = Callable[..., FolderSource]


def picture(seed: int, height: int = 21, width: int = 17) -> Image.Image:
    rng = np.random.default_rng(seed)
    return Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8))


def celeba(root: Path, count: int = 12) -> Path:
    """Photographs named as CelebA's are."""
    root.mkdir()
    for index in range(count):
        picture(index).save(root / f"{index + 1:06d}.jpg")
    return root


def packed(root: Path) -> Path:
    path = root.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for file in root.iterdir():
            archive.write(file, f"{root.name}/{file.name}")
    return path


def entries(cache_dir: Path) -> list[Path]:
    return list((cache_dir / "images").iterdir())


@pytest.fixture
def cache_dir(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def opened(cache_dir: Path) -> Open:
    """`open_folder` at 16 pixels with a cache of its own."""

    def open_here(path: Path, size: int = 16, channels: int = 3, **options: object) -> FolderSource:
        return open_folder(path, size, channels, cache_dir=cache_dir, **options)

    return open_here


@pytest.fixture
def faces(tmp_path: Path) -> Path:
    return celeba(tmp_path / "img_align_celeba")


class TestOpening:
    def test_a_folder_in_celeba_s_layout(self, faces: Path, opened: Open) -> None:
        source = opened(faces)
        assert isinstance(source, ImageSource)
        assert source.name == "img_align_celeba"
        assert len(source) == 12
        assert source.image_shape == (3, 16, 16)
        assert [source.label(index) for index in (0, 11)] == ["000001.jpg", "000012.jpg"]
        assert source.skipped == ()
        assert source.skipped_count == 0

    def test_a_zip_of_it_gives_the_same_images(self, faces: Path, opened: Open) -> None:
        source, archive = opened(faces), opened(packed(faces))
        assert archive.name == "img_align_celeba"
        assert archive.label(3) == "img_align_celeba/000004.jpg"
        torch.testing.assert_close(archive.images(range(12)), source.images(range(12)), rtol=0, atol=0)

    def test_a_dropped_file_looks_as_it_does_in_its_folder(self, faces: Path, opened: Open) -> None:
        for channels in (1, 3):
            (image,) = opened(faces, channels=channels).images([4])
            torch.testing.assert_close(load_image(faces / "000005.jpg", 16, channels), image, rtol=0, atol=0)

    def test_nested_folders_of_mixed_formats_in_grey(self, tmp_path: Path, opened: Open) -> None:
        root = tmp_path / "orl"
        for index, kind in enumerate(["pgm", "png", "bmp", "ppm", "webp", "jpeg"]):
            (root / f"s{index}").mkdir(parents=True)
            picture(index).convert("L").save(root / f"s{index}" / f"1.{kind}")
        source = opened(root, channels=1)
        assert source.image_shape == (1, 16, 16)
        assert [source.label(index) for index in range(6)] == [
            "s0/1.pgm", "s1/1.png", "s2/1.bmp", "s3/1.ppm", "s4/1.webp", "s5/1.jpeg",
        ]  # fmt: skip

    def test_the_number_of_threads_does_not_matter(self, tmp_path: Path, cache_dir: Path) -> None:
        root = celeba(tmp_path / "many", 150)
        one = open_folder(root, 16, cache_dir=cache_dir / "1", workers=1)
        many = open_folder(root, 16, cache_dir=cache_dir / "7", workers=7)
        assert torch.equal(one.images(range(150)), many.images(range(150)))

    @pytest.mark.parametrize(("size", "channels"), [(0, 3), (64, 2)])
    def test_sizes_and_channels_that_make_no_sense(
        self, faces: Path, opened: Open, size: int, channels: int
    ) -> None:
        with pytest.raises(ValueError, match=f"not {size} and {channels}"):
            opened(faces, size, channels)


class TestImages:
    @pytest.fixture
    def source(self, faces: Path, opened: Open) -> FolderSource:
        return opened(faces)

    def test_they_are_floats_channels_first(self, source: FolderSource) -> None:
        images = source.images([0, 5])
        assert images.shape == (2, 3, 16, 16)
        assert images.dtype == torch.float32
        assert images.is_contiguous()
        assert 0 <= images.min() < images.max() <= 1

    def test_any_order_and_repetition(self, source: FolderSource) -> None:
        everything = source.images(range(12))
        order = [7, 0, 7, 11]
        for indices in (order, tuple(order), np.array(order), torch.tensor(order)):
            assert torch.equal(source.images(indices), everything[order])
        assert source.images([]).shape == (0, 3, 16, 16)

    def test_a_batch_may_be_changed_without_changing_the_source(self, source: FolderSource) -> None:
        before = source.images([2])
        source.images([2]).zero_()
        source.thumbnails([2], 16)[:] = 0
        assert torch.equal(source.images([2]), before)

    def test_they_can_be_put_on_a_device(self, source: FolderSource) -> None:
        assert source.images([0], device="meta").device.type == "meta"

    @pytest.mark.parametrize("index", [12, -1])
    def test_an_image_that_is_not_there_is_named(self, source: FolderSource, index: int) -> None:
        message = f"img_align_celeba has no image {index}, only 0 to 11"
        for ask in (
            lambda: source.images([0, index]),
            lambda: source.thumbnails([index], 8),
            lambda: source.label(index),
        ):
            with pytest.raises(IndexError, match=message):
                ask()


class TestThumbnails:
    @pytest.mark.parametrize("channels", [1, 3])
    @pytest.mark.parametrize("size", [8, 16, 40])
    def test_they_are_colour_at_any_size(self, faces: Path, opened: Open, channels: int, size: int) -> None:
        source = opened(faces, channels=channels)
        thumbnails = source.thumbnails([3, 1, 3], size)
        assert thumbnails.shape == (3, size, size, 3)
        assert thumbnails.dtype == np.uint8
        assert thumbnails.flags.c_contiguous
        np.testing.assert_array_equal(thumbnails[0], thumbnails[2])
        means = source.images([3, 1]).mean(dim=(2, 3)).numpy() * 255
        np.testing.assert_allclose(thumbnails[:2].mean(axis=(1, 2)), np.broadcast_to(means, (2, 3)), atol=6)

    def test_at_the_source_s_own_size_they_are_the_images(self, faces: Path, opened: Open) -> None:
        source = opened(faces)
        images = source.images([2]).permute(0, 2, 3, 1).mul(255).round().numpy()
        np.testing.assert_array_equal(source.thumbnails([2], 16), images)

    def test_none_may_be_asked_for(self, faces: Path, opened: Open) -> None:
        assert opened(faces).thumbnails([], 8).shape == (0, 8, 8, 3)


class TestSkipping:
    def test_each_bad_file_is_listed_with_its_reason(self, faces: Path, opened: Open) -> None:
        (faces / "000003.jpg").write_bytes(b"")
        whole = (faces / "000005.jpg").read_bytes()
        (faces / "000005.jpg").write_bytes(whole[: len(whole) // 2])
        (faces / "000007.jpg").write_text("a letter")
        (faces / "000009.jpg").unlink()
        (faces / "000009.jpg").symlink_to("nowhere")
        source = opened(faces)
        assert len(source) == 8
        assert [source.label(index) for index in range(8)] == [
            f"{number:06d}.jpg" for number in (1, 2, 4, 6, 8, 10, 11, 12)
        ]
        reasons = {file.name: file.reason for file in source.skipped}
        assert reasons.keys() == {"000003.jpg", "000005.jpg", "000007.jpg", "000009.jpg"}
        assert reasons["000003.jpg"] == "empty file"
        assert reasons["000005.jpg"].startswith("damaged or cut short")
        assert reasons["000007.jpg"].startswith("not a readable JPEG")
        assert reasons["000009.jpg"].startswith("missing")
        assert source.skipped_count == 4

    def test_labels_and_skipped_are_the_same_from_the_cache(self, faces: Path, opened: Open) -> None:
        (faces / "000003.jpg").write_text("a letter")
        first, second = opened(faces), opened(faces)
        assert second.skipped == first.skipped == (SkippedFile("000003.jpg", first.skipped[0].reason),)
        assert [second.label(i) for i in range(11)] == [first.label(i) for i in range(11)]
        assert torch.equal(second.images(range(11)), first.images(range(11)))

    def test_the_content_decides_and_not_the_name(self, tmp_path: Path, opened: Open) -> None:
        (tmp_path / "in").mkdir()
        picture(0).save(tmp_path / "in" / "a.png", "JPEG")
        assert len(opened(tmp_path / "in")) == 1

    def test_bad_members_of_a_zip_are_skipped(self, faces: Path, opened: Open) -> None:
        (faces / "000002.jpg").write_text("a letter")
        path = packed(faces)
        member = (faces / "000004.jpg").read_bytes()
        path.write_bytes(path.read_bytes().replace(member, member[:-9] + bytes(9)))
        source = opened(path)
        assert len(source) == 10
        reasons = {file.name: file.reason for file in source.skipped}
        assert reasons["img_align_celeba/000002.jpg"].startswith("not a readable")
        assert reasons["img_align_celeba/000004.jpg"].startswith("damaged in the archive")

    def test_the_list_is_bounded_and_the_count_exact(self, faces: Path, opened: Open) -> None:
        for index in range(folder.MAX_REPORTED + 7):
            (faces / f"bad{index}.jpg").touch()
        for source in (opened(faces), opened(faces)):
            assert len(source) == 12
            assert len(source.skipped) == folder.MAX_REPORTED
            assert source.skipped_count == folder.MAX_REPORTED + 7

    def test_a_file_that_vanishes_meanwhile_is_tried_again_once_it_is_back(
        self, faces: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hidden = faces.with_name("hidden.jpg")
        lost = faces / "000004.jpg"
        key = FolderListing.key

        def key_then_loss(listing: FolderListing) -> str:
            found = key(listing)
            lost.rename(hidden)
            return found

        with monkeypatch.context() as patch:
            patch.setattr(FolderListing, "key", key_then_loss)
            first = opened(faces)
        assert [file.name for file in first.skipped] == ["000004.jpg"]
        assert first.skipped[0].reason.startswith("missing")
        hidden.rename(lost)
        assert len(opened(faces)) == 12

    def test_a_file_name_that_is_no_text_can_be_shown(self, tmp_path: Path, opened: Open) -> None:
        (tmp_path / "in").mkdir()
        picture(0).save(str(tmp_path / "in" / "caf\udce9.png"))
        (tmp_path / "in" / "th\udce9.png").touch()
        source = opened(tmp_path / "in")
        assert source.label(0) == r"caf\udce9.png"
        assert source.skipped[0].name == r"th\udce9.png"


class TestCaching:
    def test_the_second_opening_decodes_nothing(
        self, faces: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = opened(faces)

        def decode(*_: object) -> None:
            raise AssertionError("decoded again")

        monkeypatch.setattr(loading, "decode_middle", decode)
        assert torch.equal(opened(faces).images(range(12)), first.images(range(12)))

    def test_a_changed_file_is_noticed(self, faces: Path, opened: Open) -> None:
        before = opened(faces).images([3])
        picture(99).save(faces / "000004.jpg")
        assert not torch.equal(opened(faces).images([3]), before)

    def test_sizes_and_channels_have_entries_of_their_own(
        self, faces: Path, opened: Open, cache_dir: Path
    ) -> None:
        for size, channels in [(16, 3), (16, 1), (8, 3), (16, 3)]:
            assert opened(faces, size, channels).image_shape == (channels, size, size)
        assert len(entries(cache_dir)) == 3

    def test_a_damaged_entry_is_made_again(self, faces: Path, opened: Open, cache_dir: Path) -> None:
        before = opened(faces).images(range(12))
        (entry,) = entries(cache_dir)
        (entry / "images.npy").write_bytes((entry / "images.npy").read_bytes()[:-1])
        assert torch.equal(opened(faces).images(range(12)), before)

    def test_a_cache_that_cannot_be_written_is_named(self, faces: Path, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(DataError, match=r"image cache in .*file"):
            open_folder(faces, cache_dir=tmp_path / "file")


OPEN_AND_SUM = """
import sys
from jnn_studio.data.folder import open_folder
from pathlib import Path
print("ready", flush=True)
sys.stdin.readline()
source = open_folder(Path(sys.argv[1]), 16, cache_dir=Path(sys.argv[2]))
print(len(source), source.images(range(len(source))).double().sum().item())
"""


def test_two_processes_may_open_the_same_folder_at_once(tmp_path: Path, cache_dir: Path) -> None:
    root = celeba(tmp_path / "shared", 200)
    command = [sys.executable, "-c", OPEN_AND_SUM, str(root), str(cache_dir)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as one, subprocess.Popen(command, **pipes) as two:
        assert one.stdout.readline() == two.stdout.readline() == "ready\n"
        for process in (one, two):
            process.stdin.write("go\n")
            process.stdin.flush()
        answers = [process.stdout.read() for process in (one, two)]
    assert answers[0] == answers[1]
    assert answers[0].startswith("200 ")
    assert len(entries(cache_dir)) == 1


class TestProgress:
    def test_it_ends_complete(self, faces: Path, opened: Open) -> None:
        (faces / "bad.jpg").touch()
        for _ in ("decoding", "from the cache"):
            reports: list[Progress] = []
            source = opened(faces, watch=Watch(reports.append))
            assert reports[-1] == Progress(13, 13, "Decoding images")
            assert source.skipped_count == 1


class TestCancelling:
    def test_it_stops_at_once_and_keeps_nothing(self, faces: Path, opened: Open, cache_dir: Path) -> None:
        before = threading.active_count()
        with pytest.raises(Cancelled):
            opened(faces, watch=Watch(unwanted=lambda: True))
        assert entries(cache_dir) == []
        assert threading.active_count() == before
        assert len(opened(faces)) == 12

    def test_it_can_come_in_the_middle(self, tmp_path: Path, opened: Open, cache_dir: Path) -> None:
        asked = []

        def cancelled() -> bool:
            asked.append(True)
            return len(asked) > 3

        with pytest.raises(Cancelled):
            opened(celeba(tmp_path / "many", 300), watch=Watch(unwanted=cancelled), workers=2)
        assert entries(cache_dir) == []

    def test_an_error_in_the_progress_callback_ends_the_load_in_the_same_way(
        self, faces: Path, opened: Open, cache_dir: Path
    ) -> None:
        def progress(_: Progress) -> None:
            raise RuntimeError("window closed")

        with pytest.raises(RuntimeError, match="window closed"):
            opened(faces, watch=Watch(progress))
        assert entries(cache_dir) == []


class TestNothingUsable:
    def test_an_empty_folder(self, tmp_path: Path, opened: Open) -> None:
        with pytest.raises(DataError, match="There is no image file") as caught:
            opened(tmp_path)
        assert str(tmp_path) in str(caught.value)
        assert ".webp" in str(caught.value)

    def test_a_zip_without_images(self, tmp_path: Path, opened: Open) -> None:
        path = tmp_path / "texts.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("readme.txt", "nothing to see")
        with pytest.raises(DataError, match=r"There is no image file .* in .*texts\.zip"):
            opened(path)

    def test_only_bad_files(self, faces: Path, opened: Open, cache_dir: Path) -> None:
        for path in faces.iterdir():
            path.write_bytes(b"")
        with pytest.raises(DataError, match=r"None of the image files .* 000001\.jpg, because: empty file"):
            opened(faces)
        assert entries(cache_dir) == []

    def test_only_dangling_links(self, tmp_path: Path, opened: Open) -> None:
        (tmp_path / "a.jpg").symlink_to("nowhere")
        with pytest.raises(DataError, match=r"a\.jpg, because: missing"):
            opened(tmp_path)

    def test_a_missing_path(self, tmp_path: Path, opened: Open) -> None:
        with pytest.raises(DataError, match="nothing at"):
            opened(tmp_path / "nowhere")

    def test_a_folder_that_goes_away_meanwhile(
        self, faces: Path, opened: Open, cache_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        key = FolderListing.key

        def key_then_loss(listing: FolderListing) -> str:
            found = key(listing)
            faces.rename(faces.with_name("unplugged"))
            return found

        monkeypatch.setattr(FolderListing, "key", key_then_loss)
        with pytest.raises(DataError, match="went away"):
            opened(faces)
        assert entries(cache_dir) == []


def test_the_record_on_disk_is_plain_json(faces: Path, opened: Open, cache_dir: Path) -> None:
    (faces / "000003.jpg").write_bytes(b"")
    opened(faces)
    (entry,) = entries(cache_dir)
    written = json.loads((entry / "record.json").read_text())
    assert written["record"] == {"skipped": [2], "reasons": ["empty file"], "retry": []}


def test_what_one_process_decodes_the_others_wait_for(
    tmp_path: Path, cache_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Processes that train together open the same folder at the same moment."""
    root, decoding, go_on = celeba(tmp_path / "photos"), threading.Event(), threading.Event()
    decode, calls, found = folder.decode_listing, [], []

    def slowly(*arguments: object) -> object:
        calls.append(arguments)
        decoding.set()
        assert go_on.wait(60)
        return decode(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(folder, "decode_listing", slowly)
    threads = [
        threading.Thread(target=lambda: found.append(open_folder(root, 16, cache_dir=cache_dir)))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    assert decoding.wait(60)
    impatient = Watch()
    threading.Timer(0.3, impatient.cancel).start()
    with pytest.raises(Cancelled):
        open_folder(root, 16, cache_dir=cache_dir, watch=impatient)
    go_on.set()
    for thread in threads:
        thread.join()

    assert len(calls) == 1
    assert [len(source) for source in found] == [12, 12, 12]
    (entry,) = entries(cache_dir)
    assert entry.is_dir()
