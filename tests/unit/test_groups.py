"""Interactions and hierarchies: planted pairs, nesting, connectedness, mirror images, scorers, stopping."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import whylight as wl
from tests.unit.models import Bag, WordTokenizer, conv_net, mlp, points
from whylight.errors import InvalidTypeError, InvalidValueError, MissingRuleError
from whylight.groups.agglomeration import agglomerate
from whylight.groups.score_cache import ScoreCache
from whylight.views.units import areas, sequence, tiles

REAL = torch.float64


class Planted(nn.Module):
    """A sum over steps of a sequence `(N, T, 1)`, and a strong product of two neighbours."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.at = at

    def forward(self, x: Tensor) -> Tensor:
        steps = x.squeeze(-1)
        return (0.1 * steps.sum(1) + 5 * steps[:, self.at] * steps[:, self.at + 1])[:, None]


@pytest.mark.parametrize("scorer", ["cd", "build_up", "occlusion"])
def test_the_planted_pair_comes_first(scorer):
    x = 1 + points(1, 7, 1).abs()
    for at in (0, 3, 5):
        found = wl.interactions(Planted(at), x, scorer=scorer)
        i, j, value = found.strongest(1)[0]
        assert (i, j) == (at, at + 1)
        product = 5 * float(x[0, at, 0] * x[0, at + 1, 0])
        assert value == pytest.approx(-product if scorer == "occlusion" else product)
        assert found.matrix[0, 1:].sum() == pytest.approx(found.matrix[1:, 0].sum())
        grown = wl.hierarchy(Planted(at), x, scorer="build_up" if scorer == "cd" else scorer, percentile=80)
        first = next(g for level in grown.levels for g in level if len(g.units) > 1)
        assert {at, at + 1} <= set(first.units)


def test_interaction_of_groups_of_any_kind():
    net, x = mlp(), points(1, 5)
    value = wl.interaction(net, x, [0, 1], [4], target=1)
    masks = np.array([[1, 1, 0, 0, 1], [1, 1, 0, 0, 0], [0, 0, 0, 0, 1]], dtype=bool)
    both, one, other = wl.contextual_decomposition(net, x, torch.from_numpy(masks), target=1).score.tolist()
    assert value == pytest.approx(both - one - other)
    assert wl.interaction(net, x, masks[1], masks[2], target=1) == pytest.approx(value)
    matrix = wl.interactions(net, x, target=1)
    assert matrix.matrix[0, 4] == pytest.approx(wl.interaction(net, x, [0], [4], target=1))
    assert torch.allclose(matrix.scores, wl.contextual_decomposition(net, x, torch.eye(5), target=1).score)
    with pytest.raises(InvalidValueError, match=r"numbered 0\.\.4"):
        wl.interaction(net, x, [7], [0])


def well_formed(found: wl.Hierarchy) -> None:
    """Levels are partitions, nested, and their groups connected; the root is everything."""
    everything = set(range(len(found.units)))
    below = [{i} for i in everything]
    for level in found.levels:
        groups = [set(g.units) for g in level]
        assert sum(map(len, groups)) == len(everything)
        assert set().union(*groups) == everything
        assert all(b <= g or not b & g for b in below for g in groups)
        assert all(len(found.units.connected(found.units.group(sorted(g)))) == 1 for g in groups)
        assert len(groups) < len(below) or level is found.levels[0]
        below = groups
    assert len(found.levels[-1]) == 1


