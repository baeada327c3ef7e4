"""A tensor that knows which part of it is relevant, and the table of rules that carry this knowledge through a model.

The value of a `Decomposed` is the ordinary activation; every operation on one looks up its rule. So models run as they
are written: no tracing, and control flow sees ordinary values. Knows the rules of no layer, no inputs and no targets.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

import torch
from torch import Tensor, nn

from whylight.decomposition.argument_order import placed
from whylight.decomposition.call_site import call_site
from whylight.errors import InvalidTypeError, InvalidValueError, MissingRuleError
from whylight.model.user_model import UserModel
from whylight.parameters import check, parameter

Rule = Callable[..., Any]
R = TypeVar("R", bound=Rule)
TIES, RELUS, GATES = ("half", "gamma"), ("acd", "shapley"), ("split", "held")


@dataclass(frozen=True)
class Choices:
    """What the literature leaves open.

    Parameters
    ----------
    tie
        Who gets a bias where both parts are zero: "half" to each (ACD), or all to the irrelevant part ("gamma").
    relu
        "acd": relevant part relu(β); "shapley": ½ [relu(β) + relu(β + γ) − relu(γ)].
    gates
        Of LSTMs and GRUs: "split" into parts like what they let through (Murdoch, Liu, Yu 2018), or "held" at their totals.
    model
        Whose layers errors name.
    """

    tie: str = parameter("half", choices=TIES)
    relu: str = parameter("acd", choices=RELUS)
    gates: str = parameter("split", choices=GATES)
    model: UserModel | None = None

    def __post_init__(self) -> None:
        check(self)


CHOICES: ContextVar[Choices] = ContextVar("choices", default=Choices())  # noqa: B039  it is frozen
_FUNCTIONS: dict[Any, Rule] = {}
LAYERS: dict[Any, Rule] = {}  # by class, or by its full name where importing it would cost much


class Decomposed(Tensor):
    """An activation split into a relevant and an irrelevant part; its own value is their sum.

    Made by `Decomposed.of`. Operations on it follow the rules of contextual decomposition (docs/decomposition.md) and
    raise `MissingRuleError` where there is none.

    Examples
    --------
    >>> x = Decomposed.of(torch.tensor([1.0, 3.0]), torch.tensor([1.0, 0.0]))
    >>> y = (x.sum() - 1).relu()
    >>> y.total, y.relevant, y.irrelevant
    (tensor(3.), tensor(0.7500), tensor(2.2500))
    """

    _total: Tensor
    _relevant: Tensor

    @staticmethod
    def of(total: Tensor, relevant: Tensor) -> "Decomposed":
        """Decompose `total`: `relevant`, of the same shape, is one part, the rest the other."""
        if isinstance(total, Decomposed) or isinstance(relevant, Decomposed):
            raise InvalidTypeError(
                "Decomposed.of takes two plain tensors; give x.total and x.relevant of a Decomposed."
            )
        if total.shape != relevant.shape:
            raise InvalidValueError(
                f"The parts of an activation have its shape {tuple(total.shape)}; the relevant part given has "
                f"{tuple(relevant.shape)}."
            )
        made = total.as_subclass(Decomposed)
        made._total, made._relevant = total, relevant  # noqa: SLF001
        return made

    @property
    def total(self) -> Tensor:
        """The ordinary activation, a plain tensor: relevant + irrelevant."""
        return self._total

    @property
    def relevant(self) -> Tensor:
        """β: what is credited to the chosen features, a plain tensor."""
        return self._relevant

    @property
    def irrelevant(self) -> Tensor:
        """γ: everything else, a plain tensor."""
        return self._total - self._relevant

    @classmethod
    def __torch_function__(
        cls, func: Any, types: Iterable[type], args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Answer a torch function by its rule."""
        found = _FUNCTIONS.get(func)
        if found is None:
            missing(func)
        if not kwargs:
            return found(func, *args)
        args, kwargs = placed(func, args, kwargs)
        return found(func, *args, **kwargs)

    def __repr__(self, **options: Any) -> str:
        return f"Decomposed(total={self._total!r}, relevant={self._relevant!r})"

    __str__ = __repr__


def rule(*subjects: Any) -> Callable[[R], R]:
    """Register a rule of contextual decomposition, for layer classes or torch functions.

    A rule is called as `rule(op, *args, **kwargs)` with the arguments of the layer or function, some of them
    `Decomposed`; `op` is the layer (or function) itself, to be called on plain tensors. It returns `Decomposed.of(total,
    relevant)`, and may use every operation that has a rule.

    Parameters
    ----------
    *subjects
        Subclasses of `torch.nn.Module` (exactly these, not their subclasses), or functions that heed
        `__torch_function__`.

    Examples
    --------
    >>> import whylight as wl
    >>> class Square(torch.nn.Module):
    ...     def forward(self, x):
    ...         return torch.special.xlog1py(x, x)
    >>> @wl.decomposition.rule(Square)
    ... def square(layer, x):
    ...     return wl.decomposition.Decomposed.of(layer(x.total), layer(x.relevant))

    Elementwise layers need no rule of their own: `activation` (two-way Shapley) and `rectifier` (the rule of ReLU) serve.

    >>> _ = wl.decomposition.rule(Square)(wl.decomposition.activation)
    """

    def register(function: R) -> R:
        for subject in subjects:
            layer = isinstance(subject, str) or (isinstance(subject, type) and issubclass(subject, nn.Module))
            if not layer and not callable(subject):
                raise InvalidTypeError(f"rule takes layer classes or torch functions; got {subject!r}.")
            (LAYERS if layer else _FUNCTIONS)[subject] = function
        return function

    return register


def missing(func: Any, why: str = "") -> NoReturn:
    """Raise the error that names the operation, the layer it is in, and the way out."""
    name = getattr(func, "__name__", str(func))
    if name == "__get__":
        name = f"the attribute {getattr(getattr(func, '__self__', None), '__name__', '?')}"
    where, layer = call_site(CHOICES.get().model)
    kind = layer or "nn.MyLayer"
    raise MissingRuleError(
        f"Contextual decomposition has no rule for {name}{where}{': ' + why if why else ''}. Register one for the layer, "
        f"@wl.decomposition.rule({kind}), or for the function; wl.decomposition.rule says how (docs/decomposition.md). "
        "Occlusion needs no rules: scorer='occlusion', or method='occlusion'."
    )


def share(total: Tensor, relevant: Tensor) -> Tensor:
    """abs(β) / (abs(β) + abs(γ)): the part of a bias that goes to β; ½ or 0 where both are zero (`Choices.tie`).

    Exactly 0 and 1 where one of them is zero: dead units would turn the least rounding into half a bias.
    """
    if not torch.is_grad_enabled():
        return divisor(total, relevant).reciprocal_()
    beta = relevant.abs()
    size = (total - relevant).abs() + beta
    zero = (size == 0).to(size.dtype)
    return (beta + _tied() * zero) / (size + zero)


def divisor(total: Tensor, relevant: Tensor) -> Tensor:
    """1 / `share`, real and without derivatives: 1 + abs(t / β − 1) takes the fewest passes through memory."""
    tied = 1 / _tied() if _tied() else math.inf
    if total.is_complex():
        size = relevant.abs()
        total, relevant = size + (total - relevant).abs(), size
    return (total / relevant).sub_(1).abs_().add_(1).nan_to_num_(nan=tied, posinf=math.inf)


def _tied() -> float:
    return 0.5 if CHOICES.get().tie == "half" else 0.0
