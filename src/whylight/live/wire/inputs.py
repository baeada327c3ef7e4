"""The input as a message, sent once, and small pictures of reference inputs. Knows nothing of traits, comms or threads."""

from collections.abc import Sequence

from torch import Tensor

from whylight.live.wire.arrays import Nothing, PackedArray
from whylight.live.wire.encoder import Input, encoder
from whylight.views.row_groups import RowGrouping
from whylight.views.view import View


def input_message(view: View | None, groups: Sequence[RowGrouping] = ()) -> Input | Nothing:
    """What is being explained; `groups` are ways to group the rows of a table."""
    if view is None:
        return {}
    made = encoder(view).input(groups)
    if view.details:
        made["details"] = list(view.details)
    return made


def bundle_of(view: View | None) -> str:
    """The front end that draws it."""
    return "widget.js" if view is None else encoder(view).bundle


def thumbnail_of(view: View | None, reference: Tensor | None) -> PackedArray | None:
    """A small picture of a reference input; None for what is no picture."""
    return None if view is None or reference is None else encoder(view).thumbnail(reference)
