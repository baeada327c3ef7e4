"""Attribution methods: one file per method, each a refinement that yields ever better `Attribution`s.

Methods are pure: they know no Jupyter, no threads and no globals.
"""

from whylight.methods.blur_ig import BlurIG
from whylight.methods.captum import Captum
from whylight.methods.contextual_decomposition import ContextualDecomposition
from whylight.methods.expected_gradients import ExpectedGradients
from whylight.methods.finite_differences import FiniteDifferences
from whylight.methods.geg import GEG
from whylight.methods.ggig import GGIG
from whylight.methods.guided_ig import GuidedIG
from whylight.methods.idgi import IDGI
from whylight.methods.input_gradient import InputGradient, InputXGradient
from whylight.methods.integrated_gradients import IntegratedGradients
from whylight.methods.method import METHODS, Method, make
from whylight.methods.occlusion import Occlusion
from whylight.methods.shapley_values import ShapleyValues
from whylight.methods.smoothgrad import SmoothGrad, SmoothGradSquared, VarGrad
from whylight.methods.split_ig import SplitIG

__all__ = [
    "GEG",
    "GGIG",
    "IDGI",
    "METHODS",
    "BlurIG",
    "Captum",
    "ContextualDecomposition",
    "ExpectedGradients",
    "FiniteDifferences",
    "GuidedIG",
    "InputGradient",
    "InputXGradient",
    "IntegratedGradients",
    "Method",
    "Occlusion",
    "ShapleyValues",
    "SmoothGrad",
    "SmoothGradSquared",
    "SplitIG",
    "VarGrad",
    "make",
]

METHODS |= {  # in the order in which they are shown
    method.name: method
    for method in (
        *(
            IntegratedGradients,
            GGIG,
            InputXGradient,
            InputGradient,
            SmoothGrad,
            SmoothGradSquared,
            VarGrad,
            GuidedIG,
            BlurIG,
            IDGI,
            SplitIG,
        ),
        *(ExpectedGradients, ShapleyValues, Occlusion, ContextualDecomposition, FiniteDifferences, GEG),
    )
}
