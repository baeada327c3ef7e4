"""Several samples behind one widget: an explainer for each, made when it is shown, and what the model says of all of them.

An input that a person has edited is one more sample, beside the one it was made from.

Knows nothing of traits, bytes or threads.
"""

from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from torch import Tensor

from whylight.edits import edit_of
from whylight.errors import InvalidTypeError, InvalidValueError, in_words, unknown_name
from whylight.explainer.explainer import Explainer
from whylight.explainer.options import Options
from whylight.explainer.request import Request
from whylight.explainer.several import inputs_of, samples_of
from whylight.live.followups import Say
from whylight.live.settings import Settings
from whylight.model.outputs import convert
from whylight.model.user_model import UserModel
from whylight.numbers import number, plural
from whylight.problem.gradient_cache import GradientCache
from whylight.results.film_entry import FilmEntry
from whylight.views.view import View

KEPT = 6  # samples whose explainers are kept: that on show, its neighbours, those left last
MOST = 2000  # samples


class Film:
    """The samples of a batch or a list, or the one there is.

    Parameters
    ----------
    model
        The model, the same for all.
    samples
        Every sample with its options.
    truth
        What is true of each, `(N,)`: class numbers or names.
    whole
        The explainer of the batch, where there is one: it asks the model about all samples at once.
    """

    def __init__(
        self,
        model: UserModel,
        samples: Sequence[tuple[Any, Options]],
        truth: Sequence[Any] | None = None,
        whole: Explainer | None = None,
    ) -> None:
        self._model, self._samples, self._whole = model, list(samples), whole
        self._given = len(samples)
        self._sources: dict[int, int] = {}  # of those made by hand
        self._told: dict[int, FilmEntry] = {}
        self._made: OrderedDict[int, Explainer] = OrderedDict()
        self._truth = None if truth is None else _truths(truth, len(samples))
        if len(samples) > MOST:
            raise InvalidValueError(
                f"explain shows up to {MOST} samples, and x has {len(samples)}: give some of them (x[:100]), or use attribute for "
                "all and wl.effects for averages."
            )

    @classmethod
    def of(cls, model: UserModel, x: Any, options: Options, truth: Any = None) -> "Film":
        """The samples of `x`; one input, and a table that is drawn as a whole, are one."""
        listed = inputs_of(x, options)
        if listed is not None:
            return cls(model, listed, truth).checked()
        whole = Explainer(model, x, options, store=GradientCache())
        if whole.at_input.n_samples > 1 and whole.prepared.view is None:
            return cls(model, samples_of(whole, x, options), truth, whole).checked()
        one = cls(model, [(x, options)], truth)
        one._made[0] = whole
        return one

    def checked(self) -> "Film":
        """Itself, once what is said to be true of its samples can be."""
        if self._truth is not None:
            _check_truths(self._truth, (self._whole or self.explainer(0)).labels)
        return self

    def __len__(self) -> int:
        return len(self._samples)

    def explainer(self, i: int) -> Explainer:
        """That of one sample."""
        found = self._made.pop(i, None)  # asked for by the worker too: never looked up twice
        if found is None:
            x, options = self._samples[i]
            found = Explainer(self._model, x, options, store=GradientCache())
        self._made[i] = found
        while len(self._made) > KEPT:
            self._made.popitem(last=False)
        return found

    def can_edit(self, i: int) -> list[str]:
        """What of every input of a sample can be changed by hand: "text", "cells", "areas"; "" for nothing."""
        x, view = self._samples[i][0], self.explainer(i).prepared.view
        found = edit_of(x, view)
        return [] if found is None else found.each(x, view)

    def edited(self, i: int, change: Mapping[str, Any], settings: Settings) -> Any:
        """The input of sample `i` with a change made by hand; the baseline in it goes by its name in `settings`."""
        x, view = self._samples[i][0], self.explainer(i).prepared.drawn()
        found = edit_of(x, view)
        if found is None:
            raise InvalidTypeError("This input cannot be changed here; give another one, w.edit(x).")
        fill = {"fill": settings.behind("baseline", change["fill"])} if "fill" in change else {}
        return found.apply(x, view, {**change, **fill})

    def add(self, x: Any, source: int) -> int:
        """Keep an input made from sample `source`, under the same target and options; its number.

        Raises what is wrong with it.
        """
        before = self.explainer(source)
        settings = Settings(before)
        target = settings.behind("target", settings.first("target"))
        options = cast(Options, {**self._samples[source][1], "target": target})
        made = Explainer(self._model, x, options, store=GradientCache())
        was, now = before.prepared.drawn(), made.prepared.drawn()
        if type(was) is not type(now):
            raise InvalidTypeError(
                f"An edited input is of the kind of the first one, {was.kind}; this one is {now.kind}."
            )
        made.outputs()
        number = len(self)
        self._samples.append((x, options))
        self._sources[number], self._made[number] = self._sources.get(source, source), made
        if self._truth is not None:
            self._truth.append(None)
        return number

    def code(self, i: int) -> str:
        """Python for one sample of `x`."""
        if i in self._sources:
            x = self._samples[i][0]
            return repr(x) if isinstance(x, str) else "edited"
        if self._given == 1 and self._whole is None:
            return "x"
        x = self._samples[i][0]
        if self._whole is None:
            return f"x[{i}]"
        rows = f"[{i}:{i + 1}]"
        whole = {tuple: f"tuple(t{rows} for t in x)", dict: f"{{name: t{rows} for name, t in x.items()}}"}
        return whole.get(type(x), f"x{rows}")

    def sliced(self, i: int, name: str) -> str:
        """Python for one of a batch's own options at one sample."""
        given, rows = None if self._whole is None else self._whole.options.get(name), f"[{i}:{i + 1}]"
        by_row = lambda value: isinstance(value, Tensor) and value.ndim > 0 and len(value) == self._given
        if by_row(given):
            return f"{name}{rows}"
        if isinstance(given, tuple) and all(map(by_row, given)):
            return f"tuple(t{rows} for t in {name})"
        if isinstance(given, dict):
            shared = () if self._whole is None else self._whole.at_input.forward_kwargs
            own = [key for key, value in given.items() if by_row(value) and key in shared]
            return f"{{**{name}, {', '.join(f'{key!r}: {name}[{key!r}]{rows}' for key in own)}}}" if own else name
        return name

    def request(self, i: int, request: Request, own: Collection[str]) -> Request:
        """A request as it is of one sample: of "target" and "baseline", those in `own` are what the sample came with."""
        settings = Settings(self.explainer(i))
        return replace(request, **{kind: settings.behind(kind, settings.first(kind)) for kind in own})

    def entries(self, say: Say) -> Iterator[FilmEntry]:
        """What is told of each sample; predictions of a batch come from one pass."""
        rows = None if self._whole is None else self._whole.outputs().detach().cpu()
        for i in range(len(self)):
            say("Reading predictions", i, len(self))
            try:
                if i not in self._told:
                    self._told[i] = self._entry_of(i, rows)
                yield self._told[i]
            except Exception as error:  # noqa: BLE001  its place says what happened; the others go on
                yield FilmEntry(None, in_words(error), "")

    def _entry_of(self, i: int, rows: Tensor | None) -> FilmEntry:
        """What is told of one sample; of one made by hand with what became of the class that its source was given."""
        batch = rows is not None and i < self._given
        explainer = self._whole if batch and self._whole is not None else self.explainer(i)
        row = rows[i : i + 1] if batch and rows is not None else explainer.outputs().detach().cpu()
        source = self._sources.get(i)
        if source is None:
            return self._entry(explainer, self._view(i), row, i)
        was, now = self.explainer(source), explainer.prepared.drawn()
        view, before = was.prepared.drawn(), was.outputs().detach().cpu()
        at = now.row_changed(view)
        rows_of = (lambda outputs: outputs) if at is None else (lambda outputs: outputs[at : at + 1])
        told = self._entry(explainer, now, rows_of(row), i)
        first = self._entry(was, None, rows_of(before), source)
        told = replace(told, source=source, edit=now.change_from(view) or "nothing changed", was=first.label)
        if first.probability is None or row.shape != before.shape:
            return told
        best = int(rows_of(before).argmax(1)[0])
        return replace(told, before=first.probability, after=float(_chances(explainer, rows_of(row))[0, best]))

    def _view(self, i: int) -> View | None:
        whole = i < self._given and self._whole is not None
        return self._whole.prepared.draw_sample(i, 0) if whole and self._whole else self.explainer(i).prepared.view

    def _entry(self, explainer: Explainer, view: View | None, row: Tensor, i: int) -> FilmEntry:
        """Of outputs `(1, C)`, `(1, 1)` or `(1,)`."""
        icon, caption = (None, "") if view is None else (view.icon(), view.caption())
        truth = None if self._truth is None else self._truth[i]
        told = FilmEntry(icon, caption, "", truth="" if truth is None else _name(truth, explainer.labels))
        if row.numel() == 1:
            return replace(told, label=number(float(row.reshape(-1)[0])))
        if row.ndim != 2 or len(row) != 1:
            return told
        best = int(row.argmax(1)[0])
        chance = float(_chances(explainer, row)[0, best])
        label = _name(best, explainer.labels)
        return replace(told, label=label, probability=chance, wrong=None if truth is None else told.truth != label)


