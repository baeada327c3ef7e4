"""How methods cut an input into windows, where it is one that is cut (a signal). Knows nothing of methods."""

from whylight.problem.problem import Problem


def window_sizes(problem: Problem, index: int, length: int | None = None) -> tuple[int, ...] | None:
    """Sizes of the windows of one input along its axes, without that of the samples; None for an input that is not cut.

    A `length` asked for replaces the usual one along those axes that windows stretch over.
    """
    sizes = problem.windows[index] if problem.windows else None
    return sizes if sizes is None or length is None else tuple(length if size > 1 else 1 for size in sizes)
