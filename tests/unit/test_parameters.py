"""Parameters that describe themselves: every one of every method is checked, explained and listed from its description."""

import importlib.util
import inspect
import json
import math
import re
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import whylight as wl
from whylight.decomposition.decomposed import Choices
from whylight.errors import InvalidTypeError, InvalidValueError
from whylight.methods import METHODS
from whylight.parameters import check, described, parameter

ROOT = Path(__file__).parents[2]
ALL = [(name, p) for name, method in METHODS.items() for p in method.parameters()]
every = pytest.mark.parametrize(("method", "about"), [pytest.param(m, p, id=f"{m}-{p['name']}") for m, p in ALL])

WRONG = {  # by type
    "int": [True, 2.5, "3", math.nan, math.inf, [3], torch.tensor(2.5)],
    "float": [True, "0.5", [0.5], 1j],
    "bool": [2, -1, "True", 1.0, math.nan],
}
WORDS = {"int": "must be a whole number", "float": "must be a number", "bool": "must be True or False"}


def refused(method: str, name: str, value: Any) -> Exception:
    with pytest.raises((InvalidTypeError, InvalidValueError)) as caught:
        METHODS[method](**{name: value})
    assert name in str(caught.value)
    return caught.value


def numbers_at(about: dict[str, Any], *, inside: bool) -> list[Any]:
    """The numbers closest to the ends of a range, on either side of them."""
    step = (lambda x, to: x + (1 if to > x else -1)) if about["type"] == "int" else math.nextafter
    found = []
    for end, out, excluded in (
        ("least", -math.inf, False),
        ("above", -math.inf, True),
        ("most", math.inf, False),
        ("below", math.inf, True),
    ):
        if (x := about[end]) is not None:
            found.append((step(x, -out) if excluded else x) if inside else (x if excluded else step(x, out)))
    return found


@every
def test_each_is_described_in_full(method, about):
    assert about["type"] in ("int", "float", "bool", "str", "str or Method")
    assert re.fullmatch(r"[^\n]{10,}\.", about["sentence"])
    assert bool(about["unit"]) == (about["type"] in ("int", "float") and about["name"] != "seed")
    assert bool(about["choices"]) == (about["type"] == "str")
    assert about["default"] is not None or about["optional"]
    assert not about["choices"] or about["default"] in about["choices"]
    assert about["name"] == "seed" or numbers_at(about, inside=True) or about["type"] not in ("int", "float")


@every
def test_values_of_a_wrong_type_are_refused(method, about):
    name, kind = about["name"], about["type"]
    for value in WRONG.get(kind, []):
        error = refused(method, name, value)
        assert isinstance(error, InvalidTypeError)
        assert WORDS[kind] in str(error)
        assert f"got {value!r}" in str(error)
        assert ("or None" in str(error)) == about["optional"]
    if kind in WRONG and not about["optional"]:
        assert "got None" in str(refused(method, name, None))


@every
def test_values_outside_the_range_are_refused(method, about):
    nonsense = [math.nan, math.inf, -math.inf] if about["type"] == "float" else []
    for value in [*numbers_at(about, inside=False), *nonsense]:
        error = refused(method, about["name"], value)
        assert isinstance(error, InvalidValueError)
        assert f"got {value!r}" in str(error)
        ends = [about[end] for end in ("least", "above", "most", "below") if about[end] is not None]
        assert all(f" {end:g}" in str(error) for end in ends)
        assert about["type"] == "int" or f"({about['unit']})" in str(error)


@every
def test_words_that_are_not_known_are_refused_with_those_that_are(method, about):
    for value in [3, None, "", math.nan, True, ["max"], f"{about['default']}x"] if about["choices"] else []:
        error = refused(method, about["name"], value)
        assert isinstance(error, InvalidValueError)
        assert str(error).startswith(f"Unknown {about['name']} {str(value)!r}.")
        assert str(error).endswith(f"Known: {', '.join(about['choices'])}.")
    if about["choices"]:
        assert f"Did you mean {about['default']!r}" in str(refused(method, about["name"], f"{about['default']}x"))


@every
def test_what_is_allowed_is_accepted(method, about):
    allowed = [*about["choices"], *numbers_at(about, inside=True), about["default"]]
    allowed += [None] if about["optional"] else []
    allowed += {"bool": [True, False, np.True_, 1, 0], "float": [np.float32(0.5), 0.5], "int": [np.int64(3), 3]}.get(
        about["type"], []
    )
    for value in allowed:
        assert getattr(METHODS[method](**{about["name"]: value}), about["name"]) is value


@pytest.mark.parametrize("name", METHODS)
def test_the_descriptions_cover_the_constructor_and_are_plain_values(name):
    found = METHODS[name].parameters()
    signature = inspect.signature(METHODS[name]).parameters
    assert {p["name"]: p["default"] for p in found} == {n: p.default for n, p in signature.items()}
    assert [p["name"] for p in found] == list(signature) == [f.name for f in fields(METHODS[name])]
    assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize("name", ["smoothgrad", "vargrad"])
