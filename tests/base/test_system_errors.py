"""The advice follows what happened."""

from __future__ import annotations

import errno
import os

import pytest

from jnn_studio.base.system_errors import advice_for, reason_of


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.ENOSPC, "Free some space"),
        (errno.EDQUOT, "Free some space"),
        (errno.EACCES, "permissions"),
        (errno.EPERM, "permissions"),
        (errno.EROFS, "read-only"),
        (errno.ENOENT, "gone"),
        (errno.EIO, "cable"),
        (errno.ENAMETOOLONG, "shorter name"),
        (errno.EMFILE, "too many open files"),
        (errno.ELOOP, "link"),
        (errno.ESTALE, "Connect that disk again"),
        (errno.ENOTTY, "Check the disk and the folder"),
    ],
)
def test_each_refusal_has_its_own_advice(number: int, advice: str) -> None:
    error = OSError(number, os.strerror(number), "/x")

    assert advice in advice_for(error)
    assert ("space" in advice_for(error)) == (number in (errno.ENOSPC, errno.EDQUOT))
    assert reason_of(error) == os.strerror(number)


def test_an_error_without_a_number_says_what_it_says() -> None:
    assert reason_of(OSError("ffmpeg: odd")) == "ffmpeg: odd"
    assert reason_of(OSError()) == "OSError"
    assert advice_for(OSError("ffmpeg: odd")) == "Check the disk and the folder"
