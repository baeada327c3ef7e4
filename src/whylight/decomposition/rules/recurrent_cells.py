"""One layer of an LSTM, GRU or plain RNN, its totals given: what of the states is relevant, step by step.

Gates are linearised with the bias apart (Murdoch, Liu, Yu 2018, in the form that sums exactly); what a step adds from
biases alone belongs to the relevant part as far as its input does. A gate that is held at its total is one that is all bias
(after Arras, Montavon, Müller, Samek 2017, who give gates no relevance). Everything that depends on totals is computed for all
steps at once, so that a step in Python is a few operations. Knows nothing of stacks, directions or packed sequences.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from whylight.decomposition.decomposed import CHOICES

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

    Called with the step and the relevant part of the argument, bias included.
    """

    def __init__(self, f: Activation, total: Tensor, bias: Tensor) -> None:
        self.f, self.value, self.of_bias = f, f(total), f(bias)
        self.both = (total + bias).unbind()
        self.middle = ((self.value + self.of_bias) / 2).unbind()

    def __call__(self, t: int, relevant: Tensor) -> Tensor:
        """L_r + L_b at step t."""
        return torch.add(self.middle[t], self.f(relevant) - self.f(self.both[t] - relevant), alpha=0.5)


def lstm(
    weights: Weights, x: Parts, own: Tensor, before: Tensor, start: tuple[Parts, ...], times: Times
) -> tuple[Tensor, State]:
    """Relevant outputs `(T, N, H)` and the relevant parts of the last states; totals may have one row for all N.

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
    size = c.shape[-1]
    w, u, b = _doubled(weights, size)
    z = functional.linear(x[1], w, b) + functional.linear(before, u)
    held = CHOICES.get().gates == "held"
    split = slice(2 * size if held else 0, 3 * size)
    gates, relevant, hidden = (
        Split(torch.sigmoid, z[..., split], b[split]),
        _relevant(x[0], w[split], b[split]),
        u[split].mT,
    )
    i, f = (z[..., : 2 * size].sigmoid() if held else gates.value[..., : 2 * size]).chunk(2, -1)
    g, g_b, i_b = gates.value[..., -size:], gates.of_bias[-size:], i if held else gates.of_bias[:size]
    fed, o = i * (2 * g - 1), z[..., 3 * size :].sigmoid().unbind()
    cells, _ = times.through(lambda t, c: (torch.addcmul(fed[t], f[t], c),), c)
    shown = Split(torch.tanh, cells, cells.new_zeros(()))
    foreign = ((1 - own) * (i_b * (1 - 2 * g_b))).unbind()
    totals = (i.unbind(), f.unbind()) if held else ()

    def step(t: int, h_r: Tensor, c_r: Tensor) -> State:
        found = gates(t, torch.addmm(relevant[t], h_r, hidden))
        i, f, g = (*(gate[t] for gate in totals), found) if held else found.chunk(3, -1)
        c_r = torch.addcmul(torch.addcmul(foreign[t], i, g, value=2) - i, f, c_r)
        h_r = o[t] * shown(t, c_r)
        return h_r if weights.projection is None else functional.linear(h_r, weights.projection), c_r

    return times.through(step, h_r, c_r)


def gru(
    weights: Weights, x: Parts, own: Tensor, before: Tensor, start: tuple[Parts, ...], times: Times
) -> tuple[Tensor, State]:
    """As `lstm`; the own derivation in docs/decomposition.md."""
    ((h_r, h),) = start
    gates, size = slice(2 * h.shape[-1]), h.shape[-1]
    n = slice(2 * size, None)
    b_x, b_h = weights.bias_inputs, weights.bias_hidden
    from_x = functional.linear(x[1], weights.inputs, b_x)
    from_h = functional.linear(before, weights.hidden, b_h)
    r_u, held = Split(torch.sigmoid, (from_x + from_h)[..., gates], (b_x + b_h)[gates]), CHOICES.get().gates == "held"
    r_b, u_b = (r_u.value if held else r_u.of_bias).chunk(2, -1)
    totals = r_u.value.unbind()
    bias = torch.cat([(b_x + b_h)[gates], b_x[n]])
    new = Split(torch.tanh, from_x[..., n] + r_u.value[..., :size] * from_h[..., n], b_x[n] + r_b * b_h[n])
    foreign = ((1 - own) * ((1 - u_b) * new.of_bias)).unbind()
    relevant, bias_h = _relevant(x[0], weights.inputs, bias), torch.cat([torch.zeros_like(b_h[gates]), b_h[n]])

    def step(t: int, h_r: Tensor) -> State:
        from_x, from_h = relevant[t], functional.linear(h_r, weights.hidden, bias_h)
        r, u = (totals[t] if held else r_u(t, (from_x + from_h)[:, gates])).chunk(2, -1)
        made = new(t, torch.addcmul(from_x[:, n], r, from_h[:, n]))
        return (torch.lerp(made, h_r, u) - foreign[t],)

    return times.through(step, h_r)


def rnn(f: Activation) -> Layer:
    """A plain recurrence h ← f(W x + U h + b), as `lstm`."""

    def layer(
        weights: Weights, x: Parts, own: Tensor, before: Tensor, start: tuple[Parts, ...], times: Times
    ) -> tuple[Tensor, State]:
        ((h_r, _),) = start
        w, u, b = weights.inputs, weights.hidden, weights.bias_inputs + weights.bias_hidden
        h = Split(f, functional.linear(x[1], w, b) + functional.linear(before, u), b)
        relevant, foreign = _relevant(x[0], w, b), ((1 - own) * h.of_bias).unbind()
        return times.through(lambda t, h_r: (h(t, torch.addmm(relevant[t], h_r, u.mT)) - foreign[t],), h_r)

    return layer


def _relevant(x: Tensor, weight: Tensor, bias: Tensor) -> tuple[Tensor, ...]:
    """What relevant inputs and the bias add to the arguments, by step."""
    return functional.linear(x, weight, bias).unbind()


def _doubled(weights: Weights, size: int) -> tuple[Tensor, Tensor, Tensor]:
    """An LSTM's weights with those of g doubled: tanh z = 2 σ(2 z) − 1, so that one function serves i, f and g."""
    w, u, b = weights.inputs, weights.hidden, weights.bias_inputs + weights.bias_hidden
    factors = torch.ones_like(b)
    factors[2 * size : 3 * size] = 2
    return w * factors[:, None], u * factors[:, None], b * factors
