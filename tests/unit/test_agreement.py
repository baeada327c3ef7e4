"""The table of docs/agreement.md is true: a cheap part of it is run again, and a wrong map does not pass."""

import importlib
import re
from pathlib import Path

import pytest
import torch

from tests.agreement.__main__ import MARK, PAGE, SOURCES, absent
from tests.agreement.rows import BY_DESIGN, DIFFERS, EQUAL, LEFT_OUT, THEY_ERR, Row, apart, judged, markdown

SLOW = ("KernelShap", "Lime", "ShapleyValueSampling", "GradientShap")
CHEAP = ("basic_single_target/", "basic_multi_input_multi_target/", "basic_multiple_tuple_target/", "basic_neuron/")
CHEAP += ("basic_multiple_tuple_target_nt/", "basic_multiple_tuple_target_occlusion/", "conv_occlusion")
CHEAP += (
    "riemann_middle/linear/2",
    "riemann_trapezoid/linear/2",
    "gausslegendre/smooth/10",
    "conv_layer_single_target/",
)
LINE = re.compile(r"^\| ([^|]+) \| ([^|]*) \| ([^|]*) \| \d+ \| ([^|]+) \|", re.MULTILINE)


def written() -> set[tuple[str, ...]]:
    """Library, theirs, ours and verdict of every line of the page."""
    _, _, table = PAGE.read_text("utf-8").partition(MARK)
    return {tuple(map(str.strip, found)) for found in LINE.findall(table)} - {("library", "theirs", "ours", "verdict")}


def agreed(library: str, chosen=lambda name: True) -> list[Row]:
    """Rows of a library, run now."""
    if (missing := absent(library)) is not None:
        pytest.skip(f"{library} is not here ({missing})")
    return [case() for name, case in importlib.import_module(SOURCES[library]).cases() if chosen(name)]


@pytest.mark.filterwarnings("ignore")
def test_captum_at_its_own_configurations():
    chosen = lambda name: name.startswith(CHEAP) and not name.endswith(SLOW)
    rows = agreed("captum", chosen)
    assert len(rows) > 40
    assert {(row.library, row.theirs, row.ours, row.verdict) for row in rows} <= written()
    assert {row.verdict for row in rows} == {EQUAL, THEY_ERR, LEFT_OUT}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("library", [name for name in SOURCES if name != "captum"])
def test_the_others_at_their_examples(library):
    assert {(row.library, row.theirs, row.ours, row.verdict) for row in agreed(library)} <= written()


def test_the_page_is_whole_and_hides_no_difference():
    lines = written()
    assert {library for library, *_ in lines} == {"Captum", "PAIR saliency", "zennit", "acd"}
    assert {verdict for *_, verdict in lines} == {EQUAL, THEY_ERR, BY_DESIGN, LEFT_OUT}
    assert "agreement.md" in (Path(__file__).parents[2] / "mkdocs.yml").read_text("utf-8")


def test_a_verdict_can_fail():
    where, one = ("a", "b", "c", "d"), (torch.tensor([[1.0, -2.0]]),)
    off, far = (one[0] + 0.01,), (one[0] + 1,)
    assert apart(off, one) == pytest.approx(0.005)
    assert judged(where, one, one).verdict == EQUAL
    assert judged(where, one, off).verdict == DIFFERS
    assert judged(where, one, off, design="ours is larger").verdict == BY_DESIGN
    assert judged(where, far, off, truth=lambda: one).verdict == THEY_ERR
    assert judged(where, off, far, truth=lambda: one).verdict == DIFFERS
    assert judged(where, off, far, truth=lambda: one, design="no excuse").verdict == DIFFERS
    assert "DIFFERS" in markdown([judged(where, one, off)])
