"""The nuclear-norm penalty: compositions, estimators of ‖J‖_F², the penalty itself."""

from jnn_studio.penalty.composition import Composition, Trace
from jnn_studio.penalty.nuclear import NuclearNormPenalty, PenaltyTerms

__all__ = ["Composition", "NuclearNormPenalty", "PenaltyTerms", "Trace"]
