"""The answer: attributions with everything needed to judge them.

Immutable numbers. How they are drawn, saved or shown live is asked at the doors of `results.drawing`, and only when a person calls
for it. Knows nothing of how the numbers were obtained.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from whylight.numbers import number, percent, plural
from whylight.records import record
from whylight.results import drawing
from whylight.results.level_changes import LevelChanges
from whylight.results.reading import Whole, doubts, reading
from whylight.results.result import Result
from whylight.results.spotlight import light_on
from whylight.tensors import Maps, Tensors, as_tuple, doubles, like, norm, relative_error, sum_features
from whylight.views.spotlight import Spotlight

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from whylight.problem.baseline_spec import Baseline
    from whylight.views.view import View


CANCEL = 4  # a map so many times as large as what its parts add up to: they all but cancel
COVER = 2.2  # an error estimate is this many standard deviations: it holds for at least 95 % of the values


@record
@dataclass(frozen=True, eq=False)
class Attribution(Result):
    """How much each input feature contributed to the score of N samples.

    Positive values speak for the target, negative ones against it; the unit is that of the explained output
    (for a plain gradient: output per unit of input).

    Attributes
    ----------
    attributions
        `(N, *input)` (a tuple where the model takes several inputs); for text `(N, tokens)`.
    convergence_delta
        `(N,)`, Σᵢ aᵢ − (F(x) − F(x′)): zero when the parts add up (Captum's sign).
        None for a method that does not promise it.
    error_estimate
        Shaped like `attributions`: a bound that the absolute error of 95 % of the values keeps, as estimated
        (`COVER` standard deviations); 0 where the method is exact, NaN where nothing is known.
    score, baseline_score
        `(N,)`: F(x) and F(x') (None without a baseline; the mean over several).
    target
        Name of what is explained.
    n_evaluations
        Gradient evaluations (for methods without gradients: predictions) per sample this map rests on.
    method
        Registry name of the method.
    baseline_spread
        Shaped like `attributions`: standard deviation over several baselines, else None.
    provenance
        Model class, weights hash, versions, rule, steps, baseline, target, gap, seconds, device.
    notes
        Sentences a reader should see with the picture.
    final
        False for a map that a refinement is still improving.
    baselines
        The reference inputs it rests on.
    view
        How it is drawn (None for a batch).
    samples
        Of a batch, or of several inputs: how each of the first samples is drawn, one view per input (None where there is none).
    examined
        Shaped like `attributions`: False where nothing was examined (a category without another level, a missing value without
        known ones), which is NaN in the numbers and left out of sums, norms and ranks; None where everything was.
    level_changes
        Of a table with categories: the change of the score to each of their levels; None elsewhere.
    """

    attributions: Maps
    convergence_delta: Tensor | None
    error_estimate: Maps
    score: Tensor
    baseline_score: Tensor | None
    target: str
    n_evaluations: int
    method: str
    baseline_spread: Maps | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    final: bool = True
    baselines: tuple[Baseline, ...] = ()
    view: View | None = None
    samples: Sequence[Sequence[View | None]] = field(default=(), repr=False)
    examined: Maps | None = None
    level_changes: LevelChanges | None = None

    def numpy(self) -> np.ndarray | tuple[np.ndarray, ...]:
        """The attributions as NumPy array(s) on the CPU."""
        arrays = tuple(a.detach().cpu().numpy() for a in as_tuple(self.attributions))
        return arrays if isinstance(self.attributions, tuple) else arrays[0]

    @property
    def known(self) -> Tensors:
        """The attributions, one map per input, with 0 where nothing was examined: for sums and norms."""
        return self._known(self.attributions)

    def _known(self, maps: Maps) -> Tensors:
        if self.examined is None:
            return as_tuple(maps)
        pairs = zip(as_tuple(maps), as_tuple(self.examined), strict=True)
        return tuple(torch.where(seen.to(m.device), m, 0.0) for m, seen in pairs)

    @property
    def total(self) -> Tensor:
        """Sum of the attributions of each sample, `(N,)`; what was not examined is left out."""
        return sum_features(self.known)

    @property
    def relative_gap(self) -> Tensor | None:
        """abs(convergence_delta) / abs(F(x) - F(x')), `(N,)`; None for a method that does not promise completeness."""
        if self.convergence_delta is None or self.baseline_score is None:
            return None
        gap = self.convergence_delta.abs()
        return torch.where(gap == 0, gap, gap / (self.score - self.baseline_score).abs())

    @property
    def gap_scale(self) -> Tensor | None:
        """What a gap is judged by, `(N,)`: abs(F(x) - F(x')), or the L2 norm of the map where that is `CANCEL` times as large."""
        return None if self.convergence_delta is None else self._gap_scale(lambda each: each)

    def _gap_scale(self, over: Callable[[Tensor], Tensor]) -> Tensor | None:
        if self.baseline_score is None:
            return None
        rise = over((self.score - self.baseline_score).abs())
        if self.provenance.get("per_unit"):  # slopes add up to no score
            return rise
        size = over(norm(self.known)).to(rise)
        return torch.where(CANCEL * rise < size, size, rise)

    @property
    def overall_gap(self) -> float | None:
        """The gaps of all samples, relative to what all together are judged by; `relative_gap` of one whose parts do not cancel."""
        judged = self._gap_scale(torch.sum)
        if self.convergence_delta is None or judged is None:
            return None
        gap, scale = float(self.convergence_delta.abs().sum()), float(judged)
        return gap / scale if gap and scale else math.inf if gap else 0.0

    @property
    def map_error(self) -> Tensor:
        """Estimated relative L2 error of each sample's map, `(N,)`: one standard deviation where the bounds are several."""
        return relative_error(self._known(self.error_estimate), self.known) / COVER

    @property
    def is_zero(self) -> bool:
        """Whether every value that was examined is zero."""
        seen = self.examined is None or any(bool(known.any()) for known in as_tuple(self.examined))
        return seen and not any(bool(values.any()) for values in self.known)

    @property
    def method_label(self) -> str:
        """The method's name for people."""
        return str(self.provenance.get("method_label") or self.method.replace("_", " ").capitalize())

    @property
    def counted(self) -> str:
        """What `n_evaluations` counts: "gradient" or "prediction"."""
        return str(self.provenance.get("counted", "gradient"))

    @cached_property
    def spotlight(self) -> Spotlight | None:
        """Where a picture's attributions lie on it, and where their sign is clear; None for what is no picture, or several."""
        if self.view is None:
            return None
        spread = None if self.baseline_spread is None else as_tuple(self.baseline_spread)[0]
        return light_on(self.view, self.known[0], spread, self._references, self._divided)

    @property
    def reading(self) -> str:
        r"""The answer in a sentence or two: which parts of the input account for how much of it, and what speaks against trusting that.

        Shares are signed sums beside the sum of all attributions. "" for a batch, whose samples have one each when they are drawn.

        Examples
        --------
        >>> import torch, whylight as wl
        >>> wl.attribute(lambda x: 3 * x[:, 0] - x[:, 1], torch.ones(1, 2)).reading
        'feature 0 = 1 (+150\u2009%) speaks most for “output”, feature 1 = 1 (−50\u2009%) against it.'
        """
        return next(iter(self.readings.values()), "")

    @cached_property
    def readings(self) -> Mapping[str, str]:
        """`reading` for each of the ways to show the answer, the usual one first: "spotlight", "regions", "pixels"; under "" where there is one."""
        if self.view is None:
            return {}
        values = doubles(like(self.known, not isinstance(self.attributions, tuple)))
        per_unit = bool(self.provenance.get("per_unit"))
        size = float(norm(self.known, 1).mean())
        if per_unit and not isinstance(values, tuple):
            values = self.view.comparable(values)
            size = float(np.nansum(np.abs(values)) / len(values))
        whole = Whole(
            self.target,
            float(self.total.mean()),
            size,
            unit=self.provenance.get("unit", "output"),
            complete=not per_unit and self.relative_gap is not None,
            per_unit=per_unit,
        )
        found, against = {}, self._doubts(whole)
        for detail in self.view.details or ("",):
            parts = self.view.parts_told(values, self.spotlight, detail)
            found[detail] = " ".join([*filter(None, [reading(whole, parts, over=self.view.told_over)]), *against])
        return found

    def _doubts(self, whole: Whole) -> list[str]:
        if not whole.size:
            return []
        spread = 0.0 if self.baseline_spread is None else float(norm(as_tuple(self.baseline_spread), 1).mean())
        names = [baseline.label for baseline in self.baselines]
        gap = self.overall_gap if whole.complete else None
        alike = self.view.like_references(self._references) if self.view and self._divided else 0.0
        return doubts(gap, float(self.map_error.mean()), spread / whole.size, names, alike)

    @property
    def _references(self) -> list[Tensor]:
        """Of one input, the baselines."""
        return [baseline.tensors[0] for baseline in self.baselines]

    @property
    def _divided(self) -> bool:
        """Whether what is near a baseline has small attributions for that alone."""
        return bool(self.provenance.get("multiplies_by_inputs"))

    def plot(self, **options: Any) -> Figure:
        """A matplotlib figure of the picture, sentence or features with their attributions.

        It has the colours of the notebook's theme, once a widget was shown there, or of matplotlib's style; `theme="light"` and
        `theme="dark"` say it by hand.
        """
        return drawing.plot(self, **options)

    def widget(self) -> Any:
        """The answer in a widget, without an engine behind it."""
        return drawing.widget(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None, **kwargs: Any) -> Any:
        if self.view is None:
            return {"text/plain": repr(self)}
        return self.widget()._repr_mimebundle_(include=include, exclude=exclude, **kwargs)

    def __repr__(self) -> str:
        shapes = ", ".join(str(tuple(a.shape)) for a in as_tuple(self.attributions))
        gap = self.relative_gap
        parts = [f"{self.method} of {self.target!r}", f"shape {shapes}", plural(self.n_evaluations, self.counted)]
        if gap is not None and len(gap) == 1:
            parts.append(f"gap {percent(gap.item())}")
        if len(self.score) == 1:
            parts.append(f"F(x) = {number(self.score.item())}")
        return f"Attribution({', '.join(parts)})"