def _chances(explainer: Explainer, row: Tensor) -> Tensor:
    """Probabilities of outputs `(1, C)`."""
    return convert(row.double(), "probability", explainer.prepared.output_kind)


def _truths(given: Any, n: int) -> list[Any]:
    """What is true of each sample, as plain values; None where that is not known (None, −1)."""
    shape = getattr(given, "shape", None)
    if isinstance(given, str) or not isinstance(given, Iterable) or (shape is not None and len(shape) != 1):
        got = f"shape {tuple(shape)}" if shape is not None else repr(given)
        raise InvalidTypeError(
            f"y holds one class number or name for each sample, ({n},); got {got} (one-hot: y.argmax(1))."
        )
    found = [t.item() if hasattr(t, "item") else t for t in given]
    if n == 1 and len(found) > 1:
        raise InvalidValueError(
            f"y has {len(found)} labels, and x is drawn as one: y= goes with a strip of samples (a batch or a list). Of a "
            "table give one row, x[:1] with y[:1], or leave y= out."
        )
    if len(found) != n:
        raise InvalidValueError(f"y has {plural(len(found), 'label')}, and there are {plural(n, 'sample')}.")
    return [None if t is None or t == -1 else t for t in found]


def _check_truths(truths: Sequence[Any], labels: Any) -> None:
    """Raise for what is no class, where the classes are known."""
    if labels is None:
        return
    for t in truths:
        if isinstance(t, str) and t not in labels:
            raise unknown_name("class in y", t, map(str, labels))
        if isinstance(t, int) and not 0 <= t < len(labels):
            raise InvalidValueError(f"y holds class {t}, and there are {len(labels)} classes (-1 and None: not known).")


def _name(value: Any, labels: Any) -> str:
    """A class number as its name."""
    if not isinstance(value, int) or isinstance(value, bool):
        return str(value)
    return str(labels[value]) if labels is not None and 0 <= value < len(labels) else f"class {value}"
