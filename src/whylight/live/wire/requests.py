"""What the browser asks of Python, beside the options it sets. Knows nothing of what is done about it."""

from typing import Literal, NotRequired, TypeAlias, TypedDict


class Stop(TypedDict):
    """End the running computation."""

    kind: Literal["stop"]


class Ping(TypedDict):
    """Asks whether anybody is there; Python says its status again."""

    kind: Literal["ping"]


class Theme(TypedDict):
    """Whether the page is dark; figures in the notebook follow it."""

    kind: Literal["theme"]
    dark: bool


class FollowPath(TypedDict):
    """The panel of the path was opened or closed.

    Attributes
    ----------
    which
        The place of the baseline it starts from; where left out, as before.
    """

    kind: Literal["path"]
    open: bool
    which: NotRequired[int]


class FollowGroups(TypedDict):
    """The panel of groups was opened or closed."""

    kind: Literal["groups"]
    open: bool


class Grow(TypedDict):
    """Build the hierarchy of groups."""

    kind: Literal["grow"]


class Export(TypedDict):
    """Make a file of what is on show: `format` is the ending of its name, or "py" for Python that asks for the same again.

    Attributes
    ----------
    id
        Comes back with the file.
    scale
        Of a png: so many times as many pixels each way.
    """

    kind: Literal["export"]
    id: int
    format: str
    scale: NotRequired[float]


class BrushStroke(TypedDict):
    """A line of a round brush.

    Attributes
    ----------
    points
        Where it went, x and y in turn, as shares of the picture's width and height.
    size
        The brush's diameter, as a share of the picture's width.
    """

    points: list[float]
    size: float


class Edit(TypedDict):
    """The input was changed by hand: it becomes another sample.

    Attributes
    ----------
    part
        Which of several inputs; the first where left out.
    texts
        The text as it is now; of a pair both.
    row, column, value
        The new value of a column of a row, the first where left out; null where it is missing.
    areas, units
        Areas of a picture to be erased, and what areas are; as the options `selection` and `units`.
    strokes
        Lines of a brush over a picture, to be erased.
    fill
        The baseline in their place; as the option `baseline`.
    """

    kind: Literal["edit"]
    part: NotRequired[int]
    texts: NotRequired[list[str]]
    row: NotRequired[int]
    column: NotRequired[int]
    value: NotRequired[float | str | None]
    areas: NotRequired[list[int]]
    units: NotRequired[int | list[list[int]] | Literal["slic"] | None]
    strokes: NotRequired[list[BrushStroke]]
    fill: NotRequired[str | None]


ToPython: TypeAlias = Stop | Ping | Theme | FollowPath | FollowGroups | Grow | Export | Edit
