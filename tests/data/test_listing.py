"""Which files of a folder or .zip count as images, and when their key changes."""

from __future__ import annotations

import os
import shutil
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from jnn_studio.base.errors import Cancelled
from jnn_studio.base.watch import Watch
from jnn_studio.data.errors import DataError, UnreadableImageError
from jnn_studio.data.listing import list_images


def fill(root: Path, *names: str) -> Path:
    """Files that hold their own name; nothing here looks inside."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return root


def pack(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


HIDDEN = [".DS_Store", "._a.jpg", ".git/b.png", "__MACOSX/c.jpg", "Thumbs.db", "notes.txt", "list_attr.csv"]


LEFT = [
    *("@eaDir/a.jpg/SYNOPHOTO_THUMB_M.jpg", "#recycle/b.jpg", "$RECYCLE.BIN/c.jpg", "RECYCLER/d.jpg"),
    *("System Volume Information/e.jpg", "lost+found/f.jpg", ".Spotlight-V100/g.jpg", ".Trashes/501/h.jpg"),
    *(
        "desktop.ini",
        "ehthumbs.db",
        "d/__macosx/._i.jpg",
        "d/.@__thumb/j.jpg",
        "@Recycle/k.png",
        ".Trash-1000/l.png",
    ),
]


class TestFolder:
    def test_nested_images_are_sorted_by_relative_name(self, tmp_path: Path) -> None:
        fill(tmp_path, "b/2.PNG", "b/1.jpeg", "a.jpg", "b/c/3.webp", "z.bmp", "x.pgm", "y.Ppm")
        names = list_images(tmp_path).names
        assert names == ["a.jpg", "b/1.jpeg", "b/2.PNG", "b/c/3.webp", "x.pgm", "y.Ppm", "z.bmp"]

    def test_hidden_files_and_others_are_ignored_silently(self, tmp_path: Path) -> None:
        listing = list_images(fill(tmp_path, "a.jpg", *HIDDEN))
        assert listing.names == ["a.jpg"]
        assert listing.unlisted == []

    def test_what_other_systems_leave_is_no_photograph(self, tmp_path: Path) -> None:
        listing = list_images(fill(tmp_path, "a.jpg", "d/e/my @eaDir.jpg", *LEFT))
        assert listing.names == ["a.jpg", "d/e/my @eaDir.jpg"]
        assert listing.unlisted == []

    def test_every_ending_of_what_is_read_counts(self, tmp_path: Path) -> None:
        endings = ["jfif", "JPE", "jpeg", "tif", "TIFF", "gif", "apng", "dib", "pbm", "pnm"]
        names = sorted(f"a.{ending}" for ending in endings)
        assert list_images(fill(tmp_path, *names)).names == names

    def test_images_that_are_not_read_are_mentioned(self, tmp_path: Path) -> None:
        listing = list_images(fill(tmp_path, "a.jpg", "d/b.HEIC", "c.jp2", "notes.txt"))
        assert listing.names == ["a.jpg"]
        reasons = dict(listing.unlisted)
        assert reasons.keys() == {"d/b.HEIC", "c.jp2"}
        assert reasons["d/b.HEIC"] == "HEIC images are not read; save it as JPEG or PNG"

    def test_links_are_followed_but_every_folder_is_visited_once(self, tmp_path: Path) -> None:
        fill(tmp_path / "far", "1.jpg")
        root = fill(tmp_path / "root", "real/2.jpg")
        (root / "linked").symlink_to(tmp_path / "far")
        (root / "also").symlink_to(root / "real")
        (root / "up").symlink_to(root)
        (root / "real" / "round").symlink_to(root / "real")
        (root / "self").symlink_to(root / "self")
        assert list_images(root).names == ["linked/1.jpg", "real/2.jpg"]

    def test_what_is_named_an_image_and_is_no_file_is_told(self, tmp_path: Path) -> None:
        fill(tmp_path, "a.jpg")
        (tmp_path / "lost.jpg").symlink_to(tmp_path / "nowhere")
        (tmp_path / "self.png").symlink_to(tmp_path / "self.png")
        os.mkfifo(tmp_path / "pipe.bmp")
        listing = list_images(tmp_path)
        assert listing.names == ["a.jpg"]
        reasons = dict(listing.unlisted)
        assert reasons.keys() == {"lost.jpg", "self.png", "pipe.bmp"}
        assert "link to nowhere" in reasons["lost.jpg"]
        assert reasons["pipe.bmp"] == "not a regular file"

    def test_a_file_name_that_is_no_text_is_listed_and_opened(self, tmp_path: Path) -> None:
        name = os.fsdecode(b"caf\xe9.jpg")
        (tmp_path / name).write_bytes(b"coffee")
        listing = list_images(tmp_path)
        assert listing.key()
        with listing.open(0) as file:
            assert file.read() == b"coffee"

    def test_listing_can_be_cancelled_even_where_there_are_no_images(self, tmp_path: Path) -> None:
        for index in range(1_100):
            (tmp_path / f"{index}.txt").touch()
        with pytest.raises(Cancelled):
            list_images(tmp_path, Watch(unwanted=lambda: True))


class TestFolderKey:
    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        return fill(tmp_path / "root", *(f"{index}.jpg" for index in range(100)))

    def test_it_is_the_same_for_the_same_files(self, root: Path) -> None:
        assert list_images(root).key() == list_images(root).key()

    def test_it_moves_with_the_folder(self, root: Path, tmp_path: Path) -> None:
        before = list_images(root).key()
        root.rename(tmp_path / "elsewhere")
        assert list_images(tmp_path / "elsewhere").key() == before

    @pytest.mark.parametrize("change", ["added", "removed", "renamed", "written", "touched"])
    def test_it_changes_with_any_file(self, root: Path, change: str) -> None:
        before = list_images(root).key()
        path = root / "57.jpg"
        match change:
            case "added":
                (root / "new.jpg").write_bytes(b"")
            case "removed":
                path.unlink()
            case "renamed":
                path.rename(root / "57b.jpg")
            case "written":
                path.write_bytes(b"longer than before")
            case "touched":
                os.utime(path, ns=(0, path.stat().st_mtime_ns + 1))
        assert list_images(root).key() != before

    def test_files_that_do_not_count_do_not_matter(self, root: Path) -> None:
        before = list_images(root).key()
        fill(root, *HIDDEN)
        assert list_images(root).key() == before

    def test_raw_files_of_equal_size_and_time_are_told_apart(self, tmp_path: Path) -> None:
        """As two collections come out of archives that give every file the same date."""
        keys = set()
        for name, byte in [("clean", b"\0"), ("noisy", b"\1")]:
            (tmp_path / name).mkdir()
            for index in range(40):
                path = tmp_path / name / f"{index}.pgm"
                path.write_bytes(byte * 10_000)
                os.utime(path, (0, 0))
            keys.add(list_images(tmp_path / name).key())
        assert len(keys) == 2


class TestZip:
    def test_members_are_listed_like_files(self, tmp_path: Path) -> None:
        members = {name: name.encode() for name in ["d/2.jpg", "d/1.PNG", "a.bmp", *HIDDEN]}
        listing = list_images(pack(tmp_path / "faces.zip", members))
        assert listing.names == ["a.bmp", "d/1.PNG", "d/2.jpg"]
        with listing.open(2) as file:
            assert file.read() == b"d/2.jpg"
        listing.close()

    def test_what_other_systems_leave_does_not_count(self, tmp_path: Path) -> None:
        members = dict.fromkeys(["a.jpg", "b.heic", *LEFT], b"x")
        listing = list_images(pack(tmp_path / "faces.zip", members))
        assert listing.names == ["a.jpg"]
        assert [name for name, _ in listing.unlisted] == ["b.heic"]
        listing.close()

    def test_the_key_is_that_of_the_content(self, tmp_path: Path) -> None:
        def key(name: str, data: bytes, method: int = zipfile.ZIP_STORED) -> str:
            listing = list_images(pack(tmp_path / name, {"1.jpg": data}, method))
            listing.close()
            return listing.key()

        assert key("a.zip", b"one") == key("b.zip", b"one", zipfile.ZIP_DEFLATED)
        assert key("a.zip", b"one") != key("c.zip", b"two")

    def test_a_zip_under_another_name_is_still_one(self, tmp_path: Path) -> None:
        listing = list_images(pack(tmp_path / "faces.cbz", {"1.jpg": b"x"}))
        assert listing.names == ["1.jpg"]
        listing.close()

    def test_a_member_that_unpacks_to_too_much_is_refused_unread(self, tmp_path: Path) -> None:
        path = tmp_path / "bomb.zip"
        with (
            zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
            archive.open("1.bmp", "w") as member,
        ):
            for _ in range(300):
                member.write(bytes(2**20))
        assert path.stat().st_size < 2**20
        listing = list_images(path)
        with pytest.raises(UnreadableImageError, match="unpacks to 300 MB"):
            listing.open(0)
        listing.close()

    def test_a_member_larger_than_it_says_gives_no_more_than_it_says(self, tmp_path: Path) -> None:
        path = pack(tmp_path / "liar.zip", {"1.bmp": bytes(10_000_000)}, zipfile.ZIP_DEFLATED)
        data = path.read_bytes().replace((10_000_000).to_bytes(4, "little"), (1_000).to_bytes(4, "little"))
        path.write_bytes(data)
        listing = list_images(path)
        tracemalloc.start()
        with pytest.raises(UnreadableImageError, match="damaged in the archive"):
            listing.open(0)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 1_000_000
        listing.close()

    def test_methods_that_unpack_without_bound_are_refused(self, tmp_path: Path) -> None:
        listing = list_images(pack(tmp_path / "a.zip", {"1.jpg": b"x"}, zipfile.ZIP_BZIP2))
        with pytest.raises(UnreadableImageError, match="another method"):
            listing.open(0)
        listing.close()

    def test_encrypted_and_damaged_members_are_named(self, tmp_path: Path) -> None:
        data = bytearray(pack(tmp_path / "a.zip", {"1.jpg": b"first", "2.jpg": b"second"}).read_bytes())
        data[data.index(b"first")] ^= 1
        data[data.rindex(b"PK\x01\x02") + 8] |= 1
        (tmp_path / "a.zip").write_bytes(data)
        listing = list_images(tmp_path / "a.zip")
        with pytest.raises(UnreadableImageError, match="damaged in the archive"):
            listing.open(0)
        with pytest.raises(UnreadableImageError, match="encrypted"):
            listing.open(1)
        listing.close()


class TestRefusals:
    def test_a_missing_path(self, tmp_path: Path) -> None:
        with pytest.raises(DataError, match="There is nothing at"):
            list_images(tmp_path / "nowhere")

    def test_a_file_that_is_neither(self, tmp_path: Path) -> None:
        with pytest.raises(DataError, match=r"a\.jpg is neither a folder nor a \.zip"):
            list_images(fill(tmp_path, "a.jpg") / "a.jpg")

    def test_a_pipe_is_not_waited_for(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(DataError, match="neither"):
            list_images(tmp_path / "pipe")

    @pytest.mark.parametrize("damage", ["text", "cut", "directory"])
    def test_a_broken_zip(self, tmp_path: Path, damage: str) -> None:
        path = pack(tmp_path / "faces.zip", {f"{index}.jpg": bytes(100) for index in range(10)})
        data = path.read_bytes()
        path.write_bytes(
            {
                "text": b"not a zip",
                "cut": data[: len(data) // 2],
                "directory": data.replace(b"PK\x01\x02", b"PK\x07\x07"),
            }[damage]
        )
        with pytest.raises(DataError, match=r"faces\.zip is a broken \.zip"):
            list_images(path)

    def test_a_name_too_long_for_the_system(self, tmp_path: Path) -> None:
        with pytest.raises(DataError, match="cannot be opened"):
            list_images(tmp_path / ("x" * 5_000))


def test_a_folder_removed_after_listing_raises_for_each_file(tmp_path: Path) -> None:
    listing = list_images(fill(tmp_path / "root", "1.jpg"))
    shutil.rmtree(tmp_path / "root")
    assert listing.key()
    with pytest.raises(FileNotFoundError):
        listing.open(0)
