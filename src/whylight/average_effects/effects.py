"""Average effects: local slopes of any predictor, averaged over data and over groups of rows (Hechtlinger 2016).

What a coefficient is to a linear model, the average slope of a feature is to any other. Knows nothing of widgets.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Unpack

import numpy as np
import torch
from torch import Tensor

from whylight.average_effects.averages import over_names, over_rows, subgroups
from whylight.errors import InvalidTypeError, InvalidValueError
from whylight.explainer.explainer import Explainer
from whylight.explainer.options import Options
from whylight.given_names import names_of
from whylight.problem.gradient_cache import GradientCache
from whylight.results.attribution import Attribution
from whylight.results.effects import ALL, Effects
from whylight.targets.offered import common
from whylight.tensors import as_rows, as_tuple
from whylight.traceback_frames import facing_users


@facing_users
def effects(model: Any, X: Any, *, groups: Any = None, **options: Unpack[Options]) -> Effects:
    """Average the local effects of every feature over the rows of X, and over groups of them.

    Parameters
    ----------
    model
        Anything `whylight.explain` takes: torch modules by their gradients, other predictors by finite differences.
    X
        Rows: a DataFrame, an array or tensor `(N, D)`, any batch of tensors `(N, ...)` (flattened to features); or a list of
        texts with `tokenizer=`, whose features are the words, lower-cased.
    groups
        "predicted" (the class predicted for each row), labels `(N,)` (the true classes, say), a mask `(N,)`, or a mapping of
        names to either.
    options
        As in `whylight.explain`. `method` is `"input_gradient"` by default, `"finite_differences"` for predictors without
        gradients; `"input_x_gradient"` gives effects times inputs. `target` is the same for all rows: by default the second of
        two classes, else the one predicted most often.

    Returns
    -------
    Effects
        For words, `mean` is of the signed product of the word's gradient with its embedding, and `magnitude` of the gradient's
        L2 norm.

    Examples
    --------
    >>> import torch, whylight as wl
    >>> X = torch.tensor([[1.0, 1.0], [2.0, -1.0], [3.0, 1.0], [4.0, -1.0]])
    >>> found = wl.effects(lambda x: x[:, 0] * x[:, 1], X, groups=X[:, 1].tolist(), feature_names=["a", "b"])
    >>> for name, mean in zip(found.groups, found.mean[:, 0].tolist()):
    ...     print(name, mean)
    all 0.0
    -1.0 -1.0
    1.0 1.0
    """
    if isinstance(X, (list, tuple)) and len(X) > 0 and all(isinstance(text, str) for text in X):
        return _of_words(model, list(X), groups, options)
    if isinstance(X, str):
        raise InvalidTypeError("effects averages over several texts: give a list of strings, or use attribute for one.")
    if isinstance(X, Tensor) and X.ndim == 2 and len(X) > 1:
        options = {"background": X, **options}
    explainer = Explainer(model, X, options)
    target = _shared_target([explainer])
    slope = "input_gradient" if explainer.prepared.differentiable else "finite_differences"
    answer = _answer(explainer, slope, target)
    local = np.concatenate([as_rows(m.detach().cpu().double()).numpy() for m in as_tuple(answer.attributions)], axis=1)
    masks = [(ALL, np.ones(len(local), dtype=bool)), *_groups(groups, [explainer])]
    columns = explainer.prepared.columns
    return Effects(
        names=_names(explainer, options.get("feature_names"), local.shape[1]),
        groups=tuple(name for name, _ in masks),
        **vars(over_rows(local, [mask for _, mask in masks], _seen(explainer, answer, local.shape))),
        scales=columns.scales if columns is not None and answer.provenance["per_unit"] else None,
        local=local,
        notes=answer.notes,
        **_origin(answer),
    )


def _seen(explainer: Explainer, answer: Attribution, shape: tuple[int, ...]) -> np.ndarray | None:
    """Which local effects are averaged `(N, D)`: those examined, and no missing number among slopes, whose worth is no slope."""
    seen = answer.examined
    kept = np.ones(shape, dtype=bool) if not isinstance(seen, Tensor) else as_rows(seen).cpu().numpy()
    given = as_rows(explainer.prepared.inputs[0].detach().double().cpu()).numpy()
    if answer.provenance["per_unit"] and given.shape == shape:
        kept = kept & ~np.isnan(given)
    return kept


def _answer(explainer: Explainer, method: str | None, target: Any) -> Attribution:
    """The finished answer; `method` unless the explainer was asked for another."""
    chosen = explainer.request.method if method is None or "method" in explainer.named else method
    return explainer.answer(replace(explainer.request, method=chosen, target=target))


def _shared_target(explainers: Sequence[Explainer]) -> Any:
    """The target as asked, or one class for all inputs."""
    spec = explainers[0].request.target
    if spec is not None:
        return spec
    outputs = torch.cat([explainer.outputs() for explainer in explainers])
    return common(outputs)


def _groups(spec: Any, explainers: Sequence[Explainer]) -> list[tuple[str, np.ndarray]]:
    """Named masks over all rows."""
    if spec is None:
        return []
    labels = explainers[0].labels
    if not (isinstance(spec, str) and spec == "predicted"):
        return subgroups(spec, sum(len(explainer.prepared.inputs[0]) for explainer in explainers), labels)
    outputs = torch.cat([explainer.outputs() for explainer in explainers])
    if outputs.ndim != 2 or outputs.shape[1] < 2:
        raise InvalidValueError(
            f"groups='predicted' needs one score per class; the model's output has shape {tuple(outputs.shape)}. Give labels or a "
            "mask instead."
        )
    names = labels or tuple(f"class {i}" for i in range(outputs.shape[1]))
    return subgroups(outputs.argmax(1).cpu().numpy(), len(outputs), names)


def _names(explainer: Explainer, given: Sequence[str] | None, count: int) -> tuple[str, ...]:
    columns = explainer.prepared.columns
    names = given if given is not None else columns.names if columns is not None else None
    if names is None:
        return tuple(f"feature {i}" for i in range(count))
    return names_of("feature_names", names, count, "feature")


def _origin(answer: Attribution) -> dict[str, Any]:
    return {
        "target": answer.target,
        "method": answer.method,
        "method_label": answer.method_label,
        "unit": answer.provenance["unit"],
    }


def _of_words(model: Any, texts: list[str], groups: Any, options: Options) -> Effects:
    """Average effects of the words of a corpus."""
    if "method" in options:
        raise InvalidTypeError(
            "For texts both measures are given, the gradient's norm and its product: leave method out."
        )
    explainers = [Explainer(model, text, options, store=GradientCache()) for text in texts]
    target = _shared_target(explainers)
    found = [(row, *word) for row, explainer in enumerate(explainers) for word in _words(explainer, target)]
    rows = np.array([row for row, *_ in found], dtype=int)
    words = sorted({word for _, word, _, _ in found})
    place = {word: i for i, word in enumerate(words)}
    named = [(ALL, np.ones(len(texts), dtype=bool)), *_groups(groups, explainers)]
    made = over_names(
        np.array([signed for *_, signed, _ in found]),
        np.array([size for *_, size in found]),
        np.array([place[word] for _, word, _, _ in found]),
        [mask[rows] for _, mask in named],
    )
    answer = _answer(explainers[0], "input_x_gradient", target)
    return Effects(tuple(words), tuple(name for name, _ in named), **vars(made), scales=None, **_origin(answer))


def _words(explainer: Explainer, target: Any) -> Iterator[tuple[str, float, float]]:
    """Every word of a text, lower-cased, with its signed effect and the norm of its gradient."""
    view = explainer.prepared.drawn()
    assert view.part_names is not None
    by_name = {m: np.asarray(_answer(explainer, m, target).numpy()) for m in ("input_x_gradient", "input_gradient")}
    per_word = view.numbers
    signed, size = per_word(by_name["input_x_gradient"]), np.sqrt(per_word(by_name["input_gradient"] ** 2))
    for i, word in enumerate(view.part_names):
        if i not in view.markers:
            yield word.lower(), float(signed[i]), float(size[i])
