"""Functions whose integrated gradients are known exactly; smooth ones, and ones with kinks on the path."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import cos, sin

import torch
from torch import Tensor


@dataclass(frozen=True)
class Case:
    """F, input, integrated gradients and baseline."""

    name: str
    F: Callable[[Tensor], Tensor]
    x: Sequence[float]
    expected: Sequence[float]
    start: Sequence[float] | None = None

    def __str__(self) -> str:
        return self.name

    @property
    def inputs(self) -> Tensor:
        return torch.tensor([self.x], dtype=torch.float64)

    @property
    def baseline(self) -> Tensor:
        start = [0.0] * len(self.x) if self.start is None else self.start
        return torch.tensor([start], dtype=torch.float64)

    @property
    def answer(self) -> Tensor:
        return torch.tensor([self.expected], dtype=torch.float64)


def _c(x: Tensor, i: int) -> Tensor:
    return x[:, i]


S03 = torch.tensor([0.7, -1.3], dtype=torch.float64)  # direction of the ridge function
RIDGE = float(
    torch.tanh(S03 @ torch.tensor([1.0, 2.0]).double()) - torch.tanh(S03 @ torch.tensor([-0.5, 0.5]).double())
)
RISE = 0.7 * 1.5 - 1.3 * 1.5  # w·(x - x')

SMOOTH = [
    Case("xy + z", lambda x: _c(x, 0) * _c(x, 1) + _c(x, 2), (1, 1, 1), (0.5, 0.5, 1)),
    Case("xy", lambda x: _c(x, 0) * _c(x, 1), (2, 3), (3, 3)),
    Case("linear", lambda x: x @ torch.tensor([2.0, 1.0]).double(), (10, 5), (22, 8), (-1, -3)),
    Case("linear from zero", lambda x: x @ torch.tensor([2.0, 1.0]).double(), (10, 5), (20, 5)),
    Case("sigmoid(x + 2y)", lambda x: (_c(x, 0) + 2 * _c(x, 1)).sigmoid(), (1, 0.5), (0.19039853898894122,) * 2),
    Case(
        "5x + y² + sin z",
        lambda x: 5 * _c(x, 0) + _c(x, 1) ** 2 + _c(x, 2).sin(),
        (1, 2, 3),
        (2.5, 3, sin(3) - sin(1)),
        (0.5, 1, 1),
    ),
    Case("x³y²z", lambda x: _c(x, 0) ** 3 * _c(x, 1) ** 2 * _c(x, 2), (2, 3, -1), (-36, -24, -12)),
    Case(
        "ridge tanh(w·x)",
        lambda x: (x @ S03).tanh(),
        (1, 2),
        (0.7 * 1.5 * RIDGE / RISE, -1.95 * RIDGE / RISE),
        (-0.5, 0.5),
    ),
    Case("ridge, w·(x-x') = 0", lambda x: (x[:, 0] - x[:, 1] + 2).sin(), (3, 3), (3 * cos(2), -3 * cos(2))),
    Case("homogeneous of degree 2", lambda x: x[:, 0] ** 2 + 3 * x[:, 0] * x[:, 1], (1, 2), (4, 3)),
    Case(
        "separable", lambda x: x[:, 0].exp() + (1 + x[:, 1] ** 2).log(), (1, 2), (1.718281828459045, 1.6094379124341003)
    ),
    Case("identity", lambda x: x.sum(1), (3, -4, 5), (2, -5, 4), (1, 1, 1)),
]

KINKED = [
    Case("1 - relu(1-x)", lambda x: 1 - (1 - x[:, 0]).relu(), (2,), (1,)),
    Case("relu(x+y-1)", lambda x: (x.sum(1) - 1).relu(), (1, 1), (0.5, 0.5)),
    Case("relu(x+2y-3)", lambda x: (x[:, 0] + 2 * x[:, 1] - 3).relu(), (3, 2), (12 / 7, 16 / 7)),
    Case("min(x, y)", lambda x: x.amin(1), (1, 3), (1, 0)),
    Case("max(x, y)", lambda x: x.amax(1), (1, 3), (0, 3)),
    Case("relu(relu(x)-1-relu(y))", lambda x: (x[:, 0].relu() - 1 - x[:, 1].relu()).relu(), (3, 1), (1.5, -0.5)),
    Case("relu(relu(x-1)-relu(y))", lambda x: ((x[:, 0] - 1).relu() - x[:, 1].relu()).relu(), (3, 1), (1.5, -0.5)),
    Case("relu(s-10)", lambda x: (x.sum(1) - 10).relu(), (0, 6, 14), (0, 3, 7)),
    Case("relu(s+1)", lambda x: (x.sum(1) + 1).relu(), (0, 5, 4), (0, 5, 4)),
    Case("2relu(x)+2relu(y-1.5)", lambda x: 2 * x[:, 0].relu() + 2 * (x[:, 1] - 1.5).relu(), (1, 2), (2, 1)),
]
