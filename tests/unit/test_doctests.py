"""Every example in a docstring runs and says the truth."""

import doctest
import importlib
import pkgutil

import pytest

import whylight

MODULES = [m.name for m in pkgutil.walk_packages(whylight.__path__, "whylight.") if not m.name.endswith("__main__")]


@pytest.mark.parametrize("name", ["whylight", *MODULES])
def test_examples(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0
