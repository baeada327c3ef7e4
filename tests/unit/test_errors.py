"""Bad input: each error is of its builtin kind and says what was expected, what was given and what to do."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import whylight as wl
from tests.unit.models import Bag, WordTokenizer, conv_net, mlp, points
from whylight.errors import InvalidTypeError, InvalidValueError, ModelError, WhylightError, unknown_name

X = points(2, 5)
PICTURE = np.arange(8 * 8 * 3, dtype=np.uint8).reshape(8, 8, 3)
pictures = nn.Sequential(nn.Flatten(), nn.Linear(192, 2))


def message(kind: type[Exception], model, x, **options) -> str:
    with pytest.raises(WhylightError) as info:
        wl.attribute(model, x, **options)
    assert isinstance(info.value, kind)
    return str(info.value)


@pytest.mark.parametrize(
    ("error", "builtin"),
    [(InvalidValueError, ValueError), (InvalidTypeError, TypeError), (ModelError, RuntimeError)],
)
def test_every_error_is_ours_and_a_builtin(error, builtin):
    assert issubclass(error, WhylightError)
    assert issubclass(error, builtin)


def test_near_misses():
    assert "Did you mean 'mean'?" in str(unknown_name("baseline", "Maen", ["zero", "mean"]))
    assert "Did you mean" not in str(unknown_name("baseline", "qqq", ["zero", "mean"]))
    assert "Did you mean 'integrated_gradients'" in str(unknown_name("method", "integ", wl.methods.METHODS))
    listed = str(unknown_name("target", "x", [f"class {i}" for i in range(1000)]))
    assert "(1000 in all)" in listed
    assert len(listed) < 600


@pytest.mark.parametrize(
    ("options", "kind", "parts"),
    [
        (
            {"method": "integrated_gradient"},
            ValueError,
            ["'integrated_gradient'", "Did you mean 'integrated_gradients'"],
        ),
        ({"method": 3}, TypeError, ["method must be a name or an instance", "got int", "input_gradient"]),
        ({"method": wl.methods.InputGradient}, TypeError, ["instance"]),
        ({"baseline": "zeros"}, ValueError, ["Unknown baseline 'zeros'", "Did you mean 'zero'"]),
        ({"n_steps": 10, "tol": 0.1}, ValueError, ["n_steps or tol, not both", "n_steps=10", "tol=0.1"]),
        ({"n_steps": 0}, ValueError, ["n_steps >= 1", "got 0"]),
        ({"n_steps": -3}, ValueError, ["n_steps >= 1", "got -3"]),
        ({"n_steps": 2.5}, TypeError, ["n_steps", "whole number", "2.5"]),
        ({"n_steps": True}, TypeError, ["n_steps", "whole number", "True"]),
        ({"n_steps": "ten"}, TypeError, ["n_steps", "whole number", "'ten'"]),
        ({"n_steps": 1, "rule": "riemann_trapezoid"}, ValueError, ["n_steps >= 2", "got 1"]),
        ({"tol": 0}, ValueError, ["tol", "between 0 and 1", "got 0"]),
        ({"tol": 2}, ValueError, ["tol", "between 0 and 1", "got 2"]),
        ({"tol": -0.1}, ValueError, ["tol", "-0.1"]),
        ({"rule": "gauslegendre"}, ValueError, ["Unknown rule 'gauslegendre'", "Did you mean 'gausslegendre'"]),
        ({"output": "probabilty"}, ValueError, ["Unknown output", "Did you mean 'probability'"]),
        ({"n_step": 5}, TypeError, ["Unknown option 'n_step'", "Did you mean 'n_steps'"]),
        ({"base_line": 5}, TypeError, ["Unknown option 'base_line'", "Did you mean 'baseline'"]),
        ({"internal_batch_size": 2.5}, TypeError, ["internal_batch_size", "at least 1", "2.5"]),
        ({"device": "cuda"}, ValueError, ["device='cuda'", "model is on cpu", "model.to('cuda')"]),
        ({"target": 9}, ValueError, ["target 9", "(2, 3)", "0..2"]),
    ],
)
def test_options(options, kind, parts):
    found = message(kind, mlp(), X, **options)
    assert [part for part in parts if part not in found] == []


@pytest.mark.parametrize(
    ("x", "kind", "parts"),
    [
        ([1.0, 2.0], TypeError, ["type list", "PIL image", "float tensor (N, ...)"]),
        (None, TypeError, ["type NoneType", "float tensor"]),
        (X.numpy()[None], TypeError, ["ndarray", "(1, 2, 5)", "float64", "torch.from_numpy(x)"]),
        ((X, [1]), TypeError, ["type tuple", "tuple of such tensors"]),
        ((), TypeError, ["type tuple"]),
        ({"input_ids": 1, "mask": 2}, TypeError, ["dict of 'input_ids', 'mask'", "forward_kwargs", "as the string"]),
        (["good", "bad"], TypeError, ["A string needs tokenizer="]),
        ([X, X], TypeError, ["list of tensors", "a tuple", "torch.stack(x)"]),
        ((X, torch.ones(2, 3).long()), TypeError, ["input 1 is torch.int64", "forward_kwargs={name: tensor}"]),
        (torch.ones(2, 5).long(), TypeError, ["torch.int64", "no gradient", ".float()", "tokenizer="]),
        (torch.ones(2, 5).bool(), TypeError, ["torch.bool", "no gradient"]),
        (torch.zeros(0, 5), ValueError, ["empty", "(0, 5)", "(N, ...)"]),
        (torch.tensor(1.0), ValueError, ["no batch dimension", "()", "(N, ...)"]),
        (torch.tensor([[1.0, float("nan")], [float("inf"), 2.0]]), ValueError, ["NaN or infinity", "2 of 4"]),
        ((X, points(3, 5)), ValueError, ["same number of samples", "(2, 5)", "(3, 5)"]),
    ],
)
def test_inputs(x, kind, parts):
    found = message(kind, mlp(), x)
    assert [part for part in parts if part not in found] == []


@pytest.mark.parametrize("model", [None, 3, "squeezenet"])
def test_a_model_that_cannot_be_called(model):
    assert f"got {type(model).__name__}" in message(TypeError, model, X)


@pytest.mark.parametrize(
    ("preprocess", "kind", "parts"),
    [
        (lambda p: np.zeros((3, 8, 8)), TypeError, ["preprocess must return a float tensor", "ndarray"]),
        (lambda p: {"pixel_values": 1}, TypeError, ["preprocess must return a float tensor", "dict"]),
        (lambda p: torch.zeros(2, 3, 8, 8), ValueError, ["one picture", "(2, 3, 8, 8)"]),
        (lambda p: torch.zeros(8, 8), ValueError, ["one picture", "(8, 8)"]),
        (lambda p: torch.from_numpy(p).permute(2, 0, 1), TypeError, ["preprocessed picture", "uint8"]),
        (lambda p: torch.full((3, 8, 8), torch.nan), ValueError, ["preprocessed picture", "NaN"]),
    ],
)
def test_preprocess(preprocess, kind, parts):
    for x in (PICTURE, Image.fromarray(PICTURE)):
        found = message(kind, pictures, x, preprocess=lambda p: preprocess(np.array(p)))
        assert [part for part in parts if part not in found] == []


TOKENIZER = WordTokenizer()


@pytest.mark.parametrize(
    ("text", "options", "kind", "parts"),
    [
        ("", {"tokenizer": TOKENIZER}, ValueError, ["text is empty", "at least one word"]),
        (" \n\u00a0", {"tokenizer": TOKENIZER}, ValueError, ["text is empty"]),
        ("one", {}, TypeError, ["tokenizer=", "offset_mapping"]),
        ("one", {"tokenizer": "bert"}, TypeError, ["tokenizer must be callable", "got str"]),
        ("one", {"tokenizer": str.split}, TypeError, ["'input_ids' and 'offset_mapping'", "list"]),
        ("one", {"tokenizer": lambda t: {"input_ids": [1]}}, TypeError, ["offset_mapping", "['input_ids']"]),
        ("one", {"tokenizer": lambda t: {"input_ids": [], "offset_mapping": []}}, ValueError, ["no tokens", "'one'"]),
        (
            "one",
            {"tokenizer": lambda t: {"input_ids": [1, 2], "offset_mapping": [(0, 3)]}},
            ValueError,
            ["2 ids", "1 offsets"],
        ),
        (
            "one",
            {"tokenizer": TOKENIZER, "embedding": "word"},
            ValueError,
            ["embedding 'word'", "Did you mean 'words'"],
        ),
        ("one", {"tokenizer": TOKENIZER, "baseline": "padd"}, ValueError, ["baseline 'padd'", "'pad'", "zero"]),
    ],
)
def test_text(text, options, kind, parts):
    found = message(kind, Bag(), text, **options)
    assert [part for part in parts if part not in found] == []


def test_the_embedding_must_be_named_where_it_is_not_clear():
    assert "embedding=" in message(TypeError, lambda ids: ids, "one", tokenizer=TOKENIZER)
    two = nn.ModuleDict({"a": nn.Embedding(9, 2), "b": nn.Embedding(9, 2)})
    assert "a, b" in message(TypeError, two, "one", tokenizer=TOKENIZER)


def test_an_embedding_the_model_never_calls_is_named():
    found = message(RuntimeError, Bag(), "one", tokenizer=TOKENIZER, embedding=nn.Embedding(50, 6), target=0)
    assert "never called the embedding" in found
    assert "embedding=" in found


def test_feature_names_must_fit():
    found = message(ValueError, mlp(), X[:1], feature_names=["a", "b"])
    assert "2 names" in found
    assert "5 features" in found


def test_errors_of_the_model_itself_come_through_as_they_are():
    with pytest.raises(RuntimeError, match="mat1 and mat2 shapes"):
        wl.attribute(mlp(), points(2, 7))


class NoOffsets(WordTokenizer):
    """As a slow Hugging Face tokenizer."""

    def convert_ids_to_tokens(self, ids):
        return [str(i) for i in ids]

    def __call__(self, text, **options):
        raise NotImplementedError("return_offset_mapping is not available when using Python tokenizers.")


UNCLEAR = [
    ("torch.device's own error for a device that does not exist", X, {"device": "gpu"}),
    ("a tolerance that is no number: '<' not supported", X, {"tol": "small"}),
    ("a rule that is no string: no attribute 'lower'", X, {"rule": 3}),
    ("labels that are no sequence: 'int' object is not iterable", X, {"labels": 5}),
    ("forward_kwargs that are no mapping: no attribute 'items'", X, {"forward_kwargs": 5}),
    ("progress that cannot be called", X, {"progress": 5}),
    ("preprocess that cannot be called", PICTURE, {"preprocess": 5}),
    ("a slow tokenizer's NotImplementedError comes through", "one", {"tokenizer": NoOffsets()}),
    ("an embedding that is neither module nor name is ignored", "one", {"tokenizer": TOKENIZER, "embedding": 5}),
    ("preprocess is ignored for a batch of pictures", torch.rand(2, 3, 8, 8), {"preprocess": lambda p: 1 / 0}),
]


@pytest.mark.parametrize(("x", "options"), [pytest.param(x, options, id=why) for why, x, options in UNCLEAR])
def test_still_unclear(x, options):
    model = Bag() if isinstance(x, str) else mlp() if x is X else pictures
    with pytest.raises(WhylightError):
        wl.attribute(model, x, **options)


def test_refine_complains_where_it_is_called():
    with pytest.raises(WhylightError):
        wl.refine(mlp(), X, n_steps=0)


def test_a_batch_size_of_zero_is_a_wrong_value():
    with pytest.raises(ValueError, match="at least 1"):
        wl.attribute(mlp(), X, internal_batch_size=0)


def test_an_error_of_the_models_own_says_what_it_was_given():
    net, picture = conv_net(), torch.rand(3, 8, 8)
    with pytest.raises(ValueError, match="expected 4D") as caught:
        wl.attribute(net, picture.double(), target=0)
    (note,) = caught.value.__notes__
    assert "(3, 8, 8) float64 on cpu" in note
    assert "give x[None]" in note
    with pytest.raises(ValueError, match="expected 4D") as caught:
        wl.contextual_decomposition(net, picture.double(), torch.ones(8))
    assert "give x[None]." in caught.value.__notes__[0]
    with pytest.raises(RuntimeError, match=r"give x\[None\]"):  # three samples without channels
        wl.explain(net, picture)
    with pytest.raises(IndexError) as caught:
        wl.attribute(lambda row: row[7] ** 2, np.ones(5), target=None)
    assert "rows (N, D) = (1, 5)" in caught.value.__notes__[0]


class Nodes(nn.Module):
    """Of one graph, whose nodes are no samples."""

    def __init__(self) -> None:
        super().__init__()
        self.edges, self.net = nn.Parameter(torch.eye(4)), nn.Linear(5, 3)

    def forward(self, x):
        return (self.edges @ self.net(x)).tanh()


class Captioned(nn.Module):
    """Its first argument is not the picture."""

    def forward(self, ids, picture):
        return picture.flatten(1).sum(1)


@pytest.mark.parametrize(
    ("model", "x", "options", "advice", "mended"),
    [
        (Nodes(), points(4, 5).float(), {}, "torch.stack", lambda: wl.attribute(
            lambda xs: torch.stack([NODES(x) for x in xs])[:, 0], points(1, 4, 5).float())),
        (lambda x: mlp()(x.reshape(1, 5)), X[:1], {}, "internal_batch_size=1", lambda: wl.attribute(
            lambda x: mlp()(x.reshape(1, 5)), X[:1], internal_batch_size=1)),
        (mlp(), X.float(), {}, "give x.to(torch.float64)", lambda: wl.attribute(mlp(), X.float().to(torch.float64))),
        (Captioned(), X[:1], {"forward_kwargs": {"ids": None}}, "lambda x: model(other, x)", lambda: wl.attribute(
            lambda x: Captioned()(None, x), X[:1])),
    ],
)  # fmt: skip
def test_an_error_of_the_models_own_is_noted_with_what_helps(model, x, options, advice, mended):
    for method in ("integrated_gradients", "occlusion"):
        with pytest.raises((RuntimeError, TypeError)) as caught:
            wl.attribute(model, x, target=lambda outputs: outputs.flatten(1).sum(1), method=method, **options)
        (note,) = caught.value.__notes__
        assert advice in note
    assert mended().relative_gap.abs().max() < 0.05


def test_a_pipeline_is_told_from_the_model_in_it():
    pipeline = type("TextClassificationPipeline", (), {"__module__": "transformers.pipelines.text", "predict": print})()
    assert "explain(pipe.model, text, tokenizer=pipe.tokenizer)" in message(TypeError, pipeline, "one")


def test_a_predictor_of_rows_gets_no_pictures():
    forest = type("Forest", (), {"predict": print})()
    for x in (PICTURE, Image.fromarray(PICTURE), torch.rand(1, 3, 8, 8)):
        assert "Forest predicts rows, and x is of type" in message(TypeError, forest, x)


NODES = Nodes()


def test_lazy_layers_without_weights_are_named_and_stay_without():
    net = nn.Sequential(nn.LazyLinear(4), nn.ReLU(), nn.LazyLinear(3))
    for ask in (wl.attribute, lambda net, x: wl.contextual_decomposition(net, x, torch.ones(5)), wl.explain):
        with pytest.raises(ModelError, match=r"lazy layers.*call it once, model\(x\)"):
            ask(net, X.float()[:1])
    assert isinstance(net[0].weight, nn.UninitializedParameter)
    net(X.float())
    assert wl.attribute(net, X.float()).attributions.shape == (2, 5)


def test_labels_are_as_many_as_classes():
    net, x = mlp(), X[:1]
    classes = net(x).shape[1]
    for wrong in (["a"] * (classes - 1), ["a"] * (classes + 1)):
        with pytest.raises(InvalidValueError, match=f"{classes} classes: give one name for each"):
            wl.attribute(net, x, labels=wrong)
    assert wl.attribute(net, x, labels={0: "a"}, target=0).target == "a"
