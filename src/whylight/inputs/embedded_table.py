"""Rows of a pandas table for a net that embeds some of its columns: `embedding={"city": "emb_city"}`.

Texts and categories become codes in the order of their levels and are explained at the output of their embedding, one value per
category beside the numbers. Knows nothing of targets or methods.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from whylight.errors import InvalidTypeError, InvalidValueError, unknown_name
from whylight.inputs.background_rows import background_rows, typical_row
from whylight.inputs.column_embeddings import KWARG, ColumnEmbeddings
from whylight.inputs.input_kind import InputKind, InputOptions
from whylight.inputs.prepared import Prepared, checked, own_labels
from whylight.inputs.rows import Table, in_order_of, is_pandas, read
from whylight.inputs.table import columns_of, table_view
from whylight.inputs.text import find_embedding
from whylight.model.user_model import UserModel
from whylight.problem import baselines
from whylight.problem.baselines import Named
from whylight.views.columns import CATEGORY

COMPILED_HOOK = "compile=True does not go with embedding=: the hooks at the embeddings would be compiled anew in every pass. Leave it out."


@dataclass(frozen=True)
class Embedded:
    """A column of codes: its embedding, and the levels in the order of the codes."""

    layer: nn.Module
    levels: Sequence[Any]


class EmbeddedTableInput(InputKind):
    """Rows of a table with embedded columns."""

    def accepts(self, model: UserModel, x: Any, options: InputOptions) -> bool:
        """Rows, with a mapping of columns to embeddings."""
        rows = is_pandas(x) or (isinstance(x, np.ndarray) and x.ndim in (1, 2))
        return isinstance(options.embedding, Mapping) and (rows or isinstance(x, Tensor))

    def prepare(self, model: UserModel, x: Any, options: InputOptions) -> Prepared:
        """A row or a frame, ready to explain at the embeddings."""
        if not is_pandas(x):
            raise InvalidTypeError(
                f"embedding={{column: layer}} is for rows of a pandas table, whose columns have names; got {type(x).__name__}. Give a "
                "DataFrame or a Series, X.iloc[[0]] say."
            )
        if not model.roots:
            raise InvalidTypeError(
                "embedding={column: layer} is for torch models: there is no torch.nn.Module in this one."
            )
        known = None if options.background is None else read(in_order_of(x, options.background), options.feature_names)
        table = read(x, options.feature_names, known)
        embedded = _embedded(model, table, known, options.embedding)
        table = _coded(table, embedded)
        return _prepared(model, table, None if known is None else _coded(known, embedded), embedded, options)


def _prepared(
    model: UserModel, table: Table, known: Table | None, embedded: dict[int, Embedded], options: InputOptions
) -> Prepared:
    device, dtype = model.home()
    place = options.device or device
    rows = checked(torch.from_numpy(table.values)).to(place, dtype)
    runner = ColumnEmbeddings(model, {i: e.layer for i, e in embedded.items()}, table.names)
    points = runner.embed(rows)
    columns = columns_of(table, known)
    reference = known if known is not None else None if table.single else table
    single = table.single and known is not None
    return Prepared(
        inputs=(points,),
        forward=runner,
        kwargs={KWARG: rows},
        offer=partial(_baselines, runner, rows, reference, single),
        default_baseline="background" if single else "zero" if reference is None else "mean",
        draw=partial(table_view, table, columns),
        reduce=partial(_over_embedding, torch.tensor([i in embedded for i in range(len(table.names))], device=place)),
        labels=own_labels(model),
        columns=columns,
        one_target=not table.single,
        points_are=" in place of the columns' numbers and embeddings",
        rests_on_weights=True,
        not_compiled=COMPILED_HOOK,
    )


def _embedded(model: UserModel, table: Table, known: Table | None, spec: Mapping[Any, Any]) -> dict[int, Embedded]:
    """The embedded columns by their places."""
    found = {}
    for name, given in spec.items():
        if str(name) not in table.names:
            raise unknown_name("column in embedding=", str(name), table.names)
        i = table.names.index(str(name))
        layer: Any
        layer, levels = given if isinstance(given, (tuple, list)) and len(given) == 2 else (given, None)
        module = find_embedding(model, layer)
        found[i] = Embedded(module, _levels(table, known, i, levels, getattr(module, "num_embeddings", None)))
    texts = [table.names[i] for i in table.levels if i not in found]
    if texts:
        raise InvalidTypeError(
            f"These columns hold no numbers: {', '.join(texts)}. Name their embeddings too, embedding={{{texts[0]!r}: layer}}, or "
            "encode them first."
        )
    return found


def _levels(table: Table, known: Table | None, i: int, given: Any, rows: int | None) -> Sequence[Any]:
    """The levels of a column in the order of the codes: as given, of pandas categories, or whole numbers as they are."""
    if given is not None:
        return list(given)
    dtypes = [t.dtypes[i % len(t.dtypes)] for t in (table, known) if t is not None]
    for dtype in dtypes:
        if hasattr(dtype, "categories"):
            return list(dtype.categories)
    name = table.names[i]
    if i in table.levels:
        raise InvalidTypeError(
            f"Column {name!r} holds texts in no order that is known, so their codes are not. Make it a categorical with the levels the "
            f"net was trained with (a frame X.iloc[[0]] and background= keep it, a lone row X.iloc[0] does not), or give them: "
            f"embedding={{{name!r}: (layer, levels)}}."
        )
    values = np.concatenate([t.values[:, i] for t in (table, known) if t is not None])
    if not (np.isfinite(values).all() and (values == np.round(values)).all() and (values >= 0).all()):
        raise InvalidValueError(
            f"Column {name!r} is to be embedded, so it must hold whole numbers from 0 on, or texts."
        )
    return range(max(rows or 0, int(values.max()) + 1))


def _coded(table: Table, embedded: Mapping[int, Embedded]) -> Table:
    """The table with codes in the order of the levels."""
    values, levels, kinds = table.values.copy(), dict(table.levels), list(table.kinds)
    for i, column in embedded.items():
        place = {level: code for code, level in enumerate(column.levels)}
        texts = table.levels.get(i)
        held = values[:, i].tolist() if texts is None else [None if v < 0 else texts[int(v)] for v in values[:, i]]
        strange = [level for level in dict.fromkeys(held) if level not in place]
        if strange:
            raise _strange(table.names[i], strange, column.levels)
        values[:, i] = [place[level] for level in held]
        rows = getattr(column.layer, "num_embeddings", None)
        if rows is not None and values[:, i].max() >= rows:
            raise InvalidValueError(
                f"Column {table.names[i]!r} has the code {int(values[:, i].max())}, and its embedding has {rows} rows: give the levels "
                f"the net was trained with, embedding={{{table.names[i]!r}: (layer, levels)}}."
            )
        levels[i], kinds[i] = list(column.levels), CATEGORY
    return replace(table, values=values, levels=levels, kinds=tuple(kinds))


def _strange(name: str, found: Sequence[Any], levels: Sequence[Any]) -> InvalidValueError:
    if None in found or any(value != value for value in found):  # noqa: PLR0124  NaN
        return InvalidValueError(
            f"Column {name!r} has missing values, for which the embedding has no code: fill them, or leave these rows out."
        )
    return InvalidValueError(
        f"Column {name!r} holds {[str(level) for level in found[:8]]}, which its levels lack: {[str(level) for level in levels[:8]]}."
    )


def _baselines(runner: ColumnEmbeddings, rows: Tensor, reference: Table | None, single: bool) -> dict[str, Named]:
    zero = {"zero": Named("Zero", "Zero in every number and every embedding.", baselines.constant(0.0))}
    if reference is None:
        return zero
    typical = runner.embed(torch.from_numpy(typical_row(reference.values, reference.kinds)[None]).to(rows))
    hint = "The mean of every column of numbers, the most frequent of flags and categories."
    mean = {"mean": Named("Mean row", hint, lambda given: (typical.expand_as(given[0]),))}
    known = background_rows(reference.values) if single else None
    background = {} if known is None else known.named(rows, runner.embed(torch.from_numpy(known.rows).to(rows)))
    return {**background, **mean, **zero}


def _over_embedding(coded: Tensor, maps: Tensor, how: str) -> Tensor:
    """`(N, D, E)` to `(N, D)`: embeddings are summed, or replaced by their L2 norm; numbers stay."""
    return torch.where(coded, maps.norm(dim=-1), maps[..., 0]) if how == "norm" else maps.sum(-1)
