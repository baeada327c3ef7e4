"""Categories and missing values of a table, switched one at a time to what else is known of their columns.

A category is switched to its other levels, a missing number to the known values of its column. Knows nothing of slopes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from whylight.methods.stencil import moved_answers, real
from whylight.problem.problem import Problem
from whylight.results.level_changes import LevelChanges
from whylight.tensors import as_rows
from whylight.views.columns import CATEGORY, MISSING, Columns, spread_out

MOST_LEVELS = 64  # that a category is switched to: half of them the most frequent, the others stand for the rare ones
NO_LEVEL = -2  # the code of a number


@dataclass(frozen=True, eq=False)
class Alternatives:
    """The A values that cells of a table may be switched to, `(A,)` each.

    `codes` are those of levels (−1: missing) or `NO_LEVEL`; `weights` say how often each occurs in the rows that are known, 0 for
    one that is only looked at.
    """

    features: Tensor
    values: Tensor
    weights: Tensor
    codes: Tensor

    @classmethod
    def of(cls, columns: Columns | None, x: Tensor) -> "Alternatives":
        """What is known of the columns, for rows `(N, D)`."""
        found = [] if columns is None else [a for i in range(len(columns)) for a in _of_column(columns, i, x)]
        table = torch.tensor(found, dtype=torch.float64, device=x.device).reshape(-1, 4)
        features, values, weights, codes = table.T
        return cls(features.long(), values, weights, codes.long())

    def __len__(self) -> int:
        return len(self.features)

    def apply(self, x: Tensor) -> Tensor:
        """Which alternatives are switched to in which rows, `(N, A)`: other levels of a category, known values of a missing number."""
        here = x[:, self.features]
        level, missing = self.codes != NO_LEVEL, here.isnan()
        other = torch.where(self.values.isnan(), ~missing, here != self.values)
        return torch.where(level, other, missing)


def _of_column(columns: Columns, i: int, x: Tensor) -> list[tuple[float, float, float, float]]:
    """Feature, value, weight and code of every alternative of one column."""
    lacking = 0.0 if columns.missing is None else float(columns.missing[i])
    if columns.kinds[i] == CATEGORY:
        shares = columns.shares[i]
        levels = [(float(i), float(c), w * (1 - lacking), float(c)) for c, w in sorted(_weights(shares).items())]
        return [*levels, *([(float(i), float(MISSING), lacking, float(MISSING))] if lacking else [])]
    values, shares = columns.known.get(i, np.zeros((2, 0)))
    to_known = [(float(i), float(v), float(s), float(NO_LEVEL)) for v, s in zip(values, shares, strict=True)]
    to_missing = [(float(i), float("nan"), 0.0, float(MISSING))] if lacking and x.is_floating_point() else []
    return [*to_known, *to_missing]


def _weights(shares: NDArray[np.float64]) -> dict[int, float]:
    """How often the levels occur, by their codes; of too many some of the rare ones weigh for all of those."""
    order = [int(c) for c in np.argsort(-shares, kind="stable") if shares[c] > 0]
    if len(order) <= MOST_LEVELS:
        return {c: float(shares[c]) for c in order}
    often, rare = order[: MOST_LEVELS // 2], order[MOST_LEVELS // 2 :]
    chosen = [rare[k] for k in spread_out(len(rare), MOST_LEVELS - len(often))]
    share = float(shares[rare].sum() / shares[chosen].sum())
    return {c: float(shares[c]) for c in often} | {c: share * float(shares[c]) for c in chosen}


@dataclass(frozen=True, eq=False)
class Switched:
    """What switching found.

    Attributes
    ----------
    worth
        F less its mean over the other values, by how often they occur: `(T, N, D)`, 0 where nothing was switched.
    tried
        Which cells were switched, `(N, D)`.
    changes
        F at every alternative less F, `(T, N, A)`; 0 at the one that is there, NaN where it was not tried.
    predictions
        What it cost.
    """

    alternatives: Alternatives
    worth: Tensor
    tried: Tensor
    changes: Tensor
    predictions: int

    def levels(self, columns: Columns | None, target: int) -> LevelChanges | None:
        """The changes to levels, for one of the targets; None where no column has any."""
        kept = (self.alternatives.codes != NO_LEVEL).nonzero()[:, 0]
        if columns is None or not len(kept):
            return None
        numbers, codes = self.alternatives.features[kept].tolist(), self.alternatives.codes[kept].tolist()
        named = [_level(columns, i, code) for i, code in zip(numbers, codes, strict=True)]
        return LevelChanges(
            np.array(numbers),
            np.array(codes),
            tuple(columns.names[i] for i in numbers),
            tuple(named),
            self.changes[target][:, kept],
        )


def _level(columns: Columns, i: int, code: int) -> str:
    names = columns.levels.get(i, ())
    return "missing" if code == MISSING else names[code] if code < len(names) else str(code)


def switched(problems: Sequence[Problem], which: int, columns: Columns | None) -> Switched:
    """Switch every category and every missing number of one input `(N, D)` to what else is known of its column."""
    x = as_rows(problems[0].inputs[which])
    base = torch.stack([problem.value() for problem in problems])
    known = Alternatives.of(columns, x)
    asked = known.apply(real(x)).nonzero()
    rows, alternatives = asked.T
    found = moved_answers(problems, which, rows, known.features[alternatives], known.values[alternatives])
    change = found.to(base.dtype) - base[:, rows]
    present = (known.codes >= MISSING) & ~known.apply(real(x))
    changes = torch.where(present, 0.0, torch.nan).to(base).expand(len(base), *present.shape).clone()
    changes[:, rows, alternatives] = change
    weight = known.weights[alternatives].to(base.dtype)
    total, heavy = base.new_zeros((len(base), *x.shape)), base.new_zeros(x.shape)
    places = (rows, known.features[alternatives])
    heavy.index_put_(places, weight, accumulate=True)
    for one, by in zip(total, change, strict=True):
        one.index_put_(places, -weight * by, accumulate=True)
    worth = torch.where(heavy > 0, total / heavy.clamp(min=1e-300), 0.0)
    return Switched(known, worth, heavy > 0, changes, len(asked))
