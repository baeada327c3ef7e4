"""LSTM, GRU and plain RNN, stacked, bidirectional, packed, and their cells.

Gates are linearised with the bias apart (Murdoch, Liu, Yu 2018, in the form that sums exactly); what a step adds from
biases alone belongs to the relevant part as far as its input does. Written with relevant parts and totals: the totals are
the ordinary network. Knows nothing of other layers.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from whylight.decomposition.decomposed import Decomposed, missing, rule, share
from whylight.decomposition.table import functions, paired, totals

Parts = tuple[Tensor, Tensor]  # relevant, total
Activation = Callable[[Tensor], Tensor]


class Weights(NamedTuple):
    """Of one layer in one direction; biases are zero where there are none, `projection` is an LSTM's `weight_hr`."""

    inputs: Tensor
    hidden: Tensor
    bias_inputs: Tensor
    bias_hidden: Tensor
    projection: Tensor | None = None


Step = Callable[[Weights, Parts, Tensor, tuple[Parts, ...]], tuple[Parts, ...]]


def split(f: Activation, relevant: Tensor, bias: Tensor, total: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """L_r, L_b and f(total) of the three-way split, with total = relevant + irrelevant + bias."""
    alone, of_bias, whole, without = f(torch.stack([relevant + bias, bias.expand_as(total), total, total - relevant]))
    return ((alone - of_bias) + (whole - without)) / 2, of_bias, whole


def gated(gate: tuple[Tensor, ...], content: tuple[Tensor, ...], own: Tensor) -> Tensor:
    """Relevant part of a product of two splits; bias times bias is relevant as far as the step's input is."""
    return gate[0] * (content[0] + content[1]) + gate[1] * (content[0] + own * content[1])


def lstm_step(weights: Weights, x: Parts, own: Tensor, state: tuple[Parts, ...]) -> tuple[Parts, ...]:
    """One step; `x` are the gates' inputs `(N, 4H)` without recurrence, `own` `(N, 1)` the relevant share of the step."""
    (h_r, h), (c_r, c) = state
    from_r, from_all = functional.linear(torch.stack([h_r, h]), weights.hidden)
    a, z = x[0] + from_r, x[1] + from_all
    b = weights.bias_inputs + weights.bias_hidden
    size = c.shape[-1]
    first, third = slice(2 * size), slice(2 * size, 3 * size)
    i, f = zip(*(t.chunk(2, -1) for t in split(torch.sigmoid, a[..., first], b[first], z[..., first])), strict=True)
    g = split(torch.tanh, a[..., third], b[third], z[..., third])
    new_r = gated(i, g, own) + (f[0] + f[1]) * c_r
    new = i[2] * g[2] + f[2] * c
    o, shown = z[..., 3 * size :].sigmoid(), torch.tanh(new)
    out_r, out = o * (torch.tanh(new_r) + shown - torch.tanh(new - new_r)) / 2, o * shown
    if weights.projection is not None:
        out_r, out = functional.linear(torch.stack([out_r, out]), weights.projection)
    return (out_r, out), (new_r, new)


def gru_step(weights: Weights, x: Parts, own: Tensor, state: tuple[Parts, ...]) -> tuple[Parts, ...]:
    """One step, as `lstm_step`; the own derivation in docs/decomposition.md."""
    ((h_r, h),) = state
    size = h.shape[-1]
    from_r, from_all = functional.linear(torch.stack([h_r, h]), weights.hidden)
    b_x, b_h = weights.bias_inputs, weights.bias_hidden
    b = (b_x + b_h)[: 2 * size]
    a, z = x[0][..., : 2 * size] + from_r[..., : 2 * size], x[1][..., : 2 * size] + from_all[..., : 2 * size]
    z = z + b_h[: 2 * size]
    r, u = zip(*(t.chunk(2, -1) for t in split(torch.sigmoid, a, b, z)), strict=True)
    p_b, p_r = b_h[2 * size :], from_r[..., 2 * size :]
    q_b, q = r[1] * p_b, r[2] * (from_all[..., 2 * size :] + p_b)
    a = x[0][..., 2 * size :] + r[0] * (p_r + p_b) + r[1] * p_r
    n = split(torch.tanh, a, b_x[2 * size :] + q_b, x[1][..., 2 * size :] + q)
    new_r = gated((-u[0], 1 - u[1]), n, own) + (u[0] + u[1]) * h_r
    return ((new_r, (1 - u[2]) * n[2] + u[2] * h),)


def rnn_step(f: Activation) -> Step:
    """A plain recurrence h ← f(W x + U h + b)."""

    def step(weights: Weights, x: Parts, own: Tensor, state: tuple[Parts, ...]) -> tuple[Parts, ...]:
        ((h_r, h),) = state
        from_r, from_all = functional.linear(torch.stack([h_r, h]), weights.hidden)
        a, b = x[0] + from_r, weights.bias_inputs + weights.bias_hidden
        z = x[1] + from_all + weights.bias_hidden
        made = split(f, a, b, z)
        return ((made[0] + own * made[1], made[2]),)

    return step


def _inputs(step: Step, weights: Weights, x: Parts) -> tuple[Parts, Tensor]:
    """What the inputs `(..., E)` add to the gates (bias included in the total), and their relevant shares `(..., 1)`."""
    gates = functional.linear(torch.stack(x), weights.inputs)
    bias = weights.bias_inputs + weights.bias_hidden if step is lstm_step else weights.bias_inputs
    sizes = (x[0].abs().sum(-1, keepdim=True), (x[1] - x[0]).abs().sum(-1, keepdim=True))
    return (gates[0], gates[1] + bias), share(*sizes)


def _sequence(
    step: Step, weights: Weights, x: Parts, state: tuple[Parts, ...], alive: Tensor | None, reverse: bool
) -> tuple[Parts, tuple[Parts, ...]]:
    """Outputs `(T, N, H)` and the last state; `alive` `(T, N, 1)` says which steps belong to a sequence."""
    (gates_r, gates), own = _inputs(step, weights, x)
    times = range(len(gates))
    out: list[Parts] = []
    for t in reversed(times) if reverse else times:
        new = step(weights, (gates_r[t], gates[t]), own[t], state)
        if alive is not None:
            new = tuple(
                (torch.where(alive[t], n, o), torch.where(alive[t], m, p))
                for (n, m), (o, p) in zip(new, state, strict=True)
            )
        state = new
        out.append(state[0])
    ordered = out[::-1] if reverse else out
    return (torch.stack([r for r, _ in ordered]), torch.stack([t for _, t in ordered])), state


def _layers(
    step: Step, x: Parts, start: Sequence[Parts], weights: Sequence[Weights], directions: int, alive: Tensor | None
) -> tuple[Parts, list[tuple[Parts, ...]]]:
    """All layers; `start` are the initial states, relevant and total, `(layers * directions, N, ...)` each."""
    states: list[tuple[Parts, ...]] = []
    for layer in range(len(weights) // directions):
        outs: list[Parts] = []
        for direction in range(directions):
            k = layer * directions + direction
            own = tuple((r[k], t[k]) for r, t in start)
            out, last = _sequence(step, weights[k], x, own, alive, direction == 1)
            outs.append(out)
            states.append(last)
        x = outs[0] if directions == 1 else (torch.cat([o[0] for o in outs], -1), torch.cat([o[1] for o in outs], -1))
    return x, states


def _split(value: Any) -> Parts:
    """Relevant part and total; of a constant nothing is relevant."""
    return (value.relevant, value.total) if isinstance(value, Decomposed) else (torch.zeros_like(value), value)


def _grouped(flat: Sequence[Tensor], bias: bool, layers: int) -> list[Weights]:
    """PyTorch's flat weights, by layer and direction."""
    size = len(flat) // layers
    return [_weights(flat[k : k + size], bias) for k in range(0, len(flat), size)]


def _weights(own: Sequence[Any], bias: bool) -> Weights:
    w, u, *rest = own
    b, c = rest[:2] if bias else (w.new_zeros(len(w)),) * 2
    return Weights(w, u, b, c, *rest[2 if bias else 0 :])


STEPS: dict[str, Step] = {
    "lstm": lstm_step,
    "gru": gru_step,
    "rnn_tanh": rnn_step(torch.tanh),
    "rnn_relu": rnn_step(torch.relu),
}


@rule(*functions(*STEPS))
def recurrent(op: Any, x: Any, *args: Any) -> Any:
    """`nn.LSTM`, `nn.GRU`, `nn.RNN`: padded `(x, h0, weights, ..., batch_first)` or packed `(x, batch_sizes, h0, ...)`."""
    packed = len(args) == 8 and isinstance(args[0], Tensor) and args[0].dtype == torch.long
    sizes, batch_first = (args[0], False) if packed else (None, args[-1])
    start, flat, bias, layers, dropout, training, bidirectional = args[1:8] if packed else args[:7]
    if training and dropout > 0:
        missing(op, "its dropout is active")
    directions = 2 if bidirectional else 1
    parts, alive = _split(x), None
    if sizes is not None:
        padded = [torch._VF._pad_packed_sequence(p, sizes, False, 0.0, len(sizes)) for p in parts]  # noqa: SLF001
        parts, lengths = (padded[0][0], padded[1][0]), padded[0][1].to(parts[0].device)
        alive = (torch.arange(len(sizes), device=lengths.device)[:, None] < lengths)[..., None]
    elif batch_first:
        parts = (parts[0].transpose(0, 1), parts[1].transpose(0, 1))
    begin = [_split(s) for s in (start if isinstance(start, (tuple, list)) else (start,))]
    grouped = _grouped(totals(list(flat)), bias, layers * directions)
    (out_r, out), states = _layers(STEPS[op.__name__], parts, begin, grouped, directions, alive)
    if sizes is not None and alive is not None:
        out_r, out = (t[alive.expand_as(t)].reshape(-1, t.shape[-1]) for t in (out_r, out))
    elif batch_first:
        out_r, out = out_r.transpose(0, 1), out.transpose(0, 1)
    ends = [
        paired(torch.stack([s[k][1] for s in states]), torch.stack([s[k][0] for s in states]))
        for k in range(len(states[0]))
    ]
    return (paired(out, out_r), *ends)


@rule(*functions("lstm_cell", "gru_cell", "rnn_tanh_cell", "rnn_relu_cell"))
def cell(op: Any, x: Any, state: Any, *weights: Any) -> Any:
    """One step of a cell."""
    step = STEPS[op.__name__.removesuffix("_cell")]
    own = _weights([w for w in weights if w is not None], len(weights) > 2 and weights[2] is not None)
    begin = tuple(_split(s) for s in (state if isinstance(state, (tuple, list)) else (state,)))
    gates, relevant = _inputs(step, own, _split(x))
    made = [paired(total, part) for part, total in step(own, gates, relevant, begin)]
    return tuple(made) if len(made) > 1 else made[0]
