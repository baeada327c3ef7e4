"""Two texts read as one, a question and its context say: which of them each token stands in. Knows nothing of vocabularies."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

from whylight.errors import InvalidValueError
from whylight.inputs.words import Span

Texts = str | tuple[str, ...]
SEPARATOR = "\n"  # between the two, so that no word reaches across


def texts_of(tokenizer: Any, text: Texts) -> tuple[str, ...]:
    """The texts that a tokenizer reads: those given, and those bound by `functools.partial`, in its order.

    Examples
    --------
    >>> texts_of(functools.partial(print, text_pair="b"), "a"), texts_of(functools.partial(print, "a"), "b")
    (('a', 'b'), ('a', 'b'))
    """
    given = (text,) if isinstance(text, str) else text
    while isinstance(tokenizer, functools.partial):
        pair = tokenizer.keywords.get("text_pair")
        given = (
            *(t for t in tokenizer.args if isinstance(t, str)),
            *given,
            *((pair,) if isinstance(pair, str) else ()),
        )
        tokenizer = tokenizer.func
    if len(given) > 2:
        raise InvalidValueError(f"A tokenizer reads a text or a pair of texts; got {len(given)}: {given!r}.")
    return given


def sequences_of(made: Mapping[str, Any], texts: int, count: int) -> list[int | None]:
    """Which text each token stands in, 0 or 1; None for markers of the model."""
    known: Any = made["sequence_ids"] if "sequence_ids" in made else getattr(made, "sequence_ids", None)
    known = known() if callable(known) else known
    if known is not None and len(known) == count:
        found = [None if i is None else int(i) for i in known]
        if texts == 1 and 1 in found:
            raise InvalidValueError(
                "The tokenizer reads two texts, of which only one is known here: give both as x=(first, second) with the bare tokenizer, "
                "or bind the other one, tokenizer=functools.partial(tokenizer, text_pair=second)."
            )
        return found
    if texts == 1:
        return [0] * count
    raise InvalidValueError(
        "The tokenizer read two texts: it must say which of them each token stands in, by 'sequence_ids' (0, 1, or None for "
        "markers) beside 'input_ids' and 'offset_mapping', as the fast tokenizers of Hugging Face do."
    )


def in_one_text(spans: Sequence[Span], sequences: Sequence[int | None], texts: Sequence[str]) -> list[Span]:
    """Where tokens stand in the texts joined by the separator."""
    starts = {None: 0, **dict(enumerate(starts_of(texts)))}
    return [(start + starts[i], end + starts[i]) for (start, end), i in zip(spans, sequences, strict=True)]


def starts_of(texts: Sequence[str]) -> tuple[int, ...]:
    """Where each text begins in all of them joined.

    Examples
    --------
    >>> starts_of(["one", "two"])
    (0, 4)
    """
    return tuple(sum(len(text) + len(SEPARATOR) for text in texts[:i]) for i in range(len(texts)))
