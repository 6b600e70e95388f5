"""JNN Studio: explore what penalising the nuclear norm of a network's Jacobian does.

The library part is usable alone::

    from jnn_studio import Composition, NuclearNormPenalty, jacobian_svd
"""

from jnn_studio.jacobian import JacobianSVD, jacobian_svd
from jnn_studio.penalty import Composition, NuclearNormPenalty

__version__ = "0.1.0"

__all__ = ["Composition", "JacobianSVD", "NuclearNormPenalty", "__version__", "jacobian_svd"]
