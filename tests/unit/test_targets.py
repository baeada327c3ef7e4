"""What is explained: every form of `target=`, every shape of output, and the errors that name the shapes."""

from types import SimpleNamespace

import pytest
import torch
from torch import nn

import whylight as wl
from tests.unit.models import WithLogits, mlp, points
from whylight.errors import InvalidTypeError, InvalidValueError, ModelError
from whylight.model.outputs import convert, output_tensor
from whylight.targets.about import About
from whylight.targets.labels import class_names
from whylight.targets.resolve import resolve as resolved
from whylight.targets.target import Target

LABELS = ["cat", "dog", "tabby cat"]


def resolve(spec, outputs, **options) -> Target:
    """The target at outputs of as many samples as they have rows."""
    return resolved(spec, outputs, About(len(outputs) if isinstance(outputs, torch.Tensor) else 2, **options))


def score(spec, outputs: torch.Tensor, **options) -> list[float]:
    """The score of every sample."""
    samples = torch.arange(len(output_tensor(outputs)))
    return resolve(spec, outputs, **options).select(outputs, samples).tolist()


TABLE = torch.tensor([[1.0, 5.0, 2.0], [7.0, 3.0, 4.0]])


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (None, [5, 7]),
        (2, [2, 4]),
        (torch.tensor(2), [2, 4]),
        ("dog", [5, 3]),
        (" Dog ", [5, 3]),
        ([0, 2], [1, 4]),
        (["dog", 0], [5, 7]),
        ([None, 1], [5, 3]),
        (torch.tensor([2, 0]), [2, 7]),
        ((1,), [5, 3]),
        ([(1,), (2,)], [5, 4]),
        (wl.contrast(1, 0), [4, -4]),
        (wl.contrast("dog", [0, 2]), [4, -1]),
        (wl.contrast(lambda o: o.sum(1), 1), [3, 11]),
        (lambda o: o[:, 0] * 2, [2, 14]),
    ],
)
def test_every_form_on_a_table_of_classes(spec, expected):
    assert score(spec, TABLE, labels=tuple(LABELS)) == expected


def test_scalars_and_single_columns_explain_themselves():
    assert score(None, TABLE[:, 0]) == [1, 7]
    assert score(0, TABLE[:, 0]) == [1, 7]
    assert score(None, TABLE[:, :1]) == [1, 7]
    assert score(0, TABLE[:, :1]) == [1, 7]


def test_higher_outputs_take_an_index_tuple():
    outputs = torch.arange(48.0).reshape(2, 3, 2, 4)
    assert score((2, 1, 3), outputs) == [23, 47]
    assert score([(0, 0, 0), (2, 1, 3)], outputs) == [0, 47]
    assert score(lambda o: o[:, 1].mean((1, 2)), outputs) == [11.5, 35.5]
    with pytest.raises(InvalidValueError, match=r"index tuple of 3 numbers \(the largest is target=\(2, 1, 3\)\)"):
        score(None, outputs)


def test_the_target_is_fixed_at_the_input_and_not_derived_again():
    target = resolve(None, TABLE)
    swapped = TABLE.flip(1)
    assert target.select(swapped, torch.arange(2)).tolist() == [5, 4]
    assert target.select(TABLE[[1, 1, 0]], torch.tensor([1, 1, 0])).tolist() == [7, 7, 5]


def test_the_top_class_is_explained_along_the_whole_path():
    net, x = mlp(), points(6, 5)
    top = net(x).argmax(1)
    assert len(set(top.tolist())) > 1
    found, named = wl.attribute(net, x), wl.attribute(net, x, target=top)
    assert torch.equal(found.attributions, named.attributions)
    assert torch.allclose(found.score, net(x).amax(1).detach())


@pytest.mark.parametrize("output", ["probability", "log_probability"])
def test_outputs_are_converted(output):
    probability = TABLE.double().softmax(1)[:, 1]
    column = TABLE[:, :1].double().sigmoid()[:, 0]
    expected = probability if output == "probability" else probability.log()
    assert score(1, TABLE.double(), output=output) == pytest.approx(expected.tolist(), abs=1e-14)
    expected = column if output == "probability" else column.log()
    assert score(None, TABLE[:, :1].double(), output=output) == pytest.approx(expected.tolist(), abs=1e-14)
    assert score(None, TABLE[:, 0].double(), output=output) == pytest.approx(expected.tolist(), abs=1e-14)


