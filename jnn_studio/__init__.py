"""JNN Studio: explore what penalising the nuclear norm of a network's Jacobian does.

The library part is usable alone::

    from jnn_studio import Composition, NuclearNormPenalty, jacobian_svd
"""

from typing import TYPE_CHECKING, Any

from jnn_studio import labs
from jnn_studio.base import plugins
from jnn_studio.base.version import __version__
from jnn_studio.jacobian import JacobianSVD, jacobian_svd
from jnn_studio.penalty import Composition, NuclearNormPenalty
from jnn_studio.training import kinds

if TYPE_CHECKING:
    from jnn_studio.models.portable.saving import save_portable

__all__ = [
    "Composition",
    "JacobianSVD",
    "NuclearNormPenalty",
    "__version__",
    "jacobian_svd",
    "save_portable",
]

# Here, above all rooms, it is told where kinds of run are, also those of labs, which stand above `training`.
# Whatever is imported of this package, in whichever process, this comes first.
plugins.provide(plugins.KINDS, kinds.kinds)
plugins.provide(plugins.KINDS, labs.kinds)


def __getattr__(name: str) -> Any:
    if name == "save_portable":  # half a second to import, which few need
        from jnn_studio.models.portable.saving import save_portable

        return save_portable
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
