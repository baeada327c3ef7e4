"""A kind of input is one class in each of four rooms: a made-up kind is registered here, and everything works with it."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import torch

import whylight as wl
from whylight.inputs.input_kind import INPUT_KINDS, InputKind, InputOptions, register
from whylight.inputs.prepared import Prepared
from whylight.live.wire.arrays import VERSION, PackedArrays, array
from whylight.live.wire.encoder import Encoder, Input, encoder
from whylight.model.user_model import UserModel
from whylight.problem.baselines import Named, constant
from whylight.results.attribution import Attribution
from whylight.results.path_trace import PathTrace
from whylight.show.drawer import Drawer, drawer
from whylight.show.figure import NotebookFigure
from whylight.show.path import draw_rows
from whylight.views.row_groups import RowGrouping
from whylight.views.view import Arrays, View

PACKAGE = Path(wl.__file__).parent
ROOMS = ("views/", "inputs/", "show/", "live/wire/", "edits/")


@dataclass(frozen=True)
class Melody:
    """A natural input of a kind that Whylight never heard of."""

    notes: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class MelodyView(View):
    notes: tuple[float, ...]
    kind = "melody"
    layouts = ("score",)
    parts = "notes"

    def arrays(self, attributions: np.ndarray, errors: np.ndarray) -> Arrays:
        return {"values": attributions[0], "error": errors[0]}

    def part_count(self, units: Any = None) -> int:
        return len(self.notes)


class MelodyInput(InputKind):
    def accepts(self, model: UserModel, x: Any, options: InputOptions) -> bool:
        return isinstance(x, Melody)

    def prepare(self, model: UserModel, x: Any, options: InputOptions) -> Prepared:
        return Prepared(
            inputs=(torch.tensor([x.notes]),),
            forward=model.given,
            offer=lambda: {"silence": Named("Silence", "No sound at all.", constant(0.0))},
            default_baseline="silence",
            draw=lambda: MelodyView(x.notes),
        )


class MelodyDrawer(Drawer[MelodyView]):
    def figure(self, attribution: Attribution, values: np.ndarray, limit: float, colormap: str) -> NotebookFigure:
        fig = NotebookFigure()
        fig.subplots().plot(values)
        return fig

    def html(self, attribution: Attribution, values: np.ndarray) -> str:
        return f"<p>♪ {len(values)} notes</p>"

    def small(self, fig: Any, attribution: Attribution, values: np.ndarray, limit: float) -> None:
        fig.subplots().plot(values)

    def small_html(self, attribution: Attribution, values: np.ndarray, limit: float, words: str) -> str:
        return f"<p>♪ {words}</p>"

    def path(self, fig: Any, seen: PathTrace, limit: float) -> None:
        draw_rows(fig.subplots(), [str(note) for note in self.view.notes], seen, limit)


class MelodyMessage(Input):
    kind: Literal["melody"]
    arrays: PackedArrays


class MelodyEncoder(Encoder[MelodyView]):
    def input(self, groups: Sequence[RowGrouping] = ()) -> MelodyMessage:
        return {"v": VERSION, "kind": "melody", "arrays": {"notes": array(self.view.notes)}}

    def path_cells(self) -> int:
        return len(self.view.notes)


@pytest.fixture
def melody() -> Iterator[Melody]:
    register(MelodyInput)
    drawer.register(MelodyView)(MelodyDrawer)
    encoder.register(MelodyView)(MelodyEncoder)
    yield Melody((440.0, 494.0, 523.0))
    INPUT_KINDS.pop(0)


MODEL = lambda x: torch.stack([(x * x).sum(1), x.sum(1)], 1)


def test_it_is_explained_drawn_and_saved(melody: Melody, tmp_path: Path) -> None:
    found = wl.attribute(MODEL, melody, target=1)
    torch.testing.assert_close(found.attributions, torch.tensor([melody.notes]), check_dtype=False)
    assert found.baselines[0].label == "Silence"
    assert isinstance(found.view, MelodyView)
    assert isinstance(found.plot(), NotebookFigure)
    assert "♪ 3 notes" in found.save(tmp_path / "why.html").read_text("utf-8")
    assert found.save(tmp_path / "why.png").stat().st_size > 1000
    for ending in ("npz", "json"):
        again = wl.load(found.save(tmp_path / f"why.{ending}"))
        assert again.view.notes == melody.notes
        assert "♪ 3 notes" in again.save(tmp_path / "again.html").read_text("utf-8")
    assert isinstance(wl.path(MODEL, melody, target=1, n_steps=5).plot(), NotebookFigure)


def test_it_is_live(melody: Melody) -> None:
    with wl.explain(MODEL, melody, target=1, n_steps=9) as made:
        made.compare = ["input_gradient"]
        made.selection = {1, 2}
        made.wait(300)
        assert made.view == "score"
        assert made._input["kind"] == "melody"
        assert made._input["arrays"]["notes"]["shape"] == [3]
        assert made._frame["arrays"]["values"]["shape"] == [3]
        assert made._path["arrays"]["maps"]["shape"] == [9, 3]
        assert [tile["setting"] for tile in made._compared["tiles"]] == [{"method": "input_gradient"}]
        assert "♪" in made._repr_mimebundle_()[0]["text/html"]
        with pytest.raises(wl.WhylightError, match="numbers of notes, 0 to 2"):
            made.selection = [7]
        assert wl.hierarchy(MODEL, melody, target=1, scorer="occlusion").levels[-1][0].units == (0, 1, 2)


def test_a_view_that_nobody_draws_says_so() -> None:
    class Unknown(MelodyView):
        pass

    for door in (drawer, encoder):
        bare = door.dispatch(object)
        with pytest.raises(wl.WhylightError, match="no way to"):
            bare(Unknown((1.0,)))


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_no_other_room_names_a_kind(path: Path) -> None:
    if path.relative_to(PACKAGE).as_posix().startswith(ROOMS):
        return
    names = {node.id for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Name)}
    assert not names & {"ImageView", "SignalView", "TextView", "FeatureView", "TableView"}
    assert not re.search(
        r"(view|input)\.kind\b|\bkind [=!]= [\"'](image|signal|text|features|table)", path.read_text("utf-8")
    )
