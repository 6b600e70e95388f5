"""A run's folder put right, before the run goes on from one of its steps."""

from __future__ import annotations

from collections.abc import Mapping

from jnn_studio.base.atomic import leftovers
from jnn_studio.base.reading import UnfitFileError, refuse_special
from jnn_studio.base.text import counted
from jnn_studio.training.folder.run_files import DamagedFileError, check_png, read_arrays
from jnn_studio.training.folder.run_parts import ASIDE, RunParts, step_of, why_unread
from jnn_studio.training.folder.spectra_file import SpectraError


def put_right(parts: RunParts, step: int, logged: Mapping[str, int]) -> None:
    """Remove what was written after ``step``, is half written or damaged; `RunParts.notes` then names it.

    ``logged``: bytes in the logs at that step; a log that has become shorter has lost something.
    """
    for path in (*parts.checkpoints(), *parts.previews(), *parts.arrays()):
        if step_of(path) > step:
            path.unlink(missing_ok=True)
    _remove_special(parts)
    _repair_pictures(parts)
    _repair_logs(parts, step, logged)
    for link in (path for path in (parts.path / "models").glob("*") if path.is_symlink()):
        link.unlink()  # it would be written through
    for leftover in leftovers(parts.path):
        leftover.unlink(missing_ok=True)


def _remove_special(parts: RunParts) -> None:
    """Pipes and devices, and links to them, where the run writes."""
    written = [parts.path / name for name in ("state.json", "metrics.jsonl", "spectra.npy")]
    for path in (*written, parts.path / "checkpoints" / "latest", *(parts.path / "models").glob("*")):
        try:
            refuse_special(path, path.stat())
        except UnfitFileError as error:
            path.unlink()
            parts.note(path, f"was {error.strerror}, and has been removed")
        except OSError:  # nothing, or a folder: whoever writes says so
            pass


def _repair_pictures(parts: RunParts) -> None:
    for path in (*parts.previews(), *parts.arrays()):
        try:
            if path.suffix == ".png":
                check_png(path)
            else:
                read_arrays(path, 0)
        except (DamagedFileError, UnfitFileError, FileNotFoundError) as error:
            path.unlink(missing_ok=True)
            parts.note(path, f"was damaged ({why_unread(error)}) and has been removed")
        except OSError as error:  # it may be readable another time
            parts.note(path, f"cannot be read ({why_unread(error)})")


def _repair_logs(parts: RunParts, step: int, logged: Mapping[str, int]) -> None:
    before = parts.logged()
    parts.metrics.truncate(step)
    if parts.metrics.damage:
        parts.note(parts.metrics.path, f"had {parts.metrics.damage}, now removed: the curves have a gap")
    path = parts.spectra.path
    try:
        lost = parts.spectra.truncate(step)
    except SpectraError as error:
        aside = path.with_name(path.name + ASIDE)
        path.replace(aside)
        parts.note(path, f"could not be read ({error}) and was put aside as {aside.name}")
    else:
        if lost:
            parts.note(path, f"was damaged: {lost} of its spectra are lost")
    for log in (parts.metrics, parts.spectra):
        size, kept = before[log.path.name], logged.get(log.path.name, 0)
        if size < kept and log.path.name not in parts.notes:
            lost_part = f"the last {counted(kept - size, 'byte')} it held" if size else "all it held"
            parts.note(log.path, f"has lost {lost_part} at step {step}: the curves have a gap")
