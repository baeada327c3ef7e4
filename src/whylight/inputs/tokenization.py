"""What a tokenizer makes of a sentence, and where its tokens stand in the text as written. Knows nothing of models."""

import functools
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from whylight.errors import InvalidTypeError, InvalidValueError
from whylight.inputs.text_pair import SEPARATOR, Texts, in_one_text, sequences_of, starts_of, texts_of
from whylight.inputs.words import Span, clings, units, visible
from whylight.views.text import TextView, Token

MARKERS = "▁Ġ"  # what tokenizers write in front of the first piece of a word
ROLES = ("bos", "eos", "cls", "sep", "pad")


@dataclass(frozen=True)
class Encoded:
    """Token ids of one sentence (or two), where each token stands in it, and further inputs of the model.

    Attributes
    ----------
    text
        As it is shown: a pair of sentences are two lines.
    ids
        `(1, T)`.
    spans
        Start and end in the text, in code points; empty for tokens without text of their own.
    names
        What the tokenizer calls them.
    special, unknown
        Which are markers of the model like [CLS], and which stand for text that the vocabulary does not have.
    rest
        What else the tokenizer returned.
    starts
        Where each text begins in `text`.
    """

    text: str
    ids: Tensor
    spans: list[Span]
    names: list[str]
    special: list[bool]
    unknown: list[bool]
    rest: Mapping[str, Any]
    starts: tuple[int, ...] = (0,)

    @property
    def ordinary(self) -> Tensor:
        """Which tokens are no markers of the model, `(1, T)`."""
        return ~torch.tensor([self.special])

    def tensors(self, device: torch.device) -> dict[str, Any]:
        """The model's keyword inputs, on its device."""
        moved = {k: v.to(device) if isinstance(v, Tensor) else v for k, v in self.rest.items()}
        return {"input_ids": self.ids.to(device), **moved}


def encode(tokenizer: Any, text: Texts) -> Encoded:
    """Run a Hugging Face tokenizer or any callable on one text or a pair; it must say where tokens stand in the text."""
    owner, texts = owner_of(tokenizer), texts_of(tokenizer, text)
    named = hasattr(owner, "convert_ids_to_tokens")
    made = _called(tokenizer, text, hugging_face=named)
    ids = torch.as_tensor(made["input_ids"]).reshape(1, -1)
    spans = [(int(a), int(b)) for a, b in torch.as_tensor(made["offset_mapping"]).reshape(-1, 2).tolist()]
    if len(spans) != ids.shape[1]:
        raise InvalidValueError(f"The tokenizer gave {ids.shape[1]} ids but {len(spans)} offsets.")
    spans, whole = in_one_text(spans, sequences_of(made, len(texts), len(spans)), texts), SEPARATOR.join(texts)
    starts = starts_of(texts)
    numbers = ids[0].tolist()
    left_out = ("input_ids", "offset_mapping", "special_tokens_mask", "sequence_ids")
    rest = {k: _row(v, len(spans)) for k, v in made.items() if k not in left_out}
    if not named:
        names = [whole[a:b] or f"<{i}>" for i, (a, b) in zip(numbers, spans, strict=True)]
        special = [b <= a for a, b in spans]
        return Encoded(whole, ids, _placed(whole, spans, special), names, special, [False] * len(spans), rest, starts)
    names = [str(name) for name in owner.convert_ids_to_tokens(numbers)]
    markers, unknown = roles(owner)
    special = [number in markers for number in numbers]
    spans = _placed(whole, _own_text(whole, spans, names, special), special)
    return Encoded(whole, ids, spans, names, special, [number == unknown for number in numbers], rest, starts)


def owner_of(tokenizer: Any) -> Any:
    """The tokenizer behind `functools.partial(tokenizer, truncation=True)`, or itself."""
    while isinstance(tokenizer, functools.partial):
        tokenizer = tokenizer.func
    return tokenizer


def token_id(tokenizer: Any, kind: str) -> int | None:
    """The id of the tokenizer's token of a kind (pad, mask, unk, ...), if it has one."""
    value = getattr(owner_of(tokenizer), f"{kind}_token_id", None)
    return None if value is None else int(value)


