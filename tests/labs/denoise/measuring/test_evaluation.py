"""Table 1's rows for a folder: the paper's ranges, fixed noise, and values that outlive a kill."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from jnn_studio.base.errors import Cancelled
from jnn_studio.base.watch import Progress, Watch
from jnn_studio.data.dead_leaves import draw_dead_leaves
from jnn_studio.data.errors import DataError
from jnn_studio.data.listing import Listing, list_images
from jnn_studio.labs.denoise.measuring.evaluation import (
    NOISY,
    EvaluationSettings,
    Measured,
    Results,
    Skipped,
    evaluate,
    list_photographs,
    rows,
)
from jnn_studio.labs.denoise.measuring.measures import Quality
from jnn_studio.models.config import DenoiserConfig
from jnn_studio.models.denoiser import build
from jnn_studio.models.weights import Loaded, LoadedDenoiser, save_model

TINY = DenoiserConfig(widths=(2, 3, 4, 4))


def denoisers() -> dict[str, LoadedDenoiser]:
    return {"penalised": Loaded(build(TINY, 0).eval(), "Penalised", {})}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "photos"
    made.mkdir()
    for index in range(3):
        pixels = (255 * draw_dead_leaves(17 + index, 24, 3, index)).astype(np.uint8).transpose(1, 2, 0)
        Image.fromarray(pixels).save(made / f"{index}.png")
    return made


@contextmanager
def listed(folder: Path) -> Iterator[Listing]:
    with closing(list_images(folder)) as listing:
        yield listing


def measure(folder: Path, results: Path, **settings: object) -> list[Measured]:
    with listed(folder) as listing:
        made = EvaluationSettings(**({"sigma": 0.5} | settings))  # type: ignore[arg-type]
        found = list(evaluate(listing, range(len(listing.names)), denoisers(), (), made, Results(results)))
    assert all(isinstance(event, Measured) for event in found)
    return [event for event in found if isinstance(event, Measured)]


def test_every_method_is_measured_on_every_image_the_noisy_one_first(folder: Path, tmp_path: Path) -> None:
    found = measure(folder, tmp_path / "r.jsonl")
    assert [(f.image, f.method) for f in found[:3]] == [
        ("0.png", NOISY),
        ("0.png", "penalised"),
        ("1.png", NOISY),
    ]
    for noisy in (f for f in found if f.method == NOISY):
        with Image.open(folder / noisy.image) as image:
            own = np.ptp([0, *(np.asarray(image).astype(float).ravel() / 127.5 - 1)])
        assert noisy.quality.psnr_paper == pytest.approx(20 * math.log10(own / 0.5), abs=0.5)


def test_noise_depends_on_the_image_and_the_seed_alone(folder: Path, tmp_path: Path) -> None:
    first = measure(folder, tmp_path / "a.jsonl")
    (folder / "0.png").rename(folder / "z.png")
    renamed = measure(folder, tmp_path / "b.jsonl")
    values = [sorted(f.quality.psnr_paper for f in found) for found in (first, renamed)]
    assert values[0] == values[1]
    other = measure(folder, tmp_path / "c.jsonl", seed=1)
    assert sorted(f.quality.psnr_paper for f in other) != values[0]


def test_what_is_known_is_not_computed_again_and_comes_out_the_same(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "kept" / "r.jsonl"
    first = measure(folder, path)
    lines = path.read_text().splitlines()
    path.write_text("\n".join(lines[:-2]) + '\n{"key": "cut of')
    again = measure(folder, path)
    assert again[:4] == first[:4], "seconds and all: these were not measured again"
    assert [f.quality for f in again] == [f.quality for f in first]
    written = path.read_text()
    assert measure(folder, path) == again
    assert path.read_text() == written


def test_names_may_hold_what_others_take_for_the_end_of_a_line(folder: Path, tmp_path: Path) -> None:
    (folder / "0.png").rename(folder / "a\u2028b\x85c\rd\x1e.png")
    path = tmp_path / "r.jsonl"
    first = measure(folder, path)
    assert path.read_bytes().count(b"\n") == len(first)
    again = measure(folder, path)
    assert again == first, "all was known"
    assert path.read_bytes().count(b"\n") == len(first)


def test_lines_end_at_newlines_alone(tmp_path: Path) -> None:
    """As names were written before."""
    line = '{"key": "%s", "image": "a\u2028b\x85c", "method": "m", "psnr_paper": 1.0, "psnr_plain": 2.0, '
    line += '"ssim": null, "seconds": 3.0}\n'
    path = tmp_path / "r.jsonl"
    path.write_bytes((line % "one" + line % "two").encode())
    results = Results(path)
    assert results.get("one") == results.get("two") == (Quality(1.0, 2.0, None), 3.0)


@pytest.mark.parametrize("change", [{"sigma": 0.6}, {"range": "0..1"}, {"crop": 16}, {"seed": 3}])
def test_other_settings_are_other_values(folder: Path, tmp_path: Path, change: dict[str, object]) -> None:
    path = tmp_path / "r.jsonl"
    first = measure(folder, path)
    again = measure(folder, path, **change)
    assert len(path.read_text().splitlines()) == len(first) + len(again), "each was measured"


def test_0_to_1_doubles_the_noise_and_drops_the_last_row_and_column(folder: Path, tmp_path: Path) -> None:
    """As the paper's CBSD68 script: the same σ for half the range."""
    for found in measure(folder, tmp_path / "r", range="0..1"):
        if found.method == NOISY:
            peak = np.asarray(Image.open(folder / found.image)).max() / 255  # its minimum is taken to be 0
            assert found.quality.psnr_paper == pytest.approx(20 * math.log10(peak / 0.5), abs=0.5)
    cropped = folder / "cropped"
    cropped.mkdir()
    pixels = np.asarray(Image.open(folder / "0.png"))
    Image.fromarray(pixels[:-1, :-1]).save(cropped / "x.png")
    shorter = measure(cropped, tmp_path / "s", range="0..1", crop=16)
    whole = measure(folder, tmp_path / "s", range="0..1", crop=16)
    assert shorter[0].quality != whole[0].quality  # one less row again, so another centre
    assert whole[0].quality == next(f for f in whole if f.image == "0.png").quality


