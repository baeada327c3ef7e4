"""The live widget: traits and messages between a session and the browser. No arithmetic, no bytes, no threads of its own.

Every trait has one writer (docs/wire.md); only the scalar options may be set from both sides. Frames stream as custom
messages, because traits are not safe to write from two threads; the last frame of a run is committed to `_frame` once,
under the same lock that incoming state takes, so that a saved notebook keeps it.
"""

import json
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any, Self, cast

import anywidget

from whylight.errors import InvalidValueError, WhylightError
from whylight.explainer.explainer import Explainer
from whylight.explainer.options import Options
from whylight.live.events import AnswerEvent, BaselineScores, Event, GroupsFrame, PathFrame, Status
from whylight.live.followups import Baselines, Comparison, PathFollowUp
from whylight.live.group_followup import GroupFollowUp
from whylight.live.host import answer_while_busy, asset
from whylight.live.session import Session
from whylight.live.settings import Settings, beside
from whylight.live.traits import Controls
from whylight.live.wire.arrays import VERSION, Message, number, streamed
from whylight.live.wire.downsample import thumbnail_of
from whylight.live.wire.frames import answer_message, compared_message
from whylight.live.wire.groups import groups_message
from whylight.live.wire.inputs import input_message
from whylight.live.wire.path import path_maps, path_message
from whylight.problem.gradient_cache import GradientCache
from whylight.results.attribution import Attribution
from whylight.results.comparison import Compared
from whylight.results.path_trace import PathTrace

ASKED = ("method", "n_steps", "target", "against", "baseline")
COMPUTED = (*ASKED, "compare")
GROUPED = ("selection", "scorer", "units")
FIRST_VIEW = {"image": "side", "text": "words", "features": "standardized", "table": "standardized"}
REPR_WAIT = 1.0  # seconds that showing the widget waits for the first picture of the saved page


