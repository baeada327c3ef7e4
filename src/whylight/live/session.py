"""One explainer, one worker thread, the newest request: the only stateful part of the engine.

Requests may come from any thread (a cell, a comm handler on a subshell thread); the model runs on the worker only. A new
request makes the running one stop within a chunk of gradients, and nothing of an old request is ever published after a
newer one was made. Gradients already paid for stay in the explainer's store, so a longer run continues where a shorter one
stopped. What accompanies an answer (`whylight.live.followups`) is done after it, on the same worker, and gives way to any
request. Knows nothing of widgets, traits or bytes.
"""

import atexit
import threading
import time
import traceback
import weakref
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from whylight.errors import WhylightError, in_words
from whylight.explainer.explainer import Explainer
from whylight.explainer.request import Request
from whylight.live.answer_cache import AnswerCache
from whylight.live.events import AnswerEvent, Event, Status
from whylight.live.followups import Answer, FollowUp, SupersededError
from whylight.results.attribution import Attribution
from whylight.results.path_trace import PathTrace

FRAME_INTERVAL = 0.04  # seconds between published frames, except the last
PROGRESS_INTERVAL = 0.1
REMEMBERED = 4  # sessions that keep their gradients; a notebook full of widgets must not fill the memory


_OPEN: "weakref.WeakSet[Session]" = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    """End every worker before the interpreter goes: a thread caught inside torch would abort the process."""
    for session in list(_OPEN):
        session.close()


