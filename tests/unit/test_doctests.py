"""Every example in a docstring runs and says the truth."""

import doctest
import importlib
import pkgutil

import pytest

import whylight

MODULES = [m.name for m in pkgutil.walk_packages(whylight.__path__, "whylight.")]


@pytest.mark.parametrize("name", ["whylight", *MODULES])
def test_examples(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0


@pytest.mark.parametrize("name", ["whylight", *MODULES])
def test_docstrings_read_well_on_the_page(name: str) -> None:
    """Examples stand in their section, or they become running text; formulas are plain text, not reST."""
    found = doctest.DocTestFinder(exclude_empty=False).find(importlib.import_module(name))
    texts = {test.name: test.docstring or "" for test in found}
    assert [n for n, text in texts.items() if ">>>" in text and "Examples\n" not in text.split(">>>")[0]] == []
    assert [n for n, text in texts.items() if ":math:" in text or ".. math::" in text] == []
