"""A torch map's Jacobian as a linear operator: its entries, its singular values and vectors."""

from jnn_studio.jacobian.dense import jacobian
from jnn_studio.jacobian.gram import GramSVD
from jnn_studio.jacobian.result import JacobianSVD
from jnn_studio.jacobian.spectrum import effective_rank, nuclear_norm, stable_rank
from jnn_studio.jacobian.svd import jacobian_svd

__all__ = [
    "GramSVD",
    "JacobianSVD",
    "effective_rank",
    "jacobian",
    "jacobian_svd",
    "nuclear_norm",
    "stable_rank",
]
