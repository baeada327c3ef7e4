"""The live widget: traits and messages between a session and the browser. No arithmetic, no bytes, no threads of its own.

Every trait has one writer (docs/wire.md); only the scalar options may be set from both sides. Frames stream as custom
messages, because traits are not safe to write from two threads; the last frame of a run is committed to `_frame` once,
under the same lock that incoming state takes, so that a saved notebook keeps it.
"""

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Self

from whylight.errors import InvalidValueError, WhylightError
from whylight.explainer.options import Options
from whylight.live.choices import row_groups
from whylight.live.displayed import Displayed
from whylight.live.events import FilmFrame
from whylight.live.exports import exported, saved
from whylight.live.film import Film
from whylight.live.film_followups import Entries, Neighbours
from whylight.live.followups import Baselines, Comparison
from whylight.live.host import asset, follow_page
from whylight.live.kept import DRAWING
from whylight.live.panels import Message, Panels
from whylight.live.reproduce import code
from whylight.live.session import Session
from whylight.live.settings import Settings, beside
from whylight.live.wire.inputs import bundle_of
from whylight.model.user_model import UserModel
from whylight.results.attribution import Attribution
from whylight.results.path_trace import PathTrace
from whylight.views.view import View

ASKED = ("method", "n_steps", "target", "against", "baseline")
COMPUTED = (*ASKED, "compare")
GROUPED = ("selection", "scorer", "units")
PAINTED = ("colormap", "clip")  # what figures have too
OWN = ("target", "baseline")  # what differs between samples
BUNDLE = "widget.js"  # of most kinds of input


