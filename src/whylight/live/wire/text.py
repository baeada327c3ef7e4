"""Sentences as messages. Knows nothing of traits, comms or threads."""

from collections.abc import Sequence
from typing import Annotated, Literal, NotRequired, TypeAlias, TypedDict

from whylight.live.wire.arrays import VERSION, PackedArrays, number
from whylight.live.wire.encoder import Encoder, Input, PartScales, Scales, encoder
from whylight.results.attribution import Attribution
from whylight.results.parts import shares_of
from whylight.views.row_groups import RowGrouping
from whylight.views.text import TextView, Token
from whylight.views.view import Arrays

Segment: TypeAlias = Annotated[list[str | int], "[string, number]"]


class TextToken(TypedDict):
    """One token of the model.

    Attributes
    ----------
    unit
        The place of the word it belongs to.
    unknown
        The vocabulary does not have it.
    name
        What the tokenizer calls it.
    """

    text: str
    unit: int
    special: bool
    unknown: NotRequired[bool]
    name: NotRequired[str]


class Word(TypedDict):
    """One word; a special token is a word of its own.

    Attributes
    ----------
    unit
        Its own place.
    unknown
        The vocabulary does not have all of it.
    name
        Always empty.
    """

    text: str
    unit: NotRequired[int]
    special: bool
    unknown: NotRequired[bool]
    name: NotRequired[str]


class TextInput(Input):
    """A sentence.

    Attributes
    ----------
    segments
        Pieces of text, each with the place of its token or −1; joined they are the text.
    starts, titles
        Of several texts: the place of the piece that each begins with, and what they are called.
    """

    kind: Literal["text"]
    text: str
    tokens: list[TextToken]
    units: list[Word]
    segments: list[Segment]
    starts: NotRequired[list[int]]
    titles: NotRequired[list[str]]


@encoder.register(TextView)
class TextEncoder(Encoder[TextView]):
    """The text as written, its tokens and words."""

    def input(self, groups: Sequence[RowGrouping] = ()) -> TextInput:
        """Text, tokens, words, and which token stands for which piece of the text."""
        made: TextInput = {
            "v": VERSION,
            "kind": "text",
            "text": self.view.text,
            "tokens": [_token(token) for token in self.view.tokens],
            "units": [_word(unit) for unit in self.view.units],
            "segments": [[text, token] for text, token in self.view.segments],
        }
        if self.view.titles:
            made["starts"], made["titles"] = list(self.view.starts), self.view.titles
        return made

    def maps(self, attribution: Attribution, found: Arrays, scales: Scales) -> PackedArrays:
        """Values and errors of tokens and words, with the sum and share of each of several texts."""
        parts: list[PartScales] = [
            {"name": name, "sum": number(total), "share": number(share)}
            for name, total, share in shares_of(attribution)
        ]
        if parts:
            scales["parts"] = parts
        return super().maps(attribution, found, scales)

    def path_cells(self) -> int:
        """One per token."""
        return len(self.view.tokens)


def _token(t: Token) -> TextToken:
    return {"text": t.text, "unit": t.unit, "special": t.special, "unknown": t.unknown, "name": t.name}


def _word(w: Token) -> Word:
    return {"text": w.text, "unit": w.unit, "special": w.special, "unknown": w.unknown, "name": w.name}
