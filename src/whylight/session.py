"""One task, one worker thread, the newest request: the only stateful part of the engine.

Requests may come from any thread (a cell, a comm handler on a subshell thread); the model runs on the worker only. A new
request makes the running one stop within a chunk of gradients, and nothing of an old request is ever published after a
newer one was made. Gradients already paid for stay in the task's store, so a longer run continues where a shorter one
stopped. Knows nothing of widgets, traits or bytes.
"""

import atexit
import threading
import time
import traceback
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from whylight.attribution import Attribution
from whylight.compare import Finished, rank_correlation
from whylight.errors import WhylightError
from whylight.fingerprint import model_version
from whylight.news import Beside, Frame, News, PathFrame, Status
from whylight.task import Request, Task
from whylight.trace import PathTrace

FRAME_INTERVAL = 0.04  # seconds between published frames, except the last
PROGRESS_INTERVAL = 0.1
REMEMBERED = 4  # sessions that keep their gradients; a notebook full of widgets must not fill the memory


class _Asked(NamedTuple):
    request: Request
    compared: Mapping[str, Request]


@dataclass(frozen=True)
class _Shown:
    """The newest published answer, and what was asked."""

    seq: int
    request: Request
    attribution: Attribution


class _SupersededError(Exception):
    """Raised inside the worker to leave a run that is no longer wanted."""


_OPEN: "weakref.WeakSet[Session]" = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    """End every worker before the interpreter goes: a thread caught inside torch would abort the process."""
    for session in list(_OPEN):
        session.close()


