"""Targets within dense outputs: values by hand, the shapes they fit and the errors where they do not, and what is offered."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

import whylight as wl
from whylight.errors import InvalidTypeError, InvalidValueError, ModelError
from whylight.targets import at, box, region, token
from whylight.targets.about import About
from whylight.targets.offered import offers, usual
from whylight.targets.resolve import resolve

LABELS = ("O", "B-LOC", "B-PER")
TAGS = torch.arange(24.0).reshape(2, 4, 3).sin() * 5  # (N, T, C)
MAPS = torch.arange(96.0).reshape(2, 3, 4, 4).cos() * 3  # (N, C, H, W)
SERIES = torch.arange(30.0).reshape(2, 5, 3)  # (N, T, D)
MASK = np.eye(4, dtype=bool)


def score(spec, outputs, **options) -> list[float]:
    """The score of every sample."""
    n = len(outputs["out"] if isinstance(outputs, dict) else outputs)
    return resolve(spec, outputs, About(n, **options)).select(outputs, torch.arange(n)).tolist()


def same(found, expected) -> bool:
    return found == pytest.approx(expected.tolist(), rel=1e-6)


def test_values_by_hand():
    assert same(score(token(2, 1), TAGS), TAGS[:, 2, 1])
    assert same(score(token(-1, "b-loc"), TAGS, labels=LABELS), TAGS[:, 3, 1])
    assert same(score(token(1, -1), TAGS), TAGS[:, 1, 2])
    assert same(score(token(1), TAGS), TAGS[:, 1].amax(-1))
    assert same(score(box(-2, 0), TAGS), TAGS[:, 2, 0])
    assert same(score(at(-1, 1), SERIES), SERIES[:, 4, 1])
    assert same(score(at(2, "b"), SERIES, labels=("a", "b", "c")), SERIES[:, 2, 1])
    assert same(score(at(2), SERIES[:, :, 0]), SERIES[:, 2, 0])
    assert same(score(at(2), SERIES[:, :, :1]), SERIES[:, 2, 0])
    diagonal = MAPS[:, 1].diagonal(dim1=1, dim2=2).mean(1)
    for given in (MASK, torch.from_numpy(MASK), MASK.astype(np.float32), MASK.tolist()):
        assert same(score(region(1, given), MAPS), diagonal)
    assert same(score(region(1, MASK), {"out": MAPS, "aux": MAPS * 2}), diagonal)
    won = MAPS.argmax(1) == 2
    assert same(score(region(-1), MAPS), torch.stack([m[2][w].mean() for m, w in zip(MAPS, won, strict=True)]))


@pytest.mark.parametrize("output", ["probability", "log_probability"])
def test_probabilities_are_over_the_classes(output):
    converted = (lambda s, d: s.softmax(d)) if output == "probability" else (lambda s, d: s.log_softmax(d))
    assert same(score(token(2, 1), TAGS, output=output), converted(TAGS, -1)[:, 2, 1])
    assert same(score(box(2, 1), TAGS, output=output), converted(TAGS, -1)[:, 2, 1])
    assert same(score(region(1, MASK), MAPS, output=output), converted(MAPS, 1)[:, 1].diagonal(dim1=1, dim2=2).mean(1))
    with pytest.raises(InvalidValueError, match=r"applies to classes.*leave output= out"):
        score(at(1, 0), SERIES, output=output)


def test_single_classes_are_foreground_and_share_a_sigmoid():
    one = MAPS[:, :1]
    positive = torch.stack([m[m > 0].sigmoid().mean() for m in one])
    assert same(score(region(0), one, output="probability"), positive)
    assert same(score(token(1, 0), TAGS[:, :, :1], output="probability"), TAGS[:, 1, 0].sigmoid())
    assert resolve(region(0), one[:1], About(1)).label.startswith("foreground region (")


def test_volumes_sequences_and_sizes():
    volume = torch.arange(2.0 * 2 * 2 * 3 * 4).reshape(2, 2, 2, 3, 4)
    mask = np.zeros((2, 3, 4), bool)
    mask[1, 2, 3] = True
    assert same(score(region(1, mask), volume), volume[:, 1, 1, 2, 3])
    assert same(score(region(1, np.array([0, 1, 0])), TAGS.movedim(1, 2)[..., :3]), TAGS[:, 1, 1])
    quarter = np.zeros((8, 8), bool)
    quarter[:4, 4:] = True  # of the input, twice as large
    assert same(score(region(0, quarter), MAPS, size=(8, 8)), MAPS[:, 0, :2, 2:].mean((1, 2)))
    each = np.stack([MASK, ~MASK])
    expected = torch.stack([MAPS[i, 0][torch.from_numpy(each[i])].mean() for i in (0, 1)])
    assert same(score(region(0, each), MAPS), expected)
    thin = np.zeros((8, 8), bool)
    thin[0, 0] = True
    with pytest.raises(InvalidValueError, match=r"Nothing is left of the mask"):
        score(region(0, thin), MAPS[..., :2, :2], size=(8, 8))


@pytest.mark.parametrize("output", ["logit", "probability"])
def test_contrasts_and_lists(output):
    a, b = score(token(2, 1), TAGS, output=output), score(token(2, 0), TAGS, output=output)
    found = score(wl.contrast(token(2, 1), token(2, 0)), TAGS, output=output)
    assert found == pytest.approx([p - q for p, q in zip(a, b, strict=True)], abs=1e-6)
    mixed = [token(2, 1), wl.contrast(token(0, 0), token(0, 1))]
    second = score(mixed[1], TAGS, output=output)[1]
    assert score(mixed, TAGS, output=output) == pytest.approx([a[0], second], abs=1e-6)
    with pytest.raises(InvalidValueError, match=r"a list of 3, but there are 2 samples"):
        score([token(0, 0)] * 3, TAGS)
    with pytest.raises(InvalidTypeError, match=r"callable"):
        score([token(0, 0), lambda o: o], TAGS)


def test_targets_of_samples_follow_their_points():
    target = resolve([token(0, 1), token(3)], TAGS, About(2))
    samples = torch.tensor([1, 0, 1])
    points = TAGS[samples] + torch.arange(3.0)[:, None, None]
    best = int(TAGS[1, 3].argmax())
    expected = [points[0, 3, best], points[1, 0, 1], points[2, 3, best]]
    assert target.select(points, samples).tolist() == [float(e) for e in expected]
    predicted = resolve(token(3), TAGS, About(2)).select(points, samples)
    own = TAGS[:, 3].argmax(-1)[samples]
    assert torch.equal(predicted, points[torch.arange(3), 3, own])


def test_a_region_is_fixed_at_the_input():
    target = resolve(region(2), MAPS, About(2))
    won = MAPS.argmax(1) == 2
    moved = MAPS.flip(0) * -1
    expected = torch.stack([moved[i, 2][won[i]].mean() for i in (0, 1)])
    assert torch.allclose(target.select(moved, torch.arange(2)), expected)


@pytest.mark.parametrize(
    ("spec", "outputs", "words"),
    [
        (token(1, 0), MAPS, r"outputs \(N, T, C\).*has shape \(2, 3, 4, 4\).*transpose\(1, 2\)"),
        (token(4, 0), TAGS, r"no token 4: .*shape \(2, 4, 3\), so these are 0 to 3"),
        (token(0, 3), TAGS, r"no class 3: .*shape \(2, 4, 3\), so these are 0 to 2"),
        (token(0, "B-ORG"), TAGS, "'B-ORG'"),
        (box(0, 0), MAPS, r"outputs \(N, boxes, C\).*shape \(2, 3, 4, 4\).*YOLO"),
        (box(9, 0), TAGS, r"no box 9.*these are 0 to 3.*YOLO"),
        (region(0), TAGS[:, 0], r"segmentations, outputs \(N, C, H, W\).*shape \(2, 3\).*target=0"),
        (region(7), MAPS, "no class 7"),
        (region(1, np.ones((3, 5))), MAPS, r"The mask has shape \(3, 5\); .*, \(4, 4\)\."),
        (at(1), MAPS, r"outputs \(N, T\) or \(N, T, D\).*shape \(2, 3, 4, 4\)"),
        (at(5, 0), SERIES, "no step 5.*these are 0 to 4"),
        (at(1), SERIES, r"forecasts 3 numbers per step.*at\(1, feature\)"),
        (at(1, 0), SERIES[..., 0], r"one number per step.*at\(1\)"),
    ],
)
def test_errors_say_what_was_expected_and_what_was_seen(spec, outputs, words):
    with pytest.raises(InvalidValueError, match=words):
        score(spec, outputs, labels=LABELS)


def test_a_class_that_is_nowhere():
    maps = torch.stack([torch.ones(4, 4), torch.zeros(4, 4)])[None]
    with pytest.raises(InvalidValueError, match=r"predicts dog nowhere.*it predicts cat"):
        score(region("dog"), maps, labels=("cat", "dog"))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: token("Berlin", 1), "i of wl.targets.token.*whole number.*'Berlin'"),
        (lambda: token(True, 1), "whole number"),
        (lambda: token(1, 0.5), "label of wl.targets.token.*number or a label"),
        (lambda: at(1.0), "step of wl.targets.at"),
        (lambda: box(0, None) and box(0, [1]), "number or a label"),
        (lambda: region(1, "left"), "mask of wl.targets.region"),
        (lambda: region(1, np.full((2, 2), 0.5)), r"shape \(2, 2\)"),
    ],
)
def test_arguments_are_checked(call, words):
    with pytest.raises(InvalidTypeError, match=words):
        call()
    with pytest.raises(InvalidValueError, match=r"picks no pixel"):
        region(1, np.zeros((2, 2)))


def test_targets_are_values_that_can_be_pasted():
    for spec in (token(np.int64(3), "B-LOC"), token(0), at(-1), at(2, 1), box(5, "cat"), region("cat"), region(2)):
        assert eval(repr(spec)) == spec
        assert hash(eval(repr(spec))) == hash(spec)
    mask = MASK.copy()
    made = region("cat", mask)
    assert repr(made) == "wl.targets.region('cat', mask)"
    assert made == region("cat", MASK) != region("cat", ~MASK)
    mask[:] = True  # what was given is what stays
    assert made == region("cat", MASK)


class Tagger(nn.Module):
    """Labels for frames: (N, T, D) to (N, T, C)."""

    def __init__(self):
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.mix = nn.Conv1d(2, 4, 3, padding=1)
        self.label = nn.Linear(4, 3)
        for p in self.parameters():
            p.data = torch.randn(p.shape, generator=generator)

    def forward(self, x):
        return self.label(self.mix(x.movedim(1, 2)).tanh().movedim(1, 2))


class Segmenter(nn.Module):
    """Scores per pixel, as torchvision's models return them."""

    def __init__(self):
        super().__init__()
        generator = torch.Generator().manual_seed(1)
        self.scores = nn.Conv2d(1, 3, 3, padding=1)
        for p in self.parameters():
            p.data = torch.randn(p.shape, generator=generator)

    def forward(self, x):
        found = self.scores(x).tanh()
        return {"out": nn.functional.interpolate(found, scale_factor=0.5), "aux": found * 2}


