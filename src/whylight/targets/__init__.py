"""What is explained: from `target=` to one differentiable scalar per sample.

Public are the targets within dense outputs, one for each kind: a class over a region of a segmentation, a box of a detector, a
step of a forecast, the label of a token. They go wherever `target=` goes, also into `contrast` and into lists. A target is fixed once,
at the unmodified input, and then reused along the whole path: it is never derived again from the model's answer at another
point. Knows nothing of paths, gradients or methods.

Examples
--------
>>> import whylight as wl
>>> wl.contrast(wl.targets.token(3, "B-LOC"), wl.targets.token(3, "O"))
Contrast(a=wl.targets.token(3, 'B-LOC'), b=wl.targets.token(3, 'O'))
"""

from whylight.targets.boxes import box
from whylight.targets.regions import region
from whylight.targets.steps import at
from whylight.targets.target import contrast
from whylight.targets.tokens import token

__all__ = ["at", "box", "contrast", "region", "token"]
