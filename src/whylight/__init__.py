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

from whylight import decomposition, methods, targets
from whylight.api import attribute, explain, jacobian, path, refine
from whylight.average_effects import effects
from whylight.errors import WhylightError
from whylight.groups import contextual_decomposition, hierarchy, interaction, interactions
from whylight.results import drawing as _drawing
from whylight.results.archive import load
from whylight.results.attribution import Attribution
from whylight.results.comparison import Comparison
from whylight.results.decomposition import Decomposition
from whylight.results.effects import Effects
from whylight.results.hierarchy import Hierarchy
from whylight.results.interactions import Interactions
from whylight.results.path_trace import PathTrace
from whylight.targets import contrast

if TYPE_CHECKING:
    from whylight import demo
    from whylight.live.widget import Explanation

__version__ = version("whylight")

__all__ = [
    "Attribution",
    "Comparison",
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
    "load",
    "methods",
    "path",
    "refine",
    "targets",
]


def __getattr__(name: str) -> Any:
    """Load the widget and the demos when first asked for: `import whylight` stays light."""
    if name == "demo":
        return import_module("whylight.demo")
    if name == "Explanation":
        return import_module("whylight.live.widget").Explanation
    raise AttributeError(f"module 'whylight' has no attribute {name!r}")


_drawing.loaded_by(lambda: import_module("whylight.show"))


@_drawing.widget.register(Attribution)
def _widget(attribution: Attribution) -> Any:
    return import_module("whylight.live.widget").Explanation(attribution=attribution)
