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


class Edit(TypedDict):
    """The input was changed by hand: it becomes another sample.

    Attributes
    ----------
    text
        The new text.
    column, value
        The new value of a column of the row; null where it is missing.
    areas, units, fill
        Areas of a picture to be erased, what areas are, and the baseline in their place; as the options of these names.
    """

    kind: Literal["edit"]
    text: NotRequired[str]
    column: NotRequired[int]
    value: NotRequired[float | str | None]
    areas: NotRequired[list[int]]
    units: NotRequired[int | list[list[int]] | Literal["slic"] | None]
    fill: NotRequired[str | None]


ToPython: TypeAlias = Stop | Ping | Theme | FollowPath | FollowGroups | Grow | Export | Edit