FRAMES = torch.randn(2, 5, 2, generator=torch.Generator().manual_seed(2)).double()
PICTURE = torch.rand(1, 1, 8, 8, generator=torch.Generator().manual_seed(3)).double()


@pytest.mark.parametrize("method", ["integrated_gradients", "ggig", "occlusion", "contextual_decomposition"])
def test_every_method_explains_what_a_callable_does(method):
    net, options = Tagger().double(), {"method": method, "n_steps": 9 if method == "integrated_gradients" else None}
    torch.manual_seed(0)
    found = wl.attribute(net, FRAMES[:1], target=token(-2, 1), **options)
    torch.manual_seed(0)
    direct = wl.attribute(net, FRAMES[:1], target=(3, 1), **options)
    assert torch.allclose(found.attributions, direct.attributions, atol=1e-12)
    assert torch.equal(found.score, direct.score)


def test_segmentation_through_the_public_functions():
    net, mask = Segmenter().double(), np.zeros((8, 8), bool)
    mask[2:6, 2:6] = True
    small = torch.from_numpy(mask[::2, ::2].copy())
    by_hand = lambda o: o["out"][:, 1][:, small].mean(1)
    found, direct = (wl.attribute(net, PICTURE, target=t, n_steps=9) for t in (region(1, mask), by_hand))
    assert torch.allclose(found.attributions, direct.attributions, atol=1e-12)
    assert found.attributions[..., 0, :].abs().max() == 0  # no pixel of the region sees that row
    assert [a.n_evaluations for a in wl.refine(net, PICTURE, target=region(1, mask), n_steps=17)] == [9, 17]
    with pytest.raises(InvalidValueError, match=r"\(1, 3, 4, 4\).*wl.targets.region"):
        wl.attribute(net, PICTURE)


