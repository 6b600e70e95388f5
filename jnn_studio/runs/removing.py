"""Taking a run away, unless somebody is training it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from jnn_studio.base.system_errors import advice_for, reason_of
from jnn_studio.runs.annotations import kept_at
from jnn_studio.training.folder.ownership import own
from jnn_studio.training.folder.run_folder import RunFolder, RunFolderError


def remove_run(path: Path, run_id: str, kept: Path, dispose: Callable[[Path], object]) -> None:
    """Have ``dispose`` take away the folder ``path``, and what was said of its run elsewhere.

    ``dispose`` may move it to a bin or delete it, and raises OSError where it cannot.

    Raises:
        RunInUseError: somebody is training it.
        RunFolderError: it is gone, or cannot be taken away.
    """
    own(RunFolder.open(path)).release()  # else it is somebody's
    try:
        dispose(path)
    except OSError as error:
        raise RunFolderError(f"cannot remove {path}: {reason_of(error)}. {advice_for(error)}") from error
    with suppress(OSError):
        kept_at(kept, run_id).unlink(missing_ok=True)
