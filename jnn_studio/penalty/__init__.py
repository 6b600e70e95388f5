"""The nuclear-norm penalty: compositions, estimators of ‖J‖_F², the penalty itself."""

from jnn_studio.penalty.batch_rows import BatchRows
from jnn_studio.penalty.composition import Composition, FactorPass, Trace
from jnn_studio.penalty.estimators.deflation import Deflated
from jnn_studio.penalty.estimators.difference import CancellationWarning, CentralDifference, FiniteDifference
from jnn_studio.penalty.estimators.estimate import Estimate, Estimator
from jnn_studio.penalty.estimators.exact_modes import ClosedForm, ForwardMode, ReverseMode
from jnn_studio.penalty.estimators.hutchinson import Hutchinson
from jnn_studio.penalty.exact import exact_nuclear_norm
from jnn_studio.penalty.gap import TightnessGap, tightness_gap
from jnn_studio.penalty.nuclear import NuclearNormPenalty, PenaltyTerms

__all__ = [
    "BatchRows",
    "CancellationWarning",
    "CentralDifference",
    "ClosedForm",
    "Composition",
    "Deflated",
    "Estimate",
    "Estimator",
    "FactorPass",
    "FiniteDifference",
    "ForwardMode",
    "Hutchinson",
    "NuclearNormPenalty",
    "PenaltyTerms",
    "ReverseMode",
    "TightnessGap",
    "Trace",
    "exact_nuclear_norm",
    "tightness_gap",
]
