"""LSTM, GRU and plain RNN, stacked, bidirectional, packed, and their cells.

PyTorch's own kernel computes the totals of a layer, one call for all steps; what of them is relevant is in
whylight.decomposition.rules.recurrent_cells. Knows nothing of other layers.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from whylight.decomposition.decomposed import Decomposed, missing, rule, share
from whylight.decomposition.rules.recurrent_cells import Layer, Parts, Times, Weights, gru, lstm, rnn
from whylight.decomposition.torch_functions import functions, paired, totals

LAYERS: dict[str, Layer] = {"lstm": lstm, "gru": gru, "rnn_tanh": rnn(torch.tanh), "rnn_relu": rnn(torch.relu)}


def _split(value: Any) -> Parts:
    """Relevant part and total; of a constant nothing is relevant."""
    return (value.relevant, value.total) if isinstance(value, Decomposed) else (torch.zeros_like(value), value)


def _weights(own: Sequence[Any], bias: bool) -> Weights:
    w, u, *rest = own
    b, c = rest[:2] if bias else (w.new_zeros(len(w)),) * 2
    return Weights(w, u, b, c, *rest[2 if bias else 0 :])


def _own(x: Parts) -> Tensor:
    """How far inputs `(..., E)` are relevant, `(..., 1)`."""
    relevant, rest = (t.abs().sum(-1, keepdim=True) for t in (x[0], x[1] - x[0]))
    return share(relevant + rest, relevant)


def _alike(total: Tensor) -> bool:
    """Whether all rows of `(T, N, E)` are the same, as those of one input under several masks: one tells it all then.

    Not asked where something is differentiated: each row would get the gradient of all.
    """
    return not torch.is_grad_enabled() and bool((total == total[:, :1]).all())


class _Packing:
    """Sequences `(T, N, E)` as they come, or packed: `(sum of lengths, E)` and how many reach each step."""

    def __init__(self, sizes: Tensor | None, device: torch.device) -> None:
        self.sizes, self.alive = sizes, None
        if sizes is not None:
            reached = torch.arange(int(sizes[0]), device=device)
            self.alive = (reached < sizes.to(device)[:, None])[..., None]

    def padded(self, data: Tensor) -> Tensor:
        if self.sizes is None:
            return data
        return torch._VF._pad_packed_sequence(data, self.sizes, False, 0.0, len(self.sizes))[0]  # noqa: SLF001

    def packed(self, steps: Tensor) -> Tensor:
        return steps if self.alive is None else steps[self.alive.squeeze(-1)]

    def before(self, out: Tensor, start: Tensor, backward: bool) -> Tensor:
        """The state each step begins with, from the states that steps end with."""
        earlier = torch.cat([out[1:], start[None]] if backward else [start[None], out[:-1]])
        if self.alive is None or not backward:
            return earlier
        inside = torch.cat([self.alive[1:], torch.zeros_like(self.alive[:1])])
        return torch.where(inside, earlier, start)

    def times(self, count: int, backward: bool) -> Times:
        return Times(range(count)[::-1] if backward else range(count), self.alive)


def _layer(
    op: Any, x: Parts, start: list[Parts], flat: Sequence[Tensor], bias: bool, directions: int, packing: _Packing
) -> tuple[Parts, list[Parts]]:
    """One layer in both directions: outputs as x is given, and the last states `(directions, N, H)`."""
    begin = [total for _, total in start]
    args = (begin if len(begin) > 1 else begin[0], list(flat), bias, 1, 0.0, False, directions == 2)
    out, *ends = op(x[1], *args, False) if packing.sizes is None else op(x[1], packing.sizes, *args)
    steps, states = (packing.padded(x[0]), packing.padded(x[1])), packing.padded(out).chunk(directions, -1)
    own, size, outs, last = _own(steps), len(flat) // directions, [], []
    for k, state in enumerate(states):
        begun = tuple((r[k], t[k]) for r, t in start)
        before = packing.before(state, begun[0][1], k == 1)
        weights = _weights(flat[k * size : (k + 1) * size], bias)
        found, ended = LAYERS[op.__name__](weights, steps, own, before, begun, packing.times(len(state), k == 1))
        outs.append(found)
        last.append(ended)
    relevant = outs[0] if directions == 1 else torch.cat(outs, -1)
    return (packing.packed(relevant), out), [
        (torch.stack(r), t) for r, t in zip(zip(*last, strict=True), ends, strict=True)
    ]


@rule(*functions(*LAYERS))
def recurrent(op: Any, x: Any, *args: Any) -> Any:
    """`nn.LSTM`, `nn.GRU`, `nn.RNN`: padded `(x, h0, weights, ..., batch_first)` or packed `(x, batch_sizes, h0, ...)`."""
    packed = len(args) == 8 and isinstance(args[0], Tensor) and args[0].dtype == torch.long
    start, flat, bias, layers, dropout, training, bidirectional = args[1:8] if packed else args[:7]
    batch_first = not packed and args[-1]
    if training and dropout > 0:
        missing(op, "its dropout is active")
    directions = 2 if bidirectional else 1
    packing = _Packing(args[0] if packed else None, x.device)
    parts, flat = _split(x), totals(list(flat))
    parts = (parts[0].transpose(0, 1), parts[1].transpose(0, 1)) if batch_first else parts
    begin = [_split(s) for s in (start if isinstance(start, (tuple, list)) else (start,))]
    rows = parts[1].shape[1] if packing.sizes is None else 1
    if rows > 1 and all(_alike(total) for _, total in (parts, *begin)):
        parts, begin = (parts[0], parts[1][:, :1]), [(r, t[:, :1]) for r, t in begin]
    size, ends = len(flat) // layers, []
    for k in range(layers):
        at = slice(k * directions, (k + 1) * directions)
        own = [(r[at], t[at]) for r, t in begin]
        parts, last = _layer(op, parts, own, flat[k * size : (k + 1) * size], bias, directions, packing)
        ends.append(last)
    states = [tuple(map(torch.cat, zip(*state, strict=True))) for state in zip(*ends, strict=True)]
    (out_r, out), *states = ((r, t.expand_as(r).contiguous()) for r, t in (parts, *states))
    if batch_first:
        out_r, out = out_r.transpose(0, 1), out.transpose(0, 1)
    return (paired(out, out_r), *(paired(total, relevant) for relevant, total in states))


@rule(*functions(*(f"{name}_cell" for name in LAYERS)))
def cell(op: Any, x: Any, state: Any, *weights: Any) -> Any:
    """One step of a cell."""
    own = _weights([totals(w) for w in weights if w is not None], len(weights) > 2 and weights[2] is not None)
    begin = (_split(state),) if isinstance(state, Tensor) else tuple(map(_split, state))
    made = op(totals(x), totals(state), *totals(weights))
    steps = (_split(x)[0][None], _split(x)[1][None])
    layer = LAYERS[op.__name__.removesuffix("_cell")]
    _, relevant = layer(own, steps, _own(steps), begin[0][1][None], begin, Times(range(1)))
    found = list(map(paired, made if isinstance(made, tuple) else (made,), relevant))
    return tuple(found) if len(found) > 1 else found[0]


__all__ = ["cell", "recurrent"]
