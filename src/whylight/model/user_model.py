"""The user's model, whatever was given as one: whoever has to look into it, or to run it, asks here.

No code outside this package walks through the modules of a model. Knows nothing of inputs, scores or paths.
"""

from collections.abc import Hashable
from contextlib import AbstractContextManager
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from whylight.model.batch_norm_folding import BatchNorms
from whylight.model.batch_size import BatchSize, batch_size_for, layout_for
from whylight.model.modules import configs_in, home_of, input_embeddings, lazy, modules_behind, named, twins_of, walked
from whylight.model.shadow import Shadow
from whylight.model.structure import structure_of
from whylight.model.undisturbed import Parts, alone, parts_of, undisturbed
from whylight.model.weights import model_version, named_weights, weights_hash
from whylight.tensors import Tensors

Version = tuple[object, tuple[int, ...], Hashable]  # which model, its weights, its structure


class UserModel:
    """A `torch.nn.Module`, a callable that uses some, or any other predictor.

    Its modules are looked up anew for every request: a person may change the model between two of them.

    Parameters
    ----------
    original
        What the person gave.
    beside
        Whether passes run on a thread beside the person's, who may train the model meanwhile: they then run through a shadow.

    Attributes
    ----------
    original, beside
        As above.
    given
        What runs: what the person gave, or its shadow.

    Examples
    --------
    >>> net = nn.Linear(2, 1)
    >>> UserModel(lambda x: net(x).sigmoid()).roots == (net,)
    True
    """

    def __init__(self, original: Any, *, beside: bool = False) -> None:
        self.original = original
        self._shadow = Shadow(original) if beside else None
        self.beside = beside
        self._token = object()  # no other model has it
        self._seen: Version | None = None  # when last looked at

    @property
    def given(self) -> Any:
        """What runs."""
        return self.original if self._shadow is None else self._shadow.model

    def own(self, module: nn.Module) -> nn.Module:
        """The module that runs where the person names one of theirs."""
        return module if self._shadow is None else self._shadow.own(module)

    def refresh(self) -> Version:
        """Take over what has changed in the model since it was last looked at; its version."""
        self.__dict__.pop("parts", None)
        version = self.version()
        if version == self._seen:
            return version
        if self._seen is None or version[2] != self._seen[2]:
            self.__dict__.pop("batch_norms", None)
        if self._shadow is not None:
            with self.alone():
                self._shadow.refresh()
        self._seen = version
        return version

    @classmethod
    def of(cls, model: Any) -> "UserModel":
        """The model, also of one that is known already."""
        return model if isinstance(model, cls) else cls(model)

    @cached_property
    def batch_norms(self) -> BatchNorms:
        """What is known of its batch norms."""
        return BatchNorms()

    @property
    def name(self) -> str:
        """Its class."""
        return type(self.given).__name__

    @property
    def module(self) -> nn.Module | None:
        """The module, if one was given."""
        return self.given if isinstance(self.given, nn.Module) else None

    @property
    def as_written(self) -> "UserModel":
        """What `torch.compile` was given, where the model is what it made of that."""
        written = getattr(self.given, "_orig_mod", self.given)
        return self if written is self.given else UserModel(written)

    @property
    def roots(self) -> tuple[nn.Module, ...]:
        """The outermost modules it uses."""
        return self.original_roots if self._shadow is None else modules_behind(self.given)

    @cached_property
    def original_roots(self) -> tuple[nn.Module, ...]:
        """The outermost of the person's own modules it uses; looked up anew for every version."""
        return modules_behind(self.original)

    @property
    def modules(self) -> list[nn.Module]:
        """All modules it uses."""
        return walked(self.roots)

    @property
    def named_modules(self) -> dict[str, nn.Module]:
        """All modules by their dotted names."""
        return named(self.roots)

    @cached_property
    def parts(self) -> Parts:
        """What `undisturbed` has to know; looked up once between two times that the model is refreshed."""
        return parts_of(self.modules)

    @property
    def is_lazy(self) -> bool:
        """Whether weights still wait for data."""
        return lazy(self.modules)

    @property
    def configs(self) -> list[Any]:
        """The configurations of its modules (Hugging Face), each once."""
        return configs_in(self.modules)

    @property
    def input_embeddings(self) -> list[nn.Module]:
        """The embeddings of the outermost modules that say what theirs are (Hugging Face)."""
        return input_embeddings(self.modules)

    def twins(self, layer: nn.Module) -> list[nn.Module]:
        """The layer, and those of its kind that share its weights."""
        return twins_of(layer, self.modules)

    def home(self, default: torch.dtype = torch.float32) -> tuple[torch.device, torch.dtype]:
        """The device and floating dtype of its weights; CPU and the default for a callable without any."""
        return home_of(self.roots, default)

    @property
    def named_weights(self) -> dict[str, Tensor]:
        """All parameters and buffers of its state, by their dotted names."""
        return dict(named_weights(self.roots))

    def version(self) -> Version:
        """A cheap stamp that changes whenever a weight, a part or a hook does; no other model has the same."""
        self.__dict__.pop("original_roots", None)
        roots = self.original_roots
        with alone(roots):  # nobody's hook is in its place just now
            modules = walked(roots)
            return self._token, model_version(modules), structure_of(self.original, modules)

    def weights_hash(self, version: Version | None = None) -> str | None:
        """A short fingerprint of all weights, the same on every machine; None without any. Of this version, if it is known."""
        return weights_hash(self.original, version and version[1]) if self.original_roots else None

    def undisturbed(self, *, frozen: bool = True) -> AbstractContextManager[None]:
        """Run it in eval mode, and put back every flag as it was."""
        return undisturbed(self.parts, frozen=frozen)

    def alone(self) -> AbstractContextManager[None]:
        """Let no other thread run passes through it meanwhile."""
        return alone(self.roots)

    def layout(self, inputs: Tensors) -> torch.memory_format | None:
        """The layout of pictures it is fastest with; None for as they are."""
        return layout_for(self.original, inputs)

    def batch_size(self, inputs: Tensors, size: int | None, *context: Hashable) -> BatchSize:
        """How many points shaped like one row of the inputs go in a pass: as asked, or as far as the best is known."""
        return batch_size_for(self.original, inputs, size, *context)
