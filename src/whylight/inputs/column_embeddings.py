"""A net of tables as a function of what its embeddings give: same codes, points of the path at the embeddings' outputs.

Knows nothing of tables' levels, targets or methods.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from whylight.errors import ModelError
from whylight.inputs.call import parameters_of
from whylight.model.user_model import UserModel

CODES = re.compile(r"cat|code|emb|idx|index|token|ids?$", re.IGNORECASE)  # names of an input that holds codes
NUMBERS = re.compile(r"num|cont|dense|float|real", re.IGNORECASE)
KWARG = "column_codes"  # what the codes travel as, beside the points
# A context variable, not a global: a model call of another thread meanwhile sees None and is left alone.
_VISIT: ContextVar["_Visit | None"] = ContextVar("visit", default=None)


@dataclass
class _Visit:
    """One call of the model: codes `(M, D)`, points `(M, D, E)` to put in (None: only look), and what the layers gave by column."""

    codes: Tensor
    points: Tensor | None
    seen: dict[int, Tensor] = field(default_factory=dict)

    def answer(self, columns: Sequence[int], asked: Tensor | None, output: Tensor) -> Tensor | None:
        """What a layer of these columns gives instead of its output, or None."""
        n, k = len(self.codes), len(columns)
        coded = (
            asked is None or not asked.is_floating_point() or asked.numel() <= n * k
        )  # one code per row, not features
        if len(output) != n or not coded:
            return None
        if k > 1 and output.ndim == 3 and output.shape[1] == k:  # all columns at once
            for place, column in enumerate(columns):
                self.seen[column] = output[:, place].detach()
            return None if self.points is None else self.points[:, list(columns), : output.shape[2]]
        column = self._column(columns, asked)
        if column is None:
            return None
        width = output[0].numel()
        self.seen[column] = output.detach().reshape(n, width)
        return None if self.points is None else self.points[:, column, :width].reshape(output.shape)

    def _column(self, columns: Sequence[int], asked: Tensor | None) -> int | None:
        """The column that is asked for: one with these codes, else the next one."""
        left = [c for c in columns if c not in self.seen]
        if asked is not None and asked.numel() == len(self.codes):
            same = [c for c in (*left, *columns) if torch.equal(asked.reshape(-1).to(self.codes), self.codes[:, c])]
            if same:
                return same[0]
        return left[0] if left else None


class ColumnEmbeddings:
    """The model as a function of points `(M, D, E)`: a column of numbers in the first place, an embedding along all of them.

    Parameters
    ----------
    model
        Called with one tensor of all columns, with numbers and codes, or with codes by the columns' names.
    layers
        By the place of its column, what embeds a column of codes.
    names
        What the D columns are called.
    """

    def __init__(self, model: UserModel, layers: dict[int, nn.Module], names: Sequence[str]) -> None:
        self.model, self.layers, self.names = model, layers, names
        self.coded = sorted(layers)
        self.numbers = [i for i in range(len(names)) if i not in layers]
        self.groups = {layer: [i for i in self.coded if layers[i] is layer] for layer in layers.values()}
        self.flat = False  # whether codes of a single column come as (M,)
        self.order = self._order()

    def _order(self) -> list[str]:
        """What the model's inputs hold: "all", "numbers", "codes", or the name of a column."""
        named, _ = parameters_of(self.model.given)
        positional = [n for n, p in named.items() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        needed = [n for n in positional if named[n].default is named[n].empty] or positional
        columns = {self.names[i] for i in self.coded}
        if columns <= set(positional):
            return [n if n in columns else "numbers" for n in needed if n in columns or self.numbers]
        if len(needed) < 2:
            return ["all"]
        first, second = needed[:2]
        turned = (CODES.search(first) and not CODES.search(second)) or (
            NUMBERS.search(second) and not NUMBERS.search(first)
        )
        return ["codes", "numbers"] if turned else ["numbers", "codes"]

    def _call(self, numbers: Tensor, codes: Tensor, kwargs: dict[str, Any]) -> Any:
        """The model's outputs for numbers `(M, D)` and codes `(M, D)`, each where the other has none."""
        whole = codes[:, self.coded].long()
        place = {self.names[i]: codes[:, i].long() for i in self.coded}
        held = torch.tensor([i in self.layers for i in range(len(self.names))], device=codes.device).to(numbers)
        given = {
            "all": numbers * (1 - held) + codes.to(numbers) * held,  # no torch.where: it would be taken for a kink
            "numbers": numbers[:, self.numbers],
            "codes": whole[:, 0] if self.flat else whole,
            **place,
        }
        return self.model.given(*(given[what] for what in self.order), **kwargs)

    def embed(self, rows: Tensor) -> Tensor:
        """Points `(N, D, E)` of rows `(N, D)` of numbers and codes."""
        try:
            seen = self._seen(rows)
        except (RuntimeError, IndexError, ValueError) as first:
            if len(self.coded) != 1 or "codes" not in self.order or self.flat:
                raise
            self.flat = True
            try:
                seen = self._seen(rows)
            except (RuntimeError, IndexError, ValueError):
                self.flat = False
                raise first from None  # the usual way tells more
        width = max(found.shape[1] for found in seen.values())
        points = rows.new_zeros((*rows.shape, width))
        points[:, self.numbers, 0] = rows[:, self.numbers]
        for column, found in seen.items():
            points[:, column, : found.shape[1]] = found.to(points)
        return points

    def _seen(self, rows: Tensor) -> dict[int, Tensor]:
        with self.model.undisturbed(), torch.no_grad(), self._visited(_Visit(rows, None)) as visit:
            try:
                self._call(rows, rows, {})
            except Exception as error:
                error.add_note(self.told)
                raise
        return visit.seen

    @property
    def told(self) -> str:
        """How the model is called, in words."""
        coded, numbers = ([self.names[i] for i in places] for places in (self.coded, self.numbers))
        held = {"all": f"one tensor (N, {len(self.names)}) of all columns", "numbers": f"the numbers {numbers}"}
        shape = "(N,)" if self.flat else f"(N, {len(coded)})"
        held["codes"] = f"the codes {coded} as whole numbers {shape}"
        parts = [held.get(what, f"the codes of {what!r}") for what in self.order]
        return f"Whylight calls the model with {', then '.join(parts)}, in the order of the table. Give a function if it takes others."

    def __call__(self, points: Tensor, **kwargs: Any) -> Any:
        """The model's outputs with the points in place of numbers and embeddings."""
        codes = kwargs.pop(KWARG)
        with self._visited(_Visit(codes, points)):
            return self._call(points[..., 0], codes, kwargs)

    @contextmanager
    def _visited(self, visit: _Visit) -> Iterator[_Visit]:
        """Let the layers answer for this visit, in this thread only; every column must have been asked for."""

        def hook(module: nn.Module, args: Any, kwargs: Any, output: Any, columns: Sequence[int]) -> Tensor | None:
            mine = _VISIT.get()
            asked = next((t for t in (*args, *kwargs.values()) if isinstance(t, Tensor)), None)
            return None if mine is None else mine.answer(columns, asked, output)

        handles = [
            twin.register_forward_hook(
                lambda m, args, kwargs, output, c=columns: hook(m, args, kwargs, output, c), with_kwargs=True
            )
            for layer, columns in self.groups.items()
            for twin in self.model.twins(layer)
        ]
        token = _VISIT.set(visit)
        try:
            yield visit
        finally:
            _VISIT.reset(token)
            for handle in handles:
                handle.remove()
        missed = [self.names[i] for i in self.coded if i not in visit.seen]
        if missed:
            raise ModelError(
                f"The model never asked the embedding of {', '.join(missed)} for one vector per row, so it cannot be explained there. "
                f"Name the layer that embeds it with embedding=. {self.told}"
            )
