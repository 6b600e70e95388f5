"""What the system's refusals mean, and what to do against each of them."""

from __future__ import annotations

import errno

_ADVICE = {
    errno.ENOSPC: "Free some space on that disk",
    errno.EDQUOT: "Free some space: your share of that disk is used up",
    errno.EFBIG: "Free some space, or take a disk and an account that allow files of this size",
    errno.EACCES: "Check the permissions of the file and of its folder",
    errno.EPERM: "Check the permissions of the file and of its folder",
    errno.EROFS: "Make that disk writable: it is read-only",
    errno.ENOENT: "Put the folder back: it is gone, or has another name",
    errno.ENOTDIR: "Take away the file that is in the folder's place",
    errno.EEXIST: "Take away what is in its place",
    errno.EISDIR: "Take another name: there is a folder of this one",
    errno.EINVAL: "Take an ordinary file",
    errno.ENAMETOOLONG: "Take a shorter name",
    errno.ELOOP: "Correct the link: it leads to itself",
    errno.EIO: "Check the disk and its cable: it cannot be read or written",
    errno.EMFILE: "Close what else is open: there are too many open files",
    errno.ENFILE: "Close other programs: there are too many open files",
    errno.ENOMEM: "Close other programs: the memory is used up",
    errno.EBUSY: "Close the program that uses it",
    errno.ETXTBSY: "Close the program that uses it",
}
_AWAY = ("ENODEV", "ENXIO", "ESTALE", "ENOTCONN", "EHOSTDOWN", "EHOSTUNREACH", "ETIMEDOUT", "ECONNRESET")
_ADVICE |= {getattr(errno, name): "Connect that disk again" for name in _AWAY if hasattr(errno, name)}


def reason_of(error: OSError) -> str:
    """What the system said, without number and path: ``"No space left on device"``."""
    return error.strerror or str(error) or type(error).__name__


def advice_for(error: OSError) -> str:
    """What to do against it, the beginning of a sentence: ``"Free some space on that disk"``."""
    return _ADVICE.get(error.errno or 0, "Check the disk and the folder")
