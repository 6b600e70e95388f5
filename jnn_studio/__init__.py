"""JNN Studio: explore what penalising the nuclear norm of a network's Jacobian does.

The library part is usable alone::

    from jnn_studio import Composition, NuclearNormPenalty, jacobian_svd

What is named here is loaded when it is first used; ``docs/api.md`` describes it.
"""

import importlib
import inspect
from types import ModuleType
from typing import TYPE_CHECKING, Any

from jnn_studio import explore as _explore
from jnn_studio import labs
from jnn_studio.base import plugins
from jnn_studio.base.version import __version__
from jnn_studio.training import kinds

if TYPE_CHECKING:
    from jnn_studio.app.exploring import explore
    from jnn_studio.data.opening import open_source
    from jnn_studio.explore.columns.open_models import open_models
    from jnn_studio.explore.figures.animation import save_animation
    from jnn_studio.explore.figures.sheet import make_sheet
    from jnn_studio.explore.figures.sheet_page import save_sheet
    from jnn_studio.explore.scene.renderer import SceneRenderer
    from jnn_studio.explore.state import ExploreState
    from jnn_studio.explore.walking.calibration import Calibration
    from jnn_studio.explore.walking.walker import Walker
    from jnn_studio.jacobian import (
        JacobianSVD,
        SingularTracker,
        effective_rank,
        jacobian_svd,
        nuclear_norm,
        stable_rank,
    )
    from jnn_studio.models.denoiser_saving import save_denoiser
    from jnn_studio.models.portable.saving import save_portable
    from jnn_studio.models.weights import load_model
    from jnn_studio.penalty import Composition, NuclearNormPenalty, exact_nuclear_norm, tightness_gap
    from jnn_studio.training.other_code.lightning_penalty import JacobianPenalty
    from jnn_studio.training.other_code.run_writer import RunWriter

# Where each name is found: how it is called here is how it is called there.
_PLACES = {
    "Composition": "penalty",
    "NuclearNormPenalty": "penalty",
    "exact_nuclear_norm": "penalty",
    "tightness_gap": "penalty",
    "JacobianSVD": "jacobian",
    "SingularTracker": "jacobian",
    "effective_rank": "jacobian",
    "jacobian_svd": "jacobian",
    "nuclear_norm": "jacobian",
    "stable_rank": "jacobian",
    "Calibration": "explore.walking.calibration",
    "ExploreState": "explore.state",
    "SceneRenderer": "explore.scene.renderer",
    "Walker": "explore.walking.walker",
    "load_model": "models.weights",
    "make_sheet": "explore.figures.sheet",
    "open_models": "explore.columns.open_models",
    "open_source": "data.opening",
    "save_animation": "explore.figures.animation",
    "save_denoiser": "models.denoiser_saving",
    "save_portable": "models.portable.saving",
    "save_sheet": "explore.figures.sheet_page",
    "JacobianPenalty": "training.other_code.lightning_penalty",
    "RunWriter": "training.other_code.run_writer",
}

__all__ = [
    "Calibration",
    "Composition",
    "ExploreState",
    "JacobianPenalty",
    "JacobianSVD",
    "NuclearNormPenalty",
    "RunWriter",
    "SceneRenderer",
    "SingularTracker",
    "Walker",
    "__version__",
    "effective_rank",
    "exact_nuclear_norm",
    "explore",
    "jacobian_svd",
    "load_model",
    "make_sheet",
    "nuclear_norm",
    "open_models",
    "open_source",
    "save_animation",
    "save_denoiser",
    "save_portable",
    "save_sheet",
    "stable_rank",
    "tightness_gap",
]

# Here, above all rooms, it is told where kinds of run are, also those of labs, which stand above `training`.
# Whatever is imported of this package, in whichever process, this comes first.
plugins.provide(plugins.KINDS, kinds.kinds)
plugins.provide(plugins.KINDS, labs.kinds)


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(importlib.import_module(f"{__name__}.{_PLACES[name]}"), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class _CallableRoom(ModuleType):
    """A room that can be called.

    The call that opens the window is ``explore``, as people know it of such programs; so is the room of what
    Explore shows, and once anything of it is imported its name here is the room. So the room takes the call.
    """

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._opener()(*args, **kwargs)

    @property
    def __signature__(self) -> inspect.Signature:
        return inspect.signature(self._opener())

    @staticmethod
    def _opener() -> Any:
        return importlib.import_module(f"{__name__}.app.exploring").explore


_explore.__class__ = _CallableRoom
