"""Operations that move, join, sum or ask: shapes, views, indexing, padding, dropout, comparisons.

Each part goes its own way through them. Constants that stand beside the parts or replace them are irrelevant.
"""

from typing import Any

import torch
from torch import Tensor

from whylight.decomposition.decomposed import Decomposed, missing, rule
from whylight.decomposition.torch_functions import (
    attributes,
    each,
    functions,
    joined,
    on_totals,
    paired,
    totals,
    words,
)

MOVING = words("""reshape view view_as reshape_as flatten ravel unflatten permute transpose t swapaxes swapdims movedim moveaxis
squeeze unsqueeze expand expand_as broadcast_to repeat repeat_interleave tile contiguous clone to float double half bfloat16 type
type_as cpu cuda detach alias chunk split split_with_sizes tensor_split unsafe_chunk unsafe_split hsplit vsplit unbind narrow
select index_select gather take_along_dim getitem flip fliplr flipud roll rot90 diagonal tril triu masked_select sum mean
cumsum diff trace pixel_shuffle pixel_unshuffle channel_shuffle unfold fold im2col col2im avg_pool1d avg_pool2d avg_pool3d
adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d interpolate upsample upsample_nearest upsample_bilinear
grid_sample max_unpool1d max_unpool2d max_unpool3d atleast_1d atleast_2d atleast_3d _pad_packed_sequence
_pack_padded_sequence neg negative positive resolve_conj resolve_neg requires_grad_ retain_grad diag diag_embed diagflat dsplit
sum_to_size take nanmean nansum trapezoid trapz cumulative_trapezoid deg2rad rad2deg native_channel_shuffle
affine_grid narrow_copy as_strided unsafe_split_with_sizes""")
JOINING = words("cat concat concatenate stack hstack vstack dstack column_stack row_stack block_diag complex")
SPREAD = words("broadcast_tensors meshgrid")
DROPOUTS = words("dropout dropout1d dropout2d dropout3d alpha_dropout feature_dropout feature_alpha_dropout")
ASKING = words("""size dim numel nelement stride is_contiguous is_floating_point is_complex is_nonzero is_signed is_same_size
is_inference is_conj is_neg is_pinned data_ptr element_size get_device storage_offset item tolist argmax argmin argsort eq ne lt
le gt ge greater greater_equal less less_equal not_equal isnan isinf isfinite any all nonzero count_nonzero equal allclose
sign sgn signbit floor ceil trunc fix round heaviside isreal isposinf isneginf bool long int short byte char ones_like full_like empty_like rand_like randn_like new_ones new_full new_empty new_tensor
result_type can_cast bernoulli multinomial logical_not logical_and logical_or isclose searchsorted bucketize __len__ __bool__
__float__ __int__ __index__ __hash__ __contains__ dim_order has_names is_distributed""")
FACTS = words("""shape dtype device layout ndim requires_grad is_cuda is_cpu is_leaf is_sparse is_nested is_quantized is_meta is_mps
is_xpu is_mkldnn is_ipu is_xla is_maia is_mtia is_vulkan is_sparse_csr grad_fn grad names itemsize nbytes _version _backward_hooks
_base output_nr name volatile retains_grad""")

rule(*attributes("T", "mT", "H", "mH", "data", "real"))(each)
rule(*functions(*ASKING, *(f"__{name}__" for name in ASKING)))(on_totals)
rule(*attributes(*(name for name in FACTS if hasattr(Tensor, name))))(on_totals)


@rule(*functions(*MOVING, "__getitem__", "__neg__", "__pos__"), torch.linalg.diagonal)
def moved(op: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
    """Each part; what only takes its shape or type from an activation (`.expand_as`, `.to`) stays a constant."""
    args, kwargs = totals(args), totals(kwargs)
    if not isinstance(x, Decomposed):
        return op(x, *args, **kwargs)
    return paired(op(x.total, *args, **kwargs), op(x.relevant, *args, **kwargs))


rule(*functions(*JOINING, *SPREAD))(joined)


@rule(*functions(*DROPOUTS))
def dropout(op: Any, x: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """The identity; active dropout has no decomposition."""
    if training and p > 0:
        missing(op, "it is active although the model is in eval mode (training=True is written into its code)")
    return x


@rule(torch.where, Tensor.where)
def where(op: Any, *args: Any, **kwargs: Any) -> Any:
    """Each place from its source; constants are irrelevant. A method's condition comes second."""
    order = ("condition", "input", "other") if op is torch.where else ("input", "condition", "other")
    given = dict(zip((name for name in order if name not in kwargs), args, strict=False), **kwargs)
    if len(given) < 3:
        return op(totals(given["condition"]))
    condition, a, b = given["condition"], given["input"], given["other"]
    condition = totals(condition)
    total = torch.where(condition, totals(a), totals(b))
    yes, no = (v.relevant if isinstance(v, Decomposed) else total.new_zeros(()) for v in (a, b))
    return paired(total, torch.where(condition, yes, no).expand_as(total))


@rule(torch.zeros_like, Tensor.new_zeros)
def zeros(op: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
    """Zeros to be written into: both parts are zero."""
    made = op(totals(x), *args, **kwargs)
    return paired(made, torch.zeros_like(made))


@rule(*functions("_nested_tensor_from_mask_left_aligned"))  # nn.TransformerEncoder asks whether to leave padding out
def unaligned(op: Any, *args: Any) -> bool:
    """It is kept."""
    return False


@rule(Tensor.__iter__)
def iterated(op: Any, x: Any) -> Any:
    """Row by row."""
    return iter(each(torch.unbind, x, 0))
