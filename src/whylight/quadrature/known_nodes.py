"""What is known of N paths at their nodes: rows of gradients, the score, its slope. Knows nothing of panels or rules."""

from copy import copy

import numpy as np
import torch
from torch import Tensor

from whylight.quadrature.estimate import Array, Ints, taken

AT_ONCE = 2**22  # values made at once of many
ROOM = 2**25  # values there is room for at once
IN_CACHE = 2**16  # values made at once where they are soon forgotten
LEAST = 9  # nodes of a path there is room for, however many values they have
MORE = 1.5  # how much room is made beyond what was needed, where that is too much


class KnownNodes:
    """Nodes of N paths in the order of evaluation, one column for each.

    Parameters
    ----------
    like
        `(N, D)`: as many rows of values as there are paths, for their dtype and device.
    unit
        What a value of a row is worth in the slope, as a root mean square: 1 where slopes are sums of rows.
    eps
        Of the dtype that scores are computed in.
    most
        Nodes of a path that are expected at most.

    Attributes
    ----------
    at, values, slopes
        Where the nodes are, F and its slope along the path there, `(N, K)`; NaN where a path has fewer.
    rows
        Gradients there, `(N, K, D)`; zero where a path has fewer.
    sizes
        Nodes evaluated, `(N,)`; of those that fill no panel nothing is known.
    """

    def __init__(self, like: Tensor, unit: Array, eps: float, most: int) -> None:
        n, self._most = len(like), most
        self.unit, self.eps = unit, eps
        self.at = self.values = self.slopes = np.empty((n, 0))
        self.sizes: Ints = np.zeros(n, int)
        self._room = like.new_empty(n, 0, like.shape[1])
        self._next: tuple[Array, Array, Array] = (self.at, self.values, self.slopes)

    def __len__(self) -> int:
        return len(self.at)

    @property
    def width(self) -> int:
        """K."""
        return self.at.shape[1]

    @property
    def features(self) -> int:
        """D."""
        return self._room.shape[2]

    @property
    def panels_at_once(self) -> int:
        """For how many panels rows of all paths may be made together."""
        return max(1, AT_ONCE // max(1, len(self) * self.features))

    @property
    def rows(self) -> Tensor:
        """Gradients at the nodes, `(N, K, D)`."""
        return self._room[:, : self.width]

    def taken(self, places: Ints) -> Tensor:
        """The rows at some places of every path: `(N, Q, D)` for places `(N, Q)`."""
        first = int(places[0, 0])
        if (places == first + np.arange(places.shape[1])).all():  # nodes that follow each other, the same of all paths
            return self._room[:, first : first + places.shape[1]]
        n, room, d = self._room.shape
        flat = (places + room * np.arange(n)[:, None]).reshape(-1)
        return (
            self._room.view(-1, d).index_select(0, torch.from_numpy(flat).to(self._room.device)).view(*places.shape, d)
        )

    def slopes_at(self, places: Ints) -> Array:
        """The slopes at some places of every path, `(N, ...)`; zero where a path has fewer nodes."""
        return np.nan_to_num(taken(self.slopes, places.reshape(len(self), -1)).reshape(places.shape))

    def expect(self, nodes: Array, filled: Ints, counts: Ints) -> None:
        """Make room for the next nodes `(N, most)`, `counts` of each path, of which the first `filled` are wanted."""
        there = np.arange(nodes.shape[1]) < filled[:, None]
        unknown = np.full(nodes.shape, np.nan)
        self._next = np.where(there, nodes, np.nan), unknown, unknown.copy()
        self.sizes = self.sizes + counts
        needed = self.width + nodes.shape[1]
        if needed > self._room.shape[1]:
            self.make_room(needed)
        if not there.all():  # of what is not there no weight is asked, but it takes part in sums
            self._room[:, self.width : needed] = 0

    def put(self, paths: Ints, places: Ints, rows: Tensor, values: Array, slopes: Array) -> None:
        """Take in what was found at some of the expected nodes: `places` among those of their path."""
        at, found, slope = self._next
        wanted = ~np.isnan(at[paths, places])
        if not wanted.all():
            paths, places = paths[wanted], places[wanted]
            rows, values, slopes = rows[torch.from_numpy(wanted)], values[wanted], slopes[wanted]
        found[paths, places], slope[paths, places] = values, slopes
        flat = torch.from_numpy(paths * self._room.shape[1] + self.width + places).to(rows.device)
        self._room.view(-1, self.features).index_copy_(0, flat, rows)

    def settle(self) -> None:
        """Count the expected nodes among the known ones."""
        found = zip((self.at, self.values, self.slopes), self._next, strict=True)
        self.at, self.values, self.slopes = (np.concatenate(pair, 1) for pair in found)

    def weighted(self, weights: Array) -> Tensor:
        """Sums of the rows, `(N, R, D)`, for weights `(N, R, K)`."""
        return torch.bmm(torch.from_numpy(weights).to(self._room), self.rows)

    def squares(self, weights: Array) -> Tensor:
        """The squares of these sums added up, `(N, D)`; the sums are made of some features at a time, in the processor's cache."""
        by, rows = torch.from_numpy(weights).to(self._room), self.rows
        found = rows.new_empty(len(rows), self.features)
        step = max(1, IN_CACHE // max(1, by.shape[0] * by.shape[1]))
        for lo in range(0, self.features, step):
            part = slice(lo, lo + step)
            found[:, part] = torch.bmm(by, rows[..., part]).square_().sum(1)
        return found

    def risen(self, weights: Array) -> Array:
        """The same sums of the slopes, `(N, R)`."""
        return np.asarray((weights @ np.nan_to_num(self.slopes)[..., None])[..., 0])

    def keep(self, which: np.ndarray) -> None:
        """Go on with some of the paths only, `(N,)`."""
        self.at, self.values, self.slopes = self.at[which], self.values[which], self.slopes[which]
        self.sizes, self.unit = self.sizes[which], self.unit[which]
        kept = torch.from_numpy(np.flatnonzero(which))
        rows = self.rows[kept]
        self._room = self._room[: len(kept)]
        self.rows.copy_(rows)

    def of_paths(self, which: np.ndarray) -> "KnownNodes":
        """Some of the paths, `(N,)`, with room of their own; these stay as they are."""
        part = copy(self)
        part.make_room(self.width)
        part.keep(which)
        return part

    def make_room(self, columns: int) -> None:
        """Make room for so many nodes, for all there may ever be if that is little: untouched memory costs nothing."""
        n, k, d = self._room.shape
        most = max(columns, k, self._most)
        if n * most * d > ROOM:
            most = max(columns, LEAST, int(MORE * k) if columns > k else k)
        room = self._room.new_empty(n, most, d)
        room[:, : self.width] = self.rows
        self._room = room
