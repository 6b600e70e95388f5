"""Optimal singular-value shrinkage: the linear special case of the penalty, whose answer is known.

The paper's §5 and appendix A.4. Noisy data Y = X + σ·Z with X of low rank are denoised by a linear map A
under the penalty η‖A‖_*; the optimum stands in closed form, and factors of A under Frobenius penalties,
trained by gradient descent, have to reach it.
"""

from jnn_studio.labs.shrinkage.config import ShrinkageConfig, SpectrumShape, checked, reasons
from jnn_studio.labs.shrinkage.descent import Descent, DescentState, descend
from jnn_studio.labs.shrinkage.problem import (
    Denoised,
    ShrinkageProblem,
    denoise_all,
    error_curves,
    make_problem,
    minimised_penalty,
    mode_gains,
    shrinkage_curves,
    shrunk,
)

__all__ = [
    "Denoised",
    "Descent",
    "DescentState",
    "ShrinkageConfig",
    "ShrinkageProblem",
    "SpectrumShape",
    "checked",
    "denoise_all",
    "descend",
    "error_curves",
    "make_problem",
    "minimised_penalty",
    "mode_gains",
    "reasons",
    "shrinkage_curves",
    "shrunk",
]
