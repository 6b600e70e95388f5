"""The command line in processes that need not import torch again: run by the ``command_line`` fixture.

Reads a JSON object a line. With ``argv``: forks a process that runs ``jnn-studio`` with these arguments,
its output going to the files ``stdout`` and ``stderr``, its resources limited to ``limits`` (bytes, by the
name of the RLIMIT; address space in addition to what the server has), the signals ``ignored`` being ignored,
the environment changed by ``surroundings`` and what is printed being written in ``encoding``, as with
``PYTHONIOENCODING``, and answers with its id; with ``program``, the path of a script, runs that instead. With
``wait``: waits for that process and answers with its exit status, negative if a signal ended it.
"""

from __future__ import annotations

import json
import os
import resource
import runpy
import signal
import sys
from pathlib import Path
from typing import Any

import torch

import jnn_studio.cli.program  # noqa: F401  (what the children are not to import again)
from jnn_studio.__main__ import main


def become(request: dict[str, Any]) -> None:
    """The program, in a forked process."""
    for number, path in ((0, os.devnull), (1, request["stdout"]), (2, request["stderr"])):
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT), number)
    for name in request["ignored"]:
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    for name, value in request["limits"].items():
        if name == "AS":
            pages = int(Path("/proc/self/statm").read_text().split()[0])
            value += pages * resource.getpagesize()
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))
    os.environ.update(request["surroundings"])
    sys.stdout.reconfigure(encoding=request["encoding"], errors="strict")
    sys.stderr.reconfigure(encoding=request["encoding"], errors="backslashreplace")
    if request["program"]:
        sys.argv = [request["program"], *request["argv"]]
        runpy.run_path(request["program"], run_name="__main__")
        sys.stdout.flush()
        os._exit(0)
    sys.argv = [str(Path(sys.executable).with_name("jnn-studio")), *request["argv"]]
    main()


def serve() -> None:
    """Until the input ends."""
    torch.optim.AdamW(torch.nn.Linear(1, 1).parameters(), fused=True)  # imports much the first time
    for line in sys.stdin:
        request = json.loads(line)
        if "wait" in request:
            answer = os.waitstatus_to_exitcode(os.waitpid(request["wait"], 0)[1])
        else:
            if request["surroundings"]:
                import lightning.fabric
            if request["program"]:
                import lightning.pytorch  # noqa: F401
            answer = os.fork()
            if answer == 0:
                become(request)
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
