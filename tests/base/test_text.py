"""Text from elsewhere is shown without doing anything."""

from __future__ import annotations

import pytest

from jnn_studio.base.text import counted, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("faces η = 0.3, σ₁ — “é” 顔 🙂", "faces η = 0.3, σ₁ — “é” 顔 🙂"),
        ("a\x1b[2Jb", r"a\x1b[2Jb"),
        ("a\x9b2Jb", r"a\x9b2Jb"),
        ("one\ntwo\rthree\ttab", r"one\ntwo\rthree\ttab"),
        ("photo\u202egnp.exe", r"photo\u202egnp.exe"),
        ("caf\udce9.png", r"caf\udce9.png"),
        ("a\u2028b\x85c", r"a\u2028b\x85c"),
        ("\x00", r"\x00"),
        ("[bold]a[/]", "[bold]a[/]"),
    ],
)
def test_what_would_steer_a_terminal_is_written_out(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert printable(text).encode()


def test_a_text_of_several_lines_keeps_them() -> None:
    assert printable("one\ntwo\x07", lines=True) == "one\ntwo\\x07"


@pytest.mark.parametrize(
    ("words", "count"), [("0 entries", 0), ("1 entry", 1), ("2 entries", 2), ("1,000 entries", 1000)]
)
def test_numbers_of_things_agree_with_their_noun(words: str, count: int) -> None:
    assert counted(count, "entry", "entries") == words
    assert counted(1, "attribute") == "1 attribute"
    assert counted(3, "attribute") == "3 attributes"