def test_log_probability_stays_finite_where_probability_underflows():
    assert convert(torch.tensor([[-200.0]]), "log_probability").item() == -200
    assert convert(torch.tensor([[0.0, 500.0]]), "log_probability")[0, 0].item() == -500


def test_gradients_of_probabilities_sum_to_zero_over_classes():
    net, x = mlp(), points(2, 5)
    maps = [wl.attribute(net, x, target=c, output="probability", rule="riemann_middle", n_steps=9) for c in range(3)]
    assert torch.stack([m.attributions for m in maps]).sum(0).abs().max() < 1e-14
    assert wl.attribute(net, x, target=1, output="probability").provenance["output"] == "probability"


def test_objects_with_logits_and_tuples():
    net, x = mlp(), points(2, 5)
    expected = wl.attribute(net, x, target=1).attributions
    assert torch.equal(wl.attribute(WithLogits(net), x, target=1).attributions, expected)
    assert torch.equal(wl.attribute(lambda z: (net(z), "more"), x, target=1).attributions, expected)
    assert torch.equal(wl.attribute(lambda z: [net(z)], x, target=1).attributions, expected)
    assert torch.equal(wl.attribute(lambda z: {"h": z, "logits": net(z)}, x, target=1).attributions, expected)
    picked = wl.attribute(lambda z: {"scores": net(z)}, x, target=lambda o: o["scores"][:, 1])
    assert torch.equal(picked.attributions, expected)


@pytest.mark.parametrize(
    ("made", "shapes", "example"),
    [
        (
            {"main": torch.ones(2, 4, 8, 8), "aux": torch.ones(2, 4)},
            "['main'] (2, 4, 8, 8), ['aux'] (2, 4)",
            "['main'][:, 0, 0, 0]",
        ),
        ((None, torch.ones(2, 3)), "[1] (2, 3)", "[1][:, 0]"),
        (SimpleNamespace(loss=torch.tensor(1.0), start=torch.ones(2, 3)), ".loss (), .start (2, 3)", ".start[:, 0]"),
    ],
)
def test_what_else_a_model_returns_is_listed_with_a_target_that_works(made, shapes, example):
    with pytest.raises(InvalidTypeError) as info:
        resolve(None, made)
    assert f"with {shapes}." in str(info.value)
    assert str(info.value).endswith(f"as target=lambda outputs: outputs{example}.")
    target = eval(str(info.value).removesuffix(".").split("as target=")[1])
    assert target(made).shape == (2,)


@pytest.mark.parametrize("made", [{"a": 1}, None, 3.0, "text", SimpleNamespace(logits=None), ()])
def test_other_answers_are_named(made):
    with pytest.raises(InvalidTypeError, match=f"returned {type(made).__name__}") as info:
        resolve(0, made)
    assert isinstance(info.value, TypeError)
    assert "target=" in str(info.value)


@pytest.mark.parametrize(
    ("spec", "outputs", "parts"),
    [
        (3, TABLE, ["target 3", "(2, 3)", "0..2"]),
        (-4, TABLE, ["target -4", "(2, 3)", "0..2", "-1 to -3"]),
        ((2, -5), torch.zeros(2, 3, 4), ["(2, -5)", "(2, 3, 4)", "0..3"]),
        (1, TABLE[:, :1], ["target 1", "(2, 1)", "0..0"]),
        ((2, 1), TABLE, ["(2, 1)", "(2, 3)"]),
        (1, torch.zeros(2, 3, 4), ["target 1", "(2, 3, 4)", "2 numbers"]),
        (None, torch.zeros(2, 3, 4), ["(2, 3, 4)", "index tuple of 2", "callable"]),
        ((2, 4), torch.zeros(2, 3, 4), ["(2, 4)", "(2, 3, 4)", "0..3"]),
        ([0], TABLE, ["list of 1", "2 samples"]),
        ([0, 9], TABLE, ["target 9", "(2, 3)"]),
    ],
)
def test_targets_that_do_not_exist_name_the_shape(spec, outputs, parts):
    with pytest.raises(InvalidValueError) as info:
        resolve(spec, outputs)
    assert all(part in str(info.value) for part in parts)


