"""All that travels between Python and the browser, typed: the traits, and the messages that have no file of their own.

Frames, the path, groups and every kind of input declare their messages beside the code that builds them. The browser's
types are written from these declarations by scripts/make_protocol.py. Knows nothing of traits' checks, comms or threads.
"""

from typing import Literal, NotRequired, TypeAlias, TypedDict

from whylight.live.wire.arrays import Message, Nothing, PackedArray, Streamed
from whylight.live.wire.encoder import Input
from whylight.live.wire.film import FilmMessage, Gaps
from whylight.live.wire.frames import ComparedMessage, Meta, Setting, StreamedCompared, TargetValue
from whylight.live.wire.groups import GroupsMessage, GroupsMeta, NoGroups
from whylight.live.wire.path import PathMessage

SettingName: TypeAlias = Literal["method", "target", "baseline"]
RunState: TypeAlias = Literal["queued", "running", "done", "stopped", "error"]


class StatusMessage(TypedDict):
    """What the run is doing, with words for people.

    Attributes
    ----------
    refused
        Why a change of the input by hand was not taken; what is on show is of the input before it.
    """

    v: int
    state: RunState
    message: str
    detail: str
    refused: NotRequired[str]


class Progress(StatusMessage):
    """The same while it is streamed, and how far the run is."""

    kind: Literal["status"]
    done: int
    total: int | None


class Choice(TypedDict):
    """Something a control offers.

    Attributes
    ----------
    steps
        Of a method: whether it takes path points.
    baseline
        Of a method: whether it takes a baseline.
    question
        Of a method: what its numbers answer.
    gradients
        Of a method: passes through the model per input and baseline, null where that shows only on the way.
    per_step
        Of a method: how many of them each path point takes.
    counted
        Of a method: what they are, "gradient" or "prediction".
    text
        Of a baseline: what stands for it in words.
    picture
        Of a baseline: a small picture of it.
    score
        Of a baseline: F at it, for the target on show.
    """

    value: str
    label: str
    hint: NotRequired[str]
    steps: NotRequired[bool]
    baseline: NotRequired[bool]
    question: NotRequired[str]
    gradients: NotRequired[int | None]
    per_step: NotRequired[float]
    counted: NotRequired[str]
    text: NotRequired[str]
    picture: NotRequired[PackedArray | None]
    score: NotRequired[float | None]


class TargetChoice(TypedDict):
    """A target that is offered; a custom one goes by its text.

    Attributes
    ----------
    probability
        Of its class; of a region, the part of the picture that it covers.
    group
        What it is one of within dense outputs, "Tokens" say; the likely classes have none.
    """

    value: TargetValue
    label: str
    score: NotRequired[float | None]
    probability: NotRequired[float | None]
    group: NotRequired[str]


class Limits(TypedDict):
    """The ends of a slider."""

    min: int
    max: int


class RowAnswers(TypedDict):
    """What a model says of every row of a table: scores and probabilities of all classes, float32 `(N, C)`."""

    scores: PackedArray
    probabilities: PackedArray


class ChoicesMessage(TypedDict):
    """What the controls offer.

    Attributes
    ----------
    live
        An engine answers; without it the picture is a saved one.
    labels
        Every class name; null when there are no classes to choose.
    scorers
        How groups are scored.
    units
        What groups of a picture are made of; the values are JSON.
    editable
        What can be changed by hand of every input there is: "text", "cells" of rows, "areas" of a picture; "" for nothing.
    probabilities
        Those of all classes, float32 `(C,)`; of a table their means.
    rows
        Of a table what every row has for all classes, float32 `(N, C)`; the targets have the means.
    """

    v: int
    live: bool
    methods: list[Choice]
    baselines: list[Choice]
    targets: list[TargetChoice]
    labels: list[str] | None
    scorers: list[Choice]
    units: list[Choice]
    n_steps: Limits
    editable: NotRequired[list[str]]
    probabilities: NotRequired[PackedArray]
    rows: NotRequired[RowAnswers]


class Tiles(TypedDict):
    """The answers compared with the last frame."""

    v: int
    tiles: list[ComparedMessage]


# What a trait holds: a message, or nothing yet.
WireInput: TypeAlias = Input | Nothing
WireFrame: TypeAlias = Message[Meta] | Nothing
WirePath: TypeAlias = PathMessage | Nothing
WireGroups: TypeAlias = GroupsMessage | Nothing
Choices: TypeAlias = ChoicesMessage | Nothing


class Traits(TypedDict):
    """Those whose names begin with an underscore are written by Python only; the others are options, set from both sides.

    Attributes
    ----------
    against
        The target's difference from this one is explained.
    units
        Side of a picture's tiles, "slic", the area of every pixel, or null for the default.
    sample
        Which sample of several is on show.
    selection
        Units selected: words of a sentence, tiles of a picture, the row of a table.
    pixel
        The pinned pixel of a picture, [row, column]; of a volume or video [plane, row, column] or [plane]; or [].
    channel
        Of many, the one on show; null for their sum.
    composite
        Channels shown as red, green and blue, −1 for none; [] for the usual ones.
    scale
        "shared": one colour scale for all maps; "own": one for each; a number: locked there.
    """

    _input: WireInput
    _choices: Choices
    _frame: WireFrame
    _path: WirePath
    _groups: WireGroups
    _status: StatusMessage | Nothing
    _compared: Tiles | Nothing
    _film: FilmMessage | Nothing
    _gaps: Gaps | Nothing
    method: str
    n_steps: int | None
    target: TargetValue
    against: TargetValue
    baseline: str | None
    compare: list[Setting]
    sample: int
    scorer: str
    units: int | list[list[int]] | Literal["slic"] | None
    colormap: Literal["RdBu", "PuOr", "viridis", "gray"]
    opacity: float
    clip: float
    sign: Literal["all", "positive", "negative", "absolute"]
    detail: Literal["spotlight", "regions", "pixels"]
    view: str
    order: Literal["magnitude", "signed", "name", "given"]
    subgroup: str
    selection: list[int]
    pixel: list[int]
    channel: int | None
    composite: list[int]
    scale: Literal["shared", "own"] | float


class ExportedFile(TypedDict):
    """The file asked for; its bytes are the one buffer.

    Attributes
    ----------
    missing
        Why there is none; else empty.
    """

    v: int
    kind: Literal["export"]
    id: int
    name: str
    missing: str


StreamedFrame: TypeAlias = Streamed[Literal["frame"], Meta]
StreamedGroups: TypeAlias = Streamed[Literal["groups"], GroupsMeta | NoGroups]
FromPython: TypeAlias = StreamedFrame | StreamedCompared | StreamedGroups | Progress | ExportedFile