class Session:
    """Answers requests to one explainer, one at a time, newest first.

    Use `submit`, `stop`, `wait` and `close` from any thread.

    Parameters
    ----------
    explainer
        What is explained; give it a store so that requests share gradients.
    publish
        Called with every `Event`, in order, under the lock.
    lock
        A reentrant lock to share with whoever publishes further, so that two locks can never wait for each other.
    """

    def __init__(self, explainer: Explainer, publish: Callable[["Event"], None], lock: Any = None) -> None:
        self._explainer: Explainer | None = explainer
        self._publish: Callable[[Event], None] | None = publish
        self.lock = lock or threading.RLock()
        self._changed = threading.Condition(self.lock)
        self._generation = 0
        self._pending: Request | None = None
        self._worker: threading.Thread | None = None
        self._shown: Answer | None = None
        self._followups: dict[str, FollowUp] = {}
        self._due: list[str] = []  # follow-ups that have something to do, the most urgent first
        self._turn = 0  # of the follow-ups: a new one makes the working one give way
        self._doing = ""
        self._levels: dict[Any, set[int]] = {}
        self._finished = AnswerCache()
        self._error: BaseException | None = None
        self.status = Status("done")
        self.used = time.monotonic()
        _OPEN.add(self)

    @property
    def attribution(self) -> Attribution | None:
        """The newest published answer."""
        return None if self._shown is None else self._shown.attribution

    def submit(self, request: Request, explainer: Explainer | None = None) -> None:
        """Answer this request instead of any earlier one; from now on about another input, if its explainer is given."""
        with self._changed:
            if self._explainer is None:
                raise WhylightError("This explanation is closed; call explain again for a new one.")
            self._explainer = explainer or self._explainer
            self._generation += 1
            self._pending = request
            self._error = None
            self.used = time.monotonic()
            self._say(Status("running", total=request.n_gradients))
            self._start()

        for session in sorted(_OPEN, key=lambda other: -other.used)[REMEMBERED:]:
            session.forget()

    def follow_up(self, name: str, followup: FollowUp | None) -> None:
        """Have every answer from now on accompanied, that of the newest at once; None ends it.

        Called again for the same name it replaces the follow-up, or gives the same one another turn.
        """
        with self._changed:
            self._turn += 1
            if name in self._due:
                self._due.remove(name)
            if followup is None:
                self._followups.pop(name, None)
                return
            self._followups[name] = followup
            self._due.insert(0, name)
            if self._shown is not None and self._explainer is not None:
                self._start()

    def _start(self) -> None:
        if self._worker is None:
            self._worker = threading.Thread(target=self._work, name="whylight", daemon=True)
            self._worker.start()

    def path(self) -> PathTrace:
        """The path of the newest answer, with the maps at all its points; waits for a running request."""
        with self._changed:
            self.wait()
            if self._explainer is None or self._shown is None:
                raise WhylightError("There is no path to follow: this explanation was closed or stopped too early.")
            return self._explainer.path(self._shown.attribution, self._shown.request)

    def forget(self) -> None:
        """Let go of gradients already paid for, unless somebody is using the session right now."""
        if not self._changed.acquire(blocking=False):
            return
        try:
            if self._worker is None and self._explainer is not None and self._explainer.store is not None:
                self._explainer.store.clear()
                self._finished.clear()
        finally:
            self._changed.release()

    def stop(self) -> None:
        """End the running request within one chunk; what was computed stays."""
        with self._changed:
            if self._worker is None or self.status.state != "running":
                return
            self._generation += 1
            self._pending = None
            self._say(Status("stopped", self._stopped_at()))

    def wait(self, timeout: float | None = None) -> Attribution | None:
        """Block until the newest request is answered; its last attribution.

        Raises what the model raised, or TimeoutError.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._worker is None, timeout):
                raise TimeoutError(f"The answer is not there after {timeout:g} s; it goes on being computed.")
            if self._error is not None:
                raise self._error
            return self.attribution

    def close(self) -> None:
        """Stop, and let go of the model and the input."""
        with self._changed:
            self._generation += 1
            self._pending = self._explainer = self._publish = None
            worker = self._worker
        if worker is not None and worker is not threading.current_thread():
            worker.join()

    def _work(self) -> None:
        while True:
            with self._changed:
                request, explainer, generation = self._pending, self._explainer, self._generation
                self._pending = None
                if explainer is None or (request is None and not self._due):
                    self._worker = None
                    self._changed.notify_all()
                    return
                if request is not None:
                    self._due = list(self._followups)
            try:
                if request is not None:
                    self._answer(explainer, request, generation)
                self._follow_ups(explainer, generation)
                self._rest(generation)
            except SupersededError:
                pass
            except Exception as error:  # noqa: BLE001  whatever the user's model raises is shown, never lost
                self._fail(error, generation)
            del explainer

    def _answer(self, explainer: Explainer, request: Request, generation: int) -> None:
        finished = self._finished.get(explainer, request)
        if finished is not None and finished is self.attribution:
            return  # on show already
        reached, since, last_frame, last_progress = 0, 0, 0.0, time.monotonic()

        def tick(count: int) -> None:
            nonlocal since, last_progress
            since += count
            self._current(generation)
            if time.monotonic() - last_progress > PROGRESS_INTERVAL:
                last_progress = time.monotonic()
                self._say(Status("running", done=reached + since, total=request.n_gradients), generation)

        settings = (explainer.serial, explainer.model.version(), replace(request, n_steps=None, tol=None, rule=None))
        known = self._levels.setdefault(settings, set())
        for attribution in explainer.refine(request, tick=tick) if finished is None else [finished]:
            reached, since = attribution.n_evaluations, 0
            now, steps = time.monotonic(), attribution.provenance.get("n_steps")
            coarser = steps in known  # than what was already shown for these settings
            known.update(() if steps is None else (steps,))
            if attribution.final or (now - last_frame >= FRAME_INTERVAL and not coarser):
                last_frame = now
                self._show(attribution, request, tuple(sorted(known)), generation)
            if attribution.final:
                self._finished.put(explainer, request, attribution, settings[1])

    def _follow_ups(self, explainer: Explainer, generation: int) -> None:
        """Give every follow-up its turn; one that a newer turn interrupts comes again after it."""
        while self._due:
            with self._changed:
                self._current(generation)
                name, turn, shown = self._due.pop(0), self._turn, self._shown
                followup = self._followups.get(name)
                stopped = self.status.state == "stopped"
            if followup is None or shown is None:
                continue
            self._doing = followup.doing
            try:
                self._follow(explainer, followup, replace(shown, stopped=stopped), generation, turn)
            except SupersededError:
                if name not in self._due:
                    self._due.append(name)
                self._current(generation)
        self._doing = ""

    def _follow(self, explainer: Explainer, followup: FollowUp, shown: Answer, generation: int, turn: int) -> None:
        last = 0.0

        def say(message: str = "", done: int = 0, total: int | None = None) -> None:
            nonlocal last
            self._current(generation)
            if turn != self._turn:
                raise SupersededError
            if message and time.monotonic() - last > PROGRESS_INTERVAL:
                last = time.monotonic()
                self._say(Status("running", message, done=done, total=total), generation)

        for event in followup.follow(explainer, shown, self._finished, say):
            with self._changed:
                say()
                if self._publish is not None:
                    self._publish(event)

    def _rest(self, generation: int) -> None:
        if self.status.state == "running":
            reached = 0 if self.attribution is None else self.attribution.n_evaluations
            self._say(Status("done", done=reached, total=reached), generation)

    def _show(self, attribution: Attribution, request: Request, levels: tuple[int, ...], generation: int) -> None:
        with self._changed:
            self._current(generation)
            self._shown = Answer(1 if self._shown is None else self._shown.seq + 1, request, attribution)
            if self._publish is not None:
                self._publish(AnswerEvent(self._shown.seq, attribution, request.n_steps, levels))

    def _say(self, status: Status, generation: int | None = None) -> None:
        with self._changed:
            if generation is not None:
                self._current(generation)
            self.status = status
            if self._publish is not None:
                self._publish(status)

    def _current(self, generation: int) -> None:
        if generation != self._generation:
            raise SupersededError

    def _fail(self, error: Exception, generation: int) -> None:
        detail = "".join(traceback.format_exception(error))
        message = in_words(error)
        with self._changed:
            if generation == self._generation:
                self._error = error
                self._say(Status("error", message, detail))

    def _stopped_at(self) -> str:
        if self._doing:
            return f"Stopped while {self._doing}; the map above is finished."
        steps = None if self.attribution is None else self.attribution.provenance.get("n_steps")
        total = self.status.total
        if steps is None:
            return "Stopped; change a setting to go on."
        return f"Stopped at {steps}{f' of {total}' if total else ''} points; move the slider to go on."
