"""The singular values of all models in view, where their walks are."""

from __future__ import annotations

import numpy as np

from jnn_studio.app.plots.curves import SpectrumPlot
from jnn_studio.explore.scene.renderer import Scene


class SpectraPlot(SpectrumPlot):
    """One curve for each column of the scene, in its order."""

    def __init__(self) -> None:
        super().__init__("explore.spectrum", "σᵢ / σ₁ of the Jacobians")
        self._models: tuple[tuple[str, str], ...] = ()

    def show_scene(self, scene: Scene) -> None:
        """Draw the scene's spectra."""
        curves = tuple((view.caption, view.role) for view in scene.columns)
        if curves != self._models:
            for key in range(len(self._models)):
                self.remove_curve(str(key))
            for key, (caption, role) in enumerate(curves):
                self.add_model(str(key), caption, role)
            self._models = curves
        for key, view in enumerate(scene.columns):
            here = view.moved.here
            sigma = np.asarray(view.place.spectrum if here is None else here.sigma)
            self.set_spectrum(str(key), np.sort(sigma)[::-1])
        self.refresh()
