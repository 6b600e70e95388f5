"""Principal component analyses of images, fitted once and kept as weights files for sessions to refer to."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from jnn_studio.base.system_errors import advice_for, reason_of
from jnn_studio.base.watch import Watch
from jnn_studio.data.source import ImageSource
from jnn_studio.models.weights import WeightsError, load_model, save_model
from jnn_studio.training.pair.fit_pca import PCAError, fit_pca

_FITTING = 1  # raise it when the same images come to give another analysis


def keep_pca(source: ImageSource, components: int, folder: Path, watch: Watch | None = None) -> Path:
    """The weights file in ``folder`` of the analysis of these images; fitted unless a sound one is there.

    Raises:
        PCAError: there are too few images for ``components``, or ``folder`` cannot be written.
        Cancelled: ``watch`` said so; nothing is kept.
    """
    path = folder / _name(source, components)
    try:
        load_model(path)
    except WeightsError:
        fitted = fit_pca(source, components, watch)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            save_model(path, fitted.model, fitted.name, {"of": source.name, **fitted.info})
        except OSError as error:
            raise PCAError(f"{path} cannot be written: {reason_of(error)}; {advice_for(error)}") from error
    return path


def _name(source: ImageSource, components: int) -> str:
    """Readable, and another for other images."""
    digest = hashlib.sha256(f"fitting {_FITTING}, {source.image_shape}, {source.key}".encode()).hexdigest()
    words = re.sub(r"[^\w.]+", "-", source.name).strip("-.")[:40]
    return f"pca-{components}-{words or 'images'}-{digest[:16]}.safetensors"
