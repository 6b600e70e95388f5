"""Every method is known by its colour, in both themes."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab

from jnn_studio.app.colors import DARK, LIGHT, Colors
from jnn_studio.app.workspaces.denoise.method_colors import ROLES, method_color
from jnn_studio.labs.denoise.denoisers.methods import LEARNT


@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])
def test_no_two_methods_look_alike(colors: Colors) -> None:
    assert len({method_color(key) for key in LEARNT}) == len(LEARNT)
    roles = sorted(set(ROLES.values()))
    levels = [[int(colors.role(role)[at : at + 2], 16) / 255 for at in (1, 3, 5)] for role in roles]
    found = dict(zip(roles, rgb2lab(np.array(levels)), strict=True))
    for one, other in combinations(roles, 2):
        assert deltaE_ciede2000(found[one], found[other]) > 12, f"{one} and {other}"
