"""Pictures that a portable model brings along: images to walk from where no others are given."""

from __future__ import annotations

import base64
import json
import struct
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from jnn_studio.base import embedded_pictures
from jnn_studio.base.errors import StudioError
from jnn_studio.base.reading import MalformedError
from jnn_studio.data.config import FolderConfig
from jnn_studio.data.errors import DataError
from jnn_studio.data.opening import open_source
from jnn_studio.explore.columns.open_models import images_of, open_models
from jnn_studio.models.portable.exporting import ExportError
from jnn_studio.models.portable.saving import save_portable


def modules() -> tuple[nn.Module, nn.Module]:
    encoder = nn.Sequential(nn.Flatten(), nn.Linear(3 * 6 * 8, 4))
    return encoder, nn.Sequential(nn.Linear(4, 3 * 6 * 8), nn.Unflatten(1, (3, 6, 8)))


@pytest.fixture(scope="module")
def images() -> Tensor:
    return torch.rand(5, 3, 6, 8, generator=torch.Generator().manual_seed(0)).mul(255).round() / 255


@pytest.fixture(scope="module")
def saved(images: Tensor, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pictures") / "mine.jnnmodel"
    save_portable(path, *modules(), images, name="Mine", thumbnails=3)
    return path


def test_they_are_its_images_pixel_for_pixel(saved: Path, images: Tensor) -> None:
    found = images_of(saved)
    assert found == FolderConfig(path=saved)
    source = open_source(found, (6, 8), 3)
    assert len(source) == 3
    torch.testing.assert_close(source.images(range(3)), images[:3])
    assert source.label(0) == "picture 01.png"
    assert open_models(saved)[0].name == "Mine"


def test_without_any_there_are_none(tmp_path: Path, images: Tensor) -> None:
    path = tmp_path / "plain.jnnmodel"
    save_portable(path, *modules(), images[:1], name="Plain")
    assert images_of(path) is None
    with pytest.raises(DataError, match="no image file"):
        open_source(FolderConfig(path=path), 8, 3)


def test_too_many_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    path = tmp_path / "many.jnnmodel"
    with pytest.raises(ExportError, match="65 thumbnails .* ask for fewer"):
        save_portable(path, *modules(), torch.rand(70, 3, 6, 8), name="Many", thumbnails=65)
    assert not path.exists()


@pytest.mark.parametrize(
    "listed",
    ['{"a": 1}', "[1]", '["no base64 ?"]', "[", json.dumps([""] * 65), json.dumps(["A" * 9_000_000])],
)
def test_what_is_no_list_of_pictures_is_refused_and_the_model_opens(
    saved: Path, tmp_path: Path, listed: str
) -> None:
    path = tmp_path / "changed.jnnmodel"
    with safe_open(saved, "pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        save_file(tensors, path, {**file.metadata(), embedded_pictures.KEY: listed})
    with pytest.raises(DataError, match="pictures that cannot be read"):
        open_source(FolderConfig(path=path), 8, 3)
    assert images_of(path) is None
    assert open_models(path)[0].name == "Mine"


def test_what_is_no_picture_is_left_out_and_named(saved: Path, tmp_path: Path) -> None:
    path = tmp_path / "changed.jnnmodel"
    with safe_open(saved, "pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        listed = json.loads(file.metadata()[embedded_pictures.KEY])
        listed[1] = base64.b64encode(b"rubbish").decode()
        save_file(tensors, path, {**file.metadata(), embedded_pictures.KEY: json.dumps(listed)})
    source = open_source(FolderConfig(path=path), 8, 3)
    assert (len(source), source.skipped[0].name) == (2, "picture 02.png")  # type: ignore[attr-defined]


def test_a_file_that_claims_a_long_header_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "long.jnnmodel"
    path.write_bytes(struct.pack("<Q", 2**60) + b"{}")
    with pytest.raises(MalformedError, match="does not begin with a header"):
        embedded_pictures.read_pictures(path)
    with pytest.raises(StudioError):
        open_source(FolderConfig(path=path), 8, 3)
