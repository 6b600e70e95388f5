"""Writing anybody's denoiser into a file that opens everywhere and runs no code."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from pydantic import ValidationError
from torch import Tensor, nn

from jnn_studio.models import portable_denoiser
from jnn_studio.models.portable.limits import GraphError
from jnn_studio.models.weights import PORTABLE, save_model

if TYPE_CHECKING:
    from jnn_studio.models.portable.saving import Scale


def save_denoiser(
    path: Path | str,
    denoiser: nn.Module,
    example: Tensor,
    *,
    name: str,
    sigma: float | None = None,
    margin: int = 16,
    scale: Scale = (0.5, 0.5),
    takes_sigma: bool = False,
    sigmas: tuple[float, float] = (0.02, 2.0),
    info: Mapping[str, str] | None = None,
) -> None:
    """Write one ``.jnnmodel`` of a denoiser, with what it computes and its weights; as `save_portable`.

    Args:
        path: a name that ends in ``.jnnmodel``; without that, the key of the method.
        denoiser: noisy images (batch, channels, side, side) → images without noise, of the same shape.
        example: images (batch ≥ 1, channels, side, side) in [0, 1], with 1 or 3 channels. Photographs of any
            size are denoised by squares of this side.
        name: what to call it.
        sigma: the σ that it was trained for, for images in [-1, 1], if it was trained for one.
        margin: how far away, in pixels, what it sees can change what it gives: squares overlap by twice that.
            Of a network that sees further, what it sees beyond it is lost.
        scale: (mean, deviation), each one number or one for each channel: it takes, and gives,
            (pixel - mean) / deviation; by default images in [-1, 1].
        takes_sigma: it is told σ in one more channel, as DRUNet is: (batch, channels + 1, side, side), where
            every pixel of the last channel is σ in the unit of the others (of images in [-1, 1] σ itself, in
            [0, 1] half of it). One that takes a number is wrapped in a module that takes it from there:
            ``net(x[:, :3], x[:, 3, 0, 0])``.
        sigmas: the least and the largest σ, for images in [-1, 1], that such a one can be told.
        info: facts to be shown of it.

    Raises:
        ExportError: the module cannot be written down; the message names the layer and says what to do.
        OSError: the file cannot be written.

    Example:
        >>> import tempfile
        >>> import torch
        >>> file = Path(tempfile.mkdtemp()) / "blur.jnnmodel"
        >>> save_denoiser(file, nn.AvgPool2d(3, 1, 1), torch.rand(1, 3, 32, 32), name="Blur", margin=1)
        >>> from jnn_studio.models.weights import load_denoiser
        >>> load_denoiser(file).model(torch.zeros(1, 3, 50, 40)).shape
        torch.Size([1, 3, 50, 40])
    """
    # Imported here: torch's compiler, with which graphs are taken down, is loaded longer than the window.
    from jnn_studio.models.portable.exporting import ExportError, write_graph
    from jnn_studio.models.portable.saving import fitting_images, pixel_scale

    path = Path(path)
    if path.suffix != PORTABLE:
        raise ExportError(f"{path} is no name of a portable model; give one that ends in {PORTABLE}")
    images = fitting_images(example)
    if images.shape[2] != images.shape[3]:
        raise ExportError(
            f"the example is {tuple(example.shape)}; give squares: photographs are denoised square by square"
        )
    pixels = pixel_scale(scale, images.shape[1])
    numbers = pixels.numbers(images)
    if takes_sigma:
        told = sum(sigmas) / 4 / pixels.deviation[0]
        numbers = torch.cat([numbers, torch.full_like(numbers[:, :1], told)], dim=1)
    written = write_graph(denoiser, numbers, "the denoiser")
    try:
        config = portable_denoiser.PortableDenoiserConfig.model_validate(
            {
                "channels": images.shape[1],
                "side": images.shape[2],
                "margin": margin,
                "scale": pixels,
                "sigmas": sigmas if takes_sigma else None,
                "graph": written.description,
            }
        )
        tensors = {f"graph.{key}": value for key, value in written.tensors.items()}
        model = portable_denoiser.MODEL.from_tensors(config, tensors)
    except ValidationError as error:
        raise ExportError(f"the denoiser cannot be written down: {error.errors()[0]['msg']}") from error
    except GraphError as error:
        raise ExportError(f"the denoiser cannot be written down: {error}") from error
    facts = {"method": path.stem} | ({} if sigma is None else {"sigma": repr(float(sigma))})
    if takes_sigma:
        facts["sigmas"] = f"{float(sigmas[0])!r} to {float(sigmas[1])!r}"
    save_model(path, model, name, facts | dict(info or {}))
