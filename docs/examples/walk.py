"""Walk a model along its directions by equal changes of the image, and draw a figure of it."""

import sys
from pathlib import Path

from jnn_studio import ExploreState, SceneRenderer, Walker, make_sheet, open_models, open_source, save_sheet
from jnn_studio.data.config import FacesConfig
from jnn_studio.explore.state import Column

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")

# One model by hand. A weights file, a run folder or a .jnnmodel would do as well.
(loaded,) = open_models("regularised")
image = open_source(FacesConfig(), loaded.model.config.size).images([3])[0]
walker = Walker(loaded, "encoder", limit=0.1)
place = walker.place(image, k=5)
print("σ:", place.sigma[:5].round(2), f"  effective rank {place.effective_rank:.1f}")
for amount in (-0.06, 0.06):
    moved = walker.straight(place, [amount])
    print(
        f"asked for an RMS change of {abs(amount)}, got {moved.rms:.3f}; α = "
        f"{place.calibration.distance(0, amount):.2f}"
    )
    assert abs(moved.rms - 0.06) < 0.005

# Two models side by side, as the window shows them, drawn as the paper's figures are.
columns = (Column(key="a", where="unregularised"), Column(key="b", where="regularised"))
sheet = make_sheet(SceneRenderer(), ExploreState(columns=columns), directions=3, steps=5)
save_sheet(sheet, folder / "walk.png")
