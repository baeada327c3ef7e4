"""One layer of an LSTM, GRU or plain RNN, its totals given: what of the states is relevant, step by step.

Gates are linearised with the bias apart (Murdoch, Liu, Yu 2018, in the form that sums exactly); what a step adds from
biases alone belongs to the relevant part as far as its input does. Everything that depends on totals is computed for all
steps at once, so that a step in Python is a few operations. Knows nothing of stacks, directions or packed sequences.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

Parts = tuple[Tensor, Tensor]  # relevant, total
State = tuple[Tensor, ...]
Activation = Callable[[Tensor], Tensor]


class Weights(NamedTuple):
    """Of one layer in one direction; biases are zero where there are none, `projection` is an LSTM's `weight_hr`."""

    inputs: Tensor
    hidden: Tensor
    bias_inputs: Tensor
    bias_hidden: Tensor
    projection: Tensor | None = None


class Times(NamedTuple):
    """The order of T steps, and which of them belong to a sequence, `(T, N, 1)`; None if all do."""

    order: range
    alive: Tensor | None = None

    def through(self, step: Callable[..., State], *start: Tensor) -> tuple[Tensor, State]:
        """The first state after every step, `(T, ...)`, and the last states; `step(t, *states)` gives new ones."""
        state, out = start, [start[0]] * len(self.order)
        for t in self.order:
            new = step(t, *state)
            if self.alive is not None:
                new = tuple(torch.where(self.alive[t], n, s) for n, s in zip(new, state, strict=True))
            state, out[t] = new, new[0]
        return torch.stack(out), state


Layer = Callable[[Weights, Parts, Tensor, Tensor, tuple[Parts, ...], Times], tuple[Tensor, State]]


class Split:
    """L_r + L_b of the three-way split of f at every step; `value` is f(total) and `of_bias` L_b = f(bias).

    Called with the step and with what the relevant state adds to the relevant part of the argument.
    """

    def __init__(self, f: Activation, relevant: Tensor, bias: Tensor, total: Tensor) -> None:
        self.f, self.value, self.of_bias = f, f(total), f(bias)
        self.ends = torch.stack([relevant + bias, total - relevant], 1).unbind()
        self.middle = ((self.value + self.of_bias) / 2).unbind()
        self.signs = relevant.new_tensor([1.0, -1.0]).reshape(2, *[1] * (relevant.ndim - 1))

    def __call__(self, t: int, added: Tensor) -> Tensor:
        """L_r + L_b at step t."""
        alone, without = self.f(torch.addcmul(self.ends[t], self.signs, added)).unbind()
        return torch.add(self.middle[t], alone - without, alpha=0.5)


def lstm(
    weights: Weights, x: Parts, own: Tensor, before: Tensor, start: tuple[Parts, ...], times: Times
) -> tuple[Tensor, State]:
    """Relevant outputs `(T, N, H)` and the relevant parts of the last states.

    Parameters
    ----------
    weights, times
        Of the layer; the steps to walk.
    x, own
        Its inputs `(T, N, E)`, and how far they are relevant, `(T, N, 1)`.
    before
        Total of the hidden state before each step, `(T, N, H)`.
    start
        The states before the first step.
    """
    (h_r, _), (c_r, c) = start
    bias = weights.bias_inputs + weights.bias_hidden
    a, z = (_by_gate(t, 4) for t in (functional.linear(x[0], weights.inputs), _total(weights, x[1], before)))
    b = bias.reshape(4, 1, -1)
    i_f = Split(torch.sigmoid, a[:, :2], b[:2], z[:, :2])
    g = Split(torch.tanh, a[:, 2], b[2], z[:, 2])
    fed, kept, o = i_f.value[:, 0] * g.value, i_f.value[:, 1], z[:, 3].sigmoid()
    cells, _ = times.through(lambda t, c: (torch.addcmul(fed[t], kept[t], c),), c)
    shown = Split(torch.tanh, torch.zeros_like(cells), cells.new_zeros(()), cells)
    foreign = (1 - own) * (i_f.of_bias[0] * g.of_bias)
    hidden = weights.hidden.unflatten(0, (4, -1))[:3].mT

    def step(t: int, h_r: Tensor, c_r: Tensor) -> State:
        u = torch.matmul(h_r, hidden)
        i, f = i_f(t, u[:2]).unbind()
        c_r = torch.addcmul(i * g(t, u[2]) - foreign[t], f, c_r)
        h_r = o[t] * shown(t, c_r)
        return h_r if weights.projection is None else functional.linear(h_r, weights.projection), c_r

    return times.through(step, h_r, c_r)


def gru(
    weights: Weights, x: Parts, own: Tensor, before: Tensor, start: tuple[Parts, ...], times: Times
) -> tuple[Tensor, State]:
    """As `lstm`; the own derivation in docs/decomposition.md."""
    ((h_r, _),) = start
    b_x, b_h = (b.reshape(3, 1, -1) for b in (weights.bias_inputs, weights.bias_hidden))
    a = _by_gate(functional.linear(x[0], weights.inputs), 3)
    from_x = _by_gate(functional.linear(x[1], weights.inputs, weights.bias_inputs), 3)
    from_h = _by_gate(functional.linear(before, weights.hidden, weights.bias_hidden), 3)
    r_u = Split(torch.sigmoid, a[:, :2], (b_x + b_h)[:2], (from_x + from_h)[:, :2])
    q_b = r_u.of_bias[0] * b_h[2]
    n = Split(torch.tanh, a[:, 2], b_x[2] + q_b, from_x[:, 2] + r_u.value[:, 0] * from_h[:, 2])
    foreign = (1 - own) * ((1 - r_u.of_bias[1]) * n.of_bias)
    hidden = weights.hidden.unflatten(0, (3, -1)).mT

    def step(t: int, h_r: Tensor) -> State:
        u = torch.matmul(h_r, hidden)
        r, kept = r_u(t, u[:2]).unbind()
        new = n(t, r * (u[2] + b_h[2]) - q_b)
        return (torch.lerp(new, h_r, kept) - foreign[t],)

    return times.through(step, h_r)


def rnn(f: Activation) -> Layer:
    """A plain recurrence h ← f(W x + U h + b), as `lstm`."""

    def layer(
        weights: Weights, x: Parts, own: Tensor, before: Tensor, start: tuple[Parts, ...], times: Times
    ) -> tuple[Tensor, State]:
        ((h_r, _),) = start
        bias = weights.bias_inputs + weights.bias_hidden
        h = Split(f, functional.linear(x[0], weights.inputs), bias, _total(weights, x[1], before))
        foreign = (1 - own) * h.of_bias
        return times.through(lambda t, h_r: (h(t, functional.linear(h_r, weights.hidden)) - foreign[t],), h_r)

    return layer


def _total(weights: Weights, x: Tensor, before: Tensor) -> Tensor:
    """What the gates are functions of."""
    from_x = functional.linear(x, weights.inputs, weights.bias_inputs)
    return from_x + functional.linear(before, weights.hidden, weights.bias_hidden)


def _by_gate(values: Tensor, count: int) -> Tensor:
    """`(T, N, gates x H)` as `(T, gates, N, H)`."""
    return values.unflatten(-1, (count, -1)).transpose(1, 2)
