"""Ordinary files only, and never more than was asked for."""

from __future__ import annotations

import errno
import json
import os
import socket
from pathlib import Path

import pytest

from jnn_studio.base.errors import StudioError
from jnn_studio.base.reading import (
    MAX_DEPTH,
    MAX_JSON_BYTES,
    MalformedError,
    UnfitFileError,
    open_file,
    parse_json,
    parse_toml,
    read_bytes,
    read_text,
)


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "η"
    path.write_bytes("\ufeffη = 1".encode())

    assert read_bytes(path, 100) == "\ufeffη = 1".encode()
    assert read_text(path, 100) == "η = 1"
    assert read_bytes(path, path.stat().st_size) == path.read_bytes()
    with open_file(path) as file:
        assert file.read(3) == "\ufeff".encode()


def test_a_file_larger_than_asked_for_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.truncate(1 << 40)

    with pytest.raises(UnfitFileError, match="larger than the 16 MB that are read") as caught:
        read_bytes(path, 16 << 20)
    assert caught.value.errno == errno.EFBIG


def test_a_file_that_lies_about_its_size_is_bounded_too() -> None:
    """Those of /proc say that they are empty."""
    assert b"Name:" in read_bytes(Path("/proc/self/status"), 1 << 20)
    with pytest.raises(UnfitFileError, match="larger than"):
        read_bytes(Path("/proc/self/status"), 10)


@pytest.mark.timeout(30)
def test_pipes_devices_and_sockets_are_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        (tmp_path / "link").symlink_to(tmp_path / "pipe")
        for path, kind in (
            (tmp_path / "pipe", "a pipe"),
            (tmp_path / "link", "a pipe"),
            (tmp_path / "socket", "a socket"),
            (Path("/dev/zero"), "a device"),
        ):
            with pytest.raises(UnfitFileError, match=f"{kind}, not a file") as caught:
                open_file(path)
            assert isinstance(caught.value, StudioError)
            assert caught.value.strerror == f"{kind}, not a file"


def test_what_is_not_there_and_folders_are_the_systems_own_errors(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_file(tmp_path / "gone")
    with pytest.raises(IsADirectoryError):
        open_file(tmp_path)


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"ab\xff")

    with pytest.raises(MalformedError, match="byte 2 is no text"):
        read_text(tmp_path / "bytes", 10)


@pytest.mark.parametrize("value", [{"a": [1, 2.5, None, 'η"[[{']}, [], 3, "x" * 10_000, -(10**30)])
def test_json_comes_back(value: object) -> None:
    assert parse_json(json.dumps(value)) == value
    assert parse_json(json.dumps(value).encode()) == value


def test_brackets_in_texts_and_beside_each_other_are_no_depth() -> None:
    assert parse_json(json.dumps(["[" * 5000, '\\"[{' * 500])) == ["[" * 5000, '\\"[{' * 500]
    assert parse_json("[" + ",".join(["[]"] * 5000) + "]") == [[]] * 5000
    assert parse_json("[" * MAX_DEPTH + "]" * MAX_DEPTH)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "line 1: Expecting value"),
        ('{"a":\n1,}', "line 2: "),
        ("[" * 3000 + "]" * 3000, "nested deeper than 64 levels"),
        ("[" * 3000, "nested deeper than 64 levels"),
        ('{"a":' * 3000 + "1" + "}" * 3000, "nested deeper than 64 levels"),
        ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "nested deeper than 64 levels"),
        ("1" * 10_000, "a number of more than 40 digits"),
        ('{"a": -' + "1" * 60 + "}", "a number of more than 40 digits"),
        (b"\xff\xfe", "byte 0 is no text"),
        (" " * (MAX_JSON_BYTES + 1), "larger than the 16 MB that are read"),
    ],
)
def test_json_that_is_none_or_too_much_is_refused(text: str | bytes, reason: str) -> None:
    with pytest.raises(MalformedError, match=reason):
        parse_json(text)


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a = ", "Invalid value"),
        ("a = " + "[" * 3000 + "]" * 3000, "nested deeper"),
        ("a = " + "[" * 100 + "]" * 100, "nested deeper"),
        (".".join("a" * 3000) + " = 1", "nested deeper"),
        (".".join("a" * 32_000) + " = 1", "nested deeper"),
        ("a = {" + " . ".join(["'a'"] * 9_000) + " = 1}", "nested deeper"),
        ("a" * 65_000, "Expected"),
        ('"' * 65_000, "Expected|Unterminated"),
        ("a = " + "1" * 10_000, "digits"),
        ("a = 0x" + "f" * 10_000, "a number of more than 40 digits"),
        ("a = [{b = 0x" + "f" * 60 + "}]", "a number of more than 40 digits"),
        ("#" * 70_000, "larger than the 64 kB"),
    ],
)
def test_toml_that_is_none_or_too_much_is_refused(text: str, reason: str) -> None:
    with pytest.raises(MalformedError, match=reason):
        parse_toml(text)


def test_toml_comes_back() -> None:
    assert parse_toml('[a]\nb = [1, 2.5]\nc = "[[["') == {"a": {"b": [1, 2.5], "c": "[[["}}
