"""Attribution methods: one file per method, each a refinement that yields ever better `Attribution`s.

Methods are pure: they know no Jupyter, no threads and no globals.
"""

from dataclasses import fields, replace
from typing import Any

from whylight.errors import InvalidTypeError, unknown_name
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
from whylight.methods.method import Method
from whylight.methods.occlusion import Occlusion
from whylight.methods.smoothgrad import SmoothGrad, VarGrad
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
    "SmoothGrad",
    "SplitIG",
    "VarGrad",
    "make",
]

_ALL = (
    *(IntegratedGradients, GGIG, InputXGradient, InputGradient, SmoothGrad, VarGrad, GuidedIG, BlurIG, IDGI, SplitIG),
    *(ExpectedGradients, Occlusion, ContextualDecomposition, FiniteDifferences, GEG),
)
METHODS: dict[str, type[Method]] = {cls.name: cls for cls in _ALL}


def make(spec: Any, **steps: Any) -> Method:
    """A method from its registry name or an instance; `n_steps`, `tol`, `rule` that are not None configure it."""
    if isinstance(spec, str):
        if spec not in METHODS:
            raise unknown_name("method", spec, METHODS)
        spec = METHODS[spec]()
    if not isinstance(spec, Method):
        raise InvalidTypeError(
            f"method must be a name or an instance from whylight.methods; got {type(spec).__name__}. "
            f"Names: {', '.join(METHODS)}."
        )
    own = {f.name for f in fields(spec)}  # type: ignore[arg-type]
    given = {key: value for key, value in steps.items() if value is not None and key in own}
    if {"n_steps", "tol"} <= own and len(
        given.keys() & {"n_steps", "tol"}
    ) == 1:  # the one given replaces the other of an instance
        given = {"n_steps": None, "tol": None, **given}
    return replace(spec, **given) if given else spec  # type: ignore[type-var]
