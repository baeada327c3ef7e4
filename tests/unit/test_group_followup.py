"""Scores of groups beside an answer: what is selected is scored at once, the rest follows, nothing twice."""

import numpy as np
import pytest
import torch

import whylight as wl
from whylight.groups.scorers import SCORERS

TEXT = "not a good film but never bad"


@pytest.fixture(scope="module")
def demo():
    return wl.demo.sentiment()


@pytest.fixture
def widget(demo):
    with wl.explain(demo.model, TEXT, **demo.options, target=1, n_steps=9) as made:
        yield made


def tell(widget, **content):
    widget._hear(widget, content, [])
    widget.wait(300)
    return widget._groups


def table(message, name):
    array = message["arrays"][name]
    return np.frombuffer(array["data"], np.dtype(array["dtype"])).reshape(array["shape"])


def cd(demo, mask, target=1):
    found = wl.contextual_decomposition(demo.model, TEXT, mask, target=target, **demo.options)
    return float(found.score[0])


def test_nothing_is_scored_while_the_panel_is_closed(widget):
    widget.selection = [0, 1]
    widget.wait(300)
    assert widget._groups == {}
    assert tell(widget, kind="groups", open=True)["meta"]["count"] == 7
    tell(widget, kind="groups", open=False)
    widget.selection = [0, 2]
    widget.wait(300)
    assert [0, 2] not in [k["units"] for k in widget._groups["meta"]["known"]]


def test_what_is_drawn_is_what_the_public_functions_say(demo, widget):
    message = tell(widget, kind="groups", open=True)
    meta = message["meta"]
    scores, spans, pairs = (table(message, name) for name in ("scores", "spans", "pairs"))
    eye = np.eye(7, dtype=int)
    assert scores == pytest.approx([cd(demo, row) for row in eye], abs=1e-5)
    assert spans[0, 2] == pytest.approx(cd(demo, [1, 1, 1, 0, 0, 0, 0]), abs=1e-5)
    assert pairs[0, 2] == pytest.approx(cd(demo, eye[0] + eye[2]), abs=1e-5)
    matrix = wl.interactions(demo.model, TEXT, target=1, **demo.options).matrix.numpy()
    i, j = np.triu_indices(7, 1)
    assert pairs[i, j] - scores[i] - scores[j] == pytest.approx(matrix[i, j], abs=1e-5)
    assert np.isnan(spans[j, i]).all()
    tree = wl.hierarchy(demo.model, TEXT, target=1, **demo.options)
    assert [[g["units"] for g in level] for level in meta["levels"]] == [
        [list(g.units) for g in level] for level in tree.levels
    ]
    assert (meta["grown"], meta["growing"], meta["exact"]) == (True, False, True)
    root = meta["levels"][-1][0]["score"]
    assert root == pytest.approx(cd(demo, np.ones(7, int)), abs=1e-5)


def test_a_selection_is_scored_with_its_parts_and_costs_nothing_the_second_time(demo, widget, monkeypatch):
    tell(widget, kind="groups", open=True)
    widget.selection = [2, 0, 5, 6]
    widget.wait(300)
    known = {tuple(k["units"]): k["score"] for k in widget._groups["meta"]["known"]}
    assert set(known) == {(0,), (2,), (5, 6), (0, 2, 5, 6)}
    assert known[0, 2, 5, 6] == pytest.approx(cd(demo, [1, 0, 1, 0, 0, 1, 1]), abs=1e-5)
    before = widget._groups["meta"]["evaluated"]
    widget.selection = []
    widget.wait(300)
    widget.selection = [0, 2, 5, 6]
    widget.wait(300)
    assert widget._groups["meta"]["evaluated"] == before


def test_a_contrast_is_explained_by_the_map_and_the_groups_alike(demo, widget):
    tell(widget, kind="groups", open=True)
    widget.against = "negative"
    answer = widget.wait(300)
    assert widget.against == 0
    assert answer.target == widget._groups["meta"]["target"]["label"] == "positive − negative"
    want = wl.attribute(demo.model, TEXT, target=wl.contrast(1, 0), n_steps=9, **demo.options)
    torch.testing.assert_close(answer.attributions, want.attributions)
    scores = table(widget._groups, "scores")
    assert scores[2] == pytest.approx(cd(demo, np.eye(7, dtype=int)[2], wl.contrast(1, 0)), abs=1e-5)
    assert "target=wl.contrast(1, 0)" in widget.code()
    widget.target = "negative"
    assert widget.wait(300).target == "negative"  # nothing is contrasted with itself
    widget.compare = [{"target": "positive"}]
    widget.wait(300)
    assert [a.target for a in widget.compared] == ["positive"]
    with pytest.raises(ValueError, match="contrast already"):
        widget.against = wl.contrast(1, 0)


