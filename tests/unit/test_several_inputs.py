"""Several inputs of one model: one view, shares, figures, pages, files, the widget."""

import re
from itertools import combinations
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
import torch
from torch import nn

import whylight as wl
from whylight.live.wire.several import SeveralEncoder
from whylight.results.parts import parts_of
from whylight.show.figure import NotebookFigure
from whylight.views.several import SeveralView

BUNDLES = Path(__file__).parents[2] / "js/src/bundles"


class TwoInputs(nn.Module):
    """A picture and a row."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.look, self.read, self.out = nn.Linear(48, 8), nn.Linear(5, 8), nn.Linear(8, 3)
        self.double().eval()

    def forward(self, picture: torch.Tensor, row: torch.Tensor) -> torch.Tensor:
        return self.out(torch.tanh(self.look(picture.flatten(1)) + self.read(row)))


def inputs() -> tuple[torch.Tensor, torch.Tensor]:
    g = torch.Generator().manual_seed(1)
    return torch.rand(1, 3, 4, 4, generator=g, dtype=torch.float64), torch.randn(1, 5, generator=g, dtype=torch.float64)


@pytest.fixture(params=["tuple", "names"])
def x(request: pytest.FixtureRequest) -> Any:
    picture, row = inputs()
    return (picture, row) if request.param == "tuple" else {"picture": picture, "row": row}


def test_one_view_with_a_share_for_each(x: Any) -> None:
    found = wl.attribute(TwoInputs(), x)
    assert [view.kind for view in found.view.views] == ["image", "features"]
    names = ("picture", "row") if isinstance(x, dict) else ("Input 1", "Input 2")
    assert found.view.names == names
    first, second = parts_of(found)
    sizes = [float(m.abs().sum()) for m in found.attributions]
    assert (first.share, second.share) == pytest.approx((sizes[0] / sum(sizes), sizes[1] / sum(sizes)))
    rise = float(found.score - found.baseline_score)
    assert first.total + second.total == pytest.approx(rise, rel=0.02)
    assert f"{names[0]} " in found.plot().get_supxlabel()


def test_figures_pages_and_files(x: Any, tmp_path: Path) -> None:
    found = wl.attribute(TwoInputs(), x)
    assert isinstance(found.plot(), NotebookFigure)
    for ending in ("png", "svg", "pdf"):
        assert found.save(tmp_path / f"two.{ending}").stat().st_size > 2000
    page = found.save(tmp_path / "two.html").read_text("utf-8")
    assert "feature 0" in page
    assert f"{found.view.names[0]}: " in page
    assert "of all |attributions|" in page
    for ending in ("npz", "json"):
        again = wl.load(found.save(tmp_path / f"again.{ending}"))
        for a, b in zip(again.attributions, found.attributions, strict=True):
            torch.testing.assert_close(a, b)
        assert again.view.names == found.view.names
        assert again.save(tmp_path / "again.html").stat().st_size > 2000


def test_the_widget_and_what_is_compared(x: Any) -> None:
    model = TwoInputs()
    with wl.explain(model, x) as widget:
        widget.compare = ["input_x_gradient"]
        widget.wait(300)
        arrays = widget._frame["arrays"]
        assert arrays["0.values"]["shape"] == [4, 4]
        assert arrays["1.values"]["shape"] == [5]
        drawn = np.frombuffer(arrays["1.values"]["data"], "<f4")
        np.testing.assert_allclose(drawn, widget.attribution.attributions[1][0], rtol=1e-6)
        assert sum(part["share"] for part in widget._frame["meta"]["parts"]) == pytest.approx(1)
        assert [one["kind"] for one in widget._input["inputs"]] == ["image", "features"]
        assert widget._compared["tiles"][0]["arrays"]["0.values"]["shape"] == [4, 4]
        assert -1 <= widget._compared["tiles"][0]["correlations"][0]["value"] <= 1
        bundle = widget._repr_mimebundle_()[0]
        assert "feature 0" in bundle["text/html"]
        assert bundle["image/png"]


def test_the_kind_of_each() -> None:
    row = torch.rand(1, 48)
    model = lambda a, b: torch.stack([a.flatten(1).sum(1), b.sum(1)], 1)
    picture = torch.rand(1, 3, 4, 4)
    for kind in (("features", None), {0: "features"}, ["features", "features"]):
        assert [v.kind for v in wl.attribute(model, (picture, row), kind=kind).view.views] == ["features", "features"]
    with pytest.raises(wl.WhylightError, match="kind names 1 kinds, but the model takes 2 inputs"):
        wl.attribute(model, (picture, row), kind=["features"])


def test_no_groups_and_no_path() -> None:
    model, x = TwoInputs(), inputs()
    with pytest.raises(wl.WhylightError, match="Groups are"):
        wl.hierarchy(model, x)
    with pytest.raises(wl.WhylightError, match="neither a batch nor several"):
        wl.path(model, x)


def test_zeros_have_no_share() -> None:
    found = wl.attribute(lambda a, b: (a.sum(1) + b.sum(1)) * 0, (torch.rand(1, 3), torch.rand(1, 2)))
    assert all(np.isnan(part.share) for part in parts_of(found))
    assert isinstance(found.plot(), NotebookFigure)


def test_a_kind_for_an_input_that_is_not_there() -> None:
    model = lambda picture, row: picture.flatten(1).sum(1) + row.sum(1)
    with pytest.raises(wl.WhylightError, match="kind= names 'rwo', and the inputs are 'picture', 'row'"):
        wl.attribute(model, {"picture": torch.rand(1, 3, 4, 4), "row": torch.rand(1, 4)}, kind={"rwo": "signal"})
    with pytest.raises(wl.WhylightError, match="kind is one of"):
        wl.attribute(model, (torch.rand(1, 3, 4, 4), torch.rand(1, 4)), kind=3)


def test_names_that_fit_no_input() -> None:
    model = lambda picture, row: picture.flatten(1).sum(1) + row.sum(1)
    x = torch.rand(1, 3, 4, 4), torch.rand(1, 4)
    with pytest.raises(
        wl.WhylightError, match="feature_names has 3 names, but the input has 48 features and 4 features"
    ):
        wl.attribute(model, x, feature_names=list("abc"))
    assert list(wl.attribute(model, x, feature_names=list("abcd")).view.views[1].names) == list("abcd")


@pytest.mark.parametrize("apart", list(combinations(["text", "signal", "volume", "video"], 3)))
def test_every_mix_has_a_front_end_or_is_refused(apart: tuple[str, ...]) -> None:
    kinds = {"image", "channels", "features", *apart}
    view = SeveralView(tuple(Mock(kind=kind) for kind in kinds), tuple(kinds))
    if "signal" in kinds and "text" in kinds:
        with pytest.raises(wl.WhylightError, match=r"whylight\.attribute"):
            SeveralEncoder(view)
    else:
        name = SeveralEncoder(view).bundle.removesuffix(".js")
        carried = re.findall(r"registerKind\((\w+)\)", (BUNDLES / f"{name}.ts").read_text())
        assert kinds <= set(carried)
