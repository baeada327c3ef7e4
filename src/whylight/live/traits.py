"""The traits of the live widget: what travels to the browser, and everything that can be clicked or set from Python.

Every trait has one writer (docs/wire.md); only the options may be set from both sides. Knows what may be set, nothing of
what it does.
"""

from collections.abc import Mapping
from typing import Any

import traitlets as t

from whylight.errors import InvalidValueError
from whylight.groups.scorers import known_scorer
from whylight.live import selection
from whylight.live.film import Film
from whylight.live.settings import Settings
from whylight.views.view import View


class Numbers(t.List[int]):
    """Whole numbers, however they are given: `Controls._numbers` makes a plain list of them first."""

    def validate(self, obj: Any, value: Any) -> Any:
        """The plain list."""
        return super().validate(obj, obj._numbers(self.name, value))  # noqa: SLF001


class Layout(t.Enum[str]):
    """A way to lay an answer out, of whatever kind of input."""

    @property
    def values(self) -> list[str]:
        """Those of all kinds there are."""
        return View.known_layouts()

    @values.setter
    def values(self, given: Any) -> None:
        """Nobody else says which there are."""


class Controls(t.HasTraits):
    """Traits whose names begin with an underscore are written by Python only; the others are options."""

    _input = t.Dict().tag(sync=True)
    _choices = t.Dict().tag(sync=True)
    _frame = t.Dict().tag(sync=True)
    _status = t.Dict().tag(sync=True)
    _compared = t.Dict().tag(sync=True)
    _groups = t.Dict().tag(sync=True)
    _path = t.Dict().tag(sync=True)
    _film = t.Dict().tag(sync=True)
    _gaps = t.Dict().tag(sync=True)

    method = t.Any("integrated_gradients", help="Attribution method: registry name or instance.").tag(sync=True)
    n_steps = t.Int(None, allow_none=True, help="Path points; None lets the accuracy decide.").tag(sync=True)
    target = t.Any(None, help="What is explained: class index, label, contrast or callable.").tag(sync=True)
    against = t.Any(None, help="A target to subtract, or None: what speaks for the one rather than the other.").tag(
        sync=True
    )
    baseline = t.Any(None, help="The reference input: a name, number, tensor, callable or list.").tag(sync=True)

    compare = t.List(help="Settings to compare: methods, or dictionaries of method, target, baseline.").tag(sync=True)

    colormap = t.Enum(["RdBu", "PuOr", "viridis", "gray"], "RdBu", help="Colour map.").tag(sync=True)
    opacity = t.Float(1.0, min=0.0, max=1.0, help="Opacity of the heatmap over the picture.").tag(sync=True)
    clip = t.Float(99.5, min=50.0, max=100.0, help="Percentile of |value| that gets full colour.").tag(sync=True)
    sign = t.Enum(["all", "positive", "negative", "absolute"], "all", help="Which values are painted.").tag(sync=True)
    view = Layout([], "side", help="How the answer is laid out.").tag(sync=True)
    detail = t.Enum(
        ["spotlight", "regions", "pixels"],
        "pixels",
        help="How much of a picture's map is told at a time: where it lies (a light), sums of regions, or every pixel.",
    ).tag(sync=True)
    order = t.Enum(["magnitude", "signed", "name", "given"], "magnitude", help="Order of features.").tag(sync=True)
    subgroup = t.Unicode("", help="Rows of a table to sum up: '' for all, or a group, 'name: label'.").tag(sync=True)
    scale = t.Union(
        [t.Enum(["shared", "own"]), t.Float(min=0.0)],
        default_value="shared",
        help="Colour scale: one for all maps on the card, each its own, or |value| of full colour, locked there.",
    ).tag(sync=True)
    sample = t.Int(0, help="Which sample of a batch is shown, from 0.").tag(sync=True)
    pixel = Numbers(
        t.Int(), help="The pinned pixel of a picture, [row, column]; of a volume [plane, row, column]; or []."
    ).tag(sync=True)
    channel = t.Any(None, help="The channel on show, by number or name; None for the sum over all.").tag(sync=True)
    composite = t.List(help="Channels shown as red, green and blue, by number or name; [] for the usual ones.").tag(
        sync=True
    )
    selection = Numbers(
        t.Int(),
        help="A group: numbers of words, or of a picture's tiles; its score is in the panel. The row of a table.",
    ).tag(sync=True)
    scorer = t.Unicode(
        "cd", help="How groups are scored: cd, occlusion, build_up, or a method whose map is summed."
    ).tag(sync=True)
    units = t.Any(None, help="What groups of a picture are made of: the side of square tiles, 'slic', or None.").tag(
        sync=True
    )

    _settings: Settings | None = None
    _film_behind: Film | None = None

    def write(self, **messages: Mapping[str, Any]) -> None:
        """Commit messages to the traits that only Python writes, by their names without the underscore."""
        for name, message in messages.items():
            setattr(self, f"_{name}", message)

    @t.validate("method", "target", "against", "baseline", "compare")
    def _valid(self, proposal: Mapping[str, Any]) -> Any:
        """Any specification Python may give, as the plain name the browser can hold."""
        if self._settings is None:
            return proposal["value"]
        return getattr(self._settings, proposal["trait"].name)(proposal["value"])

    def _numbers(self, name: str, value: Any) -> list[int]:
        """A selection or a pixel as plain numbers that exist."""
        view = self._drawn
        if view is None:
            return value
        return selection.pixel(view, value) if name == "pixel" else selection.selected(view, self.units, value)

    @property
    def _drawn(self) -> View | None:
        """How the input is drawn, where that is known."""
        return None if self._settings is None else self._settings.explainer.prepared.view

    @t.validate("channel", "composite")
    def _valid_channels(self, proposal: Mapping[str, Any]) -> Any:
        return getattr(selection, proposal["trait"].name)(self._drawn, proposal["value"])

    @t.validate("units")
    def _valid_units(self, proposal: Mapping[str, Any]) -> Any:
        view = self._drawn
        return proposal["value"] if view is None else selection.units_of(view, proposal["value"])

    @t.observe("units")
    def _forget_selection(self, change: Any) -> None:
        """Numbers of other units mean nothing now."""
        if self._settings is not None:
            self.selection = []

    @t.validate("sample")
    def _valid_sample(self, proposal: Mapping[str, Any]) -> int:
        count = max(1, 0 if self._film_behind is None else len(self._film_behind))
        if not 0 <= proposal["value"] < count:
            raise InvalidValueError(f"sample is one of 0 to {count - 1}; got {proposal['value']}.")
        return proposal["value"]

    @t.validate("scorer")
    def _valid_scorer(self, proposal: Mapping[str, Any]) -> str:
        return known_scorer(proposal["value"])

    @t.validate("n_steps")
    def _valid_steps(self, proposal: Mapping[str, Any]) -> int | None:
        n = proposal["value"]
        if n is not None and n < 1:
            raise InvalidValueError(f"n_steps must be at least 1, got {n}.")
        return n

    def add_traits(self, **traits: Any) -> None:
        """Give the widget a class of its own, as traitlets does, with the docstring that traitlets forgets."""
        text = type(self).__doc__
        super().add_traits(**traits)
        type(self).__doc__ = text