@pytest.mark.parametrize("scorer", [*SCORERS, "integrated_gradients"])
def test_every_scorer_that_is_offered_scores(demo, widget, scorer):
    assert scorer in [choice["value"] for choice in widget._choices["scorers"]]
    widget.scorer = scorer
    meta = tell(widget, kind="groups", open=True)["meta"]
    assert (meta["missing"], meta["scorer"], meta["grown"]) == ("", scorer, True)
    whole = wl.hierarchy(demo.model, TEXT, target=1, scorer=scorer, n_steps=9, **demo.options).levels[-1][0]
    assert meta["levels"][-1][0]["score"] == pytest.approx(whole.score, abs=1e-5)
    with pytest.raises(ValueError, match=r"Unknown scorer .cdx"):
        widget.scorer = "cdx"


def test_pictures_grow_when_asked_and_have_a_label_for_every_pixel():
    shapes = wl.demo.shapes()
    with wl.explain(shapes.model, shapes.inputs[0], **shapes.options, n_steps=3) as made:
        message = tell(made, kind="groups", open=True)
        count, height, width = message["meta"]["count"], *table(made._input, "pixels").shape[:2]
        assert table(message, "labels").shape == (height, width)
        assert (message["meta"]["levels"], message["meta"]["growing"]) == ([], False)
        made.selection = [3, 4, 10]
        made.wait(300)
        mask = np.isin(table(message, "labels"), [3, 4, 10])
        want = wl.contextual_decomposition(shapes.model, shapes.inputs[0], mask, **shapes.options).score[0]
        (known,) = made._groups["meta"]["known"]
        assert known["score"] == pytest.approx(float(want), abs=1e-4)
        made.units = max(height, width) // 3
        made.wait(300)
        small = made._groups["meta"]
        assert small["count"] < count
        assert small["grown"]  # few enough to grow by itself
        assert len(small["levels"][-1][0]["units"]) == small["count"]
        assert made.selection == []  # numbers of other tiles meant nothing any more
        quarters = np.arange(height)[:, None] * 2 // height * 2 + np.arange(width) * 2 // width
        made.units = quarters
        made.wait(300)
        assert made._groups["meta"]["count"] == 4
        np.testing.assert_array_equal(table(made._groups, "labels"), quarters)


def test_a_model_without_rules_says_so_and_can_be_occluded():
    class Odd(torch.nn.Module):
        def forward(self, x):
            return torch.erfinv(x.flatten(1)[:, :3] / 2)

    pixels = np.arange(8 * 8 * 3, dtype=np.uint8).reshape(8, 8, 3)
    preprocess = lambda a: torch.tensor(np.asarray(a)).permute(2, 0, 1)[None] / 255
    with wl.explain(Odd(), pixels, preprocess=preprocess, n_steps=3) as made:
        meta = tell(made, kind="groups", open=True)["meta"]
        assert "rule" in meta["missing"]
        assert made._status["state"] == "done"
        made.scorer = "occlusion"
        made.wait(300)
        assert made._groups["meta"]["missing"] == ""


def test_a_stop_ends_the_growth_and_asking_goes_on_with_it(demo):
    words = " ".join(["good", "bad", "film", "not"] * 12)  # 48: grows when asked
    with wl.explain(demo.model, words, **demo.options, target=1, n_steps=3) as made:
        assert not tell(made, kind="groups", open=True)["meta"]["growing"]
        said, send = [], made.send

        def stop_soon(content, buffers=None):
            send(content, buffers)
            said.append(content)
            if content["kind"] == "groups" and len(content["meta"]["levels"]) > 1:
                made.stop()

        made.send = stop_soon
        tell(made, kind="grow")
        assert made._status["state"] == "stopped"
        assert made._status["message"] == "Stopped while scoring groups; the map above is finished."
        half = made._groups["meta"]
        assert len(half["levels"]) > 1
        assert not half["grown"]
        assert not half["growing"]
        made.send = send
        made.selection = [0, 3]
        made.wait(300)
        assert not made._groups["meta"]["growing"]
        whole = tell(made, kind="grow")["meta"]
        assert whole["grown"]
        assert whole["levels"][: len(half["levels"])] == half["levels"]


