"""A torch map's Jacobian as a linear operator: its entries, its singular values and vectors."""

from jnn_studio.jacobian.dense import jacobian
from jnn_studio.jacobian.errors import NoDerivativeError
from jnn_studio.jacobian.gram import GramSVD
from jnn_studio.jacobian.krylov import krylov_svd
from jnn_studio.jacobian.lanczos import lanczos_nuclear_norm
from jnn_studio.jacobian.operator import JacobianOperator
from jnn_studio.jacobian.result import JacobianSVD
from jnn_studio.jacobian.schatten import schatten_power
from jnn_studio.jacobian.spectrum import effective_rank, nuclear_norm, stable_rank
from jnn_studio.jacobian.subspace import principal_angles, tangent_energy
from jnn_studio.jacobian.svd import jacobian_svd
from jnn_studio.jacobian.tracker import SingularTracker

__all__ = [
    "GramSVD",
    "JacobianOperator",
    "JacobianSVD",
    "NoDerivativeError",
    "SingularTracker",
    "effective_rank",
    "jacobian",
    "jacobian_svd",
    "krylov_svd",
    "lanczos_nuclear_norm",
    "nuclear_norm",
    "principal_angles",
    "schatten_power",
    "stable_rank",
    "tangent_energy",
]
