"""Weights in a file: what is written comes back, and nothing else is taken for it."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from jnn_studio.models import beta_vae
from jnn_studio.models.autoencoder import Autoencoder, build
from jnn_studio.models.beta_vae import BetaVAE
from jnn_studio.models.config import AutoencoderConfig, BetaVAEConfig
from jnn_studio.models.weights import CONFIG_CHECKSUM, SCHEMA_VERSION, WeightsError, load_model, save_model

CONFIG = AutoencoderConfig(size=16, dct=8, hidden=24, latent=6, refinement=4)


@pytest.fixture
def model() -> Autoencoder:
    return build(CONFIG, seed=0)


@pytest.fixture
def saved(model: Autoencoder, tmp_path: Path) -> Path:
    path = tmp_path / "model.safetensors"
    save_model(path, model, "Regularised", {"eta": "0.5", "step": "60"})
    return path


def rewritten(path: Path, drop: str = "", **metadata: str) -> Path:
    """The same file with other metadata, or without one of its tensors, as somebody would write it."""
    with safe_open(path, framework="pt") as file:
        tensors = {key: file.get_tensor(key).clone() for key in file.keys() if key != drop}  # noqa: SIM118
        metadata = {**file.metadata(), **metadata}
    metadata.pop(CONFIG_CHECKSUM, "")
    save_file(tensors, path, metadata)
    return path


def test_float32_comes_back_exactly(model: Autoencoder, saved: Path) -> None:
    loaded = load_model(saved)

    assert loaded.name == "Regularised"
    assert loaded.info == {"eta": "0.5", "step": "60"}
    assert loaded.model.config == CONFIG
    for key, value in model.state_dict().items():
        torch.testing.assert_close(loaded.model.state_dict()[key], value, rtol=0, atol=0)


def test_a_description_that_was_damaged_on_its_way_is_not_taken_for_another(saved: Path) -> None:
    data = saved.read_bytes()
    config = CONFIG.model_dump_json().replace('"', '\\"').encode()
    assert data.count(config) == 1
    saved.write_bytes(data.replace(b"48", b"49", 1))  # channels of a decoder that this one does not have

    with pytest.raises(WeightsError, match="is damaged: it describes another network than was written"):
        load_model(saved)


def test_half_precision_halves_the_file_and_comes_back_within_its_rounding(
    model: Autoencoder, saved: Path
) -> None:
    half = saved.with_name("half.safetensors")
    save_model(half, model, "Regularised", half=True)

    loaded = load_model(half).model.state_dict()

    tensor_bytes = 4 * sum(p.numel() for p in model.parameters())
    assert saved.stat().st_size - half.stat().st_size == pytest.approx(tensor_bytes / 2, rel=0.01)
    for key, value in model.state_dict().items():
        assert loaded[key].dtype == torch.float32
        torch.testing.assert_close(loaded[key], value, rtol=2**-11, atol=2**-24)


def test_a_model_of_another_kind_comes_back_as_what_it_was(tmp_path: Path) -> None:
    vae = beta_vae.build(BetaVAEConfig(size=32, latent=4, widths=(4, 4, 4, 4, 4)), seed=0)
    vae.posterior(torch.rand(8, 3, 32, 32))  # moves the running statistics
    vae.axis_kl.copy_(torch.arange(4.0))

    for half in (False, True):
        save_model(tmp_path / "vae.safetensors", vae, "β-VAE", {"beta": "10.0"}, half=half)
        loaded = load_model(tmp_path / "vae.safetensors")

        assert isinstance(loaded.model, BetaVAE)
        assert (loaded.name, loaded.info) == ("β-VAE", {"beta": "10.0"})
        assert loaded.model.config == vae.config
        for key, value in vae.state_dict().items():
            found = loaded.model.state_dict()[key]
            assert found.dtype == value.dtype
            tolerance = {"rtol": 2**-11, "atol": 2**-24} if half else {"rtol": 0, "atol": 0}
            torch.testing.assert_close(found, value, **tolerance)
    assert int(loaded.model.encoder.features[0][1].num_batches_tracked) == 1


def test_a_description_from_before_there_were_kinds_is_an_autoencoders(saved: Path) -> None:
    settings = json.loads(CONFIG.model_dump_json())
    del settings["kind"]
    rewritten(saved, config=json.dumps(settings))

    assert load_model(saved).model.config == CONFIG


def test_a_loaded_model_is_ready_to_be_used(saved: Path) -> None:
    model = load_model(saved).model

    assert not model.training
    assert not any(p.requires_grad for p in model.parameters())
    assert torch.isfinite(model(torch.rand(1, 3, 16, 16))).all()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"there is no weights file at .*gone\.safetensors"):
        load_model(tmp_path / "gone.safetensors")


def test_a_folder_is_no_weights_file(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="not a readable"):
        load_model(tmp_path)


def test_a_file_from_a_newer_version_is_refused(saved: Path) -> None:
    rewritten(saved, schema_version=str(SCHEMA_VERSION + 1))

    with pytest.raises(WeightsError, match=r"newer JNN Studio \(format 2.*update the program"):
        load_model(saved)


def test_tensors_of_another_program_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "foreign.safetensors"
    save_file({"weight": torch.zeros(3)}, path)

    with pytest.raises(WeightsError, match="holds tensors but no JNN Studio model"):
        load_model(path)


@pytest.mark.parametrize("keep", [0, 4, 100, 2000])
def test_a_truncated_file_is_refused(saved: Path, keep: int) -> None:
    saved.write_bytes(saved.read_bytes()[:keep])

    with pytest.raises(WeightsError, match=r"model\.safetensors is not a readable"):
        load_model(saved)


@pytest.mark.parametrize(
    ("metadata", "complaint"),
    [
        ({"config": "{}}"}, "describes no network"),
        (
            {"config": json.dumps({"kind": "transformer"})},
            "its kind is 'transformer', not one of 'autoencoder', 'beta-vae'",
        ),
        ({"config": "[]"}, "its kind is"),
        ({"config": json.dumps({"kind": "beta-vae", "size": 48})}, "size: Input should be a multiple of 32"),
        ({"config": json.dumps({"hidden": 10**30})}, "hidden: Input should be less than"),
        ({"schema_version": "one"}, "describes no network"),
        ({"info": "not json"}, "describes no network"),
        ({"info": "[1]"}, "info is not a table"),
    ],
)
def test_a_description_that_makes_no_sense_is_refused(
    saved: Path, metadata: dict[str, str], complaint: str
) -> None:
    rewritten(saved, **metadata)

    with pytest.raises(WeightsError, match=complaint):
        load_model(saved)


def test_tensors_that_do_not_fit_their_description_are_refused(saved: Path) -> None:
    other = CONFIG.model_copy(update={"latent": 7})
    rewritten(saved, config=other.model_dump_json())

    with pytest.raises(WeightsError, match="does not match its own description"):
        load_model(saved)


def test_a_missing_tensor_is_refused(saved: Path) -> None:
    rewritten(saved, drop="decoder.1.bias")

    with pytest.raises(WeightsError, match=r"decoder\.1\.bias"):
        load_model(saved)


class _Malicious:
    """Unpickling it creates a file."""

    def __init__(self, proof: Path) -> None:
        self.proof = proof

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.proof,)


@pytest.mark.parametrize("writer", ["pickle", "torch"])
def test_nothing_is_ever_unpickled(tmp_path: Path, writer: str) -> None:
    proof, path = tmp_path / "executed", tmp_path / "model.safetensors"
    if writer == "pickle":
        path.write_bytes(pickle.dumps(_Malicious(proof)))
    else:
        torch.save(_Malicious(proof), path)
    pickled = path.read_bytes()
    assert b"executed" in pickled

    with pytest.raises(WeightsError, match="not a readable"):
        load_model(path)

    assert not proof.exists()


def test_a_loaded_model_owns_its_weights(model: Autoencoder, saved: Path) -> None:
    """A view of the file would change with it, and end the process with a bus error if it were cut short."""
    loaded = load_model(saved).model

    with saved.open("r+b") as file:
        file.write(bytes(saved.stat().st_size))

    for key, value in model.state_dict().items():
        torch.testing.assert_close(loaded.state_dict()[key], value, rtol=0, atol=0)


def test_an_existing_file_is_replaced_whole(model: Autoencoder, saved: Path) -> None:
    save_model(saved, model, "Another", {})

    assert load_model(saved).name == "Another"
    assert [path.name for path in saved.parent.iterdir()] == ["model.safetensors"]


# --- hostile files --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["config", "info", "schema_version"])
@pytest.mark.parametrize("value", ["[" * 3000 + "]" * 3000, '{"a":' * 3000, "9" * 10_000, "null", "\x00"])
def test_metadata_of_anything_is_refused_in_words(saved: Path, name: str, value: str) -> None:
    rewritten(saved, **{name: value})

    with pytest.raises(WeightsError, match="describes no network"):
        load_model(saved)


@pytest.mark.timeout(30)
@pytest.mark.parametrize("name", ["encoder.0.0.weight", "another"])
def test_a_file_that_only_says_it_is_large_is_refused_before_it_is_read(saved: Path, name: str) -> None:
    header = json.dumps(
        {
            "__metadata__": {"schema_version": "1", "config": CONFIG.model_dump_json()},
            name: {"dtype": "F32", "shape": [5 << 30], "data_offsets": [0, 20 << 30]},
        }
    ).encode()
    with saved.open("wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        file.truncate(8 + len(header) + (20 << 30))

    with pytest.raises(WeightsError, match="does not match its own description"):
        load_model(saved)


@pytest.mark.parametrize("length", [2**24 + 1, 2**40, 2**63, 2**64 - 1])
def test_a_header_of_impossible_length_is_refused(saved: Path, length: int) -> None:
    saved.write_bytes(length.to_bytes(8, "little") + saved.read_bytes()[8:])

    with pytest.raises(WeightsError, match="not a readable"):
        load_model(saved)


def test_weights_that_are_not_those_that_were_written_are_refused(saved: Path) -> None:
    data = saved.read_bytes()
    for damaged in (data[:-4] + bytes([data[-4] ^ 1]) + data[-3:], data[:-200] + bytes(200)):
        saved.write_bytes(damaged)
        with pytest.raises(WeightsError, match="is damaged: its weights are not those that were written"):
            load_model(saved)


def test_a_file_from_before_there_were_sums_is_still_read(model: Autoencoder, saved: Path) -> None:
    with safe_open(saved, framework="pt") as file:
        tensors = {key: file.get_tensor(key).clone() for key in file.keys()}  # noqa: SIM118
        metadata = {key: value for key, value in file.metadata().items() if key != "sha256"}
    save_file(tensors, saved, metadata)

    loaded = load_model(saved).model.state_dict()
    for key, value in model.state_dict().items():
        torch.testing.assert_close(loaded[key], value, rtol=0, atol=0)


@pytest.mark.timeout(30)
def test_a_pipe_is_not_waited_for(tmp_path: Path, model: Autoencoder) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(WeightsError, match="a pipe, not a file"):
        load_model(tmp_path / "pipe")
    with pytest.raises(OSError, match="a pipe, not a file"):
        save_model(tmp_path / "pipe", model, "x")


def test_a_file_has_the_permissions_the_umask_leaves_and_is_written_through_a_link(
    model: Autoencoder, tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to("target")
    before = os.umask(0o022)
    try:
        save_model(tmp_path / "link", model, "x")
    finally:
        os.umask(before)

    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").stat().st_mode & 0o777 == 0o644