@pytest.mark.parametrize("change", [{"range": "0..1"}, {"peak": 20.0}])
def test_sigma_is_estimated_of_gaussian_noise_alone(
    folder: Path, tmp_path: Path, change: dict[str, object]
) -> None:
    made = EvaluationSettings(0.5, **change)  # type: ignore[arg-type]
    results = Results(tmp_path / "r.jsonl")
    with listed(folder) as listing, pytest.raises(ValueError, match=r"on images in -1\.\.1 alone"):
        next(evaluate(listing, (0,), denoisers(), (), made, results, estimated=True))


def test_a_file_that_gives_no_image_is_told_and_passed_over(folder: Path, tmp_path: Path) -> None:
    (folder / "1.png").write_bytes(b"no image")
    with listed(folder) as listing:
        found = list(
            evaluate(listing, range(3), denoisers(), (), EvaluationSettings(0.5), Results(tmp_path / "r"))
        )
    gaps = [event for event in found if isinstance(event, Skipped)]
    assert [(gap.image, gap.method) for gap in gaps] == [("1.png", "")]
    assert "not a readable" in gaps[0].reason
    assert len(found) == 5


def test_it_tells_how_far_it_is_and_can_be_called_off(folder: Path, tmp_path: Path) -> None:
    (folder / "1.png").write_bytes(b"")
    told: list[Progress] = []
    watch = Watch(told.append)
    settings, results = EvaluationSettings(0.5), Results(tmp_path / "r.jsonl")
    with listed(folder) as listing:
        found = evaluate(listing, range(3), denoisers(), (), settings, results, watch)
        for value in found:
            assert value.image == told[-1].what
        assert told[-1] == Progress(6, 6)
        assert [now.done for now in told] == sorted(now.done for now in told)
        assert {now.total for now in told} == {6}

        again = evaluate(listing, range(3), denoisers(), (), settings, results, watch)
        next(again)
        watch.cancel()
        with pytest.raises(Cancelled):
            next(again)


def test_a_folder_without_photographs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no image anywhere in"):
        list_photographs(tmp_path)


def test_rows_are_means_and_sample_deviations_of_what_there_is() -> None:
    values = [Quality(20.0, 21.0, 0.5), Quality(24.0, math.inf, None), Quality(math.nan, 23.0, 0.7)]
    table = rows([Measured(str(i), "bm3d", value, 1.0) for i, value in enumerate(values)])
    assert (table[0].method, table[0].images) == ("bm3d", 3)
    assert table[0].mean == pytest.approx({"psnr_paper": 22.0, "psnr_plain": 22.0, "ssim": 0.6})
    assert table[0].sd == pytest.approx({"psnr_paper": 8**0.5, "psnr_plain": 2**0.5, "ssim": 0.02**0.5})


def test_a_killed_evaluation_goes_on_where_it_was(folder: Path, tmp_path: Path) -> None:
    for index in range(3, 40):
        pixels = (255 * draw_dead_leaves(64, 64, 3, index)).astype(np.uint8).transpose(1, 2, 0)
        Image.fromarray(pixels).save(folder / f"{index}.png")
    weights = tmp_path / "penalised.safetensors"
    save_model(weights, build(TINY, 0), "Penalised", {"method": "penalised", "sigma": "0.5"})
    out = tmp_path / "r.jsonl"
    command = [sys.executable, "-m", "jnn_studio", "denoise", "evaluate", "--images", str(folder)]
    command += [
        "--sigma",
        "0.5",
        "--models",
        str(weights),
        "--methods",
        "penalised",
        "--out",
        str(out),
        "--json",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 240
    while not (out.exists() and out.read_text().count("\n") >= 6):
        assert time.monotonic() < end
        assert process.poll() is None
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    kept = out.read_text().splitlines()
    assert len(kept) < 80
    finished = subprocess.run(command, capture_output=True, text=True, check=True)
    table = {row["method"]: row for row in json.loads(finished.stdout)["rows"]}
    assert {name: row["images"] for name, row in table.items()} == {"noisy": 40, "penalised": 40}
    lines = out.read_text().splitlines()
    whole = [line for line in kept if line.endswith("}")]
    assert lines[: len(whole)] == whole
    assert sum(line.endswith("}") for line in lines) == 80
