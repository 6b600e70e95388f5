"""Which run somebody means by a file in its folder, as a desktop hands one over."""

from __future__ import annotations

from pathlib import Path

from jnn_studio.base.endings import ending_of
from jnn_studio.training.folder.run_folder import CONFIG, SIGN, is_run


def run_named_by(file: Path) -> Path | None:
    """The folder of the run that ``file`` stands for, or None if it stands for none.

    Its sign does, also where it has been renamed or its run is gone; of a run from before there were signs
    its ``config.toml``, unless that is another program's: every run has a ``state.json`` beside it.
    """
    if ending_of(file) == Path(SIGN).suffix:
        return file.parent if file.is_file() else None
    beside = file.name == CONFIG and is_run(file.parent) and (file.parent / "state.json").is_file()
    return file.parent if beside else None
