"""How an answer can be drawn: as a picture, a sentence or a list of features.

A view holds what the person gave (pixels, text, names) and turns attributions into the few arrays that are drawn.
Knows nothing of models, widgets or bytes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whylight.records import record
from whylight.views.spotlight import Spotlight
from whylight.views.told import Told, told
from whylight.views.units import Units, coarser, sequence, whole_number
from whylight.views.view import Arrays, View

CAPTION = 80  # letters


@record
@dataclass(frozen=True)
class Token:
    """One token of the model.

    Attributes
    ----------
    text
        Its part of the text; where it has none, its name.
    unit
        The word it belongs to.
    special
        A marker of the model, like [CLS].
    unknown
        The vocabulary does not have it (of a word: not all of it); the model sees only a token like [UNK].
    name
        What the tokenizer calls it.
    """

    text: str
    unit: int
    special: bool
    unknown: bool = False
    name: str = ""


@dataclass(frozen=True, eq=False)
class TextView(View):
    """A sentence, its tokens and the words they merge to; attributions are `(1, T)`.

    `segments` are `(piece of text, token index or -1)`; joined, the pieces are the text exactly. `starts` are the numbers of the
    segments that texts begin with: a pair of texts is two lines, and the line end between them a segment of its own.
    """

    text: str
    tokens: tuple[Token, ...]
    units: tuple[Token, ...]
    segments: tuple[tuple[str, int], ...]
    starts: tuple[int, ...] = (0,)
    kind = "text"
    layouts = ("words", "tokens")
    drawn = "units"
    parts = "words"

    def pieces(self) -> list[tuple[str, int]]:
        """(piece of text, word index or -1): neighbouring tokens of a word are one piece, without the space before it.

        Joined, the pieces are the text.
        """
        joined: list[tuple[str, int]] = []
        for text, token in self.segments:
            unit = self.tokens[token].unit if token >= 0 else -1
            if joined and unit >= 0 and joined[-1][1] == unit:
                before, joined[-1] = joined[-1][0], ("", unit)
                space = before if before.isspace() else ""
                joined[-1:] = [*([(space, -1)] if space else []), (before[len(space) :] + text, unit)]
            else:
                joined.append((text, unit))
        return joined

    def marked(self) -> list[tuple[str, int, bool]]:
        """The pieces, and between them the words without text, like [CLS], each with whether it is one of these."""
        pieces = self.pieces()
        written = {unit for _, unit in pieces}
        markers = [(word.text, i, True) for i, word in enumerate(self.units) if i not in written]
        found: list[tuple[str, int, bool]] = []
        for at, (text, unit) in enumerate(pieces):
            unread = at == len(pieces) - 1 and unit < 0
            while markers and (unread or markers[0][1] < unit):
                found.append(markers.pop(0))
            found.append((text, unit, False))
        return [*found, *markers]

    def lines(self) -> list[list[tuple[str, int, bool]]]:
        """The same for each text; the end of a line between two is left out, and markers go with the text before them."""
        ends = [len("".join(piece for piece, _ in self.segments[:start])) for start in self.starts[1:]]
        found: list[list[tuple[str, int, bool]]] = [[]]
        at = 0
        for piece, unit, marker in self.marked():
            if not marker:
                if len(found) <= len(ends) and at >= ends[len(found) - 1]:
                    found.append([])
                at += len(piece)
                if at in ends and unit < 0 and not piece.strip():
                    continue
            found[-1].append((piece, unit, marker))
        return found

    @property
    def titles(self) -> list[str]:
        """What the texts are called, where there are several."""
        return [f"Text {i}" for i, _ in enumerate(self.starts, 1)] if len(self.starts) > 1 else []

    @property
    def sections(self) -> Mapping[str, Sequence[int]]:
        """The words of each of several texts, and the markers."""
        found: dict[str, list[int]] = {title: [] for title in self.titles}
        if not found:
            return found
        for title, (start, end) in zip(found, pairwise((*self.starts, len(self.segments))), strict=True):
            units = (self.tokens[token].unit for _, token in self.segments[start:end] if token >= 0)
            found[title].extend(dict.fromkeys(units))
        written = {unit for units in found.values() for unit in units}
        rest = [i for i in range(len(self.units)) if i not in written]
        return {**found, "markers": rest}

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts, without the line end between them."""
        starts = (*(self.starts or (0,)), len(self.segments))
        found = ("".join(piece for piece, _ in self.segments[a:b]) for a, b in pairwise(starts))
        return tuple(text.removesuffix("\n") if i + 2 < len(starts) else text for i, text in enumerate(found))

    def merge(self, per_token: NDArray[Any]) -> NDArray[Any]:
        """Sums per word `(U,)` of values per token `(T,)`; the total stays the same."""
        merged = np.zeros(len(self.units), dtype=per_token.dtype)
        np.add.at(merged, [token.unit for token in self.tokens], per_token)
        return merged

    def arrays(self, attributions: NDArray[Any], errors: NDArray[Any]) -> Arrays:
        """`values` per token and `units` per word, each with its error."""
        values, error = attributions[0], errors[0]
        return {"values": values, "error": error, "units": self.merge(values), "unit_error": self.merge(error)}

    def parts_told(self, values: NDArray[Any], seen: Spotlight | None, detail: str = "") -> Sequence[Told]:
        """The words that the person wrote, each in all the places where it stands."""
        sums = self.merge(values[0])
        found: dict[str, float] = {}
        for unit, value in zip(self.units, sums, strict=True):
            if not unit.special:
                found[unit.text] = found.get(unit.text, 0.0) + float(value)
        return told([f"“{word}”" for word in found], np.array(list(found.values())))

    def dimensions(self) -> list[tuple[str, list[str]]]:
        """Its words."""
        return [("word", self.part_names)]

    def caption(self) -> str:
        """How it begins."""
        return shorten(self.text, CAPTION)

    def change_from(self, other: View) -> str:
        """Words that were put in place of others."""
        if not isinstance(other, TextView):
            return super().change_from(other)
        before, after = ([word.text for word in view.units if not word.special] for view in (other, self))
        found = []
        for kind, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
            old, new = " ".join(before[a:b]), " ".join(after[c:d])
            if kind != "equal":
                found.append(f"{old} → {new}" if old and new else f"+ {new}" if new else f"\N{MINUS SIGN} {old}")
        return shorten(", ".join(found), CAPTION)

    def group_units(self, shape: tuple[int, ...], spec: Any = None) -> Units:
        """The words, or several of them joined; where a number of them are, markers stay alone."""
        words = sequence([token.unit for token in self.tokens], [unit.text for unit in self.units])
        return coarser(words, self._runs(int(spec)) if whole_number(spec) else spec)

    def _runs(self, size: int) -> list[int]:
        """A number for every word: the same for `size` of them that follow each other."""
        labels, left = [0], 0
        for unit in self.units:
            left = 0 if unit.special or left <= 0 else left
            labels.append(labels[-1] + (left == 0))
            left = 0 if unit.special else (left or size) - 1
        return labels[1:]

    def part_count(self, units: Any = None) -> int:
        """How many words there are."""
        return len(self.units)

    @property
    def part_names(self) -> list[str]:
        """The words."""
        return [unit.text for unit in self.units]

    @property
    def places(self) -> Mapping[int, str]:
        """The tokens that stand in the text."""
        return {i: token.text for i, token in enumerate(self.tokens) if not token.special}

    @property
    def markers(self) -> frozenset[int]:
        """Words like [CLS]."""
        return frozenset(i for i, unit in enumerate(self.units) if unit.special)


def shorten(text: str, most: int) -> str:
    """A text, or how it begins."""
    return text if len(text) <= most else f"{text[:most]}…"