class Session:
    """Answers requests about one task, one at a time, newest first.

    Parameters
    ----------
    task
        What is explained; give it a store so that requests share gradients.
    publish
        Called with every `Frame`, `Beside`, `Status` and `PathFrame`, in order, under the lock.
    lock
        A reentrant lock to share with whoever publishes further, so that two locks can never wait for each other.

    Use `submit`, `stop`, `wait` and `close` from any thread.
    """

    def __init__(self, task: Task, publish: Callable[["News"], None], lock: Any = None) -> None:
        self._task: Task | None = task
        self._publish: Callable[[News], None] | None = publish
        self._changed = threading.Condition(lock or threading.RLock())
        self._generation = 0
        self._pending: _Asked | None = None
        self._worker: threading.Thread | None = None
        self._shown: _Shown | None = None
        self._maps: int | None = None  # of the paths that are wanted
        self._path_due = False
        self._levels: dict[Any, set[int]] = {}
        self._finished = Finished()
        self._error: BaseException | None = None
        self.status = Status("done")
        self.used = time.monotonic()
        _OPEN.add(self)

    @property
    def attribution(self) -> Attribution | None:
        """The newest published answer."""
        return None if self._shown is None else self._shown.attribution

    def submit(self, request: Request, compared: Mapping[str, Request] | None = None) -> None:
        """Answer this request instead of any earlier one, then those to compare with it."""
        with self._changed:
            if self._task is None:
                raise WhylightError("This explanation is closed; call explain again for a new one.")
            self._generation += 1
            self._pending = _Asked(request, compared or {})
            self._error = None
            self.used = time.monotonic()
            self._say(Status("running", total=request.n_gradients))
            self._start()

        for session in sorted(_OPEN, key=lambda other: -other.used)[REMEMBERED:]:
            session.forget()

    def _start(self) -> None:
        if self._worker is None:
            self._worker = threading.Thread(target=self._work, name="whylight", daemon=True)
            self._worker.start()

    def watch(self, maps: int | None) -> None:
        """Publish the path after every answer from now on, and that of the newest at once, with maps at so many points.

        None ends it.
        """
        with self._changed:
            self._maps = maps
            self._path_due = maps is not None
            if self._path_due and self._shown is not None and self._task is not None:
                self._start()

    def path(self) -> PathTrace:
        """The path of the newest answer, with the maps at all its points; waits for a running request."""
        with self._changed:
            self.wait()
            if self._task is None or self._shown is None:
                raise WhylightError("There is no path to follow: this explanation was closed or stopped too early.")
            return self._task.path(self._shown.attribution, self._shown.request)

    def forget(self) -> None:
        """Let go of gradients already paid for, unless somebody is using the session right now."""
        if not self._changed.acquire(blocking=False):
            return
        try:
            if self._worker is None and self._task is not None and self._task.store is not None:
                self._task.store.clear()
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
            self._pending = self._task = self._publish = None
            worker = self._worker
        if worker is not None and worker is not threading.current_thread():
            worker.join()

    def _work(self) -> None:
        while True:
            with self._changed:
                asked, task, generation = self._pending, self._task, self._generation
                self._pending = None
                if task is None or (asked is None and not self._path_due):
                    self._worker = None
                    self._changed.notify_all()
                    return
                self._path_due = asked is not None and self._maps is not None
            try:
                if asked is None:
                    self._follow(task, generation)
                else:
                    self._answer(task, asked.request, generation)
                    self._compare(task, asked, generation)
                    reached = 0 if self.attribution is None else self.attribution.n_evaluations
                    self._say(Status("done", done=reached, total=reached), generation)
            except _SupersededError:
                pass
            except Exception as error:  # noqa: BLE001  whatever the user's model raises is shown, never lost
                self._fail(error, generation)
            del task

    def _answer(self, task: Task, request: Request, generation: int) -> None:
        finished = self._finished.get(task, request)
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

        settings = (model_version(task.model), str(request.method), request.target, str(request.baseline))
        known = self._levels.setdefault(settings, set())
        for attribution in task.refine(request, tick=tick) if finished is None else [finished]:
            reached, since = attribution.n_evaluations, 0
            now, steps = time.monotonic(), attribution.provenance.get("n_steps")
            coarser = steps in known  # than what was already shown for these settings
            known.update(() if steps is None else (steps,))
            if attribution.final or (now - last_frame >= FRAME_INTERVAL and not coarser):
                last_frame = now
                self._show(attribution, request, tuple(sorted(known)), generation)
            if attribution.final:
                self._finished.put(task, request, attribution)

    def _compare(self, task: Task, asked: _Asked, generation: int) -> None:
        """Answer what is to be compared, one after the other, from the same gradients; final answers only."""
        shown, many = self._shown, len(asked.compared)
        if shown is None:
            return
        for i, (name, request) in enumerate(asked.compared.items(), 1):
            self._say(Status("running", f"Comparing: {i} of {many}", done=i - 1, total=many), generation)
            found = self._finished.get(task, request)
            if found is None:
                found = task.answer(request, tick=lambda _: self._current(generation))
                self._finished.put(task, request, found)
            alike = rank_correlation(shown.attribution, found)
            with self._changed:
                self._current(generation)
                if self._publish is not None:
                    self._publish(Beside(shown.seq, name, found, alike, last=i == many))

    def _show(self, attribution: Attribution, request: Request, levels: tuple[int, ...], generation: int) -> None:
        with self._changed:
            self._current(generation)
            self._shown = _Shown(1 if self._shown is None else self._shown.seq + 1, request, attribution)
            if self._publish is not None:
                self._publish(Frame(self._shown.seq, attribution, request.n_steps, levels))

    def _follow(self, task: Task, generation: int) -> None:
        """Publish the path of the newest answer."""
        shown, maps = self._shown, self._maps
        if shown is None or maps is None:
            return
        try:
            tick = lambda _: self._current(generation)
            found = PathFrame(shown.seq, task.path(shown.attribution, shown.request, most=maps, tick=tick))
        except _SupersededError:
            raise
        except Exception as error:  # noqa: BLE001  the answer stands without its path; the panel says what happened
            found = PathFrame(shown.seq, None, _words(error))
        with self._changed:
            self._current(generation)
            if self._publish is not None:
                self._publish(found)

    def _say(self, status: Status, generation: int | None = None) -> None:
        with self._changed:
            if generation is not None:
                self._current(generation)
            self.status = status
            if self._publish is not None:
                self._publish(status)

    def _current(self, generation: int) -> None:
        if generation != self._generation:
            raise _SupersededError

    def _fail(self, error: Exception, generation: int) -> None:
        detail = "".join(traceback.format_exception(error))
        message = _words(error)
        with self._changed:
            if generation == self._generation:
                self._error = error
                self._say(Status("error", message, detail))

    def _stopped_at(self) -> str:
        if self.status.message:
            return "Stopped while comparing; the map above is finished."
        steps = None if self.attribution is None else self.attribution.provenance.get("n_steps")
        total = self.status.total
        if steps is None:
            return "Stopped. Move the slider to go on."
        return f"Stopped at {steps}{f' of {total}' if total else ''} points; move the slider to go on."


def _words(error: Exception) -> str:
    return str(error) if isinstance(error, WhylightError) else f"{type(error).__name__}: {error}"
