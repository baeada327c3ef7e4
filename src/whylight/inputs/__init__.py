"""Natural inputs become tensors, and say how their answer is drawn. One file per kind of input.

Knows nothing of targets, methods or widgets.
"""

from whylight.inputs.prepare import Prepared, prepare
from whylight.inputs.views import FeatureView, ImageView, TableView, TextView, View

__all__ = ["FeatureView", "ImageView", "Prepared", "TableView", "TextView", "View", "prepare"]
