"""Processes that need not import torch again: forked from one that has a single thread."""

from __future__ import annotations

import atexit
import faulthandler
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import torch


def one_thread() -> None:
    """To be called before anything is computed: torch's own threads do not live in forked processes.

    Tiny runs are quicker so, too.
    """
    torch.set_num_threads(1)
    torch.optim.AdamW(torch.nn.Linear(1, 1).parameters(), fused=True)  # imports much the first time


def fork(work: Callable[[], int], said: Path) -> int:
    """The id of a process that does ``work``, whose answer is its exit status; 99 after an exception.

    What it says goes to the end of the file ``said``, also where it hung, once it gets SIGABRT.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child:
        return child
    code = 99
    atexit._clear()  # what is to be done when the parent ends, such as removing its folders
    try:
        # A shell ignores these for what it runs in the background.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        out = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for number in (1, 2):
            os.dup2(out, number)
        faulthandler.enable(2)
        code = work()
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def wait_for(child: int, seconds: float, then: int = signal.SIGABRT) -> int:
    """Its exit status, negative if a signal ended it: ``then``, if it has not ended by itself before."""
    end = time.monotonic() + seconds
    while True:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > end:
            os.kill(child, then)
            return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        time.sleep(0.002)


def cpu_seconds(pid: int) -> float:
    """Processor time that a process has had."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