class Explanation(Displayed):
    """Shows live why a model gave its answer; made by `whylight.explain`, whose docstring lists the traits.

    They can be clicked, set from Python, observed and linked; changing one that asks for other numbers starts the work.

    Examples
    --------
    >>> import whylight as wl
    >>> demo = wl.demo.digits()
    >>> with wl.explain(demo.model, demo.inputs[3], n_steps=65, **demo.options) as widget:
    ...     widget.wait().n_evaluations
    65
    """

    _esm = asset(BUNDLE)
    _css = asset("widget.css")

    def __init__(self, attribution: Attribution | None = None, *, drawn: View | None = None, **kwargs: Any) -> None:
        bundle = bundle_of(drawn if attribution is None else attribution.view)
        if bundle != BUNDLE:
            self._esm = asset(bundle)  # anywidget makes a trait of it
        self._lock = threading.RLock()
        self._baselines = Baselines()
        self._film_behind: Film | None = None
        self._own: dict[str, Any] = {}  # target and baseline that the sample came with
        self._turning = False
        self._panels: Panels | None = None
        # what answers the browser, by kind
        self._heard: dict[str, Callable[[Message], None]] = {"export": self._export}
        super().__init__(**kwargs)
        self.on_msg(self._hear)
        if attribution is not None:
            self._adopt(attribution)

    @classmethod
    def explain(cls, model: Any, x: Any, options: Options, groups: Any = None, truth: Any = None) -> "Explanation":
        """Make the widget and start its first run."""
        film = Film.of(UserModel(model, beside=True), x, options, truth)
        explainer = film.explainer(0)
        view, first = explainer.prepared.drawn(), explainer.request
        if groups is not None and view.one_input:
            raise InvalidValueError("groups are of the rows of a table, and x is a single input; leave groups out.")
        settings = Settings(explainer, groups)
        own = _own(settings)
        scorer = {} if explainer.prepared.differentiable else {"scorer": "occlusion"}
        names = {"method": settings.first("method"), **own, **scorer}
        widget = cls(drawn=view, n_steps=first.n_steps, **view.usual, **names)
        widget._settings, widget._film_behind, widget._own = settings, film, own
        settings.editable = film.can_edit(0)
        widget._publisher.open(view, settings, row_groups(explainer, groups))
        widget._session = Session(explainer, widget._publisher.receive, widget._lock)
        widget._panels = panels = Panels(
            widget._session, settings, lambda: {name: getattr(widget, name) for name in GROUPED}
        )
        widget._heard |= {
            "stop": lambda _: widget.stop(),
            "ping": lambda _: widget._report(),
            "theme": follow_page,
            "path": panels.path,
            "groups": panels.groups,
            "grow": panels.grow,
            "edit": lambda change: widget._edit(film.edited, change),
        }
        panels.path({})
        widget._session.follow_up("film", Entries(film))
        if widget.several:
            widget._publisher.receive(FilmFrame(len(film), ()))  # room for those to come
        widget.observe(widget._turn, names="sample")
        widget.observe(widget._ask, names=list(COMPUTED))
        widget.observe(widget._group, names=list(GROUPED))
        widget._ask()
        return widget

    def _adopt(self, attribution: Attribution) -> None:
        """Show a finished answer, without an engine behind it."""
        for name, usual in ({} if attribution.view is None else attribution.view.usual).items():
            setattr(self, name, usual)
        self.method, self.n_steps = attribution.method, self._publisher.adopt(attribution)["n_steps"]

    def _turn(self, change: Any) -> None:
        """Explain another sample: settings that were the last one's own become this one's own."""
        film, settings = self._film_behind, self._settings
        if film is None or settings is None:
            return
        try:
            explainer = film.explainer(self.sample)
            with self._lock, self.hold_sync():
                settings.explainer, before = explainer, self._own
                settings.editable = film.can_edit(self.sample)
                self._own = _own(settings)
                self._turning = True
                view = explainer.prepared.drawn()
                self._publisher.turn_to(view, settings, row_groups(explainer, settings.own_groups))
                for kind, name in before.items():
                    if getattr(self, kind) == name:
                        setattr(self, kind, self._own[kind])
                self.selection, self.pixel = self.selection if not view.one_input else [], []
        except Exception as error:  # noqa: BLE001  a sample that cannot be explained says so on the card
            self._publisher.fail(error)
            return
        finally:
            self._turning = False
        self._ask()

    def _ask(self, change: Any = None) -> None:
        """Send the current settings to the session."""
        if self._session is None or self._settings is None or self._turning:
            return
        if change is not None and change["name"] in ("target", "against"):
            self._publisher.scores = {}  # of another target
        with suppress(Exception):  # a model that fails since it was changed says so in the run below
            self._publisher.offer()
        self._publisher.refused = ""
        main = {name: getattr(self, name) for name in ASKED}
        compared = {json.dumps(s): self._settings.request(**beside(main, s)) for s in self.compare}
        with self._lock:
            self._baselines.offered = self._settings.offered_baselines()
            self._session.follow_up("baselines", self._baselines)
            self._session.follow_up("compare", Comparison(compared) if compared else None)
            self._session.submit(self._settings.request(**main), self._settings.explainer)
            film = self._film_behind
            if film is not None and len(film) > 1:
                own = frozenset(kind for kind, name in self._own.items() if getattr(self, kind) == name)
                self._session.follow_up("neighbours", Neighbours(film, self.sample, own))
        if not compared:
            self._publisher.nothing_compared()

    def _group(self, change: Any) -> None:
        """Score the groups that are chosen now."""
        if self._panels is not None:
            self._panels.regroup()

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take state from the browser, never at the same time as the worker writes its own."""
        with self._lock:
            super().set_state(sync_data)

    def _hear(self, widget: Any, content: Any, buffers: Any) -> None:
        """Answer a message of the browser; one of an unknown kind is of another version."""
        answer = self._heard.get(str(content.get("kind"))) if isinstance(content, dict) else None
        if answer is not None:
            answer(content)

    def _edit(self, made: Callable[..., Any], change: Message) -> None:
        """Take a change that was made in the browser, or say why not."""
        try:
            self.edit(made(self.sample, change, self._settings))
        except Exception as error:  # noqa: BLE001  as said
            self._publisher.refuse(error)
        self._report()

    def _report(self) -> None:
        """Say the status again, to a browser that doubts whether anybody is there."""
        with self._lock:
            if self._session is not None:
                self._publisher.receive(self._session.status)

    @property
    def attribution(self) -> Attribution | None:
        """The newest numbers."""
        return self._publisher.last

    @property
    def compared(self) -> tuple[Attribution, ...]:
        """The newest answers to the settings of `compare`, in their order; `wait()` first for those still to come.

        One that failed is left out; the card says why.
        """
        return tuple(one.attribution for one in self._publisher.compared if one.attribution is not None)

    @property
    def path(self) -> PathTrace:
        """The path from the baseline to the input as the newest numbers saw it; see `whylight.path`. Computes no gradient."""
        if self._session is None:
            raise WhylightError("There is no path to follow: no engine is behind this picture.")
        return self._session.path()

    def wait(self, timeout: float | None = None) -> Attribution:
        """Block until the newest settings are answered, and give the answer. Raises what the model raised."""
        if self._session is not None:
            self._session.wait(timeout)
        if self._publisher.last is None:
            closed = "it was closed" if self._session is None else "it was stopped"
            raise WhylightError(f"This explanation has no answer: {closed} before the first picture was finished.")
        return self._publisher.last

    def edit(self, x: Any) -> None:
        """Explain another input of the same kind in place of the one on show: a sentence, token ids, a row, a picture.

        It is prepared as the first one was, under the same target, and becomes one more sample beside it: `sample = 0` goes back.
        """
        if self._film_behind is None:
            raise WhylightError("There is no model to ask: no engine is behind this picture.")
        self.sample = self._film_behind.add(x, self.sample)

    def stop(self) -> None:
        """End the running computation; what was computed stays."""
        if self._session is not None:
            self._session.stop()

    def close(self) -> None:
        """End the computation, close the widget and let go of the model."""
        session, self._session, self._settings, self._film_behind = self._session, None, None, None
        self._heard, self._panels = {}, None
        if session is not None:
            session.close()
        super().close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *args: object) -> None:
        self.close()

    def code(self) -> str:
        """Python that reproduces the picture on screen."""
        if self._settings is None:
            raise WhylightError("This picture has no engine behind it; its origin is in .attribution.provenance.")
        names = {name: getattr(self, name) for name in ASKED}
        film, i = self._film_behind, self.sample
        sliced = str if film is None else partial(film.sliced, i)
        x = "x" if film is None else film.code(i)
        return f"wl.explain(model, {x}, {code(self._settings, sliced, **names)})"

    def save(self, path: str | Path, **options: Any) -> Path:
        """Write the newest answer to a file: png, svg, pdf, html, csv, npz or json by its ending.

        Pages and numbers hold what is compared too: `whylight.load` then gives a `Comparison`. Pictures have the colours and the detail on show.
        """
        self.wait()
        return saved(self._publisher, path, self._painted(), **options)

    def _painted(self) -> dict[str, Any]:
        """The options of a figure that a person changed on the card."""
        own = (name for name in PAINTED if getattr(self, name) != self.traits()[name].default_value)
        return {name: getattr(self, name) for name in (*own, "detail")}

    def _export(self, message: Message) -> None:
        """Make a file for the browser to save, or the code to copy."""
        reply = partial(exported, self._publisher, self._painted(), self.code)
        DRAWING.submit(lambda: self.send(*reply(message)))

    def to_html(self, path: str | Path) -> Path:
        """Write the newest answer as one page without script."""
        return self.save(Path(path).with_suffix(".html"))

    def __repr__(self) -> str:
        last = self._publisher.last
        return f"Explanation({'no answer yet' if last is None else repr(last)})"


def _own(settings: Settings) -> dict[str, Any]:
    """The names of what a sample itself came with."""
    return {kind: settings.first(kind) for kind in OWN}
