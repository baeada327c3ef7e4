"""Attention: the probabilities come from the totals and are held constant; the values carry the parts."""

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from whylight.decomposition.decomposed import Decomposed, missing, rule
from whylight.decomposition.torch_functions import functions, paired, totals


@rule(*functions("scaled_dot_product_attention"))
def scaled_dot_product(
    op: Any, query: Any, key: Any, value: Any, attn_mask: Any = None, dropout_p: float = 0.0, *args: Any, **kwargs: Any
) -> Any:
    """β ← P β of the values, with P from the totals."""
    if dropout_p > 0:
        missing(op, "its dropout is active")
    attend = lambda v: op(totals(query), totals(key), v, totals(attn_mask), 0.0, *args, **kwargs)
    return paired(attend(value.total), attend(value.relevant)) if isinstance(value, Decomposed) else attend(value)


@rule(functional.multi_head_attention_forward)
def multi_head(
    op: Any, query: Any, key: Any, value: Any, embed_dim_to_check: int, num_heads: int, in_proj_weight: Any, in_proj_bias: Any, bias_k: Any,
    bias_v: Any, add_zero_attn: bool, dropout_p: float, out_proj_weight: Any, out_proj_bias: Any, *, training: bool = True,
    key_padding_mask: Any = None, need_weights: bool = True, attn_mask: Any = None, use_separate_proj_weight: bool = False,
    q_proj_weight: Any = None, k_proj_weight: Any = None, v_proj_weight: Any = None, static_k: Any = None,
    static_v: Any = None, average_attn_weights: bool = True, is_causal: bool = False,
) -> Any:  # fmt: skip
    """`nn.MultiheadAttention`: projections, attention, output projection; inputs `(L, N, E)` or `(L, E)`."""
    if (
        static_k is not None
        or static_v is not None
        or bias_k is not None
        or add_zero_attn
        or (training and dropout_p > 0)
    ):
        missing(op, "static keys, bias_k, add_zero_attn and active dropout are not covered")
    batched = query.ndim == 3
    inputs = [x if batched else x.unsqueeze(1) for x in (totals(query), totals(key), value)]
    weights = (q_proj_weight, k_proj_weight, v_proj_weight) if use_separate_proj_weight else in_proj_weight.chunk(3)
    biases = (None,) * 3 if in_proj_bias is None else in_proj_bias.chunk(3)
    q, k, v = (
        functional.linear(x, w, b).unflatten(-1, (num_heads, -1)).permute(1, 2, 0, 3)
        for x, w, b in zip(inputs, weights, biases, strict=True)
    )
    mask = _mask(attn_mask, key_padding_mask, q, k)
    joined = functional.scaled_dot_product_attention(q, k, v, mask)
    out = functional.linear(joined.permute(2, 0, 1, 3).flatten(-2), out_proj_weight, out_proj_bias)
    shown = _probabilities(q, k, mask, average_attn_weights) if need_weights else None
    if not batched:
        out, shown = out.squeeze(1), None if shown is None else shown.squeeze(0)
    return out, shown


def _mask(attn_mask: Any, padding: Any, q: Tensor, k: Tensor) -> Tensor | None:
    """One additive mask `(N, heads, L, S)` of both kinds; True forbids, as in `nn.MultiheadAttention`."""
    made: Tensor | None = None
    if attn_mask is not None:
        made = _additive(attn_mask, q)
        made = made.reshape(len(q), -1, *made.shape[1:]) if made.ndim == 3 else made
    if padding is not None:
        forbidden = _additive(padding, q).reshape(len(q), 1, 1, k.shape[2])
        made = forbidden if made is None else made + forbidden
    return made


def _additive(mask: Tensor, like: Tensor) -> Tensor:
    if mask.is_floating_point():
        return mask.to(like.dtype)
    return torch.zeros_like(mask, dtype=like.dtype).masked_fill(mask.bool(), -torch.inf)


def _probabilities(q: Tensor, k: Tensor, mask: Tensor | None, average: bool) -> Tensor:
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    found = (scores if mask is None else scores + mask).softmax(-1)
    return found.mean(1) if average else found
