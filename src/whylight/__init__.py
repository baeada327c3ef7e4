"""Whylight shows, live in the notebook, why a PyTorch model gave its answer.

Examples
--------
>>> import whylight as wl
>>> demo = wl.demo.digits()
>>> wl.attribute(demo.model, demo.inputs[0], **demo.options).attributions.shape
torch.Size([1, 1, 8, 8])
"""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from whylight import decomposition, methods
from whylight.attribution import Attribution
from whylight.decomposition import Decomposition
from whylight.decomposition.hierarchy import Hierarchy
from whylight.decomposition.interaction import Interactions
from whylight.effects import Effects, effects, jacobian
from whylight.errors import WhylightError
from whylight.explain import attribute, explain, path, refine
from whylight.groups import contextual_decomposition, hierarchy, interaction, interactions
from whylight.targets import contrast
from whylight.trace import PathTrace

if TYPE_CHECKING:
    from whylight import demo
    from whylight.widget import Explanation

__version__ = version("whylight")

__all__ = [
    "Attribution",
    "Decomposition",
    "Effects",
    "Explanation",
    "Hierarchy",
    "Interactions",
    "PathTrace",
    "WhylightError",
    "__version__",
    "attribute",
    "contextual_decomposition",
    "contrast",
    "decomposition",
    "demo",
    "effects",
    "explain",
    "hierarchy",
    "interaction",
    "interactions",
    "jacobian",
    "methods",
    "path",
    "refine",
]


def __getattr__(name: str) -> Any:
    """Load the widget and the demos when first asked for: `import whylight` stays light."""
    if name == "demo":
        return import_module("whylight.demo")
    if name == "Explanation":
        return import_module("whylight.widget").Explanation
    raise AttributeError(f"module 'whylight' has no attribute {name!r}")