def test_a_new_selection_goes_before_the_growth(demo):
    words = " ".join(["good", "bad", "film", "not"] * 12)
    with wl.explain(demo.model, words, **demo.options, target=1, n_steps=3) as made:
        tell(made, kind="groups", open=True)
        seen, send = [], made.send

        def select_soon(content, buffers=None):
            if content["kind"] == "groups":
                seen.append(content["meta"])
                if content["meta"]["growing"] and not made.selection:
                    made.selection = [5, 9]
            send(content, buffers)

        made.send = select_soon
        tell(made, kind="grow")
        first = next(i for i, meta in enumerate(seen) if any(k["units"] == [5, 9] for k in meta["known"]))
        assert not seen[first]["grown"]
        assert seen[-1]["grown"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ([2, 0, 2], [0, 2]),
        ("never bad", [5, 6]),
        (["not", "film"], [0, 3]),
        ({6, 1}, [1, 6]),
        (np.array([3, 1]), [1, 3]),
        (np.array([True, *[False] * 6]), [0]),
        (range(2, 4), [2, 3]),
        (None, []),
        ([1.0], [1]),
    ],
)
def test_a_selection_may_be_given_in_any_way(widget, given, kept):
    widget.selection = given
    assert widget.selection == kept


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("selection", [7], "words, 0 to 6"),
        ("selection", [-1], "words, 0 to 6"),
        ("selection", "splendid", "none of the units"),
        ("selection", 3, "selection must be numbers"),
        ("selection", [0.5], "selection must be numbers"),
        ("pixel", [0, 0], "this is none"),
        ("units", 4, "for pictures"),
        ("units", "slic", "for pictures"),
    ],
)
def test_what_cannot_be_selected_in_a_text_says_so(widget, name, given, words):
    before = getattr(widget, name)
    with pytest.raises((ValueError, TypeError), match=words):
        setattr(widget, name, given)
    assert getattr(widget, name) == before


def test_what_cannot_be_selected_in_a_picture_says_so():
    digits = wl.demo.digits()
    with wl.explain(digits.model, digits.inputs[0], **digits.options, n_steps=3) as made:
        height, width = table(made._input, "pixels").shape[:2]
        made.pixel = (height - 1, 0)
        assert made.pixel == [height - 1, 0]
        made.pixel = None
        assert made.pixel == []
        for wrong in ([height, 0], [-1, -1], [3], "3, 4"):
            with pytest.raises((ValueError, TypeError), match="pixel"):
                made.pixel = wrong
        for wrong in (0, -4, 3.5, "foo", True, np.zeros((3, 3), int), np.zeros((height, width))):
            with pytest.raises(ValueError, match="units must be the side"):
                made.units = wrong
        made.units = 4
        last = -(-height // 4) * -(-width // 4) - 1
        made.selection = [last]
        with pytest.raises(ValueError, match=f"areas, 0 to {last}"):
            made.selection = [last + 1]
        with pytest.raises(TypeError, match="selection must be numbers"):
            made.selection = "foo"


def test_a_score_of_nothing_is_noted_where_it_is_large():
    class Biased(torch.nn.Module):
        def __init__(self, bias):
            super().__init__()
            self.layer = torch.nn.Linear(12, 2)
            torch.nn.init.constant_(self.layer.weight, 0.1)
            torch.nn.init.constant_(self.layer.bias, bias)

        def forward(self, x):
            return self.layer(x.flatten(1))

    pixels = np.zeros((2, 2, 3), np.uint8)  # black: nobody has a claim to the bias
    preprocess = lambda a: torch.tensor(np.asarray(a)).permute(2, 0, 1)[None] / 255
    for bias, many in ((0.0, 0), (1.0, 1)):
        with wl.explain(Biased(bias), pixels, preprocess=preprocess, n_steps=3) as made:
            notes = tell(made, kind="groups", open=True)["meta"]["notes"]
            assert len(notes) == many
            assert not many or "A group of nothing scores +0.5" in notes[0]


def test_a_contrast_of_a_contrast_is_refused(widget):
    widget.against = 0
    with pytest.raises(ValueError, match="contrast already"):
        widget.target = wl.contrast(1, 0)
