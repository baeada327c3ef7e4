"""Words of a sentence, as the demo sentiment net wants them: a small Penn-Treebank-like tokenizer.

Splits text into words, contractions ("isn't" -> "is" + "n't"), numbers and punctuation, looks every piece up in a
vocabulary and says where it stood in the text. It knows nothing about nets, weights or widgets.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import torch

__all__ = ["WordTokenizer", "word_spans"]

_MARK = r"\u0300-\u036f"  # combining accents belong to the letter before them
_PIECE = re.compile(
    rf"""
      can(?=not(?!\w))                          # cannot -> can + not
    | \w[\w{_MARK}]*?(?=n['’]t(?!\w))           # the word before n't
    | n['’]t(?!\w)
    | ['’](?:s|m|d|re|ve|ll|em)(?!\w)           # other contractions
    | \d+(?:[.,]\d+)+                           # 3.5  10,000
    | \w[\w{_MARK}]*                            # words (a hyphen parts them)
    | ``|''|\.{{2,}}|-{{2,}}|\*{{2,}}           # quotes, dots, dashes, stars of the treebank
    | [^\w\s](?:[{_MARK}\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]|\u200d[^\w\s])*   # punctuation; a whole emoji
    """,
    re.VERBOSE | re.IGNORECASE,
)
_SAME = {"``": '"', "''": '"', "“": '"', "”": '"', "‘": "'", "`": "'", "…": "...", "..": "...", "—": "--", "–": "--"}


def word_spans(text: str) -> list[tuple[int, int]]:
    """Where the words and punctuation marks of a text stand.

    Parameters
    ----------
    text : str
        Any text; also text that is already parted by blanks the way the Penn Treebank does.

    Returns
    -------
    list of (int, int)
        Start and end of each piece in code points. Pieces follow one another, never overlap, never hold white
        space, and together hold every character that is not white space.

    Examples
    --------
    >>> text = "It isn't bad."
    >>> [text[a:b] for a, b in word_spans(text)]
    ['It', 'is', "n't", 'bad', '.']
    """
    return [match.span() for match in _PIECE.finditer(text)]


def normal_form(piece: str) -> str:
    """The form of a piece that the vocabulary lists: lower case, plain apostrophes and quotes.

    Examples
    --------
    >>> normal_form("N’T"), normal_form("“")
    ("n't", '"')
    """
    word = unicodedata.normalize("NFC", piece).lower()
    return _SAME.get(word, word.replace("’", "'"))


class WordTokenizer:
    """Turns text into word ids and character offsets.

    Parameters
    ----------
    words : sequence of str
        The vocabulary; a word's place is its id. Place 0 is the padding, place 1 the unknown word.

    Attributes
    ----------
    pad_token_id : int
        0.
    unk_token_id : int
        1; every word outside the vocabulary gets it.
    mask_token_id : None
        There is no mask token.

    Examples
    --------
    >>> tokenizer = WordTokenizer(["<pad>", "<unk>", "good", "n't"])
    >>> encoded = tokenizer("Isn't it GOOD?")
    >>> encoded["input_ids"].tolist()
    [[1, 3, 1, 2, 1]]
    >>> encoded["offset_mapping"].tolist()
    [[[0, 2], [2, 5], [6, 8], [9, 13], [13, 14]]]
    """

    pad_token_id = 0
    unk_token_id = 1
    mask_token_id = None

    def __init__(self, words: Sequence[str]) -> None:
        self.words = tuple(words)
        self._ids = {word: i for i, word in enumerate(self.words) if i > self.unk_token_id}

    def __call__(self, text: str) -> dict[str, torch.Tensor]:
        """Encode one text.

        Parameters
        ----------
        text : str
            The text; its case and blanks are kept, only the look-up is in lower case.

        Returns
        -------
        dict of str to torch.Tensor
            `input_ids`, long `(1, T)`, and `offset_mapping`, long `(1, T, 2)`: start and end in code points
            of `text`. `T` is 0 for empty text.
        """
        spans = word_spans(text)
        ids = [self._ids.get(normal_form(text[a:b]), self.unk_token_id) for a, b in spans]
        return {
            "input_ids": torch.tensor(ids, dtype=torch.long).reshape(1, -1),
            "offset_mapping": torch.tensor(spans, dtype=torch.long).reshape(1, -1, 2),
        }

    def __len__(self) -> int:
        return len(self.words)

    def __repr__(self) -> str:
        return f"WordTokenizer({len(self)} words)"
