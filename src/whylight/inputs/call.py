"""How a model is called with tensors that have names: by these names, with the ids first, or with one dictionary.

Knows nothing of embeddings or paths.
"""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn


@dataclass(frozen=True)
class Call:
    """A call of a model: `taken` names its parameters, None any; `how` is "names", "ids first" or "dictionary"."""

    model: Any
    how: str
    taken: frozenset[str] | None

    def takes(self, name: str) -> bool:
        """Whether the model has a place for an input of that name."""
        return self.taken is None or name in self.taken

    def __call__(self, ids: Tensor, inputs: dict[str, Any]) -> Any:
        """What the model returns for token ids and further inputs."""
        if self.how == "ids first":
            return self.model(ids, **inputs)
        return called(self.model, {"input_ids": ids, **inputs}, by_name=self.how == "names")


def call_of(model: Any) -> Call:
    """How a model of sentences is called: Hugging Face's by names, SentenceTransformers with a dictionary, others ids first."""
    names, anything = parameters_of(model)
    if isinstance(model, nn.Module) and all(callable(getattr(model, n, None)) for n in ("encode", "tokenize")):
        return Call(model, "dictionary", None)
    by_name = hasattr(model, "get_input_embeddings") or "input_ids" in names
    return Call(model, "names" if by_name else "ids first", None if anything else frozenset(names))


def takes_names(model: Any, names: Iterable[str]) -> bool:
    """Whether a model takes inputs of these names, and not one dictionary of them as its only argument."""
    own, anything = parameters_of(model)
    needed = [n for n, p in own.items() if p.default is p.empty and p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
    known = set(names)
    return not own or (all(n in known for n in needed) and (anything or known <= own.keys()))


def called(model: Any, inputs: dict[str, Any], *, by_name: bool) -> Any:
    """What the model returns; of a dictionary it gets one that it may write to."""
    return model(**inputs) if by_name else model(inputs)


def parameters_of(model: Any) -> tuple[dict[str, inspect.Parameter], bool]:
    """What a model takes, and whether it takes any other name as well."""
    call: Callable[..., Any] = model.forward if isinstance(model, nn.Module) else model
    try:
        found = dict(inspect.signature(call).parameters)
    except (TypeError, ValueError):
        return {}, False
    return found, any(p.kind is p.VAR_KEYWORD for p in found.values())
