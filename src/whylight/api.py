"""The public functions about one input or batch: live widget, numbers, the refinement behind both, the path, the Jacobian."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Unpack, overload

import torch
from torch import Tensor

from whylight.errors import InvalidTypeError
from whylight.explainer.explainer import Explainer
from whylight.explainer.options import Options
from whylight.explainer.several import inputs_of
from whylight.problem.gradient_cache import GradientCache
from whylight.progress import Progress, checked_progress, counted
from whylight.results.attribution import Attribution
from whylight.results.path_trace import PathTrace
from whylight.tensors import as_tuple
from whylight.traceback_frames import facing_users

if TYPE_CHECKING:
    from whylight.live.widget import Explanation


@facing_users
def explain(model: Any, x: Any, *, groups: Any = None, y: Any = None, **options: Unpack[Options]) -> "Explanation":
    """Show live, in the notebook, why a model gave its answer.

    Parameters
    ----------
    model
        A `torch.nn.Module`, a differentiable callable on tensors, or any predictor of rows: an estimator with
        `predict_proba`, `decision_function` or `predict`, an ONNX session, or a callable on arrays `(N, D) -> (N,)` or `(N, C)`.
        A module behind a callable (`lambda x: net(x).logits`) is found, run in eval mode and left as it was.
    x
        One input, several inputs of a model together, or a batch. Natural inputs: a PIL image, a uint8 array `(H, W, C)` or `(H, W)`, a string or a pair of strings (with `tokenizer=`),
        a float tensor `(1, ...)`, a float picture `(C, H, W)` together with `preprocess=`, or rows of a table: a pandas Series
        or DataFrame, a NumPy array `(D,)` or `(N, D)`. A dictionary of the model's inputs by name (what a Hugging Face tokenizer
        or processor returns): floating point tensors are explained, all others held; token ids alone are explained at the
        embedding. A tuple of tensors, or several in a dictionary, are drawn together, each in its own way, with its share. A
        batch `(N, ...)` of tensors, and a list of pictures or texts, opens as a strip of samples: each has the target and
        baseline it would have alone, until others are chosen.
    groups
        Of the rows of a table, to choose from beside the predicted classes (for `explain` only): labels `(N,)`, a mask `(N,)`,
        or a mapping of names to either, as in `whylight.effects`.
    y
        What is true of the samples of a batch or list, `(N,)`: class numbers or names. The strip says which are wrong.

    Other Parameters
    ----------------
    target
        Class index, label name, list with one per sample, index tuple, one-hot vector or boolean mask of the outputs (added up),
        `contrast(a, b)` or a callable `outputs -> (N,)`. Negative indices count from the end. Of dense outputs `targets.region(class,
        mask)`, `targets.box(i, class)`, `targets.at(step)` or `targets.token(i, label)`. Default: the top-1 class, fixed once at the
        unmodified input; for several rows of a table one class for all, the second of two or else the one predicted most often.
        Dense outputs have none in `attribute`; `explain` begins with the first that the prediction suggests (a labelled token, the
        largest region, the surest box, the first step) and lists all. For a single input, `attribute` takes a
        list of several targets and gives a row for each, all from the same forward passes.
    method
        Registry name (see `whylight.methods`) or an instance. Default: integrated gradients. For predictors without gradients
        finite differences, and Shapley values for one row with `background=`. So one row with a background always gets what
        its values contribute against the background, Σ = F(x) − mean F(background); slopes are "finite_differences" and
        "input_gradient".
    baseline
        Number, tensor, callable, name (pictures: "black", "white", "mean", "blur", "noise", "gaussian_noise",
        "max_distance", "zero"; signals: "zero", "mean", "blur", "noise", "gaussian_noise"; text: "zero", "mask", "pad" or "eos"
        without padding), another picture, or samples of data
        `(M, ...)` for one input; a list of these, or a dictionary that names them, is averaged, and `["noise"] * 10` draws
        ten times. Default: black; padding or else the end token; zero; for one row of a table "background", the rows of
        `background=` (up to 1,000 of them, for nets 300) averaged, else "mean", the mean row.
    n_steps
        Number of path points, instead of `tol`.
    tol
        Relative L2 error of the map to reach, 0.01 by default, instead of `n_steps`.
    rule
        "auto" (nested) or Captum's names "riemann_left", "riemann_right", "riemann_middle", "riemann_trapezoid",
        "gausslegendre".
    output
        "logit" (the model's output as it is), "probability" or "log_probability". Default: "logit", and "probability" for
        predictors that give probabilities; their "logit" is the log-odds.
    preprocess
        `preprocess(picture)` returns a float tensor CHW or 1CHW.
    labels
        Class names, in class order.
    tokenizer, embedding
        For text: a tokenizer that gives offsets, and the embedding layer (found by itself in Hugging Face models). Texts
        that are too long: `functools.partial(tokenizer, truncation=True)`. For rows of a pandas table and a torch model:
        `embedding={"city": "emb_city"}`, what embeds each column of categories; texts become codes in the order of the pandas
        categories, or of levels given beside the layer, `{"city": ("emb_city", levels)}` (docs/tables.md tells how the model is
        called).
    feature_names
        Names of the features of a row; the columns' own for pandas and for estimators fitted on a frame.
    background
        Typical rows of the table, as pandas or NumPy: what one row is compared with, and what tells the columns' kinds, standard
        deviations, and the levels that categories and missing values are switched to. Default: the rows of `x`, if there are
        several. What could not be examined is NaN in the numbers, False in `Attribution.examined`, and said in words.
    kind
        What a tensor is drawn as, where its shape does not tell: "picture" `(N, C, H, W)` of any number of channels or one plane
        `(N, H, W)`, "signal", "volume" `(N, C, D, H, W)` or `(N, D, H, W)`, "video" `(N, C, T, H, W)` of 1 or 3 channels, "table" or
        "features"; of several inputs a tuple, or a dictionary by name. With it one sample may be an array. A signal is `(N, T)`,
        `(N, C, T)` or `(N, T, C)`: the longer axis is time, unless only one fits the number of `channel_names` or `times`.
    channel_names
        Names of the channels of a signal or picture, one each; those called red, green and blue are shown so.
    sample_rate, times
        Where the samples of a signal stand: so many per second, or a number, date or duration for each, shape `(T,)`, increasing.
    spacing
        Distances of the voxels of a volume along depth, height and width, `(dz, dy, dx)`: planes and blocks keep their proportions.
    forward_kwargs
        Further inputs of the model; tensors with one row per sample are expanded along the path. One that all samples share is
        found out where it has as many rows by chance (the model is tried with the last sample alone); `lambda x: model(x, a)`
        says it for certain.
    internal_batch_size
        Most points in one pass; without it, the fastest of a few sizes is found on the way and remembered. Halved by
        itself when memory runs out.
    dtype
        torch.bfloat16 or torch.float16 run the model's passes in half precision under autocast, for GPUs: weights stay as
        they are, sums are kept wide, and F(x) has the few digits of that dtype. Small gradients vanish in float16.
    compile
        True runs the passes through `torch.compile`: up to 1.5 times as fast, after a compilation of up to a minute the first
        time. Needs a C++ compiler on a CPU, Triton on a GPU; not for text. The model stays as it is.
    device
        For callables without parameters; a module's inputs follow the module.

    Returns
    -------
    Explanation
        An `ipywidgets` widget; `.attribution` holds the newest numbers, `.wait()` the final ones. What can be clicked in it can
        be set from Python, observed and linked:

        | trait | what it holds |
        |---|---|
        | `method`, `n_steps`, `target`, `baseline` | what is computed, as above |
        | `against` | a target to subtract, or None: what speaks for the one rather than the other |
        | `sample` | which sample of a batch or list is shown, from 0 |
        | `compare` | settings to show side by side: methods, or dictionaries of `method`, `target`, `baseline` |
        | `view` | pictures, videos: "side", "overlay", "swipe"; volumes: "overlay", "side", "projection"; text: "words", "tokens"; rows: "raw", "standardized"; signals: "separate", "common" scales |
        | `colormap` | "RdBu", "PuOr", "viridis" or "gray" |
        | `detail` | how much of a picture's map is told at a time: "spotlight" (where it lies), "regions" (their sums) or "pixels" |
        | `sign` | the values that are painted: "all", "positive", "negative" or "absolute" |
        | `clip` | the percentile of the magnitudes that gets full colour, 50 to 100 |
        | `opacity` | of the heatmap over the picture, 0 to 1 |
        | `scale` | of colours: "shared" by all maps, each its "own", or the magnitude that gets full colour |
        | `pixel` | the pinned pixel of a picture, `[row, column]`; the place on show in a volume or video, `[plane, row, column]` or `[plane]`; or `[]` |
        | `channel` | of a picture of many channels, the one on show, by number or name; None for their sum |
        | `composite` | its channels shown as red, green and blue, by number or name, -1 for none; `[]` for the usual ones |
        | `selection` | the group in the panel: numbers or a mask of words, areas or windows, or words of the text; the row of a table |
        | `scorer` | how groups are scored: "cd", "occlusion", "build_up", or a method whose map is summed |
        | `units` | areas of a picture: side of square tiles in pixels, "slic", a label map `(H, W)`, or None for tiles; blocks of a volume alike; of a signal samples in a window |
        | `order` | of features: "magnitude", "signed", "name" or "given" |
        | `subgroup` | rows of a table to sum up: "" for all, or "name: label" |

    Examples
    --------
    >>> import whylight as wl
    >>> demo = wl.demo.digits()
    >>> widget = wl.explain(demo.model, demo.inputs[0], **demo.options)
    >>> widget.wait().target
    'zero'
    >>> widget.n_steps = 65
    >>> widget.wait().n_evaluations
    65
    """
    from whylight.live.widget import Explanation

    return Explanation.explain(model, x, options, groups, y)


@overload
def attribute(  # pyright: ignore[reportOverlappingOverload]
    model: Any, x: list[Any], *, progress: Progress = False, **options: Unpack[Options]
) -> list[Attribution]: ...
@overload
def attribute(model: Any, x: Any, *, progress: Progress = False, **options: Unpack[Options]) -> Attribution: ...
@facing_users
def attribute(
    model: Any, x: Any, *, progress: Progress = False, **options: Unpack[Options]
) -> Attribution | list[Attribution]:
    """Compute attributions; no Jupyter needed. Parameters as in `explain`; tensors may be batches `(N, ...)`.

    Parameters
    ----------
    x
        Also a list of texts, pairs of texts or pictures: each is explained as it would be alone, with its own target where
        `target` is a list.
    progress
        True shows a progress bar; a callable gets the number of gradients computed so far.

    Returns
    -------
    Attribution
        Attributions with their completeness gap and error estimate; of a list of inputs, a list.

    Examples
    --------
    >>> import torch, whylight as wl
    >>> wl.attribute(lambda x: (x * x).sum(1), torch.tensor([[1.0, 2.0]])).attributions.round(decimals=6)
    tensor([[1., 4.]], dtype=torch.float64)
    """
    checked_progress(progress)
    with counted(progress, "gradients") as tick:
        several = inputs_of(x, options)
        if several is None:
            return Explainer(model, x, options).answer(tick=tick)
        return [Explainer(model, one, own).answer(tick=tick) for one, own in several]


@facing_users
def refine(model: Any, x: Any, *, progress: Progress = False, **options: Unpack[Options]) -> Iterator[Attribution]:
    """Yield attributions from coarse to fine. Parameters as in `attribute`; close the iterator to stop the work.

    Examples
    --------
    >>> import torch, whylight as wl
    >>> [a.n_evaluations for a in wl.refine(lambda x: x.tanh().sum(1), torch.ones(1, 2), n_steps=17)]
    [9, 17]
    """
    checked_progress(progress)
    return _run(Explainer(model, x, options), progress)


@facing_users
def path(model: Any, x: Any, **options: Unpack[Options]) -> PathTrace:
    """Follow the path from the baseline to one input: F, its slope and the gradients on the way. Parameters as in `explain`.

    Runs integrated gradients and keeps its gradients; in a widget, `Explanation.path` reads those already there.

    Raises
    ------
    InvalidValueError
        The method is no integral over the straight path, or the input is a batch.

    Examples
    --------
    >>> import torch, whylight as wl
    >>> seen = wl.path(lambda x: (x * x).sum(1), torch.tensor([[1.0, 2.0]]), n_steps=5)
    >>> seen.alphas.tolist(), seen.slopes.tolist()
    ([0.0, 0.25, 0.5, 0.75, 1.0], [0.0, 2.5, 5.0, 7.5, 10.0])
    """
    explainer = Explainer(model, x, options, store=GradientCache())
    return explainer.path(explainer.answer())


def _run(explainer: Explainer, progress: Progress) -> Iterator[Attribution]:
    with counted(progress, "gradients") as tick:
        yield from explainer.refine(tick=tick)


@facing_users
def jacobian(model: Any, x: Any, **options: Unpack[Options]) -> Tensor:
    """The local gradients of all C outputs, `(N, C, *input)`; parameters as in `whylight.attribute`, less `target`.

    Predictors without gradients are asked once for all classes.

    Examples
    --------
    >>> import torch, whylight as wl
    >>> wl.jacobian(lambda x: torch.stack([x.sum(1), (x * x).sum(1)], 1), torch.tensor([[1.0, 2.0]]))
    tensor([[[1., 1.],
             [2., 4.]]], dtype=torch.float64)
    """
    if "target" in options:
        raise InvalidTypeError("jacobian explains every output; leave target out, or use attribute for one of them.")
    explainer = Explainer(model, x, options)
    outputs = explainer.outputs()
    classes: list[Any] = list(range(outputs.shape[1])) if outputs.ndim == 2 else [None]
    slope = "input_gradient" if explainer.prepared.differentiable else "finite_differences"
    method = explainer.request.method if "method" in options else slope
    answers = explainer.together(replace(explainer.request, method=method), classes)
    if any(isinstance(answer.attributions, tuple) for answer in answers):
        raise InvalidTypeError("jacobian takes one input; this model takes several.")
    return torch.stack([as_tuple(answer.attributions)[0] for answer in answers], dim=1)