def test_groups_and_decomposition():
    net = Tagger().double()
    x, mask = FRAMES[:1], torch.tensor([[1.0, 1], [0, 0], [0, 0], [0, 0], [0, 0]]).double()
    parts = wl.contextual_decomposition(net, x, mask, target=token(0, 2))
    rest = wl.contextual_decomposition(net, x, 1 - mask, target=token(0, 2))
    assert parts.score.item() == parts.relevant[0, 0, 2].item()
    assert abs(parts.irrelevant[0, 0, 2] + parts.relevant[0, 0, 2] - net(x)[0, 0, 2]) < 1e-12
    assert rest.score.item() != parts.score.item()
    assert wl.interaction(net, x, [0], [1], target=wl.contrast(token(0, 2), token(0, 1)), scorer="occlusion") != 0


class Detector(nn.Module):
    """Two boxes per picture, the brighter half first; a weak one is dropped, as torchvision's detectors do."""

    def forward(self, images):
        made = []
        for image in images:
            left, right = image[0, :, :4].mean(), image[0, :, 4:].mean()
            scores, labels = torch.stack([left, right]), torch.tensor([1, 2])
            boxes = torch.tensor([[0.0, 0, 4, 8], [4, 0, 8, 8]])
            order = scores.argsort(descending=True)
            order = order[scores[order] >= self.least]
            made.append({"boxes": boxes[order], "labels": labels[order], "scores": scores[order]})
        return made

    least = 0.0