def _called(tokenizer: Any, text: Texts, *, hugging_face: bool) -> Mapping[str, Any]:
    if not callable(tokenizer):
        hint = ""
        if hasattr(tokenizer, "encode_batch"):  # of the library `tokenizers`
            hint = " Wrap it: transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer)."
        elif isinstance(tokenizer, str):
            hint = f" Load it: transformers.AutoTokenizer.from_pretrained({tokenizer!r})."
        raise InvalidTypeError(f"tokenizer must be callable; got {type(tokenizer).__name__}.{hint}")
    try:
        options = {"return_tensors": "pt", "return_offsets_mapping": True} if hugging_face else {}
        made: Any = tokenizer(*((text,) if isinstance(text, str) else text), **options)
    except NotImplementedError:
        made = {}
    except TypeError as error:
        if isinstance(text, str) or hugging_face:
            raise
        raise InvalidTypeError(
            f"x is a pair of texts, and the tokenizer cannot be called with two ({error}): give one that takes (first, second) and says in "
            "'sequence_ids' which of them each token stands in, or one text."
        ) from error
    if hugging_face and "offset_mapping" not in made:
        raise InvalidTypeError(
            f"{type(owner_of(tokenizer)).__name__} cannot say where its tokens stand in the text. Use the fast tokenizer of the "
            "model (AutoTokenizer.from_pretrained(...)), or a callable text -> {'input_ids', 'offset_mapping'}."
        )
    if not isinstance(made, Mapping) or "input_ids" not in made or "offset_mapping" not in made:
        given = sorted(made) if isinstance(made, Mapping) else type(made).__name__
        raise InvalidTypeError(
            "The tokenizer must return a mapping with 'input_ids' and 'offset_mapping' (start and end of each token in the "
            f"text, in characters); it returned {given}."
        )
    return made


def _row(value: Any, count: int) -> Any:
    """A list of one number per token as a tensor `(1, T)`; anything else as it is."""
    if (
        not isinstance(value, (list, tuple))
        or len(value) != count
        or not all(isinstance(v, (int, float)) for v in value)
    ):
        return value
    return torch.tensor([value])


def roles(tokenizer: Any) -> tuple[set[int], int | None]:
    """Ids of the model's markers, and that of text it does not know; GPT-2 has one id for all of them."""
    unknown = token_id(tokenizer, "unk")
    markers = {token_id(tokenizer, role) for role in ROLES} - {None}
    if unknown in markers:
        unknown = None
    return {int(i) for i in getattr(tokenizer, "all_special_ids", ())} - {unknown}, unknown


def _own_text(text: str, spans: list[Span], names: list[str], special: list[bool]) -> list[Span]:
    """The text that tokens really stand for, where tokenizers tell it differently.

    SentencePiece gives a bare word marker the first letter of the word, which is not its own; RoBERTa's tokenizer gives
    a token that is nothing but a space no text at all.
    """
    found: list[Span] = []
    before = 0
    for (start, end), name, marker in zip(spans, names, special, strict=True):
        own, bare = text[start:end], not name.strip(MARKERS)
        if not marker and bare and own.strip() and own.strip(MARKERS):
            found.append((start, start))
        elif not marker and start == end and text[before:start].isspace():
            found.append((before, start))
        else:
            found.append((start, end))
        before = max(before, found[-1][1])
    return found


def _placed(text: str, spans: list[Span], special: list[bool]) -> list[Span]:
    """Spans of words without the space before them, and with the accents and joiners that normalization took away."""
    covered = {i for start, end in spans for i in range(start, end)}

    def placed(start: int, end: int) -> Span:
        own = text[start:end]
        first, last = start + len(own) - len(own.lstrip()), end - len(own) + len(own.rstrip())
        while last < len(text) and last not in covered and clings(text[last]):
            last += 1
        return first, last

    return [
        (start, end) if marker or not text[start:end].strip() else placed(start, end)
        for (start, end), marker in zip(spans, special, strict=True)
    ]


