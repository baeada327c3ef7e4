"""Several inputs of a model as messages: those of each, under its number. Knows nothing of traits, comms or threads."""

from collections.abc import Sequence
from typing import Any, Literal

from whylight.errors import InvalidTypeError
from whylight.live.wire.arrays import VERSION, PackedArrays, number
from whylight.live.wire.encoder import Encoder, Input, PartScales, Scales, encoder
from whylight.results.attribution import Attribution
from whylight.results.parts import parts_of
from whylight.views.row_groups import RowGrouping
from whylight.views.several import SeveralView
from whylight.views.view import Arrays

BUNDLES = {"several.js": {"volume", "video"}, "stacks.js": {"signal"}, "fields.js": {"text"}}  # small by leaving out


class SeveralInput(Input):
    """Several inputs that a model takes together, each as its own message."""

    kind: Literal["several"]
    names: list[str]
    inputs: list[Input]


@encoder.register(SeveralView)
class SeveralEncoder(Encoder[SeveralView]):
    """Every input as its own encoder sends it; its arrays are called `0.values`, `1.values`."""

    def __init__(self, view: SeveralView) -> None:
        super().__init__(view)
        kinds = {one.kind for one in view.views}
        found = [name for name, missing in BUNDLES.items() if not kinds & missing]
        if not found:
            raise InvalidTypeError(
                "No widget draws a text, a signal and a volume or video side by side. Look at the numbers: "
                "whylight.attribute takes the same arguments, and its answer has .plot() and .save()."
            )
        self.bundle = found[0]

    def input(self, groups: Sequence[RowGrouping] = ()) -> SeveralInput:
        """All of them."""
        views = self.view.views
        return {
            "v": VERSION,
            "kind": "several",
            "names": list(self.view.names),
            "inputs": [encoder(view).input() for view in views],
        }

    def maps(self, attribution: Attribution, found: Arrays, scales: Scales) -> PackedArrays:
        """The maps of all, with the sum and share of each."""
        arrays: PackedArrays = {}
        scales["parts"] = []
        for i, part in enumerate(parts_of(attribution)):
            own: PartScales = {"name": part.name, "sum": number(part.total), "share": number(part.share)}
            packed = encoder(part.attribution.view).maps(part.attribution, _of(i, found), own)
            scales["parts"].append(own)
            arrays |= _named(i, packed)
        return arrays

    def kept(self, arrays: PackedArrays) -> PackedArrays:
        """What each keeps."""
        made: PackedArrays = {}
        for i, view in enumerate(self.view.views):
            made |= _named(i, encoder(view).kept(_of(i, arrays)))
        return made

    def compared(self, arrays: PackedArrays, scales: Scales) -> PackedArrays:
        """The maps of all, as small as each is shown."""
        made: PackedArrays = {}
        for i, (view, own) in enumerate(zip(self.view.views, scales.get("parts", []), strict=True)):
            made |= _named(i, encoder(view).compared(_of(i, arrays), own))
        return made


def _of(i: int, arrays: dict[str, Any]) -> Any:
    """The arrays of one input, by their own names."""
    return {name.removeprefix(f"{i}."): a for name, a in arrays.items() if name.startswith(f"{i}.")}


def _named(i: int, arrays: PackedArrays) -> PackedArrays:
    """Under the number of their input."""
    return {f"{i}.{name}": a for name, a in arrays.items()}
