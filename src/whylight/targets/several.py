"""Several targets as one: of one input, each a sample; of several inputs, each of its own. Knows nothing of how they are asked for."""

from typing import Any

import torch
from torch import Tensor

from whylight.model.outputs import detections_of, output_tensor
from whylight.targets.target import Target


def difference(a: Target, b: Target) -> Target:
    """F_a - F_b."""
    label, value = f"{a.label} − {b.label}", f"{a.value} − {b.value}"
    key, linear = ("contrast", a.key, b.key), a.linear and b.linear
    return Target(
        lambda o, s: a.select(o, s) - b.select(o, s),
        label,
        value,
        key,
        a.unit,
        linear=linear,
        place=a.place if a.place == b.place else None,
    )


def together(parts: list[Target]) -> Target:
    """Several targets of one input as one: `samples` says by which of them each point is explained."""

    def select(outputs: Any, samples: Tensor) -> Tensor:
        here = torch.zeros_like(samples)  # there is one input
        asked = samples.unique().tolist()
        found = torch.stack([parts[i].select(outputs, here) for i in asked])
        return found[
            torch.searchsorted(torch.tensor(asked, device=samples.device), samples), torch.arange(len(samples))
        ]

    return Target(
        select,
        ", ".join(part.label for part in parts),
        f"[{', '.join(str(part.value) for part in parts)}]",
        ("together", *(part.key for part in parts)),
        _unit(parts),
        tuple(parts),
    )


def each_its_own(parts: list[Target]) -> Target:
    """A target for each of N inputs, fixed at that input alone."""

    def select(outputs: Any, samples: Tensor) -> Tensor:
        asked = samples.unique().tolist()
        rows = [(samples == i).nonzero().flatten() for i in asked]
        found = [parts[i].select(rows_at(outputs, at), torch.zeros_like(at)) for i, at in zip(asked, rows, strict=True)]
        return torch.cat(found)[torch.cat(rows).argsort()]

    labels, linear = {part.label for part in parts}, all(part.linear for part in parts)
    label = labels.pop() if len(labels) == 1 else "one target per sample"
    value = f"[{', '.join(str(part.value) for part in parts)}]"
    return Target(select, label, value, ("each", *(part.key for part in parts)), _unit(parts), linear=linear)


def rows_at(outputs: Any, rows: Tensor) -> Any:
    """What a model returned for some of its points."""
    found = detections_of(outputs)
    return output_tensor(outputs)[rows] if found is None else [found[i] for i in rows.tolist()]


def _unit(parts: list[Target]) -> str:
    units = {part.unit for part in parts}
    return units.pop() if len(units) == 1 else "score"
