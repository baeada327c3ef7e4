"""Several inputs of one model, drawn side by side, each in its own way. Knows nothing of models, widgets or bytes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whylight.errors import InvalidValueError
from whylight.views.spotlight import Spotlight
from whylight.views.told import Told, told
from whylight.views.units import Units
from whylight.views.view import Arrays, View

NOTHING = "edited"


@dataclass(frozen=True, eq=False)
class SeveralView(View):
    """The inputs a model takes together; attributions are a tuple, one for each.

    Attributes
    ----------
    views
        How each is drawn.
    names
        What they are called.
    """

    views: tuple[View, ...]
    names: tuple[str, ...]
    kind = "several"
    layouts = ("side", "overlay", "swipe")
    one_map = False

    @property
    def details(self) -> tuple[str, ...]:
        """Those that any of the inputs has; the others take no notice."""
        return tuple(dict.fromkeys(detail for view in self.views for detail in view.details))

    def arrays(self, attributions: Any, errors: Any) -> Arrays:
        """Those of every input, under its number: `0.values`, `0.error`, `1.values`."""
        found: Arrays = {}
        for i, (view, maps, spans) in enumerate(zip(self.views, attributions, errors, strict=True)):
            found |= {f"{i}.{name}": array for name, array in view.arrays(maps, spans).items()}
        return found

    def numbers(self, attributions: Any) -> NDArray[Any]:
        """Those of all inputs, one after the other."""
        pairs = zip(self.views, attributions, strict=True)
        return np.concatenate([view.numbers(maps).reshape(-1) for view, maps in pairs])

    def parts_told(self, values: Any, seen: Spotlight | None, detail: str = "") -> Sequence[Told]:
        """The inputs by their names."""
        return told(self.names, np.array([v.sum() for v in values]), np.array([np.abs(v).sum() for v in values]))

    def listed(self, attributions: Any) -> tuple[list[str], Iterator[tuple[Any, ...]]]:
        """Those of all inputs, by their names and a place in each."""
        found = zip(self.names, self.views, attributions, strict=True)
        flat = ((name, np.asarray(view.numbers(maps)).reshape(-1)) for name, view, maps in found)
        return ["input", "place"], ((name, i, value) for name, values in flat for i, value in enumerate(values))

    def icon(self) -> NDArray[np.uint8] | None:
        """That of the first input that has one."""
        return next((icon for icon in (view.icon() for view in self.views) if icon is not None), None)

    def caption(self) -> str:
        """Those of the inputs that have one."""
        return " · ".join(filter(None, (view.caption() for view in self.views)))

    def change_from(self, other: View) -> str:
        """What is different in every input, under its name."""
        if not isinstance(other, SeveralView) or len(other.views) != len(self.views):
            return super().change_from(other)
        pairs = zip(self.names, self.views, other.views, strict=True)
        told = [(name, now.change_from(was)) for name, now, was in pairs if type(now) is type(was)]
        return ", ".join(f"{name}: {change}" for name, change in told if change not in ("", NOTHING))

    def group_units(self, shape: tuple[int, ...], spec: Any = None) -> Units:
        """There are none over several inputs."""
        raise InvalidValueError(
            "Groups are made of one input, and the model takes several: hold the others with forward_kwargs= or a function, "
            "lambda a: model(a, b), and explain one at a time."
        )
