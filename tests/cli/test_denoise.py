"""`jnn-studio denoise`: a folder's table and one photograph, and errors in one line."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result
from PIL import Image
from torch import Tensor
from typer.testing import CliRunner

from jnn_studio.cli.commands.denoise import app
from jnn_studio.data.dead_leaves import draw_dead_leaves
from jnn_studio.data.photo import read_photo
from jnn_studio.data.pixels import write_picture
from jnn_studio.labs.denoise.denoisers import bm3d, methods
from jnn_studio.labs.denoise.denoisers.methods import (
    ANY,
    TO_4,
    bundled_denoisers,
    bundled_keys,
    bundled_sigmas,
    open_denoisers,
)
from jnn_studio.labs.denoise.denoisers.telling import common_range, denoise_told
from jnn_studio.labs.denoise.denoisers.tiling import denoise_photo
from jnn_studio.labs.denoise.measuring import evaluation
from jnn_studio.labs.denoise.measuring.front import front_rows
from jnn_studio.labs.denoise.measuring.measures import Quality
from jnn_studio.labs.denoise.measuring.network_sets import NetworkSet
from jnn_studio.labs.denoise.measuring.paired import paired
from jnn_studio.labs.denoise.noisy.noise import digest_of, seed_of, to_pixels, to_signed
from jnn_studio.labs.denoise.noisy.noise_estimate import estimate_noise
from jnn_studio.labs.denoise.noisy.noise_model import NoiseModel
from jnn_studio.labs.denoise.restoring import priors
from jnn_studio.labs.denoise.restoring.priors import prior_of
from jnn_studio.labs.denoise.restoring.restoration import DegradationConfig, PriorConfig, pose, restore_both
from jnn_studio.models.conditioned_denoiser import build as build_conditioned
from jnn_studio.models.config import ConditionedDenoiserConfig, DenoiserConfig
from jnn_studio.models.denoiser import build
from jnn_studio.models.weights import Loaded, save_model

runner = CliRunner()


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    (tmp_path / "photos").mkdir()
    pixels = (255 * draw_dead_leaves(40, 33, 3, 0)).astype(np.uint8).transpose(1, 2, 0)
    Image.fromarray(pixels).save(tmp_path / "photos" / "leaves.png")
    return tmp_path / "photos" / "leaves.png"


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "penalised.safetensors"
    info = {"method": "penalised", "sigma": "0.5"}
    save_model(path, build(DenoiserConfig(widths=(2, 3, 4, 4)), 0), "Penalised", info)
    return path


def test_denoisers_ship_for_every_method_and_denoise(photo: Path, tmp_path: Path) -> None:
    assert bundled_sigmas() == (0.5, 1.0)
    told = bundled_denoisers(ANY)
    relatives = ["sure", "recorrupted", "neighbor2neighbor"]
    assert list(told) == ["supervised", "noise2noise", "penalised", *relatives]
    assert len({loaded.info["step"] for loaded in told.values()}) == 1, "of the same training"
    assert common_range(told) == (0.02, 2.0)
    strong = bundled_denoisers(TO_4)
    assert list(strong) == ["supervised", "noise2noise", "penalised"]
    assert common_range(strong) == (0.02, 4.0)
    assert bundled_keys() == (ANY, 0.5, 1.0), "nobody's photographs have such noise"
    for sigma in bundled_sigmas():
        found = bundled_denoisers(sigma)
        assert list(found) == ["supervised", "noise2noise", "penalised", "unpenalised"]
        assert all(float(loaded.info["sigma"]) == sigma for loaded in found.values())
    call = ["evaluate", "--images", str(photo.parent), "--sigma", "0.5", "--out", str(tmp_path / "r.jsonl")]
    result = runner.invoke(app, [*call, "--methods", "penalised,supervised", "--json"])
    assert result.exit_code == 0, result.output
    table = {row["method"]: row["mean"]["psnr_plain"] for row in json.loads(result.stdout)["rows"]}
    assert table["penalised"] > table["noisy"] + 4
    assert table["supervised"] > table["noisy"] + 4


def test_the_table_names_both_conventions(photo: Path, weights: Path, tmp_path: Path) -> None:
    call = ["evaluate", "--images", str(photo.parent), "--sigma", "0.5", "--models", str(weights)]
    result = runner.invoke(app, [*call, "--methods", "penalised", "--out", str(tmp_path / "r.jsonl")])
    assert result.exit_code == 0, result.output
    for words in ("PSNR (paper's)", "PSNR (plain)", "SSIM", "data_range=None", "Penalised", "Noisy"):
        assert words in result.output


def test_one_photograph_is_denoised_at_its_own_size(photo: Path, weights: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    call = ["image", str(photo), str(out), "--models", str(weights), "--sigma", "0.5", "--add-noise"]
    result = runner.invoke(app, call)
    assert result.exit_code == 0, result.output
    with Image.open(out) as written:
        assert written.size == (33, 40)
    assert "PSNR (paper's)" in result.output
    estimated = runner.invoke(app, ["image", str(photo), str(out), "--models", str(weights)])
    assert estimated.exit_code == 0
    assert "taken as having noise of σ" in estimated.output


@pytest.mark.parametrize(("name", "kind"), [("out.jpg", "JPEG"), ("out.webp", "WEBP"), ("out.TIF", "TIFF")])
def test_pictures_are_what_their_names_say(
    photo: Path, weights: Path, tmp_path: Path, name: str, kind: str
) -> None:
    result = runner.invoke(app, ["image", str(photo), str(tmp_path / name), "--models", str(weights)])
    assert result.exit_code == 0, result.output
    with Image.open(tmp_path / name) as written:
        assert written.format == kind


@pytest.mark.parametrize("ending", [".png", ".jpg"])
def test_a_grey_photograph_stays_grey(photo: Path, weights: Path, tmp_path: Path, ending: str) -> None:
    with Image.open(photo) as image:
        image.convert("L").save(photo.with_name("grey.jpg"))
    out, seen, control = (tmp_path / f"{name}{ending}" for name in ("out", "seen", "control"))
    grey = str(photo.with_name("grey.jpg"))
    given = ["--models", str(weights), "--sigma", "0.5"]
    calls = [
        ["image", grey, str(out), *given, "--add-noise"],
        ["restore", grey, str(out), *given, "--steps", "2", "--seen", str(seen), "--control", str(control)],
    ]
    for call in calls:
        result = runner.invoke(app, call)
        assert result.exit_code == 0, result.output
        for path in (out, seen, control) if call[0] == "restore" else (out,):
            with Image.open(path) as written:
                pixels = np.asarray(written.convert("RGB")).astype(int)
            assert pixels.shape == (40, 33, 3)
            assert np.ptp(pixels, axis=2).max() == 0, "no channel differs from another"


@pytest.mark.skipif(os.name != "posix", reason="names are text there")
def test_names_that_are_no_text_are_files_like_others(photo: Path, weights: Path, tmp_path: Path) -> None:
    odd = photo.rename(photo.with_name(os.fsdecode(b"caf\xe9\x85.png")))
    out = tmp_path / os.fsdecode(b"out\xe9.png")
    result = runner.invoke(app, ["image", str(odd), str(out), "--models", str(weights)])
    assert result.exit_code == 0, result.output
    assert r"out\udce9.png" in result.output
    assert out.is_file()
    (photo.parent / os.fsdecode(b"broken\xe9.png")).write_bytes(b"broken")
    call = ["evaluate", "--images", str(photo.parent), "--sigma", "0.5", "--models", str(weights), "--json"]
    result = runner.invoke(app, [*call, "--out", str(tmp_path / "r.jsonl"), "--methods", "penalised"])
    assert result.exit_code == 0, result.output
    assert "Traceback" not in result.output
    assert r"broken\udce9.png" in result.output
    assert (tmp_path / "r.jsonl").read_text("utf-8").count(r"caf\\udce9") == 2


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (["evaluate", "--images", "{folder}", "--range", "0-255"], "is not one of '-1..1',"),
        (["evaluate", "--images", "{folder}", "--methods", "magic"], "there is no denoiser 'magic'"),
        (["evaluate", "--images", "{folder}/none"], "none"),
        (
            ["evaluate", "--images", "{folder}", "--models", "{folder}"],
            "no weights (.safetensors or .jnnmodel) and no run",
        ),
        (["image", "{folder}/broken.jpg", "{folder}/o.png"], "broken.jpg cannot be used"),
        (["image", "{photo}", "{folder}/o.gif"], "pictures are written as JPEG, PNG, WebP, TIFF or BMP"),
        (["image", "{photo}", "{folder}/o"], "give a name with one of .jpg .png .webp .tif .bmp"),
        (["restore", "{photo}", "{folder}/o.png", "--seen", "{folder}/seen.pdf"], "seen.pdf: pictures are"),
        (["image", "{photo}", "{folder}/o.png", "--add-noise"], "say how much noise"),
        (["image", "{photo}", "{folder}/o.png", "--method", "magic"], "there is no denoiser 'magic'"),
        (["image", "{photo}", "{folder}/o.png", "--sigma", "inf"], "must be a finite number, not inf"),
        (["image", "{photo}", "{folder}/o.png", "--sigma", "nan"], "--sigma"),
        (["evaluate", "--images", "{folder}", "--sigma", "inf"], "must be a finite number, not inf"),
        (["restore", "{photo}", "{folder}/o.png", "--sigma", "inf"], "--sigma"),
        (["restore", "{photo}", "{folder}/o.png", "--width", "nan", "--task", "gaussian"], "--width"),
        (["restore", "{photo}", "{folder}/o.png", "--angle", "inf", "--task", "motion"], "--angle"),
        (["restore", "{photo}", "{folder}/o.png", "--strength", "nan"], "--strength"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(photo: Path, call: list[str], words: str) -> None:
    (photo.parent / "broken.jpg").write_bytes(b"\xff\xd8 broken")
    result = runner.invoke(app, [part.format(folder=photo.parent, photo=photo) for part in call])
    assert result.exit_code != 0
    assert words in " ".join(result.output.split())
    assert "Traceback" not in result.output


class TestRestore:
    @pytest.mark.parametrize("task", ["missing", "scratches", "gaussian", "motion"])
    def test_writes_what_the_prior_makes_of_what_is_seen(
        self, photo: Path, weights: Path, tmp_path: Path, task: str
    ) -> None:
        out, seen, control = (tmp_path / f"{name}.png" for name in ("out", "seen", "control"))
        call = ["restore", str(photo), str(out), "--models", str(weights), "--steps", "2", "--task", task]
        result = runner.invoke(app, [*call, "--seen", str(seen), "--control", str(control), "--length", "7"])
        assert result.exit_code == 0, result.output
        pictures = [np.asarray(Image.open(path)) for path in (out, seen, control)]
        assert {picture.shape for picture in pictures} == {(40, 33, 3)}
        assert "total variation" in result.output
        assert "PSNR (plain)" in result.output

    def test_is_the_same_as_the_library(self, photo: Path, weights: Path, tmp_path: Path) -> None:
        out = tmp_path / "out.png"
        call = ["restore", str(photo), str(out), "--models", str(weights), "--steps", "3", "--sigma", "0.3"]
        assert runner.invoke(app, call).exit_code == 0
        problem = pose(to_signed(np.asarray(Image.open(photo))), DegradationConfig(noise=0.3))
        prior = prior_of(open_denoisers(weights)["penalised"])
        assert prior is not None
        *_, last = restore_both(problem, prior, PriorConfig(steps=3))
        assert np.array_equal(np.asarray(Image.open(out)), to_pixels(last.learnt.image))

    @pytest.mark.parametrize(
        ("setting", "words"),
        [
            (["--share", "2"], "--share"),
            (["--task", "sharpen"], "--task"),
            (["--sigma", "-1"], "--sigma"),
            (["--steps", "0"], "--steps"),
            (["--task", "motion", "--length", "50"], "too wide"),
            (["--method", "magic"], "no denoiser 'magic'"),
        ],
    )
    def test_what_will_not_do_is_told_in_a_line(
        self, photo: Path, weights: Path, tmp_path: Path, setting: list[str], words: str
    ) -> None:
        out = tmp_path / "out.png"
        result = runner.invoke(app, ["restore", str(photo), str(out), "--models", str(weights), *setting])
        assert result.exit_code
        assert words in result.output
        assert "Traceback" not in result.output
        assert not out.exists()


class TestFolder:
    def test_goes_on_where_it_was_and_names_what_it_skips(
        self, photo: Path, weights: Path, tmp_path: Path
    ) -> None:
        (photo.parent / "trip").mkdir()
        with Image.open(photo) as image:
            image.convert("L").save(photo.parent / "trip" / "grey.jpg")
            image.save(photo.parent / "old.gif")
        (photo.parent / "broken.png").write_bytes(b"broken")
        out = tmp_path / "out"
        call = ["folder", str(photo.parent), str(out), "--models", str(weights), "--sigma", "0.5"]
        first = runner.invoke(app, call)
        assert first.exit_code == 0, first.output
        assert "3 photographs denoised into" in first.output
        assert "broken.png: not a readable" in first.output
        names = {str(path.relative_to(out)): path for path in out.rglob("*.*")}
        assert set(names) == {"leaves.png", "trip/grey.jpg", "old.gif.png"}
        with Image.open(names["trip/grey.jpg"]) as written:
            assert (written.format, written.mode) == ("JPEG", "L")
        names["leaves.png"].unlink()
        kept = names["old.gif.png"].stat().st_mtime_ns
        again = runner.invoke(app, call)
        assert "1 photograph denoised into" in again.output
        assert "2 there already, 1 skipped" in again.output
        assert names["old.gif.png"].stat().st_mtime_ns == kept
        refused = runner.invoke(app, ["folder", str(photo.parent), str(photo.parent)])
        assert refused.exit_code == 1
        assert "is where the photographs are" in refused.output


def test_half_the_strength_is_half_way_and_the_noisy_picture_is_kept(
    photo: Path, weights: Path, tmp_path: Path
) -> None:
    given = ["--models", str(weights), "--sigma", "0.05", "--add-noise"]
    pictures = {}
    for strength in ("0", "0.5", "1"):
        out, noisy = tmp_path / f"{strength}.png", tmp_path / "noisy.png"
        call = ["image", str(photo), str(out), *given, "--strength", strength, "--noisy", str(noisy)]
        assert runner.invoke(app, call).exit_code == 0
        pictures[strength] = np.asarray(Image.open(out)).astype(float)
    assert np.array_equal(pictures["0"], np.asarray(Image.open(noisy)))
    inside = (pictures["0"] % 255 > 0) & (pictures["1"] % 255 > 0)  # nothing was cut off
    half = 0.5 * (pictures["0"] + pictures["1"])
    assert np.abs(pictures["0.5"] - half)[inside].max() <= 1


def test_the_same_seed_is_the_same_noise_for_one_picture_and_for_a_folder(
    photo: Path, weights: Path, tmp_path: Path
) -> None:
    given = ["--models", str(weights), "--sigma", "0.5", "--seed", "3"]
    one = runner.invoke(app, ["image", str(photo), str(tmp_path / "o.png"), *given, "--add-noise"])
    call = ["evaluate", "--images", str(photo.parent), *given, "--methods", "penalised", "--json"]
    rows = json.loads(runner.invoke(app, [*call, "--out", str(tmp_path / "r")]).stdout)["rows"]
    (mean,) = [row["mean"] for row in rows if row["method"] == "penalised"]
    assert f"PSNR (plain) {mean['psnr_plain']:.2f} dB" in one.output


def test_table_1_stands_beside_the_published_one_with_paired_differences(
    photo: Path, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bm3d, "available", lambda: False)
    monkeypatch.setattr(evaluation, "user_cache_path", lambda *_, **__: tmp_path)
    for seed in (1, 2):
        pixels = (255 * draw_dead_leaves(40, 33, 3, seed)).astype(np.uint8).transpose(1, 2, 0)
        Image.fromarray(pixels).save(photo.parent / f"{seed}.png")
    model, info = build(DenoiserConfig(widths=(2, 3, 4, 4)), 1), {"sigma": "1.0", "step": "8"}
    folder = tmp_path / "two"
    folder.mkdir()
    save_model(folder / "a.safetensors", model, "A", {"method": "penalised", **info})
    other = build(DenoiserConfig(widths=(2, 3, 4, 4)), 2)
    save_model(folder / "b.safetensors", other, "B", {"method": "supervised", **info, "step": "9"})
    call = ["table1", str(photo.parent), "--models", str(folder)]
    result = runner.invoke(app, [*call, "--format", "json"])
    assert result.exit_code == 0, result.output
    assert "these networks are not trained alike" in result.stderr
    rows = {(row["sigma"], row["method"]): row for row in json.loads(result.stdout)["rows"]}
    found = rows[1.0, "supervised"]
    assert (found["published_mean"], found["images"]) == (21.62, 3)
    assert found["penalised_ahead"] == pytest.approx(rows[1.0, "penalised"]["mean"] - found["mean"])
    assert found["penalised_ahead_low"] < found["penalised_ahead"] < found["penalised_ahead_high"]
    # None of ours knows σ = 2; those that ship for it are told the σ of images in [-1, 1].
    strong = rows[2.0, "penalised"]
    assert (strong["published_mean"], strong["networks"], strong["images"]) == (19.10, "σ to 4", 3)
    none = runner.invoke(app, [*call, "--sigma", "1", "--sigma", "2.5", "--format", "json"])
    assert "σ = 2.5: no networks made for it ship" in json.loads(none.stdout)["notes"][-1]
    shown = runner.invoke(app, [*call, "--format", "latex"])
    assert r"21.08 ± 2.04" in shown.stdout
    assert shown.stdout.startswith(r"\begin{tabular}")


def test_an_evaluation_is_written_as_csv_and_latex_with_the_numbers_of_json(
    photo: Path, weights: Path, tmp_path: Path
) -> None:
    call = ["evaluate", "--images", str(photo.parent), "--sigma", "0.5", "--models", str(weights)]
    call += ["--methods", "penalised", "--out", str(tmp_path / "r.jsonl")]
    found = {form: runner.invoke(app, [*call, "--format", form]) for form in ("json", "csv", "latex")}
    assert {result.exit_code for result in found.values()} == {0}
    rows = {row["method"]: row for row in json.loads(found["json"].stdout)["rows"]}
    table = list(csv.DictReader(io.StringIO(found["csv"].stdout)))
    assert [row["method"] for row in table] == ["noisy", "penalised"]
    for row in table:
        assert float(row["psnr_plain_mean"]) == rows[row["method"]]["mean"]["psnr_plain"]
        assert int(row["images"]) == rows[row["method"]]["images"]
    assert runner.invoke(app, [*call, "--json"]).stdout == found["json"].stdout
    assert found["latex"].stdout.startswith(r"\begin{tabular}")


def test_counted_photons_are_measured_with_their_variance_stabilised_and_without(
    photo: Path, tmp_path: Path
) -> None:
    call = ["evaluate", "--images", str(photo.parent), "--peak", "6", "--methods", "penalised", "--json"]
    result = runner.invoke(app, [*call, "--out", str(tmp_path / "r.jsonl")])
    assert result.exit_code == 0, result.output
    rows = {
        (row["method"], row["stabilised"]): row["mean"]["psnr_plain"]
        for row in json.loads(result.stdout)["rows"]
    }
    assert rows["noisy", True] == rows["noisy", False]
    assert rows["penalised", True] > rows["noisy", True] + 3
    # The same seed is the same noise for one photograph, and so the same value.
    out, seen = tmp_path / "out.tif", tmp_path / "seen.tif"
    call = ["image", str(photo), str(out), "--peak", "6", "--add-noise", "--noisy", str(seen)]
    result = runner.invoke(app, call)
    assert result.exit_code == 0, result.output
    assert f"PSNR (plain) {rows['penalised', True]:.2f} dB" in result.output
    assert "6 photons" in result.output
    refused = runner.invoke(
        app, ["evaluate", "--images", str(photo.parent), "--peak", "6", "--range", "0..1"]
    )
    assert refused.exit_code == 2


def test_the_same_seed_is_the_same_noise_for_one_photograph_and_for_a_folder(
    photo: Path, weights: Path, tmp_path: Path
) -> None:
    shared = ["--sigma", "0.5", "--seed", "7", "--models", str(weights)]
    call = ["evaluate", "--images", str(photo.parent), *shared, "--methods", "penalised", "--json"]
    table = json.loads(runner.invoke(app, [*call, "--out", str(tmp_path / "r.jsonl")]).stdout)["rows"]
    result = runner.invoke(app, ["image", str(photo), str(tmp_path / "out.png"), *shared, "--add-noise"])
    assert f"PSNR (paper's) {table[1]['mean']['psnr_paper']:.2f} dB" in result.output


def test_sixteen_bits_are_kept_from_file_to_file(weights: Path, tmp_path: Path) -> None:
    folder = tmp_path / "deep"
    folder.mkdir()
    pixels = np.random.default_rng(0).integers(0, 65_536, (24, 32, 3), np.uint16)
    write_picture(pixels, folder / "colour.tif")
    write_picture(pixels[..., :1], folder / "grey.png")
    (folder / "lying.tif").write_bytes(b"II*\0\x08\0\0\0no directory")
    call = ["folder", str(folder), str(tmp_path / "out"), "--sigma", "0.5", "--models", str(weights)]
    result = runner.invoke(app, call)
    assert result.exit_code == 0, result.output
    assert "2 photographs denoised" in result.output
    assert "lying.tif" in result.output
    network = open_denoisers(weights)["penalised"].model
    for name, given in (("colour.tif", pixels), ("grey.png", pixels[..., :1])):
        expected = to_pixels(denoise_photo(network, to_signed(given)), 16)
        np.testing.assert_array_equal(read_photo(tmp_path / "out" / name).channels, expected)


def test_figure_4_of_a_photograph(
    photo: Path, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bm3d, "available", lambda: False)
    out = tmp_path / "figure.svg"
    result = runner.invoke(app, ["figure4", str(photo), str(out), "--sigma", "0.5", "--models", str(weights)])
    assert result.exit_code == 0, result.output
    assert "Clean, Noisy, Penalised" in result.output
    assert out.read_text(encoding="utf-8").count("<image") == 3


def test_restoration_over_a_folder_stands_beside_total_variation(tmp_path: Path, weights: Path) -> None:
    folder = tmp_path / "squares"
    folder.mkdir()
    for seed in range(3):
        pixels = (255 * draw_dead_leaves(36, 40, 3, seed)).astype(np.uint8).transpose(1, 2, 0)
        write_picture(pixels, folder / f"{seed}.png")
    write_picture(pixels[:20], folder / "small.png")
    call = ["restore-table", str(folder), "--models", str(weights), "--methods", "penalised", "--side", "32"]
    call += ["--operators", "box-10,shrunk-3,disc-3", "--sigma", "0.3", "--steps", "2"]
    result = runner.invoke(app, [*call, "-f", "json"])
    assert result.exit_code == 0, result.output
    assert "small.png" in result.stderr
    rows = json.loads(result.stdout)["rows"]
    assert [row["prior"] for row in rows] == ["seen", "total-variation", "penalised, one σ"] * 3
    square = to_signed(np.asarray(Image.open(folder / "0.png"))[2:34, 4:36])
    problem = pose(square, DegradationConfig(task="shrunk", factor=3, noise=0.3))
    prior = prior_of(open_denoisers(weights)["penalised"])
    assert prior is not None
    *_, last = restore_both(problem, prior, PriorConfig(steps=2))
    one = runner.invoke(app, [*call, "--limit", "1", "-f", "json"])
    alone = {(row["operator"], row["prior"]): row["mean"] for row in json.loads(one.stdout)["rows"]}
    assert (alone["shrunk-3", "penalised, one σ"], alone["shrunk-3", "total-variation"]) == pytest.approx(
        last.psnr
    )
    control, learnt = rows[4], rows[5]
    assert learnt["ahead"] == pytest.approx(learnt["mean"] - control["mean"])
    assert learnt["ahead_low"] < learnt["ahead"] < learnt["ahead_high"]
    refused = runner.invoke(app, [*call[:2], "--operators", "magic"])
    assert refused.exit_code == 2


class TestForAnySigma:
    """Denoisers that are told σ, beside those of one σ, as they ship."""

    @pytest.fixture
    def shipped(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        folder = tmp_path / "denoisers"
        folder.mkdir()
        network = build(DenoiserConfig(widths=(2, 3, 4, 4)), 0)
        for method in ("penalised", "noise2noise"):
            info = {"method": method, "sigma": "0.5"}
            save_model(folder / f"sigma-0.5-{method}.safetensors", network, method.capitalize(), info)
        told = build_conditioned(ConditionedDenoiserConfig(widths=(4,)), 0)
        save_model(folder / "any-sigma-penalised.safetensors", told, "Penalised", {"method": "penalised"})
        monkeypatch.setattr(methods, "resource", lambda *_: folder)
        monkeypatch.setattr(bm3d, "available", lambda: False)
        monkeypatch.setattr(evaluation, "user_cache_path", lambda *_, **__: tmp_path / "cache")
        return folder

    def test_a_photograph_is_denoised_for_its_own_sigma(
        self, photo: Path, shipped: Path, tmp_path: Path
    ) -> None:
        out = tmp_path / "out.png"
        call = ["image", str(photo), str(out), "--as-it-is", "--sigma"]
        result = runner.invoke(app, [*call, "0.1"])
        assert result.exit_code == 0, result.output
        assert "trained on" not in result.output
        told = open_denoisers(shipped / "any-sigma-penalised.safetensors")["penalised"]
        expected = to_pixels(denoise_told(told, to_signed(read_photo(photo).channels), 0.1))
        np.testing.assert_array_equal(read_photo(out).pixels, expected)
        result = runner.invoke(app, [*call, "0.1", "--bundled", "paper"])
        assert "taking those of σ = 0.5" in result.output
        result = runner.invoke(app, [*call, "0.01"])
        assert "changed by 25% of what it would be at 0.02" in " ".join(result.output.split())
        result = runner.invoke(app, [*call, "0.1", "--method", "noise2noise"])
        assert result.exit_code != 0
        assert "--bundled paper" in result.output
        result = runner.invoke(app, [*call, "0.1", "--bundled", "paper", "--models", str(shipped)])
        assert "not both" in result.output

    def test_a_photograph_without_noise_stays_as_it_is(self, shipped: Path, tmp_path: Path) -> None:
        flat, out = tmp_path / "flat.png", tmp_path / "out.png"
        pixels = np.repeat(np.arange(0, 240, 4, np.uint8)[:, None], 48, axis=1)[..., None].repeat(3, axis=2)
        write_picture(pixels, flat)
        result = runner.invoke(app, ["image", str(flat), str(out)])
        assert result.exit_code == 0, result.output
        np.testing.assert_array_equal(read_photo(out).pixels, pixels)

    def test_figure_4_and_table_1_keep_the_papers_network_where_it_was_made_for(
        self, photo: Path, shipped: Path, tmp_path: Path
    ) -> None:
        call = ["figure4", str(photo), str(tmp_path / "figure.svg"), "--sigma"]
        assert "Noise2Noise" in runner.invoke(app, [*call, "0.5"]).output
        assert "Noise2Noise" not in runner.invoke(app, [*call, "0.5", "--bundled", "any"]).output
        assert "Noise2Noise" not in runner.invoke(app, [*call, "0.7"]).output
        table = ["table1", str(photo.parent), "--sigma", "0.5", "--sigma", "0.7", "-f", "json"]
        ours = runner.invoke(app, [*table, "--as", "imagenet", "--sigma", "2.5"])
        mine = shipped / "any-sigma-penalised.safetensors"
        own = runner.invoke(app, [*table, "--models", str(mine)])

        def measured(result: Result) -> list[tuple[float, str, str]]:
            assert result.exit_code == 0, result.output
            rows = json.loads(result.stdout)["rows"]
            return [(row["sigma"], row["networks"], row["method"]) for row in rows if row["images"]]

        # Every set of networks that is made for a σ, and never two sets for one.
        assert measured(ours) == [
            (0.5, "any σ", "penalised"),
            (0.5, "σ = 0.5", "noise2noise"),
            (0.5, "σ = 0.5", "penalised"),
            (0.7, "any σ", "penalised"),
        ]
        assert measured(own) == [(0.5, mine.name, "penalised"), (0.7, mine.name, "penalised")]
        # Images in [0, 1] have twice the σ once they are brought to [-1, 1]: 2 is all that these can be told.
        twice = runner.invoke(app, ["table1", str(photo.parent), "--sigma", "1.1", "-f", "json"])
        assert twice.exit_code != 0
        told = runner.invoke(app, ["table1", str(photo.parent), "--sigma", "1", "-f", "json"])
        assert measured(told) == [(1.0, "any σ", "penalised")]
        assert "told σ = 2 of images brought to [-1, 1]" in json.loads(told.stdout)["notes"][0]

    def test_the_front_says_what_every_set_of_networks_comes_to(
        self, photo: Path, shipped: Path, tmp_path: Path
    ) -> None:
        pixels = (255 * draw_dead_leaves(40, 33, 3, 1)).astype(np.uint8).transpose(1, 2, 0)
        Image.fromarray(pixels).save(photo.with_name("other.png"))
        call = ["front", str(photo.parent), "--sigma", "0.3", "--sigma", "0.5", "--crop", "32"]
        result = runner.invoke(app, [*call, "-f", "json"])
        assert result.exit_code == 0, result.output
        rows = json.loads(result.stdout)["rows"]
        assert [(row["sigma"], row["method"], row["networks"]) for row in rows] == [
            (sigma, method, networks)
            for sigma in (0.3, 0.5)
            for method, networks in (("noisy", ""), ("penalised", "any σ"), ("penalised", "σ = 0.5"))
        ]
        noisy, told, one = rows[:3]
        assert told["psnr_plain"] > noisy["psnr_plain"] > one["psnr_plain"]
        assert [row["worse_than_input"] for row in rows[:3]] == ["no", "no", "yes"]
        network = build_conditioned(ConditionedDenoiserConfig(widths=(4,)), 0)
        assert told["weights"] == sum(weight.numel() for weight in network.parameters())
        assert told["seconds_per_megapixel"] > 0
        assert (told["images"], told["ahead"], noisy["weights"]) == (2, None, None)
        evaluated = runner.invoke(
            app, ["evaluate", "--images", str(photo.parent), "--sigma", "0.3", "--crop", "32", "--json"]
        )
        same = {row["method"]: row["mean"]["psnr_plain"] for row in json.loads(evaluated.stdout)["rows"]}
        assert same == {"noisy": noisy["psnr_plain"], "penalised": told["psnr_plain"]}
        shown = runner.invoke(app, call)
        assert "worse than its input" in shown.output
        assert "95 % confidence interval" in " ".join(shown.output.split())

    def test_the_front_has_networks_that_are_told_sigma_once_more_with_the_one_that_is_estimated(
        self, photo: Path, shipped: Path
    ) -> None:
        call = ["front", str(photo.parent), "--sigma", "0.3", "-f", "json"]

        def rows_of(*more: str) -> list[dict[str, Any]]:
            result = runner.invoke(app, [*call, *more])
            assert result.exit_code == 0, result.output
            found: list[dict[str, Any]] = json.loads(result.stdout)["rows"]
            return found

        noisy, told, guessed, one = rows_of("--estimated")
        labels = [row["networks"] for row in (noisy, told, guessed, one)]
        assert labels == ["", "any σ", "any σ, σ estimated", "σ = 0.5"]
        image = to_signed(read_photo(photo).channels)
        seen = NoiseModel(0.3).draw(image, seed_of(digest_of(read_photo(photo).channels), 0))
        assert guessed["sigma_estimated"] == estimate_noise(seen).sigma != 0.3
        assert [row["sigma_estimated"] for row in (noisy, told, one)] == [None, None, None]
        assert guessed["psnr_plain"] == pytest.approx(told["psnr_plain"], abs=1)
        assert guessed["psnr_plain"] != told["psnr_plain"]
        assert rows_of("--estimated") == [noisy, told, guessed, one]  # kept, each for itself
        assert rows_of() == [noisy, told, one]
        shown = runner.invoke(app, [*call[:-2], "--estimated"])
        assert f"({guessed['sigma_estimated']:.3g})" in shown.output


def test_the_front_stands_beside_bm3d() -> None:
    """Paired, on the same images, by the plain PSNR."""

    def measured(image: str, method: str, value: float) -> evaluation.Measured:
        return evaluation.Measured(image, method, Quality(value + 1, value, None), 2.0, 1_000_000)

    values = {"a": (20.0, 30.0, 31.0), "b": (22.0, 33.0, 35.0)}
    found = [
        (label, measured(image, method, value))
        for image, row in values.items()
        for (label, method), value in zip((("", "noisy"), ("", "bm3d"), ("mine", "own")), row, strict=True)
    ]
    network = build(DenoiserConfig(widths=(2, 3, 4, 4)), 0)
    sets = (NetworkSet("mine", {"own": Loaded(network, "Own", {})}),)
    noisy, bm3d_row, own = front_rows(0.3, sets, found)
    assert own.ahead == paired({"a": 31.0, "b": 35.0}, {"a": 30.0, "b": 33.0})
    assert bm3d_row.ahead is None
    assert (own.plain[0], own.paper[0], own.seconds, own.worse) == (33.0, 34.0, 2.0, False)
    assert (noisy.seconds, noisy.ahead.mean if noisy.ahead else None) == (None, -10.5)


@pytest.fixture
def told(tmp_path: Path) -> Path:
    """Weights of a denoiser that is told σ."""
    path = tmp_path / "told.safetensors"
    network = build_conditioned(ConditionedDenoiserConfig(widths=(4,)), seed=0)
    save_model(path, network, "Told", {"method": "penalised"})
    return path


def test_a_denoiser_that_is_told_sigma_restores_and_the_command_says_which(
    photo: Path, told: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.png"
    call = ["restore", str(photo), str(out), "--models", str(told), "--steps", "3", "--sigma", "0.25"]
    result = runner.invoke(app, call)
    assert result.exit_code == 0, result.output
    assert "by Told, told σ from 1 to 0.25" in result.stdout
    problem = pose(to_signed(np.asarray(Image.open(photo))), DegradationConfig(noise=0.25))
    prior = prior_of(open_denoisers(told)["penalised"])
    assert prior is not None
    *_, last = restore_both(problem, prior, PriorConfig(steps=3))
    assert np.array_equal(np.asarray(Image.open(out)), to_pixels(last.learnt.image))


def test_one_that_is_told_sigma_stands_beside_one_that_knows_one(
    photo: Path, told: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = ["restore-table", str(photo.parent), "--models", str(told), "--side", "32", "--steps", "2"]
    call += ["--operators", "shrunk-2", "--sigma", "0.4", "--one-sigma", "-f", "json"]
    result = runner.invoke(app, [*call, "--methods", "penalised"])
    assert result.exit_code == 0, result.output
    rows = json.loads(result.stdout)["rows"]
    assert [row["prior"] for row in rows] == ["seen", "total-variation", "penalised", "penalised, one σ"]
    assert len({row["mean"] for row in rows}) == 4

    def smoothed(noisy: Tensor, sigma: float, **_: object) -> Tensor:
        asked.append(sigma)
        return noisy / (1 + sigma)

    asked: list[float] = []
    monkeypatch.setattr(bm3d, "available", lambda: True)
    monkeypatch.setattr(priors, "denoise_bm3d", smoothed)
    result = runner.invoke(app, [*call, "--methods", "bm3d"])
    assert result.exit_code == 0, result.output
    assert [row["prior"] for row in json.loads(result.stdout)["rows"]] == ["seen", "total-variation", "bm3d"]
    assert asked == pytest.approx([1.0, 0.4])
