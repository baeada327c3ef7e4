"""What the panels of a widget need once they are open: the path behind an answer, and scores of groups.

Knows nothing of traits or bytes.
"""

from collections.abc import Callable, Mapping
from typing import Any

from whylight.live.followups import PathFollowUp
from whylight.live.group_followup import GroupFollowUp
from whylight.live.session import Session
from whylight.live.settings import Settings
from whylight.live.wire.path import path_maps

Message = Mapping[str, Any]


class Panels:
    """Follow-ups of a session that go with its panels.

    Parameters
    ----------
    session
        Whose answers are accompanied.
    settings
        Know the input on show.
    grouped
        Gives what a person chose of groups: selection, scorer and units.
    """

    def __init__(self, session: Session, settings: Settings, grouped: Callable[[], Mapping[str, Any]]) -> None:
        self._session, self._settings, self._chosen = session, settings, grouped
        self._groups, self._open, self._which = GroupFollowUp(), False, 0

    def path(self, message: Message) -> None:
        """Publish the path with every answer: while its panel is open, and always where it is small."""
        self._which = int(message.get("which", self._which))
        view = self._settings.explainer.prepared.view
        if view is not None and view.one_map:
            maps, small = path_maps(view)
            wanted = bool(message.get("open")) or small
            self._session.follow_up("path", PathFollowUp(maps, self._which) if wanted else None)

    def groups(self, message: Message) -> None:
        """Score groups while the panel that shows them is open."""
        self._open, self._groups.grow = bool(message.get("open")), False
        self.regroup()

    def grow(self, message: Message) -> None:
        """Build the hierarchy of groups."""
        self._open = self._groups.grow = True
        self.regroup()

    def regroup(self) -> None:
        """Score the groups that are chosen now."""
        with self._session.lock:
            for name, value in self._chosen().items():
                setattr(self._groups, name, value)
            self._session.follow_up("groups", self._groups if self._open else None)
