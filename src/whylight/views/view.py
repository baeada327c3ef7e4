"""What every view is: how one input is drawn. Knows nothing of models, widgets or bytes."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from whylight.errors import InvalidTypeError
from whylight.records import record
from whylight.views.spotlight import Spotlight
from whylight.views.told import Told
from whylight.views.unit_choices import UnitChoice, area_choices
from whylight.views.units import Units, areas_given, units_at

Arrays = dict[str, NDArray[Any]]


class View(ABC):
    """How one input is drawn. Subclasses are frozen dataclasses that hold what the person gave (pixels, text, names).

    Files keep a view by its fields: arrays, plain values, and other records (`whylight.records`).

    Preparing (`whylight.inputs`) makes views; drawing on paper (`whylight.show`) and messages (`whylight.live.wire`) go by
    their type, with one class per kind each. Nobody else asks what kind a view is.

    Attributes
    ----------
    kind
        Its name.
    layouts
        Ways to lay an answer out in the widget, the usual one first.
    drawn
        Which of `arrays` is painted, saved and compared.
    parts
        What a selection in it holds the numbers of.
    one_input
        Whether it is of one input rather than of several rows.
    one_map
        Whether its numbers are one map, that can be followed on its path.
    """

    kind: ClassVar[str]
    layouts: ClassVar[tuple[str, ...]]
    drawn: ClassVar[str] = "values"
    parts: ClassVar[str] = "units"
    one_input: ClassVar[bool] = True
    one_map: ClassVar[bool] = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Every view can be kept in files."""
        super().__init_subclass__(**kwargs)
        record(cls)

    @classmethod
    def known_layouts(cls) -> list[str]:
        """The layouts of all kinds there are."""
        return list(dict.fromkeys(layout for kind in _kinds(cls) for layout in kind.layouts))

    @property
    def details(self) -> tuple[str, ...]:
        """How much of an answer can be told at a time, the usual first; () where there is no choice."""
        return ()

    @property
    def usual(self) -> dict[str, str]:
        """The options of painting that a widget starts with."""
        return {"view": self.layouts[0], **({"detail": self.details[0]} if self.details else {})}

    @abstractmethod
    def arrays(self, attributions: Any, errors: Any) -> Arrays:
        """The few arrays that are drawn of attributions `(1, ...)` and their errors; of several inputs, of tuples of them."""

    def numbers(self, attributions: Any) -> NDArray[Any]:
        """The numbers that are painted, saved and compared."""
        return self.arrays(attributions, attributions)[self.drawn]

    def spotlight(self, values: NDArray[Any], sizes: NDArray[Any], references: Sequence[Tensor]) -> Spotlight | None:
        """Where attributions `values` `(1, ...)` of these `sizes` lie, where it can be lit; sizes are divided by how far the input is from `references`."""
        return None

    def parts_told(self, values: Any, seen: Spotlight | None, detail: str = "") -> Sequence[Told]:
        """Parts of the input that a sentence tells of, from attributions `(1, ...)` and where they lie; () where there is nothing to tell.

        `detail` is what is on show, one of `details`; "" where there is no choice.
        """
        return ()

    def like_references(self, references: Sequence[Tensor]) -> float:
        """The share of the input that is nearly as all of these are, where that can be seen: differences from them say little there."""
        return 0.0

    def comparable(self, slopes: Any) -> Any:
        """Slopes in one unit for all parts, where parts have units of their own: per standard deviation of a column."""
        return slopes

    @property
    def told_over(self) -> str:
        """What the numbers of `parts_told` are averages over, in words; "" for those of one input."""
        return ""

    def dimensions(self) -> Sequence[tuple[str, Sequence[str] | None]]:
        """Of its numbers, what each axis counts, and what its places are called (None: 0, 1, ...)."""
        names = ("plane", "row", "column")[-len(self.pixel_shape) :] if self.pixel_shape else ("place",)
        return [(name, None) for name in names]

    def listed(self, attributions: Any) -> tuple[list[str], Iterator[tuple[Any, ...]]]:
        """Its numbers as a table: what the columns are called, and the rows, each a place and its number."""
        axes, numbers = self.dimensions(), np.asarray(self.numbers(attributions))
        found = numbers.reshape(numbers.shape[-len(axes) :]) if numbers.ndim > len(axes) else numbers
        called = lambda place: [i if names is None else names[i] for i, (_, names) in zip(place, axes, strict=True)]
        return [name for name, _ in axes], ((*called(place), value) for place, value in np.ndenumerate(found))

    def icon(self) -> NDArray[np.uint8] | None:
        """The input as a small picture `(h, w, 3)`, where it can be one."""
        return None

    def caption(self) -> str:
        """The input in a few words, where it has any."""
        return ""

    def change_from(self, other: "View") -> str:
        """What is different from another view of its kind, in a few words."""
        return "edited"

    def row_changed(self, other: "View") -> int | None:
        """Of its rows, the one that is another than in a view of its kind; None where several are."""
        return 0

    def path_numbers(self, attributions: Any) -> NDArray[Any]:
        """The numbers that are kept of every point of a path."""
        return self.arrays(attributions, attributions)["values"]

    def group_units(self, shape: tuple[int, ...], spec: Any = None) -> Units:
        """What groups of an input of this shape are made of; `spec` as in `whylight.hierarchy`."""
        return units_at(shape, spec)

    def part_count(self, units: Any = None) -> int | None:
        """How many parts there are to select; None where that takes work to know."""
        return None

    def unit_choices(self) -> Sequence[UnitChoice]:
        """What the widget offers groups to be made of, the usual one first; [] where there is no choice."""
        return area_choices(self.pixel_shape) if self.pixel_shape else []

    def checked_units(self, given: Any) -> Any:
        """`units=`, not None, as JSON can hold it; raises for what groups cannot be made of."""
        if not self.pixel_shape:
            raise InvalidTypeError(
                f"units is for pictures, volumes and signals (groups of a text are made of its words); got {given!r}."
            )
        made = areas_given(given, self.pixel_shape, slic=len(self.pixel_shape) == 2)
        return made.tolist() if isinstance(made, np.ndarray) else made

    @property
    def part_names(self) -> Sequence[str] | None:
        """Names by which parts can be selected, in their order."""
        return None

    @property
    def places(self) -> Mapping[int, str]:
        """Names of the places along a sequence of the model that the person wrote: tokens. By their numbers."""
        return {}

    @property
    def sections(self) -> Mapping[str, Sequence[int]]:
        """Parts of the input whose shares are told, by name: which of `numbers` belong to each. None where it has no such parts."""
        return {}

    @property
    def markers(self) -> frozenset[int]:
        """Parts that the person did not write: markers of the model."""
        return frozenset()

    @property
    def pixel_shape(self) -> tuple[int, ...]:
        """Height and width of a picture, planes, height and width of a volume; empty for anything else."""
        return ()

    @property
    def channel_names(self) -> Sequence[str]:
        """Names of the channels that can be shown one at a time."""
        return ()


def _kinds(cls: type[View]) -> list[type[View]]:
    """All classes that extend this one."""
    return [kind for one in cls.__subclasses__() for kind in (one, *_kinds(one))]
