"""Natural inputs become tensors, and say how their answer is drawn. One file per kind of input.

Knows nothing of targets, methods or widgets.
"""

from whylight.inputs.prepare import is_list, prepare
from whylight.inputs.prepared import Prepared

__all__ = ["Prepared", "is_list", "prepare"]
