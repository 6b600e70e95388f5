"""Images that a program hands over."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from jnn_studio.data.config import GivenConfig
from jnn_studio.data.errors import DataError
from jnn_studio.data.given import as_pixels, hand_over, open_given, take_back
from jnn_studio.data.opening import open_source
from jnn_studio.data.source import ImageSource

FLOATS = torch.rand(5, 3, 8, 8, generator=torch.Generator().manual_seed(0))


def test_they_are_kept_pixel_for_pixel_and_found_until_they_are_taken_back() -> None:
    config = hand_over(as_pixels(FLOATS))
    source = open_source(config, 8)
    assert isinstance(source, ImageSource)
    assert torch.equal(source.images([3, 0]), FLOATS[[3, 0]])
    assert source.label(3) == "image 3"
    assert source.key == open_source(config, 8).key != open_source(config, 4).key
    assert source.thumbnails([0, 1], 16).shape == (2, 16, 16, 3)
    assert open_source(config, 4, 1).images([0]).shape == (1, 1, 4, 4)
    with pytest.raises(IndexError, match="no image 5"):
        source.images([5])
    take_back(config)
    with pytest.raises(DataError, match="a program that has ended"):
        open_source(config, 8)
    with pytest.raises(DataError):
        open_source(GivenConfig(name="of another process"), 8)


class Labelled:
    """As data sets of torchvision give images."""

    def __len__(self) -> int:
        return 4

    def __getitem__(self, index: int) -> tuple[Image.Image, int]:
        if index >= 4:
            raise IndexError(index)
        return Image.new("RGB", (8, 8), (index, 0, 255)), index


@pytest.mark.parametrize(
    "images",
    [
        FLOATS,
        FLOATS.movedim(1, -1).numpy(),
        (FLOATS * 255).to(torch.uint8),
        FLOATS[:, 0],
        Labelled(),
        [{"image": image, "label": 1} for image in FLOATS],
        torch.utils.data.TensorDataset(FLOATS, torch.arange(5)),
    ],
)
def test_tensors_arrays_and_data_sets_are_taken(images: object) -> None:
    pixels = as_pixels(images)
    assert pixels.shape[1] in (1, 3)
    assert pixels.shape[2:] == (8, 8)
    assert len(as_pixels(images, most=2)) == 2


def test_images_need_not_be_square_and_what_has_other_proportions_gives_its_middle() -> None:
    pixels = as_pixels(torch.rand(3, 3, 8, 12))
    config = hand_over(pixels)
    assert torch.equal(open_given(config, (8, 12), 3).images([1])[0], pixels[1])
    assert torch.equal(open_given(config, 8, 3).images([1])[0], pixels[1, :, :, 2:10])
    assert open_given(config, (4, 6), 1).images([0, 2]).shape == (2, 1, 4, 6)
    assert open_given(config, (8, 12), 3).thumbnails([0], 16).shape == (1, 16, 16, 3)
    take_back(config)


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (torch.rand(2, 4, 8, 8), "with 1 or 3 channels"),
        (torch.rand(2, 4, 8, 8), "Of more channels choose three"),
        (torch.rand(2, 100), "such as a series, jnn_studio.jacobian_svd gives"),
        (torch.rand(2, 2, 100), "at least 4 pixels a side"),
        (torch.rand(2, 3, 8, 8) * 2 - 1, "say in preprocess="),
        (torch.zeros(2, 3, 8, 8, dtype=torch.int64), "torch.int64"),
        (torch.empty(0, 3, 8, 8), "give images (images, channels, height, width)"),
        ([np.zeros((8, 8, 3), np.uint8), np.zeros((9, 9, 3), np.uint8)], "differ in shape"),
        ([{"text": "a"}], "is called image"),
        (["photo.png"], "is a str, no image"),
        (3, "no collection of images"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_what_is_accepted(images: object, words: str) -> None:
    with pytest.raises(DataError) as caught:
        as_pixels(images)
    assert words in str(caught.value)