def test_a_method_within_is_checked_by_the_registry(name):
    for value in (3, None, True, math.nan):
        assert f"got {type(value).__name__}" in str(refused(name, "method", value))
    assert "Did you mean 'guided_ig'" in str(refused(name, "method", "guided"))


@pytest.mark.parametrize("name", ["window", "stride"])
def test_each_of_several_is_checked(name):
    assert "got 2.5" in str(refused("occlusion", name, (2, 2.5)))
    assert "got None" in str(refused("occlusion", name, (None, 2)))
    assert f"{name} must be at least 1, got 0." in str(refused("occlusion", name, (3, 0)))
    assert getattr(METHODS["occlusion"](**{name: (3, 2)}), name) == (3, 2)


def test_texts():
    says = lambda **given: str(refused(given.pop("method"), *next(iter(given.items()))))
    assert says(method="ggig", n_steps=2.5) == "n_steps must be a whole number of at least 1, got 2.5."
    assert says(method="ggig", n_steps=0) == "n_steps must be at least 1, got 0."
    assert says(method="guided_ig", fraction=2) == (
        "fraction must be a finite number between 0 and 1 (share of the features), got 2."
    )
    assert says(method="finite_differences", step="1") == "step must be a number above 0 or None, got '1'."
    assert says(method="integrated_gradients", tol=1) == (
        "tol must be a finite number between 0 and 1, both excluded (relative error: 0.01 = 1 %), got 1."
    )
    assert says(method="expected_gradients", seed=-1) == "seed must be at least 0, got -1."
    assert says(method="ggig", include_baseline=2) == "include_baseline must be True or False, got 2."


@pytest.mark.parametrize("name", ["tie", "relu", "gates"])
def test_choices_of_decomposition_describe_themselves_alike(name):
    (one,) = (p for p in described(Choices) if p.name == name)
    (other,) = (p for p in described(wl.methods.ContextualDecomposition) if p.name == name)
    assert one.sentence
    assert (one.choices, one.default) == (other.choices, other.default)
    with pytest.raises(InvalidValueError, match=f"Unknown {name} 'x'"):
        Choices(**{name: "x"})


def test_a_method_of_ones_own_needs_no_description_and_may_add_one():
    @dataclass(frozen=True)
    class Mine(wl.methods.IDGI):
        """Mine.

        Parameters
        ----------
        anything
            Not checked.
        power, root
            Two at once. More words.
        """

        anything: int = 3
        power: int = parameter(2, above=0, most=4, unit="times")
        root: float = parameter(0.5, below=1)

    assert [p["name"] for p in Mine.parameters()] == ["n_steps", "power", "root"]
    assert [p["sentence"] for p in Mine.parameters()] == ["Steps along the straight line.", *["Two at once."] * 2]
    assert Mine(anything="x").anything == "x"  # type: ignore[arg-type]
    for name, value, says in (("power", 5, "above 0 and of at most 4"), ("root", 1, "below 1"), ("n_steps", 0, "1")):
        with pytest.raises(InvalidValueError, match=says):
            Mine(**{name: value})


def test_a_description_is_made_once_for_a_class():
    assert described(wl.methods.GGIG) is described(wl.methods.GGIG)
    check(wl.methods.GGIG())


def script(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, ROOT / f"scripts/{name}.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def test_the_table_of_the_docs_is_up_to_date():
    made = script("make_parameter_table")
    assert made.TARGET.read_text("utf-8") == made.page(made.TARGET.read_text("utf-8")), (
        "run scripts/make_parameter_table.py"
    )
    assert all(row.count("|") == 7 for row in made.rows())


def test_what_each_method_computes_names_its_parameters():
    text = (ROOT / "docs/methods.md").read_text("utf-8").partition("## What each one computes")[2]
    listed = dict(re.findall(r"^\| <a id=\"\w+\"></a>`(\w+)` \|[^|]*\|([^|]*)\|", text, re.MULTILINE)[: len(METHODS)])
    listed["vargrad"] = listed["smoothgrad_sq"] = listed["smoothgrad"]  # "as above"
    found = {name: re.findall(r"`(\w+)`", column) for name, column in listed.items()}
    assert found == {name: [p["name"] for p in method.parameters()] for name, method in METHODS.items()}


def test_the_pages_show_a_default_instead_of_its_description():
    griffe = pytest.importorskip("griffe")
    extensions = griffe.load_extensions(ROOT / "scripts/plain_defaults.py")
    code = (ROOT / "src/whylight/methods/ggig.py").read_text("utf-8")
    page = griffe.visit("ggig", ROOT / "src/whylight/methods/ggig.py", code, extensions=extensions)
    assert str(page["GGIG.n_steps"].value) == "50"
    assert str(page["GGIG.sign"].value) == "'signed'"
