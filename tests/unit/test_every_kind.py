"""Whatever people bring opens a live widget, and its parts add up."""

from typing import Any

import pytest
import torch

import whylight as wl
from whylight.results.parts import parts_of

SHAPES = {
    (1, 5): "features",
    (1, 12, 1000): "signal",
    (1, 16000): "signal",
    (1, 1024, 3): "signal",
    (1, 80, 300): "image",
    (1, 160, 40): "image",
    (1, 3, 32, 32): "image",
    (1, 12, 32, 32): "channels",
    (1, 4, 32, 32): "channels",
    (1, 3, 8, 32, 32): "video",
    (1, 1, 8, 16, 16): "volume",
    (8, 3, 64, 64): "image",
    (4, 2, 100): "signal",
}


def score(*inputs: torch.Tensor) -> torch.Tensor:
    flat = [x.flatten(1) for x in inputs]
    return torch.stack([sum(x.tanh().mean(1) for x in flat), sum((x * x).mean(1) for x in flat)], 1)


def random(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_tensors_of_every_shape(shape: tuple[int, ...]) -> None:
    with wl.explain(score, random(*shape), target=1) as widget:
        found = widget.wait(300)
        assert widget._input["kind"] == SHAPES[shape]
        assert widget._frame["meta"]["final"]
        assert widget._status["state"] == "done"
        rise = float(found.score - found.baseline_score)
        assert float(found.total) == pytest.approx(rise, rel=0.02)
        assert found.attributions.shape == (1, *shape[1:])
        assert widget._repr_mimebundle_()[0]["image/png"]
        assert widget.several == (shape[0] > 1)


BOTH = {
    "tuple": (random(1, 3, 16, 16), random(1, 6)),
    "two pictures": (random(1, 3, 16, 16), random(1, 3, 16, 16)),
    "names": {"scan": random(1, 1, 4, 8, 8), "ecg": random(1, 2, 300)},
}


def by_name(scan: torch.Tensor, ecg: torch.Tensor) -> torch.Tensor:
    return score(scan, ecg)


@pytest.mark.parametrize("name", BOTH)
def test_several_inputs(name: str) -> None:
    x: Any = BOTH[name]
    with wl.explain(score if isinstance(x, tuple) else by_name, x, target=1) as widget:
        found = widget.wait(300)
        assert widget._input["kind"] == "several"
        assert sum(part.total for part in parts_of(found)) == pytest.approx(
            float(found.score - found.baseline_score), rel=0.02
        )


def test_texts_and_pairs() -> None:
    demo = wl.demo.sentiment()
    texts = ["a good film", "a bad film", "not good", "dull", "great fun"]
    with wl.explain(demo.model, texts, **demo.options) as widget:
        widget.wait(300)
        assert widget.several
        assert widget._input["kind"] == "text"
