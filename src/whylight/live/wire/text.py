"""Sentences as messages. Knows nothing of traits, comms or threads."""

from collections.abc import Sequence
from dataclasses import asdict

from whylight.live.wire.arrays import Message
from whylight.live.wire.encoder import Encoder, encoder
from whylight.views.row_groups import RowGrouping
from whylight.views.text import TextView


@encoder.register(TextView)
class TextEncoder(Encoder[TextView]):
    """The text as written, its tokens and words."""

    def input(self, groups: Sequence[RowGrouping] = ()) -> Message:
        """Text, tokens, words, and which token stands for which piece of the text."""
        return {
            "text": self.view.text,
            "tokens": [asdict(token) for token in self.view.tokens],
            "units": [asdict(unit) for unit in self.view.units],
            "segments": [[text, token] for text, token in self.view.segments],
        }

    def path_cells(self) -> int:
        """One per token."""
        return len(self.view.tokens)
