"""Small trained nets with inputs, so that everything can be tried without a download.

Their weights ship with the package; scripts/demo_accuracy.py measures how often they are right. Knows nothing about
explanations.

Examples
--------
>>> import whylight as wl
>>> [demo.labels[demo.targets[0]] for demo in (wl.demo.digits(), wl.demo.shapes(), wl.demo.sentiment())]
['zero', 'circle', 'positive']
"""

from whylight.demo.demo import Demo
from whylight.demo.pictures import digits, shapes
from whylight.demo.scenes import shape_scenes
from whylight.demo.sentences import sentiment

__all__ = ["Demo", "digits", "sentiment", "shape_scenes", "shapes"]
