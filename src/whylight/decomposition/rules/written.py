"""What is written at places of a tensor: assignments, fills, sums and extremes where indices say.

An ordinary tensor that is written into becomes decomposed; what it held, and constants, are irrelevant. Knows nothing of layers.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from whylight.decomposition.decomposed import missing, rule
from whylight.decomposition.fresh_tensors import split_in_place
from whylight.decomposition.torch_functions import credited, named_functions, paired, placed, relevants, totals

EXTREMES = ("amax", "amin")


def _of_value(value: Any) -> Any:
    """The relevant part of what is written: nothing of a constant."""
    return credited(value) if isinstance(value, Tensor) else 0.0 * value


@rule(Tensor.__setitem__, Tensor.copy_)
def assigned(op: Any, target: Any, *args: Any, non_blocking: bool = False, **named: Any) -> Any:
    """Both parts written; an ordinary tensor or number is irrelevant. `non_blocking` only says how fast."""
    *place, value = args[:2] if op is Tensor.__setitem__ else (*args, *named.values())[:1]
    split_in_place(op, target)
    op(target.total, *totals(place), totals(value))
    op(target.relevant, *totals(place), _of_value(value))
    return target


@rule(getattr(Tensor._backward_hooks, "__set__"))  # noqa: B009, SLF001  autograd's own, after a write into a view
def noted_hooks(op: Any, target: Any, hooks: Any) -> None:
    """Not a matter of the parts."""
    with torch._C.DisableTorchFunctionSubclass():  # noqa: SLF001
        op(target, hooks)


@rule(Tensor.fill_, Tensor.zero_)
def filled(op: Any, target: Any, value: Any = 0.0) -> Any:
    """A constant is irrelevant."""
    split_in_place(op, target)
    target.total.fill_(totals(value))
    target.relevant.fill_(_of_value(value))
    return target


@named_functions("masked_fill", "index_fill")
def filled_at(op: Any, target: Any, *args: Any, **kwargs: Any) -> Any:
    """What is filled in is irrelevant, but for the relevant part of an activation."""
    places, value = (args, kwargs.pop("value")) if "value" in kwargs else (args[:-1], args[-1])
    write = lambda into, what: op(into, *totals(places), value=what, **totals(kwargs))
    return paired(write(totals(target), totals(value)), write(credited(target), _of_value(value)))


@named_functions(
    "index_add", "index_copy", "scatter_add", "masked_scatter", "index_put", "put", "select_scatter", "slice_scatter",
    "diagonal_scatter", "as_strided_scatter",
)  # fmt: skip
def written_at(op: Any, *args: Any, **kwargs: Any) -> Any:
    """Both parts written or summed where they belong, as messages at the nodes of a graph; ordinary tensors are irrelevant."""
    return paired(op(*totals(args), **totals(kwargs)), op(*placed(args), **placed(kwargs)))


@named_functions("scatter")
def scattered(
    op: Any, target: Any, dim: int, index: Tensor, src: Any = None, *, value: Any = None, reduce: Any = None
) -> Any:
    """As `written_at`; with `reduce` as `reduced_at`."""
    src = value if src is None else src
    if reduce is not None:
        numbers = (
            src if isinstance(src, Tensor) else torch.full(index.shape, src, dtype=target.dtype, device=index.device)
        )
        names = {"add": "sum", "multiply": "prod"}
        return reduced_at(torch.scatter_reduce, target, dim, index, numbers, names[reduce])
    index = totals(index)
    return paired(op(totals(target), dim, index, totals(src)), op(credited(target), dim, index, _of_value(src)))


@named_functions("scatter_reduce", "index_reduce")
def reduced_at(
    op: Any, target: Any, dim: int, index: Tensor, src: Any = None, reduce: str = "", *, source: Any = None,
    include_self: bool = True,
) -> Any:  # fmt: skip
    """Sums and means of each part; extremes are taken where the total has them, shared out where several are equal.

    Of products relevant times relevant is relevant, and a constant factor scales.
    """
    index, src = totals(index), source if src is None else src
    if op.__name__ == "index_reduce":
        shape = [1] * src.ndim
        shape[dim] = -1
        index = index.view(shape).expand_as(totals(src))
    combine = lambda into, values: torch.scatter_reduce(into, dim, index, values, reduce, include_self=include_self)
    total = combine(totals(target), totals(src))
    if reduce in EXTREMES:
        return paired(total, _chosen(total, target, dim, index, src, include_self))
    if reduce == "prod":
        met = torch.zeros_like(total, dtype=torch.bool).scatter(dim, index, True)
        return paired(total, torch.where(met, combine(relevants(target), relevants(src)), credited(target)))
    if reduce not in ("sum", "mean"):
        missing(op, f"its reduce is {reduce!r}")
    return paired(total, combine(credited(target), credited(src)))


def _chosen(total: Tensor, target: Any, dim: int, index: Tensor, src: Any, include_self: bool) -> Tensor:
    """The relevant part of what became the extreme of its place: the mean of those that are equal."""
    values, own = totals(src)[tuple(map(slice, index.shape))], totals(target)
    won = (values == total.gather(dim, index)).to(total.dtype)
    count = torch.zeros_like(total).scatter_add(dim, index, won)
    parts = torch.zeros_like(total).scatter_add(dim, index, won * credited(src)[tuple(map(slice, index.shape))])
    met = torch.zeros_like(total).scatter_add(dim, index, torch.ones_like(won)) > 0
    stays = own == total if include_self else ~met
    return torch.where(stays, parts + credited(target), parts) / (count + stays).clamp_min(1)


@named_functions("pad")
def padded(op: Any, x: Any, pad: Any, mode: str = "constant", value: Any = None) -> Any:
    """Both parts padded; a constant other than zero is irrelevant."""
    fill = value if mode == "constant" else None
    return paired(
        functional.pad(x.total, pad, mode, value), functional.pad(x.relevant, pad, mode, None if fill is None else 0.0)
    )