@pytest.mark.parametrize("scorer", ["cd", "occlusion", "build_up", "input_x_gradient"])
@pytest.mark.parametrize("rank", ["absolute", "signed"])
def test_hierarchy_of_a_sentence(scorer, rank):
    demo = wl.demo.sentiment()
    options = {**demo.options, "target": wl.contrast(1, 0)}
    text = "this film is not very good , but it is never dull"
    found = wl.hierarchy(demo.model, text, scorer=scorer, rank=rank, **options)
    well_formed(found)
    n = len(found.units)
    assert found.name(found.levels[-1][0]) == text
    assert found.levels[-1][0].span == (0, n)
    assert found.final
    if scorer == "cd":
        whole = wl.contextual_decomposition(demo.model, text, torch.ones(n), **options)
        assert found.levels[-1][0].score == pytest.approx(whole.score.item(), abs=1e-5)
        assert found.n_evaluations <= n * n
    again = wl.hierarchy(demo.model, text, scorer=scorer, rank=rank, **options)
    assert [[g.units for g in level] for level in again.levels] == [[g.units for g in level] for level in found.levels]
    scores = [[g.score for level in h.levels for g in level] for h in (again, found)]
    assert scores[0] == pytest.approx(scores[1], abs=1e-5)  # threads share float32 sums as they come
    children = found.children(len(found.levels) - 1, found.levels[-1][0])
    assert children == found.levels[-2]


@pytest.mark.parametrize("units", [None, 2, "map"])
def test_hierarchy_of_a_picture(units):
    net, x = conv_net(dtype=REAL).eval(), points(1, 3, 8, 8)
    given = np.arange(8)[:, None] // 3 * 10 + np.arange(8) // 4 if isinstance(units, str) else units
    found = wl.hierarchy(net, x, units=given, target=1, max_levels=3)
    well_formed(found)
    assert len(found.units) == {None: 16, 2: 16, "map": 6}[units]
    assert found.label_map(0).shape == found.score_map(1).shape == (8, 8)
    whole = wl.contextual_decomposition(net, x, torch.ones(8, 8), target=1).score.item()
    assert found.levels[-1][0].score == pytest.approx(whole)


def test_mirrored_scores_give_a_mirrored_tree():
    weights = torch.tensor([3.0, -1, 0.5, 2, -4, 1.5])
    units = sequence(range(6), list("abcdef"))

    def scorer(masks):
        m = torch.as_tensor(masks).double()
        return m @ weights.double() + 2 * (m[:, 1:] * m[:, :-1]).sum(1)

    *_, one = agglomerate(ScoreCache(scorer, units), percentile=70)
    *_, other = agglomerate(
        ScoreCache(lambda masks: scorer(np.ascontiguousarray(masks[:, ::-1])), units), percentile=70
    )
    mirrored = [sorted(tuple(sorted(5 - i for i in g.units)) for g in level) for level in other.levels]
    assert mirrored == [[g.units for g in level] for level in one.levels]


def test_gains_of_an_additive_scorer_are_the_single_scores():
    weights = np.array([1.0, 9, 2, 3, 8, 4])
    asked = []

    def scorer(masks):
        asked.append(np.array(masks))
        return torch.from_numpy(masks @ weights)

    *_, found = agglomerate(ScoreCache(scorer, sequence(range(6), list("abcdef"))), percentile=100)
    order = [next(i for i in g.units) for g in found.levels[0] if g.score == 9]
    assert order == [1]
    sizes = [max(len(g.units) for g in level) for level in found.levels]
    assert sizes == sorted(sizes)
    for level in found.levels:
        for group in level:
            assert group.score == weights[list(group.units)].sum()


def test_a_refinement_can_be_stopped_and_counts():
    counts = []
    units = tiles(8, 8, 2)
    book = ScoreCache(lambda m: torch.from_numpy(m.sum((1, 2)).astype(float)), units, counts.append)
    grown = agglomerate(book, percentile=95)
    first = next(grown)
    assert not first.final
    assert len(first.levels) == 1
    assert sum(counts) == first.n_evaluations == 16
    grown.close()

    def stop(count: int) -> None:
        if count > 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        wl.hierarchy(conv_net(dtype=REAL), points(1, 3, 8, 8), progress=stop)


def test_units_of_pictures_touch_where_pixels_do():
    units = tiles(4, 6, 2)
    assert len(units) == 6
    assert units.touching[0].tolist() == [False, True, False, True, True, False]
    assert len(tiles(224, 224)) == 14 * 14
    assert len(tiles(28, 28)) == 7 * 7
    assert areas(np.array([[7, 7], [9, 9]])).touching.tolist() == [[False, True], [True, False]]


