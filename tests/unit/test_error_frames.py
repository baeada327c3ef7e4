"""What a person sees where something goes wrong: their own lines, one of ours, the shape, the kind, the remedy."""

import traceback
from pathlib import Path

import pytest
import torch
from torch import nn

import whylight as wl
from whylight import traceback_frames

HOUSE = Path(wl.__file__).parent


def ours(error: BaseException) -> list[str]:
    return [f.name for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).is_relative_to(HOUSE)]


CALLS = {
    "explain": lambda: wl.explain(nn.Linear(3, 2), "text"),
    "attribute": lambda: wl.attribute(nn.Linear(3, 2), object()),
    "target": lambda: wl.attribute(nn.Linear(3, 2), torch.ones(1, 3), target=7),
    "refine": lambda: wl.refine(nn.Linear(3, 2), torch.ones(1, 3), method="none"),
    "path": lambda: wl.path(nn.Linear(3, 2), torch.ones(2, 3)),
    "effects": lambda: wl.effects(nn.Linear(3, 2), "text"),
    "hierarchy": lambda: wl.hierarchy(nn.Linear(3, 2), torch.ones(2, 3)),
    "decomposition": lambda: wl.contextual_decomposition(nn.Linear(3, 2), torch.ones(1, 3), torch.ones(5)),
}


@pytest.mark.parametrize("name", CALLS)
def test_an_error_of_ours_shows_one_line_of_ours(name: str) -> None:
    with pytest.raises(wl.WhylightError) as raised:
        CALLS[name]()
    assert ours(raised.value) == ["facing"]


def test_an_error_of_the_model_shows_the_models_own_lines() -> None:
    def model(x: torch.Tensor) -> torch.Tensor:
        raise KeyError("lost")

    with pytest.raises(KeyError) as raised:
        wl.attribute(model, torch.ones(1, 3))
    assert ours(raised.value) == ["facing"]
    assert traceback.extract_tb(raised.value.__traceback__)[-1].name == "model"


def test_a_bug_keeps_all_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    @traceback_frames.facing_users
    def outer() -> None:
        wl.numbers.percent("no number")  # type: ignore[attr-defined,arg-type]

    with pytest.raises(TypeError) as raised:
        outer()
    assert "percent" in ours(raised.value)


def test_names_and_words_of_a_function_stay() -> None:
    assert wl.attribute.__name__ == "attribute"
    assert "Compute attributions" in (wl.attribute.__doc__ or "")


MESSAGES = {
    "unknown": ({"kind": "pictures"}, (1, 3), "Unknown kind 'pictures'. Did you mean 'picture'"),
    "misfit": ({"kind": "picture"}, (1, 3), r"kind='picture' draws .*, and the input has shape \(1, 3\)"),
    "text": ({"kind": "text"}, (1, 3), "no input of kind='text'"),
    "large": (
        {},
        (1, 9, 9, 9, 9, 9),
        r"no way to draw an input of shape \(1, 9, 9, 9, 9, 9\).*attribute gives the numbers",
    ),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_kind_that_is_not_to_be_had(name: str) -> None:
    options, shape, message = MESSAGES[name]
    with pytest.raises(wl.WhylightError, match=message):
        wl.explain(lambda x: x.flatten(1).sum(1), torch.rand(*shape), **options)


def test_an_array_is_one_sample_of_the_kind_asked_for() -> None:
    found = wl.attribute(lambda x: x.flatten(1).sum(1), torch.rand(3, 8, 8).numpy(), kind="picture")
    assert found.view.kind == "image"
    assert found.attributions.shape == (1, 3, 8, 8)
