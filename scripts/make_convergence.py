"""Draw how the rules converge on the demo nets: `python scripts/make_convergence.py`, about a minute.

Writes docs/images/convergence.png: true relative L2 error of the map against the number of gradients, with Captum's rules, with
`rule="auto"`, and the error that `auto` itself estimates; median over four inputs. The truth is the midpoint rule with
4096 points.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from torch import Tensor

import whylight as wl
from whylight.explainer.explainer import Explainer
from whylight.explainer.options import Options
from whylight.explainer.request import Request
from whylight.problem.gradient_cache import GradientCache

ROOT = Path(__file__).parents[1]
SIZES = (5, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257)
RULES = {"riemann_left": "#b9b9b9", "riemann_middle": "#8c6bb1", "gausslegendre": "#d98c3f"}
OURS = "#0b7285"
PANELS = [("digits", "logit"), ("digits", "probability"), ("shapes", "probability"), ("sentiment", "logit")]


def errors(demo: Any, output: str, i: int) -> dict[str, list[float]]:
    """True errors of every rule, and what `auto` estimates, at `SIZES`."""
    task = Explainer(demo.model, demo.inputs[i], Options(**demo.options, output=output), store=GradientCache(2**30))

    def attribute(rule: str, n: int) -> wl.Attribution:
        *_, last = task.refine(Request(rule=rule, n_steps=n))
        return last

    truth = attribute("riemann_middle", 4096).attributions
    distance: Callable[[Tensor], float] = lambda found: float((found - truth).norm() / truth.norm())
    auto = [attribute("auto", n) for n in SIZES]
    found = {rule: [distance(attribute(rule, n).attributions) for n in SIZES] for rule in RULES}
    return {
        **found,
        "auto": [distance(a.attributions) for a in auto],
        "auto, estimated": [float(a.map_error) for a in auto],
    }


def draw(axes: Axes, name: str, output: str) -> None:
    """One net, one output."""
    demo = getattr(wl.demo, name)()
    inputs = range(0, len(demo.inputs), max(1, len(demo.inputs) // 4))[:4]
    measured = [errors(demo, output, i) for i in inputs]
    for rule in measured[0]:
        line = np.median([m[rule] for m in measured], axis=0)
        colour = RULES.get(rule, OURS)
        style = ":" if "estimated" in rule else "-"
        axes.plot(SIZES, line, style, color=colour, lw=2.4 if colour == OURS else 1.6, label=rule)
    axes.set(xscale="log", yscale="log", title=f"{name}, {output}", xlim=(SIZES[0], SIZES[-1]))
    axes.set_xticks([5, 9, 17, 33, 65, 129, 257], ["5", "9", "17", "33", "65", "129", "257"])
    axes.minorticks_off()
    axes.set_xlabel("gradients")
    axes.axhline(0.01, color="#999999", lw=0.7, dashes=(2, 3))
    axes.spines[["top", "right"]].set_visible(False)


def main() -> None:
    fig, axes = plt.subplots(1, 4, figsize=(13, 3.4), layout="constrained")
    for ax, (name, output) in zip(axes, PANELS, strict=True):
        draw(ax, name, output)
    axes[0].set_ylabel("relative L2 error of the map")
    handles, labels = axes[0].get_legend_handles_labels()
    fig.legend(handles, labels, loc="outside upper center", ncols=len(labels), frameon=False)
    fig.savefig(ROOT / "docs/images/convergence.png", dpi=150)


if __name__ == "__main__":
    main()
