"""Words by character offsets, in any script, and the units tokens merge to."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whylight.inputs.words import units, words

fixed = settings(derandomize=True, deadline=None, max_examples=200, database=None)
ALPHABET = "ab Z9_'’-.,!?€\t\n\u00a0\u3000é漢字かなカナ한글שלוםمرحبا\u0301\u200d\ufe0f👩🏽👨‍👩‍👧🇩🇪नमस्ते𠀀"
texts = st.text(ALPHABET, max_size=30) | st.text(max_size=30)


def cut(text: str) -> list[str]:
    return [text[a:b] for a, b in words(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("  \n\t", []),
        ("hello world", ["hello", "world"]),
        ("it's don’t", ["it's", "don’t"]),
        ("'quoted' dogs'", ["'", "quoted", "'", "dogs", "'"]),
        ("a, b... c!", ["a", ",", "b", ".", ".", ".", "c", "!"]),
        ("well-known", ["well", "-", "known"]),
        ("snake_case x2", ["snake_case", "x2"]),
        ("漢字かな", ["漢", "字", "か", "な"]),
        ("한글 words", ["한글", "words"]),
        ("cafe\u0301 noir", ["cafe\u0301", "noir"]),
        ("שלום עולם", ["שלום", "עולם"]),
        ("👩🏽 ok", ["👩🏽", "ok"]),
        ("👨\u200d👩\u200d👧!", ["👨\u200d👩\u200d👧", "!"]),
        ("नमस्ते दुनिया", ["नमस्ते", "दुनिया"]),
        ("a\u00a0b\u3000c", ["a", "b", "c"]),
        ("5€", ["5", "€"]),
    ],
)
def test_words_of_many_scripts(text, expected):
    assert cut(text) == expected


@fixed
@given(texts)
def test_words_cover_everything_but_whitespace_in_order(text):
    found = words(text)
    assert all(a < b for a, b in found)
    assert all(first[1] <= second[0] for first, second in itertools.pairwise(found))
    covered = {i for a, b in found for i in range(a, b)}
    assert covered == {i for i, char in enumerate(text) if not char.isspace()}


def test_pieces_of_a_word_share_a_unit():
    text = "unbelievable film"
    assert units(text, [(0, 0), (0, 2), (2, 9), (9, 12), (13, 17), (0, 0)]) == [0, 1, 1, 1, 2, 3]


def test_a_token_across_words_joins_them():
    assert units("New York is", [(0, 8), (9, 11)]) == [0, 1]
    assert units("New York is", [(0, 2), (2, 5), (5, 8), (9, 11)]) == [0, 0, 0, 1]


def test_special_tokens_and_whitespace_stand_alone():
    assert units("a  b", [(0, 0), (0, 1), (1, 3), (3, 4), (4, 4)]) == [0, 1, 2, 3, 4]


def test_byte_level_tokens_that_share_a_character_share_its_unit():
    assert units("漢 b", [(0, 1), (0, 1), (0, 1), (2, 3)]) == [0, 0, 0, 1]


@fixed
@given(texts, st.data())
def test_units_are_numbered_in_order_and_never_split_a_word(text, data):
    edges = st.integers(0, len(text))
    spans = [tuple(sorted(data.draw(st.tuples(edges, edges)))) for _ in range(data.draw(st.integers(1, 8)))]
    found = units(text, spans)
    firsts = list(dict.fromkeys(found))
    assert firsts == list(range(len(firsts)))
    for a, b in words(text):
        touching = {found[i] for i, (start, end) in enumerate(spans) if max(a, start) < min(b, end)}
        assert len(touching) <= 1
    empty = [found[i] for i, (start, end) in enumerate(spans) if start == end]
    assert all(found.count(unit) == 1 for unit in empty)
