"""Contextual decomposition by its authors (`acd`) on small nets it can walk through; theirs computes biases in float32."""

from collections.abc import Iterator
from functools import partial

import torch
from torch import nn

import whylight as wl
from tests.agreement.rows import Case, Row, judged


def flat() -> tuple[nn.Module, torch.Tensor]:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 3)).eval(), torch.randn(1, 6)


def picture(pool: type[nn.Module], norm: bool = False) -> tuple[nn.Module, torch.Tensor]:
    torch.manual_seed(0)
    middle = [nn.BatchNorm2d(4)] if norm else []
    layers = (
        nn.Conv2d(1, 4, 3),
        *middle,
        nn.ReLU(),
        pool(2),
        nn.Conv2d(4, 5, 3),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(45, 3),
    )
    net = nn.Sequential(*layers).eval()
    if norm:
        net[1].running_mean.normal_()
        net[1].running_var.uniform_(0.5, 2)
    return net, torch.randn(1, 1, 12, 12)


NETS = {
    "linear layers": flat,
    "average pooling": partial(picture, nn.AvgPool2d),
    "max pooling": partial(picture, nn.MaxPool2d),
    "batch norm": partial(picture, nn.AvgPool2d, norm=True),
}


def compared(name: str) -> Row:
    import acd

    net, x = NETS[name]()
    mask = torch.zeros(x.shape[1:])
    mask.view(-1)[: mask.numel() // 3] = 1
    with torch.no_grad():
        theirs = acd.cd(x, net, mask=mask.numpy(), device="cpu")
    ours = wl.contextual_decomposition(net, x, mask.bool())
    found = tuple(t.reshape(1, -1) for t in (ours.relevant, ours.irrelevant))
    return judged(("acd", "cd", "contextual_decomposition", name), theirs, found)


def cases() -> Iterator[tuple[str, Case]]:
    """All nets."""
    for name in NETS:
        yield name, partial(compared, name)