def test_scorers_agree_on_a_linear_model():
    net, x = nn.Linear(5, 2, bias=False).to(REAL), points(1, 5)
    matrices = [
        wl.interactions(net, x, scorer=s, target=0).matrix
        for s in ("cd", "occlusion", "build_up", "integrated_gradients")
    ]
    for matrix in matrices:
        assert torch.allclose(matrix, torch.diag(net.weight[0].detach() * x[0]), atol=1e-9)


def test_ties_go_where_asked():
    net, x = nn.Linear(3, 1).to(REAL), torch.zeros(1, 3, dtype=REAL)
    bias = net.bias.item()
    for tie, single in (("half", bias / 2), ("gamma", 0.0)):
        assert wl.interaction(net, x, [0], [1], tie=tie) == pytest.approx(-single)
        assert wl.interactions(net, x, tie=tie).scores.tolist() == pytest.approx([single] * 3)
        assert wl.hierarchy(net, x, tie=tie).levels[0][0].score == pytest.approx(single)


def test_baselines_of_occlusion():
    net, x = mlp(), points(1, 5)
    found = wl.interactions(net, x, scorer="occlusion", target=0, baseline=1.0)
    moved = x.clone()
    moved[0, 2] = 1
    assert found.scores[2] == pytest.approx((net(x) - net(moved))[0, 0].item())


def test_words_are_the_units_of_text():
    found = wl.interactions(Bag(), "alpha beta gamma", tokenizer=WordTokenizer())
    assert found.names[1:4] == ("alpha", "beta", "gamma")
    assert found.matrix.shape == (5, 5)


def test_what_cannot_be_grouped_says_so():
    net = mlp()
    with pytest.raises(InvalidValueError, match="one input"):
        wl.hierarchy(net, points(2, 5))
    with pytest.raises(InvalidTypeError, match="for pictures"):
        wl.hierarchy(net, points(1, 5), units=3)
    with pytest.raises(InvalidValueError, match="Unknown scorer 'dc'"):
        wl.hierarchy(net, points(1, 5), scorer="dc")
    with pytest.raises(InvalidValueError, match="percentile"):
        wl.hierarchy(net, points(1, 5), percentile=101)
    with pytest.raises(InvalidValueError, match="rank"):
        wl.hierarchy(net, points(1, 5), rank="up")
    with pytest.raises(InvalidValueError, match="label map"):
        wl.hierarchy(conv_net(dtype=REAL), points(1, 3, 8, 8), units=np.zeros((4, 4), int))


def test_superpixels():
    pytest.importorskip("skimage")
    demo = wl.demo.shapes()
    found = wl.hierarchy(demo.model, demo.inputs[0], units="slic", **demo.options)
    well_formed(found)


def test_superpixels_without_scikit_image_say_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "skimage.segmentation", None)
    demo = wl.demo.shapes()
    with pytest.raises(InvalidTypeError, match="pip install scikit-image"):
        wl.hierarchy(demo.model, demo.inputs[0], units="slic", **demo.options)


@pytest.mark.parametrize("name", ["sentiment", "digits"])
def test_figures(name):
    demo = getattr(wl.demo, name)()
    found = wl.hierarchy(demo.model, demo.inputs[0], **demo.options)
    figure = found.plot()
    assert figure._repr_png_().startswith(b"\x89PNG")