class Explanation(Controls, anywidget.AnyWidget):
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

    _esm = asset("widget.js")
    _css = asset("widget.css")

    def __init__(self, attribution: Attribution | None = None, **kwargs: Any) -> None:
        self._lock = threading.RLock()
        self._session: Session | None = None
        self._last = attribution
        self._beside: dict[str, tuple[Compared, Message]] = {}
        self._pictures: dict[str, Message | None] = {}
        self._baselines, self._scores = Baselines(), {}
        self._from = 0  # which of several baselines the path starts from
        self._grouping, self._grouped = GroupFollowUp(), False
        super().__init__(**kwargs)
        answer_while_busy(self.comm)
        if attribution is not None:
            self._adopt(attribution)

    @classmethod
    def explain(cls, model: Any, x: Any, options: Options, groups: Any = None) -> "Explanation":
        """Make the widget and start its first run."""
        task = Explainer(model, x, options, store=GradientCache())
        view, first = task.prepared.drawn(), task.request
        if groups is not None and view.kind != "table":
            raise InvalidValueError("groups are of the rows of a table, and x is a single input; leave groups out.")
        settings = Settings(task, groups)
        names = {k: getattr(settings, k)(getattr(first, k)) for k in ("method", "target", "baseline")}
        if not task.prepared.differentiable:
            names["scorer"] = "occlusion"
        widget = cls(n_steps=first.n_steps, view=FIRST_VIEW[view.kind], **names)
        widget._settings = settings
        widget._input = input_message(view, settings.groups() if view.kind == "table" else ())
        widget._choices = settings.offer(widget.target)
        widget._session = Session(task, widget._receive, widget._lock)
        widget._follow(False)
        widget.observe(widget._ask, names=list(COMPUTED))
        widget.observe(widget._group, names=list(GROUPED))
        widget.on_msg(widget._hear)
        widget._ask()
        return widget

    def _adopt(self, attribution: Attribution) -> None:
        """Show a finished answer, without an engine behind it."""
        if attribution.view is not None:
            self._input, self.view = input_message(attribution.view), FIRST_VIEW[attribution.view.kind]
        message = answer_message(attribution, seq=1)
        self.method, self.n_steps = attribution.method, message["meta"]["n_steps"]
        self._frame, self._status = message, {"v": VERSION, "state": "done", "message": "", "detail": ""}

    def _ask(self, change: Any = None) -> None:
        """Send the current settings to the session."""
        if self._session is None or self._settings is None:
            return
        if change is not None and change["name"] in ("target", "against"):
            self._scores = {}  # of another target
        self._offer()
        main = {name: getattr(self, name) for name in ASKED}
        compared = {json.dumps(s): self._settings.request(**beside(main, s)) for s in self.compare}
        with self._lock:
            self._baselines.offered = self._settings.offered_baselines()
            self._session.accompany("baselines", self._baselines)
            self._session.accompany("compare", Comparison(compared) if compared else None)
            self._session.submit(self._settings.request(**main))
        if not compared and self._compared:
            self._compared = {}

    def _offer(self, drawn: bool = False) -> None:
        """Say what the controls offer; small pictures of the baselines come with the first answer, out of its way."""
        if self._settings is None:
            return
        offered = self._settings.offer(self.target)
        for choice in offered["baselines"]:
            name = choice["value"]
            if drawn and name not in self._pictures:
                self._pictures[name] = thumbnail_of(*self._settings.reference(name))
            choice["picture"], choice["score"] = self._pictures.get(name), self._scores.get(name)
        if offered != self._choices:
            self._choices = offered

    def _follow(self, asked: bool) -> None:
        """Have the path published with every answer: while its panel is open, and always where it is small."""
        view = None if self._settings is None else self._settings.task.prepared.view
        if self._session is not None and view is not None and view.kind != "table":
            maps, small = path_maps(view)
            self._session.accompany("path", PathFollowUp(maps, self._from) if asked or small else None)

    def _group(self, change: Any = None) -> None:
        """Score groups of units while the panel that shows them is open."""
        if self._session is None:
            return
        with self._lock:
            for name in GROUPED:
                setattr(self._grouping, name, getattr(self, name))
            self._session.accompany("groups", self._grouping if self._grouped else None)

    def _receive(self, news: Event) -> None:
        """Pass on what the session publishes; called under the lock, one at a time."""
        if isinstance(news, Status):
            self._say(news)
        elif isinstance(news, PathFrame):
            self._path = path_message(news.seen, seq=news.seq, missing=news.missing)
        elif isinstance(news, Compared):
            self._put_beside(news)
        elif isinstance(news, GroupsFrame):
            self._put_groups(news)
        elif isinstance(news, BaselineScores):
            self._scores = {name: number(score) for name, score in news.scores.items()}
            self._offer(drawn=True)
        else:
            self._show(news)

    def _show(self, news: AnswerEvent) -> None:
        message = answer_message(news.attribution, seq=news.seq, requested=news.requested, levels=news.levels)
        self._last = news.attribution
        self.send(*streamed(message))
        if news.attribution.final:
            self._frame = message
            self._offer(drawn=True)

    def _put_beside(self, news: Compared) -> None:
        setting = json.loads(news.name)
        alike = [(json.loads(name) if name else {}, value) for name, value in news.correlations.items()]
        message = compared_message(
            news.attribution, seq=news.seq, setting=setting, correlations=alike, missing=news.missing
        )
        self._beside[news.name] = news, message
        self.send(*streamed(message, "beside"))
        if news.last:
            names = (json.dumps(setting) for setting in self.compare)
            self._beside = {name: self._beside[name] for name in names if name in self._beside}
            self._compared = {"v": VERSION, "tiles": [message for _, message in self._beside.values()]}

    def _put_groups(self, news: GroupsFrame) -> None:
        message = groups_message(news.seen, seq=news.seq, missing=news.missing)
        self.send(*streamed(message, "groups"))
        if news.final:
            self._groups = message

    def _say(self, status: Status) -> None:
        content = {"v": VERSION, "state": status.state, "message": status.message, "detail": status.detail}
        self.send({**content, "kind": "status", "done": status.done, "total": status.total})
        if content != self._status:
            self._status = content

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take state from the browser, never at the same time as the worker writes its own."""
        with self._lock:
            super().set_state(sync_data)

    def _hear(self, widget: Any, content: Any, buffers: Any) -> None:
        kind = content.get("kind") if isinstance(content, dict) else None
        if kind == "stop":
            self.stop()
        elif kind == "path":
            self._from = int(content.get("which", self._from))
            self._follow(bool(content.get("open")))
        elif kind in ("groups", "grow"):
            self._grouped = kind == "grow" or bool(content.get("open"))
            self._grouping.grow = kind == "grow"
            self._group()

    @property
    def attribution(self) -> Attribution | None:
        """The newest numbers."""
        return self._last

    @property
    def compared(self) -> tuple[Attribution, ...]:
        """The newest answers to the settings of `compare`, in their order; `wait()` first for those still to come.

        One that failed is left out; the card says why.
        """
        return tuple(one.attribution for one in self._shown_beside() if one.attribution is not None)

    def _shown_beside(self) -> list[Compared]:
        found = (self._beside.get(json.dumps(setting)) for setting in self.compare)
        return [one[0] for one in found if one is not None]

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
        if self._last is None:
            closed = "it was closed" if self._session is None else "it was stopped"
            raise WhylightError(f"This explanation has no answer: {closed} before the first picture was finished.")
        return self._last

    def stop(self) -> None:
        """End the running computation; what was computed stays."""
        if self._session is not None:
            self._session.stop()

    def close(self) -> None:
        """End the computation, close the widget and let go of the model."""
        session, self._session, self._settings = self._session, None, None
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
        return f"wl.explain(model, x, {self._settings.code(**names)})"

    def save(self, path: str | Path, **options: Any) -> Path:
        """Write the newest answer to a file: png, svg, pdf, html, npz or json by its ending; a page holds what is compared too."""
        from whylight.show.comparison import save_compared

        return save_compared(self.wait(), Path(path), self._shown_beside(), **options)

    def to_html(self, path: str | Path) -> Path:
        """Write the newest answer as one page without script."""
        return self.save(Path(path).with_suffix(".html"))

    def __repr__(self) -> str:
        return f"Explanation({self._last!r})" if self._last is not None else "Explanation(no answer yet)"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """The live view, and beside it a page without script and a picture for hosts that show no widgets."""
        bundle = super()._repr_mimebundle_(**kwargs)
        if self._session is not None:
            try:
                with suppress(TimeoutError):
                    self._session.wait(REPR_WAIT)
            except Exception:  # noqa: BLE001  the widget itself shows the error
                return bundle
        if bundle is None:
            return bundle
        from whylight.show.comparison import compared_twin

        data, metadata = cast(tuple[dict[str, Any], dict[str, Any]], bundle)
        early = {"text/html": "<p>This page was saved before the first picture was finished: run the cell again.</p>"}
        return {**data, **(early if self._last is None else compared_twin(self._last, self._shown_beside()))}, metadata
