"""Writing anybody's encoder and decoder into a file that opens everywhere and runs no code."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from PIL import Image
from pydantic import ValidationError
from torch import Tensor, nn

from jnn_studio.base.embedded_pictures import MAX_BYTES, MAX_PICTURES
from jnn_studio.models.portable.exporting import ExportError, WrittenGraph, write_graph
from jnn_studio.models.portable.limits import GraphError
from jnn_studio.models.portable.model import MODEL, PixelScale, PortableConfig
from jnn_studio.models.portable.operator_graph import OperatorGraph
from jnn_studio.models.weights import PORTABLE, save_model

Scale = tuple[float | Sequence[float], float | Sequence[float]]


def save_portable(
    path: Path | str,
    encoder: nn.Module,
    decoder: nn.Module,
    example: Tensor,
    *,
    name: str,
    encoded: Scale = (0.0, 1.0),
    decoded: Scale | None = None,
    info: Mapping[str, str] | None = None,
    thumbnails: int = 0,
) -> None:
    """Write one ``.jnnmodel`` of an encoder and a decoder, with what they compute and their weights.

    The file holds a list of ATen operators (what `torch.export` makes of the modules in evaluation mode)
    and the weights as safetensors. Whoever opens it computes these operators and runs nothing else. The
    modules themselves are not changed.

    Args:
        path: a name that ends in ``.jnnmodel``.
        encoder: (batch, channels, height, width) → (batch, …), one tensor.
        decoder: the encoder's shape → (batch, channels, height, width).
        example: images (batch ≥ 1, channels, height, width) in [0, 1], with 1 or 3 channels.
        name: what to call the model.
        encoded: (mean, deviation), each one number or one for each channel: the encoder takes
            (pixel - mean) / deviation.
        decoded: the same of what the decoder gives; as ``encoded`` if not given.
        info: facts to be shown of it.
        thumbnails: how many of ``example`` go into the file, pixel for pixel, to be looked at with the model
            where no other images are given: at most 64, and 4 MB.

    Raises:
        ExportError: the modules cannot be written down; the message names the layer and says what to do.
        OSError: the file cannot be written.

    Example:
        >>> import tempfile
        >>> encoder = nn.Sequential(nn.Flatten(), nn.Linear(64, 4))
        >>> decoder = nn.Sequential(nn.Linear(4, 64), nn.Unflatten(1, (1, 8, 8)))
        >>> file = Path(tempfile.mkdtemp()) / "mine.jnnmodel"
        >>> save_portable(file, encoder, decoder, torch.rand(2, 1, 8, 8), name="mine")
        >>> from jnn_studio.models.weights import load_model
        >>> load_model(file).model.config.latent
        4
    """
    path = Path(path)
    if path.suffix != PORTABLE:
        raise ExportError(f"{path} is no name of a portable model; give one that ends in {PORTABLE}")
    images = fitting_images(example)
    channels = images.shape[1]
    scales = {
        "encoded": pixel_scale(encoded, channels),
        "decoded": pixel_scale(encoded if decoded is None else decoded, channels),
    }
    given = scales["encoded"].numbers(images)
    first = write_graph(encoder, given, "the encoder")
    with torch.no_grad():
        latents = _result(first, given)
    second = write_graph(decoder, latents, "the decoder")
    try:
        config = PortableConfig.model_validate(
            {
                "channels": channels,
                "size": images.shape[3],
                "height": None if images.shape[2] == images.shape[3] else images.shape[2],
                "latent": latents[0].numel(),
                "latent_shape": tuple(latents.shape[1:]),
                "encoder": first.description,
                "decoder": second.description,
                **scales,
            }
        )
        model = MODEL.from_tensors(config, _state(first.tensors, second.tensors))
    except ValidationError as error:
        raise ExportError(f"the model cannot be written down: {error.errors()[0]['msg']}") from error
    except GraphError as error:
        raise ExportError(f"the model cannot be written down: {error}") from error
    save_model(path, model, name, info, pictures=_pictures(example[:thumbnails]) if thumbnails > 0 else ())


def fitting_images(example: Tensor) -> Tensor:
    """An example as it is to be written with: 2 to 4 images in float32; raises `ExportError`."""
    if example.ndim != 4 or example.shape[1] not in (1, 3):
        raise ExportError(
            f"the example is {tuple(example.shape)}; give images (batch, channels, height, width) with 1 "
            "or 3 channels"
        )
    images = example.detach().to("cpu", torch.float32)
    if not bool(((images >= 0) & (images <= 1)).all()):
        raise ExportError(
            "the example's pixels are not in [0, 1]; give them so, and say in encoded= on which scale the "
            "encoder takes them"
        )
    return images.repeat(2, 1, 1, 1) if len(images) < 2 else images[:4]


def _pictures(images: Tensor) -> list[bytes]:
    pixels = images.detach().to("cpu", torch.float32).mul(255).round().to(torch.uint8).movedim(1, -1).numpy()
    found = []
    for one in pixels:
        file = io.BytesIO()
        Image.fromarray(one[..., 0] if one.shape[-1] == 1 else one).save(file, "PNG", optimize=True)
        found.append(file.getvalue())
    size = sum(map(len, found))
    if len(found) > MAX_PICTURES or size > MAX_BYTES:
        raise ExportError(
            f"{len(found)} thumbnails have {size / 2**20:.1f} MB; a file takes at most {MAX_PICTURES}, and "
            f"{MAX_BYTES >> 20} MB of them: ask for fewer"
        )
    return found


def pixel_scale(pair: Scale, channels: int) -> PixelScale:
    """A scale as somebody wrote it; raises `ExportError`."""
    try:
        mean, deviation = (
            (float(part),) if isinstance(part, int | float) else tuple(float(value) for value in part)
            for part in pair
        )
        if not {len(mean), len(deviation)} <= {1, channels}:
            raise ValueError("another number of channels")
        return PixelScale(mean=mean, deviation=deviation)
    except (TypeError, ValueError) as error:
        raise ExportError(
            f"{pair} is no scale; give (mean, deviation), each one number or one for each of "
            f"{channels} channels"
        ) from error


def _result(written: WrittenGraph, inputs: Tensor) -> Tensor:
    graph = OperatorGraph(written.description)
    graph.load_state_dict(dict(written.tensors), assign=True)
    result: Tensor = graph(inputs)
    return result


def _state(encoder: Mapping[str, Tensor], decoder: Mapping[str, Tensor]) -> dict[str, Tensor]:
    sides = {"encoder": encoder, "decoder": decoder}
    return {
        f"{side}.graph.{name}": value for side, tensors in sides.items() for name, value in tensors.items()
    }