def test_boxes_that_were_found_are_followed():
    x = torch.zeros(1, 1, 8, 8)
    x[..., :4], x[..., 4:] = 0.2, 0.6
    detector = Detector()
    for spec, half in ((box(0), slice(4, 8)), (box(1, "cat"), slice(0, 4)), (box(-1, 1), slice(0, 4))):
        found = wl.attribute(detector, x, target=spec, labels=["none", "cat", "dog"], baseline=torch.tensor(0.5))
        expected = torch.zeros(1, 1, 8, 8)
        expected[..., half] = (x[..., half] - 0.5) / 32
        assert torch.allclose(found.attributions.float(), expected, atol=1e-6)
    assert found.target == "cat (box 1)"
    assert wl.attribute(detector, x.repeat(2, 1, 1, 1), target=[box(0), box(1)]).score.tolist() == pytest.approx(
        [0.6, 0.2]
    )
    difference = wl.attribute(detector, x, target=wl.contrast(box(0), box(1)))
    assert difference.score.item() == pytest.approx(0.4)
    for spec, words in (
        (box(2), r"no box 2: the detector found 2 in this picture: 0 class 2 60\u2009%, 1 class 1 20\u2009%"),
        (box(0, 1), r"Box 0 is class 2 \(class 2\), not 1"),
    ):
        with pytest.raises(InvalidValueError, match=words):
            wl.attribute(detector, x, target=spec)
    with pytest.raises(InvalidTypeError, match=r"wl.targets.box"):
        wl.attribute(detector, x)
    detector.least = 0.3
    with pytest.raises(ModelError, match=r"Box 0 .* is gone at a point.*box_score_thresh=0"):
        wl.attribute(detector, x, target=box(0))


def test_what_is_offered():
    about = About(1, LABELS, places=lambda: {1: "Berlin", 2: "is"})
    tags = torch.tensor([[[9.0, 0, 0], [0, 5, 0], [5, 0, 0], [9, 0, 0]]])
    found = offers(tags, about)
    assert [(o.label, o.value, o.likely) for o in found] == [
        ("Berlin: B-LOC", "token(1, 1)", True),
        ("is: O", "token(2, 0)", False),
    ]
    assert found[0].share == pytest.approx(float(torch.tensor([0.0, 5, 0]).softmax(0)[1]))
    assert repr(usual(found)) == "wl.targets.token(1, 'B-LOC')"
    maps = torch.zeros(1, 3, 4, 4)
    maps[0, 2, 0] = maps[0, 0, 1:] = 1
    regions = offers(maps, About(1, ("background", "cat", "dog")))
    assert [(o.label, o.share) for o in regions] == [("background", 0.75), ("dog", 0.25)]
    assert repr(usual(regions)) == "wl.targets.region('dog')"
    assert [o.label for o in offers(SERIES[:1], About(1))][:2] == ["step 0, feature 0", "step 0, feature 1"]
    assert [o.label for o in offers(SERIES[:1, :, 0], About(1), at(1))] == [f"step {i}" for i in range(5)]
    assert offers(SERIES[:1, :, 0], About(1)) == offers(SERIES, About(2)) == []
    boxes = offers(tags, About(1, ("cat", "dog"), boxes=True))  # the third class is that of no object
    assert [o.label for o in boxes] == ["cat (box 0)", "cat (box 3)", "dog (box 1)", "cat (box 2)"]
    for offer in (*found, *regions, *boxes):
        made = resolve(
            offer.spec,
            maps if offer in regions else tags,
            about if offer in found else About(1, ("background", "cat", "dog") if offer in regions else ("cat", "dog")),
        )
        assert made.value == offer.value


def test_answers_of_hugging_face_and_detr():
    answer = SimpleNamespace(logits=TAGS)
    assert resolve(box(1, 2), answer, About(2)).select(answer, torch.arange(2)).tolist() == TAGS[:, 1, 2].tolist()
    answer = {"pred_logits": TAGS, "pred_boxes": torch.ones(2, 4, 4)}
    assert resolve(box(1, 2), answer, About(2)).select(answer, torch.arange(2)).tolist() == TAGS[:, 1, 2].tolist()
