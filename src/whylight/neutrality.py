"""Whether a baseline is a neutral reference, judged by the scores there.

Knows nothing of models, inputs or how baselines are made.
"""

from torch import Tensor

NEUTRAL = 0.5  # F(x') is small up to this share of F(x)
EVEN = 0.2  # a chance of two classes is neutral within so much of one half


def remark(score: Tensor, baseline_score: Tensor, unit: str = "output", chance: Tensor | None = None) -> str | None:
    """One sentence where a baseline is no neutral reference, else None.

    Attributions explain F(x) - F(x'), so x' should say nothing about the target: F(x') small beside F(x), or a chance of
    one half from a model of two classes (Sundararajan, Taly, Yan 2017, section 6). The zero of a logit is arbitrary: a
    negative one at the baseline only says that the class is not seen there.

    Parameters
    ----------
    score, baseline_score
        F(x) and F(x'), `(N,)`.
    unit
        "logit", "probability", "log_probability" or any other.
    chance
        For a model of two classes the probability of the target at the baseline, `(N,)`.

    Examples
    --------
    >>> import torch
    >>> print(remark(torch.tensor([8.0]), torch.tensor([0.5])))
    None
    >>> remark(torch.tensor([8.0]), torch.tensor([6.0]))
    'The baseline is not neutral: F(x′) is 6 beside F(x) of 8. The parts explain only the difference; compare other baselines.'
    """
    if chance is not None:
        far = (chance - 0.5).abs()
        i = int(far.nan_to_num().argmax())
        return (
            _sentence(f"there the model gives the target {float(chance[i]):.0%}, not about 50%")
            if far[i] > EVEN
            else None
        )
    share = _share(score, baseline_score, unit)
    i = int(share.nan_to_num().argmax())
    if not bool(share[i] > NEUTRAL):
        return None
    return _sentence(f"F(x′) is {_number(baseline_score[i])} beside F(x) of {_number(score[i])}")


def _share(score: Tensor, baseline_score: Tensor, unit: str) -> Tensor:
    if unit == "log_probability":
        return (baseline_score - score).exp()
    return baseline_score.clamp(min=0) / score.abs() if unit == "logit" else baseline_score.abs() / score.abs()


def _sentence(found: str) -> str:
    return f"The baseline is not neutral: {found}. The parts explain only the difference; compare other baselines."


def _number(value: Tensor) -> str:
    return f"{float(value):.3g}".replace("-", "−")
