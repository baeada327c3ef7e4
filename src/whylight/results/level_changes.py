"""What other levels of the categories of a table would do to the score. Knows nothing of how that was found."""

from dataclasses import dataclass, replace

import numpy as np
from torch import Tensor

from whylight.errors import unknown_name
from whylight.records import record


@record
@dataclass(frozen=True, eq=False)
class LevelChanges:
    """The change of the score where a column is switched to another level, for N rows and L levels of all columns together.

    Attributes
    ----------
    columns, codes
        Of every level: the number of its column, and its place among that column's levels, −1 for "missing". `(L,)`
    names, levels
        Of every level: what its column is called, and itself. L texts each.
    changes
        F with the level less F at the row as it is: positive where the level would raise the score. 0 for the level that is
        there already, NaN where it was not tried. `(N, L)`, in the unit of the score.
    """

    columns: np.ndarray
    codes: np.ndarray
    names: tuple[str, ...]
    levels: tuple[str, ...]
    changes: Tensor

    def of(self, column: str, row: int = 0) -> dict[str, float]:
        """The change to every level of a column, by name, in one row.

        Examples
        --------
        >>> import torch
        >>> found = LevelChanges(
        ...     np.array([1, 1]), np.array([0, 1]), ("city",) * 2, ("Lyon", "Oslo"), torch.tensor([[0.0, -2.0]])
        ... )
        >>> found.of("city")
        {'Lyon': 0.0, 'Oslo': -2.0}
        """
        if column not in self.names:
            raise unknown_name("column with levels", column, dict.fromkeys(self.names))
        changes = self.changes[row].tolist()
        return {self.levels[i]: changes[i] for i, name in enumerate(self.names) if name == column}

    def rows(self, which: slice) -> "LevelChanges":
        """The same of some of the rows."""
        return replace(self, changes=self.changes[which])
