"""Every example in a docstring runs and says the truth."""

import doctest
import importlib
import pkgutil
import re

import pytest

import whylight

MODULES = [m.name for m in pkgutil.walk_packages(whylight.__path__, "whylight.")]


NUMBER = re.compile(r"-?\d+\.\d*(?:e[-+]?\d+)?")


class Numbers(doctest.OutputChecker):
    """Compares printed floating point numbers as numbers: how many digits are printed may hang on the last bit of one."""

    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        numbers = [list(map(float, NUMBER.findall(text))) for text in (want, got)]
        return self.words(want) == self.words(got) and numbers[0] == pytest.approx(numbers[1], rel=1e-6, abs=1e-6)

    @staticmethod
    def words(text: str) -> str:
        return re.sub(r"\s*(<number>|[\[\](),])\s*", r"\1", " ".join(NUMBER.sub("<number>", text).split()))


def failures(test: doctest.DocTest) -> int:
    return doctest.DocTestRunner(Numbers()).run(test).failed


@pytest.mark.parametrize("name", ["whylight", *MODULES])
def test_examples(name: str) -> None:
    assert sum(map(failures, doctest.DocTestFinder().find(importlib.import_module(name)))) == 0


def test_numbers_are_compared_as_numbers() -> None:
    check = Numbers().check_output
    assert check("tensor([[1., -4.]])", "tensor([[ 1.0000, -4.0000]])", 0)
    assert check("array([0. , 0.5])", "array([1.0e-17, 5.0e-01])", 0)
    assert not check("tensor([[1., 4.]])", "tensor([[1.0000, 4.0001]])", 0)
    assert not check("[1.0, 4.0]", "[1.0, 4.0, 4.0]", 0)
    assert not check("(1, 4)", "(1, 5)", 0)


@pytest.mark.parametrize("name", ["whylight", *MODULES])
def test_docstrings_read_well_on_the_page(name: str) -> None:
    """Examples stand in their section, or they become running text; formulas are plain text, not reST."""
    found = doctest.DocTestFinder(exclude_empty=False).find(importlib.import_module(name))
    texts = {test.name: test.docstring or "" for test in found}
    assert [n for n, text in texts.items() if ">>>" in text and "Examples\n" not in text.split(">>>")[0]] == []
    assert [n for n, text in texts.items() if ":math:" in text or ".. math::" in text] == []
