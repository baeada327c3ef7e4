"""The rows of a background as references of one row: the baseline called "background".

Knows nothing of models, methods or how rows were given.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from whylight.problem.baselines import BACKGROUND, Named
from whylight.views.columns import BINARY, CATEGORY, Kind, spread_out

ON_LINES = 300  # rows at most that a path starts from: each costs gradients of its own
SWITCHED = (
    1000  # rows at most that features are switched to: as many as there are predictions for, but at least so many:
)
LEAST_SWITCHED = 100
PREDICTIONS = 2**17  # that are cheap


@dataclass(frozen=True, eq=False)
class BackgroundRows:
    """Some rows `(M, D)` of a background, and how many it has."""

    rows: NDArray[np.float64]
    total: int

    def named(self, like: Tensor, made: Any = None) -> dict[str, Named]:
        """The baseline that stands for them, as tensors like the input; `made` turns them into other points."""
        rows = torch.from_numpy(self.rows).to(like) if made is None else made
        count = f"{len(self.rows)} rows" if len(self.rows) == self.total else f"{len(self.rows)} of {self.total} rows"
        hint = "What the values contribute beside those of the background's rows, averaged over them."
        return {BACKGROUND: Named(f"Background ({count})", hint, lambda _: (rows,), rows=True)}


def background_rows(values: NDArray[np.float64], *, missing: bool = False) -> BackgroundRows | None:
    """The rows of a background `(M, D)` that stand for all of them; None where none can.

    `missing` says that the predictor takes missing values, and only predicts: then more rows are affordable. Without it rows with
    missing values are left out.
    """
    whole = np.arange(len(values)) if missing else np.flatnonzero(np.isfinite(values).all(1))
    most = max(LEAST_SWITCHED, min(SWITCHED, PREDICTIONS // (4 * values.shape[1]))) if missing else ON_LINES
    kept = whole[spread_out(len(whole), most)]
    return BackgroundRows(values[kept], len(values)) if len(kept) else None


def typical_row(rows: NDArray[np.float64], kinds: Sequence[Kind]) -> NDArray[np.float64]:
    """The mean of every column of numbers, the most frequent value of flags and categories, `(D,)`."""
    return np.array([_typical(column, kind) for column, kind in zip(rows.T, kinds, strict=True)])


def _typical(column: NDArray[np.float64], kind: Kind) -> float:
    known = column[~np.isnan(column)]
    if not len(known):
        return 0.0
    if kind not in (CATEGORY, BINARY):
        return float(known.mean())
    values, counts = np.unique(known, return_counts=True)
    return float(values[counts.argmax()])