@pytest.mark.parametrize("spec", [1.0, True, {}, object(), [[0], [1]], [1.5, 0]])
def test_things_that_are_no_target(spec):
    with pytest.raises(InvalidTypeError, match=r"target must be a class index, .* got (float|bool|dict|object|list)"):
        resolve(spec, TABLE)


def test_an_array_of_targets_works_or_is_named():
    import numpy as np

    assert score(np.array([0, 2]), TABLE) == [1, 4]


def test_names_need_labels_and_near_misses_are_shown():
    with pytest.raises(InvalidValueError, match="no labels= were given"):
        resolve("cat", TABLE)
    with pytest.raises(InvalidValueError, match=r"Unknown target 'tabby cta'\. Did you mean 'tabby cat'"):
        resolve("tabby cta", TABLE, labels=tuple(LABELS))


def test_labels_may_be_a_mapping_or_too_few():
    assert class_names({1: "b", 0: "a", 10: "k"} | {i: str(i) for i in range(2, 10)})[-1] == "k"
    assert class_names(None) is None
    assert resolve(0, TABLE, labels=("only",)).label == "only"
    assert resolve(2, TABLE, labels=("only",)).label == "class 2"


def test_labels_with_gaps_keep_their_places():
    assert resolve(2, TABLE, labels=class_names({0: "cat", 2: "bird"})).label == "bird"


def test_labels_from_json_keep_their_order():
    assert class_names({str(i): f"c{i}" for i in range(12)}) == tuple(f"c{i}" for i in range(12))


@pytest.mark.parametrize(
    ("made", "given"),
    [(lambda o: o, "(10, 3)"), (lambda o: o.sum(), "()"), (lambda o: 3.0, "float"), (lambda o: None, "NoneType")],
)
def test_a_callable_must_return_one_score_per_sample(made, given):
    with pytest.raises(InvalidValueError, match="one score per sample") as info:
        wl.attribute(mlp(), points(2, 5), target=made, n_steps=5)
    assert "(10,)" in str(info.value)
    assert given in str(info.value)


def test_a_callable_and_a_conversion_exclude_each_other():
    with pytest.raises(InvalidValueError, match="callable"):
        wl.attribute(mlp(), points(2, 5), target=lambda o: o[:, 0], output="probability")


@pytest.mark.parametrize("made", [lambda o: o.argmax(1), lambda o: o.long()[:, 0]])
def test_whole_numbers_cannot_be_differentiated(made):
    with pytest.raises(ModelError, match="floating point number"):
        wl.attribute(mlp(), points(2, 5), target=made)
    with pytest.raises(ModelError, match="int64"):
        wl.attribute(lambda x: mlp()(x).long(), points(2, 5), target=0)


def test_an_output_of_nan_has_no_top_class():
    with pytest.raises(ModelError, match="NaN or infinite"):
        wl.attribute(lambda x: mlp()(x) * float("nan"), points(2, 5))


def test_an_unknown_output_names_the_near_miss():
    with pytest.raises(InvalidValueError, match="Did you mean 'probability'"):
        wl.attribute(mlp(), points(2, 5), output="prob")


def test_a_model_that_mixes_samples_up_is_noticed():
    with pytest.raises(ModelError, match="batch dimension first"):
        wl.attribute(lambda x: mlp()(x).sum(0), points(2, 5))


@pytest.mark.parametrize("F", [lambda x: x.sum(), lambda x: nn.Linear(5, 1).double()(x).squeeze()])
def test_a_single_number_for_the_whole_batch_is_named(F):
    with pytest.raises(wl.WhylightError, match="batch dimension first"):
        wl.attribute(F, points(1, 5))


def test_a_squeezed_output_of_one_sample_is_named():
    with pytest.raises(wl.WhylightError):
        wl.attribute(lambda x: mlp()(x).squeeze(0), points(1, 5))


def test_too_few_rows_are_named():
    with pytest.raises(wl.WhylightError):
        wl.attribute(lambda x: mlp()(x)[:1], points(2, 5))