def layout(text: str, encoded: Encoded) -> TextView:
    """How the sentence and its tokens are drawn; the pieces of text join to the sentence exactly."""
    spans = encoded.spans
    group = _joined(encoded, units(text, _leaning(text, spans, encoded.special)))
    named = zip(_labels(text, encoded), group, encoded.special, encoded.unknown, encoded.names, strict=True)
    tokens = tuple(Token(*token) for token in named)
    segments: list[tuple[str, int]] = []
    at = 0
    for index in sorted(range(len(tokens)), key=lambda i: spans[i]):
        start, end = spans[index]
        start = max(start, at)  # byte-level tokens may share a character: the first one shows it
        if end <= start:
            continue
        if start > at:
            segments.append((text[at:start], -1))
        segments.append((text[start:end], index))
        at = end
    if at < len(text):
        segments.append((text[at:], -1))
    cut, starts = _cut(segments, encoded.starts)
    return TextView(text, tokens, _words(text, tokens, spans), tuple(cut), starts)


def _cut(segments: Sequence[tuple[str, int]], starts: Sequence[int]) -> tuple[list[tuple[str, int]], tuple[int, ...]]:
    """Pieces of text that end where a text ends, and the line end between two alone; with the number of each text's first piece."""
    cuts = sorted({at for start in starts[1:] for at in (start - len(SEPARATOR), start)})
    made: list[tuple[str, int]] = []
    firsts, at = [0], 0
    for piece, token in segments:
        here = [0, *(c - at for c in cuts if at < c < at + len(piece)), len(piece)]
        for lo, hi in pairwise(here):
            firsts += [len(made)] if at + lo in starts[1:] else []
            made.append((piece[lo:hi], token))
        at += len(piece)
    return made, tuple(firsts)


def _leaning(text: str, spans: list[Span], special: Sequence[bool]) -> list[Span]:
    """A bare word marker, or the one space before a word, reaches into the token that follows: it belongs to its word."""
    found = list(spans)
    for i, ((start, end), (after, stop)) in enumerate(pairwise(spans)):
        own = text[start:end]
        bare = not own or (len(own) == 1 and unicodedata.category(own) == "Zs")
        if bare and end == after < stop and not special[i]:
            found[i] = (start, end + 1)
    return found


def _joined(encoded: Encoded, group: list[int]) -> list[int]:
    """Units in which padding is one: markers of the same name that follow each other."""
    found = list(group)
    for i in range(1, len(found)):
        alike = encoded.names[i] == encoded.names[i - 1] and encoded.spans[i] == encoded.spans[i - 1]
        if alike and encoded.special[i]:
            found[i] = found[i - 1]
    numbers: dict[int, int] = {}
    return [numbers.setdefault(unit, len(numbers)) for unit in found]


def _labels(text: str, encoded: Encoded) -> list[str]:
    """The text of every token as people read it, numbered where several share a character; its name where it has none."""
    times = Counter(encoded.spans)
    seen: Counter[Span] = Counter()
    labels = []
    for span, name in zip(encoded.spans, encoded.names, strict=True):
        seen[span] += 1
        own = visible(text[slice(*span)])
        labels.append(f"{own} {seen[span]}/{times[span]}" if own and times[span] > 1 else own or name)
    return labels


def _words(text: str, tokens: Sequence[Token], spans: list[Span]) -> tuple[Token, ...]:
    members: dict[int, list[int]] = {}
    for i, token in enumerate(tokens):
        members.setdefault(token.unit, []).append(i)
    found = []
    for number, inside in sorted(members.items()):
        first = tokens[inside[0]]
        own = text[min(spans[i][0] for i in inside) : max(spans[i][1] for i in inside)]
        special, unknown = (any(getattr(tokens[i], of) for i in inside) for of in ("special", "unknown"))
        times = f" × {len(inside)}" if special and not own and len(inside) > 1 else ""
        found.append(Token(visible(own) or first.text + times, number, special, unknown))
    return tuple(found)
