"""What was freed goes back to the system, also from between things that are still in use."""

from __future__ import annotations

import ctypes
import platform
import subprocess
import sys

import pytest

from jnn_studio.base.heap import give_back_free_memory

# A process of its own: whoever else holds memory of this one would blur the figures.
HOLES = """
import ctypes
from jnn_studio.base.heap import give_back_free_memory

libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 2**20

blocks = [libc.malloc(2**16) for _ in range(2000)]
for block in blocks:
    ctypes.memset(block, 1, 2**16)
full = resident()
for number, block in enumerate(blocks):
    if number % 10:
        libc.free(block)
give_back_free_memory()
print(full - resident())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries do it by themselves")
def test_holes_between_what_is_used_are_given_back() -> None:
    done = subprocess.run(
        [sys.executable, "-c", HOLES], capture_output=True, text=True, timeout=60, check=True
    )
    assert float(done.stdout) > 90  # of the 112 MB that were freed


def test_nothing_is_lost_by_it() -> None:
    kept = [ctypes.create_string_buffer(bytes([number]) * 1000) for number in range(200)]
    give_back_free_memory()
    assert all(buffer.raw[:1000] == bytes([number]) * 1000 for number, buffer in enumerate(kept))