def test_a_set_of_numbers_names_units_and_a_list_is_a_mask():
    net, x = mlp(), points(1, 5)
    by_number = wl.contextual_decomposition(net, x, {0, 3}).relevant
    assert torch.equal(by_number, wl.contextual_decomposition(net, x, [1, 0, 0, 1, 0]).relevant)
    assert wl.interaction(net, x, {0, 3}, {1}) == pytest.approx(wl.interaction(net, x, [3, 0], [1]))
    with pytest.raises(InvalidValueError, match="by their numbers give a set"):
        wl.contextual_decomposition(net, x, [0, 3])
    with pytest.raises(InvalidValueError, match="Units are numbered"):
        wl.contextual_decomposition(net, x, {5})
    with pytest.raises(InvalidValueError, match="overlap"):
        wl.interaction(net, x, [0, 1], [1])
    with pytest.raises(InvalidValueError, match="each once"):
        wl.interaction(net, x, [1, 0, 0, 1, 0], [1])


def test_groups_can_be_given_in_words():
    options = {"tokenizer": WordTokenizer(), "target": 1}
    text = "Alpha beta , gamma beta alpha delta"
    ask = lambda a, b: wl.interaction(Bag(), text, a, b, **options)
    assert wl.interactions(Bag(), text, **options).names[1:8] == (
        "Alpha",
        "beta",
        ",",
        "gamma",
        "beta",
        "alpha",
        "delta",
    )
    assert ask("Alpha", "alpha delta") == ask([1], [6, 7])
    assert ask("GAMMA", "beta ,") == ask("gamma", "beta,") == ask([4], [2, 3])
    assert ask(["alpha", "Alpha"], ["gamma beta"]) == ask([1, 6], [4, 5])
    mask = torch.tensor([0, 0, 1, 1, 1, 0, 0, 0, 0])
    expected = wl.contextual_decomposition(Bag(), text, mask, **options)
    found = wl.contextual_decomposition(Bag(), text, mask="beta, gamma", **options)
    assert torch.equal(found.relevant, expected.relevant)
    assert torch.equal(
        wl.contextual_decomposition(Bag(), text, ["gamma", "beta,"], **options).relevant, expected.relevant
    )
    with pytest.raises(InvalidValueError, match=r"'beta' occurs 2 times, at 2 and 5.*1 Alpha, 2 beta, 3 ,"):
        ask("beta", "gamma")
    with pytest.raises(InvalidValueError, match=r"'ALPHA' occurs 2 times, at 1 and 6"):
        ask("ALPHA", "gamma")
    for absent in ("epsilon", "gamma alpha", "gam", ""):
        with pytest.raises(InvalidValueError, match=r"none of the units or phrases.*4 gamma"):
            ask("Alpha", absent)


def test_groups_can_be_given_by_feature_names():
    net, x, names = mlp(), points(1, 5), ["age", "Age", "height", "weight", "sex"]
    ask = lambda a, b: wl.interaction(net, x, a, b, target=0, feature_names=names)
    assert ask("age", ["height", "SEX"]) == ask([0], [2, 4])
    with pytest.raises(InvalidValueError, match=r"'heightweight' is none of the units\. Units: 0 age"):
        ask("age", "heightweight")
    with pytest.raises(InvalidValueError, match="'AGE' occurs 2 times"):
        ask("AGE", "sex")


def test_results_print_in_a_line_and_draw_themselves():
    x = torch.arange(1.0, 5.0)[None]
    found = wl.hierarchy(torch.nn.Linear(4, 2), x, target=0)
    assert repr(found).startswith("Hierarchy('class 0', ")
    assert "of 4 units" in repr(found)
    assert found._repr_png_()[:4] == b"\x89PNG"
    product = lambda x: x[:, 0] * x[:, 1] + x[:, 2]
    assert "feature 0 × feature 1 +1" in repr(wl.interactions(product, torch.ones(1, 3), scorer="build_up"))


def test_a_missing_rule_names_the_layer_whatever_its_self_is_called():
    class Odd(torch.nn.Module):
        def forward(this, x):  # noqa: N805
            return torch.fft.rfft(x).angle()

    with pytest.raises(MissingRuleError, match=r"\(Odd\), test_groups.py line .*scorer='occlusion'"):
        wl.contextual_decomposition(torch.nn.Sequential(Odd()), torch.ones(1, 4), [1, 0, 0, 0])
