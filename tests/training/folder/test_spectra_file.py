"""A file of spectra that can be appended to and read at any moment."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from jnn_studio.training.folder.spectra_file import SpectraError, SpectraFile


def sigma(step: int, k: int = 5) -> np.ndarray:
    return np.arange(k, dtype=np.float32) + step


@pytest.fixture
def file(tmp_path: Path) -> SpectraFile:
    spectra = SpectraFile(tmp_path / "spectra.npy")
    for step in (0, 10, 20):
        for member in (0, 1):
            spectra.append(step, member, 3.5 + member, sigma(step))
    return spectra


def steps(file: SpectraFile, start: int = 0) -> list[tuple[int, int]]:
    return [(step, member) for step, member, _, _ in file.read(start)]


def test_what_was_appended_is_read(file: SpectraFile) -> None:
    records = list(file.read())

    assert [r[:3] for r in records] == [(s, m, 3.5 + m) for s in (0, 10, 20) for m in (0, 1)]
    for step, _, _, values in records:
        np.testing.assert_array_equal(values, sigma(step))


def test_numpy_alone_can_read_it(file: SpectraFile) -> None:
    records = np.load(file.path, allow_pickle=False)

    assert records["step"].tolist() == [0, 0, 10, 10, 20, 20]
    assert records["sigma"].shape == (6, 5)


def test_reading_goes_on_from_where_it_was(file: SpectraFile) -> None:
    assert steps(file, 4) == [(20, 0), (20, 1)]
    assert steps(file, 6) == []
    file.append(30, 0, 1.0, sigma(30))
    assert steps(file, 6) == [(30, 0)]


def test_a_file_that_is_not_there_yet_is_empty(tmp_path: Path) -> None:
    assert steps(SpectraFile(tmp_path / "spectra.npy")) == []


def test_a_writer_killed_between_its_two_writes_leaves_whole_records(file: SpectraFile) -> None:
    """The record's bytes, or a part of them, are in the file; the header does not count them yet."""
    before = steps(file)
    header = file.path.read_bytes()[:256]
    file.append(30, 0, 1.0, sigma(30))
    whole = file.path.read_bytes()

    for cut in (1, 17, 0):
        file.path.write_bytes(header + whole[256 : len(whole) - cut])
        assert steps(file) == before
        file.append(40, 1, 1.0, sigma(40))
        assert steps(file) == [*before, (40, 1)]
        assert len(np.load(file.path)) == 7
        np.testing.assert_array_equal(list(file.read())[-1][3], sigma(40))


def test_records_later_than_a_step_can_be_dropped(file: SpectraFile) -> None:
    file.truncate(10)
    assert steps(file) == [(0, 0), (0, 1), (10, 0), (10, 1)]
    file.append(20, 0, 1.0, sigma(20))
    assert steps(file)[-1] == (20, 0)


def test_all_of_them_can_be_dropped(file: SpectraFile) -> None:
    file.truncate(-1)

    assert steps(file) == []
    file.append(0, 0, 1.0, sigma(0))
    assert steps(file) == [(0, 0)]


def test_nothing_to_drop_from_is_no_error(tmp_path: Path) -> None:
    SpectraFile(tmp_path / "spectra.npy").truncate(3)

    assert not (tmp_path / "spectra.npy").exists()


def test_a_spectrum_of_another_length_is_refused(file: SpectraFile) -> None:
    with pytest.raises(ValueError, match="another length"):
        file.append(30, 0, 1.0, sigma(30, k=6))


def test_the_header_has_room_for_a_long_file(tmp_path: Path) -> None:
    spectra = SpectraFile(tmp_path / "spectra.npy")
    for step in range(1200):
        spectra.append(step, 0, 1.0, np.zeros(4096, np.float32))

    assert len(np.load(spectra.path, mmap_mode="r")) == 1200
    assert next(iter(spectra.read(1199)))[0] == 1199


def test_a_file_cut_short_gives_its_whole_records(file: SpectraFile) -> None:
    data = file.path.read_bytes()
    for cut in (1, 37, 100):
        file.path.write_bytes(data[:-cut])
        left = steps(file)
        assert 0 < len(left) < 6
        assert left == steps_of_all()[: len(left)]
    assert file.truncate(20) == 6 - len(left)
    assert steps(file) == left
    file.append(30, 0, 1.0, sigma(30))
    assert steps(file) == [*left, (30, 0)]


def steps_of_all() -> list[tuple[int, int]]:
    return [(step, member) for step in (0, 10, 20) for member in (0, 1)]


def test_records_of_no_possible_step_are_lost(file: SpectraFile) -> None:
    data = bytearray(file.path.read_bytes())
    data[256 + 2 * 36 + 7] ^= 0x80  # the sign of the third record's step
    file.path.write_bytes(data)

    assert file.truncate(20) == 1
    assert len(steps(file)) == 5


def arrays(kind: str) -> object:
    return {
        "objects": np.array([{}, 1], object),
        "numbers": np.zeros(4),
        "table": np.zeros((2, 2), [("step", "<i8")]),
        "large": np.zeros(1, [("step", "<i8"), ("sigma", "<f4", (2_000_000,))]),
    }[kind]


@pytest.mark.parametrize("kind", ["objects", "numbers", "table", "large"])
def test_another_array_is_named_as_such(file: SpectraFile, kind: str) -> None:
    np.save(file.path, arrays(kind), allow_pickle=True)
    for call in (lambda: steps(file), lambda: file.truncate(5)):
        with pytest.raises(SpectraError, match="array of something else"):
            call()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x93NUMPY",
        b"\x93NUMPY\x01\x00\xff\xff" + b"[" * 60_000,
        b"\x93NUMPY\x01\x00\xf6\x00" + b"(" * 246,
        pickle.dumps([1]),
        b"\x93NUMPY\x01\x00\xf6\x00" + b"{'descr': 'O', 'fortran_order': 0, 'shape': (1,)}".ljust(246),
        bytes(1000),
    ],
)
def test_what_is_no_array_is_named_as_such(file: SpectraFile, content: bytes) -> None:
    file.path.write_bytes(content)

    with pytest.raises(SpectraError, match="no header of an array") as caught:
        steps(file)
    assert "pickle" not in str(caught.value)


@pytest.mark.timeout(30)
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "spectra.npy")
    with pytest.raises(OSError, match="a pipe, not a file"):
        steps(SpectraFile(tmp_path / "spectra.npy"))
