"""Where the samples of a signal stand: counted, in seconds, on dates, or at numbers of one's own. Knows nothing of values."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whylight.numbers import place, unit
from whylight.records import record

DATE, SECONDS, SAMPLES = "date", "s", "samples"
DAY, MINUTE, SECOND = 86_400_000.0, 60_000.0, 1000.0  # milliseconds


@record
@dataclass(frozen=True, eq=False)
class TimeAxis:
    r"""Places of samples 0, 1, 2, ...

    Attributes
    ----------
    unit
        "samples", "s" (seconds), "date" (milliseconds since 1970, shown as the clock on the wall), or "" for plain numbers.
    start, step
        Sample i stands at `start + i * step`.
    places
        Where every sample stands instead, float64 `(T,)`, if the steps are not all alike.

    Examples
    --------
    >>> axis = TimeAxis("s", step=1 / 500)
    >>> axis.at(250), axis.span(100, 149)
    (0.5, '0.2–0.298\u2009s')
    """

    unit: str = SAMPLES
    start: float = 0.0
    step: float = 1.0
    places: NDArray[np.float64] | None = None

    def at(self, sample: int) -> float:
        """Where one sample stands."""
        return float(self.start + sample * self.step if self.places is None else self.places[sample])

    def all(self, count: int) -> NDArray[np.float64]:
        """Where the first samples stand."""
        return (
            self.start + np.arange(count, dtype=np.float64) * self.step if self.places is None else self.places[:count]
        )

    def span(self, first: int, last: int) -> str:
        """Samples first to last, in words."""
        ends = list(dict.fromkeys((self.text(first), self.text(last))))
        return unit("–".join(ends), self.unit if self.unit == SECONDS else "")

    def text(self, sample: int) -> str:
        """The place of one sample, without its unit."""
        at = self.at(sample)
        return self._date(at) if self.unit == DATE else place(at, self.step if self.places is None else self.step / 10)

    def _date(self, place: float) -> str:
        """As much of the clock as neighbours differ in."""
        exact = np.datetime64(round(place), "ms")
        if self.step >= DAY:
            return str(exact.astype("datetime64[D]"))
        unit = "m" if self.step >= MINUTE else "s" if self.step >= SECOND else "ms"
        return str(exact.astype(f"datetime64[{unit}]")).replace("T", " ")
