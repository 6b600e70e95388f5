"""What a run folder holds reaches the feed, whatever kind of run it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pytestqt.qtbot import QtBot

from jnn_studio.app.engine.feed import Rare, RunFeed
from jnn_studio.app.engine.follower import RunFollower
from jnn_studio.training.config import validate_config
from jnn_studio.training.events import Arrays, Preview, Spectrum, Started, StateChanged
from jnn_studio.training.run_folder import RunFolder


def test_arrays_and_previews_of_any_kind_of_run_are_followed(qtbot: QtBot, tmp_path: Path) -> None:
    config = validate_config({"kind": "beta-vae", "name": "far"}, "here")
    folder = RunFolder.create(tmp_path / "run", config)
    folder.set_state("running", 4)
    images = np.zeros((2, 4, 6, 3), np.uint8)
    for step in (0, 4):
        folder.save_arrays(Arrays(step, {"beta_vae": {"field": np.full((3, 5), step, np.float32)}}))
        folder.save_preview(Preview(step, images, {"beta_vae": images}))
        folder.log_spectrum(Spectrum(step, "beta_vae", np.ones(3, np.float32), 3.0), 0)
    told: list[Rare] = []
    feed = RunFeed(folder.path, config, lambda _, event: told.append(event))
    follower = RunFollower(feed)
    seen: list[Arrays] = []

    def arrived(step: int) -> bool:
        arrays = feed.arrays.take()
        seen.extend([arrays] if arrays is not None else [])
        return bool(seen) and seen[-1].step == step

    try:
        qtbot.waitUntil(lambda: arrived(4), timeout=10_000)
        np.testing.assert_array_equal(seen[-1].values["beta_vae"]["field"], np.full((3, 5), 4.0))
        folder.save_arrays(Arrays(8, {"beta_vae": {"field": np.full((3, 5), 8.0)}}))
        qtbot.waitUntil(lambda: arrived(8), timeout=10_000)
        folder.set_state("finished", 8)
        qtbot.waitUntil(lambda: not follower.alive, timeout=10_000)
    finally:
        follower.close()
    assert [arrays.step for arrays in seen] == [4, 8]  # each of them once
    preview = feed.preview.take()
    assert preview is not None
    assert preview.reconstructions["beta_vae"].shape == images.shape
    assert {spectrum.member for spectrum in feed.spectra.take()} == {"beta_vae"}
    started, *_, last = told
    assert isinstance(started, Started)
    assert [member.label for member in started.members] == ["β-VAE"]
    assert isinstance(last, StateChanged)
    assert last.state == "finished"


def test_only_the_newest_arrays_wait_for_the_window(tmp_path: Path) -> None:
    config = validate_config({"kind": "beta-vae"}, "here")
    feed = RunFeed(tmp_path, config, lambda *_: None)
    for step in (1, 2, 3):
        feed.put(Arrays(step, {}))

    newest = feed.arrays.take()
    assert newest is not None
    assert newest.step == 3
    assert feed.arrays.take() is None
