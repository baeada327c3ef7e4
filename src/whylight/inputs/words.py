"""Words of a text by character offsets, for any language and script. Knows nothing of tokenizers or models."""

import unicodedata
from bisect import bisect_left, bisect_right

Span = tuple[int, int]

_SIGNS = {" ": "␣", "\n": "↵", "\r": "↩", "\t": "⇥"}
_JOINER = "\u200d"  # glues emoji together


def words(text: str) -> list[Span]:
    """Spans of the words of a text; punctuation marks, ideographs and emoji are words of their own.

    Examples
    --------
    >>> [("it's 5€!")[a:b] for a, b in words("it's 5€!")]
    ["it's", '5', '€', '!']
    """
    spans: list[Span] = []
    for i, char in enumerate(text):
        if char.isspace():
            continue
        start, end = spans[-1] if spans else (0, 0)
        if spans and end == i and _continues(text, i):
            spans[-1] = (start, i + 1)
        else:
            spans.append((i, i + 1))
    return spans


def _continues(text: str, i: int) -> bool:
    """Whether the character at i belongs to the word that ends just before it."""
    char = text[i]
    if clings(char) or text[i - 1] == _JOINER:
        return True
    at = i - 1
    while at >= 0 and unicodedata.category(text[at]) == "Cf":  # seen by nobody
        at -= 1
    if at < 0 or text[at].isspace():
        return True
    before = text[at]
    if char in "'’" and before.isalnum():
        return i + 1 < len(text) and text[i + 1].isalnum()
    if before in "'’" and at >= 1 and text[at - 1].isalnum() and _in_word(char):
        return True
    if _is_flag(char) and _is_flag(before):
        return _flags_before(text, i) % 2 == 1
    return _in_word(char) and (_in_word(before) or unicodedata.category(before)[0] == "M")


def clings(char: str) -> bool:
    """Whether a character is only seen with the one before it: accents, vowel signs, joiners, invisible marks."""
    category = unicodedata.category(char)
    return category[0] == "M" or category == "Cf" or _is_skin_tone(char)


def visible(text: str) -> str:
    r"""A text without the space around it; where nothing of it is seen, signs for what it is.

    Examples
    --------
    >>> visible(" film"), visible(" "), visible("\t\n"), visible("\u200b"), visible("\u0301") == "◌\u0301"
    ('film', '␣', '⇥↵', 'U+200B', True)
    """
    own = text.strip()
    if not own or all(unicodedata.category(char) in ("Cf", "Cc", "Zs") for char in own):
        return "".join(_SIGNS.get(char, f"U+{ord(char):04X}") for char in text)
    return f"◌{own}" if unicodedata.category(own[0])[0] == "M" else own


def _is_flag(char: str) -> bool:
    """One of the letters that make a flag in pairs."""
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _flags_before(text: str, i: int) -> int:
    start = i
    while start > 0 and _is_flag(text[start - 1]):
        start -= 1
    return i - start


def _in_word(char: str) -> bool:
    return (char.isalnum() or char == "_") and not _is_ideograph(char)


def _is_ideograph(char: str) -> bool:
    return "\u3040" <= char <= "\u30ff" or "\u3400" <= char <= "\u9fff" or "\U00020000" <= char <= "\U0003ffff"


def _is_skin_tone(char: str) -> bool:
    return "\U0001f3fb" <= char <= "\U0001f3ff"


def units(text: str, spans: list[Span]) -> list[int]:
    """For every token span, the number of the unit it belongs to: words, joined where a token crosses their border.

    Empty spans (special tokens) get a unit of their own. Units are numbered in the order of their first token.
    """
    group = list(range(len(spans)))
    found = words(text)
    starts, ends = [a for a, _ in found], [b for _, b in found]
    first_of_word: dict[int, int] = {}

    def root(i: int) -> int:
        while group[i] != i:
            i = group[i]
        return i

    for token, (start, end) in enumerate(spans):
        touched = range(bisect_right(ends, start), bisect_left(starts, end)) if start < end else ()
        for index in touched:
            group[root(token)] = root(first_of_word.setdefault(index, token))
    names: dict[int, int] = {}
    return [names.setdefault(root(token), len(names)) for token in range(len(spans))]
