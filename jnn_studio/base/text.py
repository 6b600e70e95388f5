"""Text made fit to be shown: what comes from elsewhere, and numbers of things."""

from __future__ import annotations

import unicodedata

# Directions a text may turn the rest of a line to, which make a name look like another.
_TURNS = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def printable(text: str, lines: bool = False) -> str:
    r"""``text`` on one line, or on several if ``lines``, with what would steer a terminal written out.

    Control characters, escapes, what turns the direction of writing, and bytes of a name that is no UTF-8
    stand as Python writes them.

    >>> printable("a\x1b[31mb\nc")
    'a\\x1b[31mb\\nc'
    """
    if text.isprintable():
        return text
    return "".join(c if _shown(c) or (lines and c == "\n") else _written(c) for c in text)


def counted(count: int, one: str, many: str = "") -> str:
    """So many of something in words; ``many`` where the plural is not ``one`` with an s.

    >>> counted(1, "attribute"), counted(1234, "image"), counted(0, "entry", "entries")
    ('1 attribute', '1,234 images', '0 entries')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def capitalised(text: str) -> str:
    """``text`` as the beginning of a sentence; a symbol that it begins with stays itself.

    >>> capitalised("must be more"), capitalised("η must be below 0.5")
    ('Must be more', 'η must be below 0.5')
    """
    return text[:1].upper() + text[1:] if text[:1].isascii() else text


def duration(seconds: float) -> str:
    """A time as people say it: ``"42 s"``, ``"3 min 05 s"``, ``"2 h 10 min"``."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min"


def _shown(character: str) -> bool:
    return unicodedata.category(character) not in ("Cc", "Cs", "Zl", "Zp") and character not in _TURNS


def _written(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
