"""Decomposed inputs go through the model as it is written, in chunks that fit memory.

Knows nothing of natural inputs; what layers do is in the rules.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from whylight.decomposition.decomposed import CHOICES, LAYERS, Choices, Decomposed, Rule
from whylight.decomposition.fresh_tensors import split_only_in
from whylight.errors import InvalidTypeError, ModelError
from whylight.model.batch_size import BatchSize
from whylight.model.outputs import output_tensor, per_sample
from whylight.model.user_model import UserModel
from whylight.problem.score import Score
from whylight.targets.target import Target
from whylight.tensors import Tensors

MOST = 256  # masks in one pass
CPU_BYTES, GPU_BYTES = 2**19, 2**25  # of one input of theirs; a CPU's cache should hold what a layer makes of it


def masks_at_once(model: UserModel, inputs: Tensors, size: int | None) -> BatchSize:
    """As many masks in one pass as asked for, else as memory takes."""
    most = CPU_BYTES if inputs[0].device.type == "cpu" else GPU_BYTES
    row = sum(x[:1].numel() * x.element_size() for x in inputs)
    return BatchSize((size or min(MOST, max(1, most // max(1, row))),), model.layout(inputs))


@dataclass(frozen=True)
class DecomposedForward:
    """One model at N inputs; `decompose` asks for the parts of M groups.

    Parameters
    ----------
    score
        The model; its target is not looked at.
    inputs
        `(N, ...)` each.
    choices
        What the literature leaves open.
    """

    score: Score
    inputs: Tensors
    choices: Choices

    def decompose(self, masks: Tensors, *, create_graph: bool = False) -> list[tuple[slice, Any]]:
        """What the model returns, decomposed, for M masks `(M, ...)`, chunk by chunk; N is M or one of them 1."""
        if not all(x.is_floating_point() for x in self.inputs):
            raise InvalidTypeError(
                f"Contextual decomposition splits real numbers; the inputs are {[x.dtype for x in self.inputs]}. Groups of whole "
                "numbers are scored by scorer='occlusion' or 'build_up'."
            )
        count = max(map(len, (*self.inputs, *masks)))
        rows = torch.arange(count, device=self.inputs[0].device)

        def points(lo: int, hi: int) -> Tensors:
            return tuple(_parts(x, mask, lo, hi) for x, mask in zip(self.inputs, masks, strict=True))

        samples = rows if len(self.inputs[0]) > 1 else torch.zeros_like(rows)
        answers: list[tuple[slice, Any]] = []
        model = self.score.model
        with self._choices(), model.alone(), _layer_rules(model), _uncompiled(), split_only_in(answers):
            answers.extend(self.score.passes(points, samples, create_graph=create_graph))
        return answers

    def select(self, answers: list[tuple[slice, Any]], target: Target, *, create_graph: bool = False) -> Decomposed:
        """The parts of a target's score, `(M,)`."""
        several = len(self.inputs[0]) > 1
        found = []
        with self._choices(), torch.set_grad_enabled(create_graph):
            for part, outputs in answers:
                samples = torch.arange(part.start, part.stop, device=self.inputs[0].device) * several
                if target.linear:
                    both = carried(output_tensor(outputs))
                    per_sample(both.total, len(samples))
                    found.append(Decomposed.of(*(target.select(t, samples) for t in (both.total, both.relevant))))
                else:
                    found.append(carried(target.select(outputs, samples)))
            return joined(found)

    @contextmanager
    def _choices(self) -> Iterator[None]:
        token = CHOICES.set(replace(self.choices, model=self.score.model))
        try:
            yield
        finally:
            CHOICES.reset(token)


def outputs_of(answers: list[tuple[slice, Any]]) -> Decomposed:
    """The model's outputs `(M, ...)`."""
    return joined([carried(output_tensor(outputs)) for _, outputs in answers])


def joined(parts: list[Decomposed]) -> Decomposed:
    """Chunks in one."""
    if len(parts) == 1:
        return parts[0]
    return Decomposed.of(torch.cat([p.total for p in parts]), torch.cat([p.relevant for p in parts]))


def carried(outputs: Any) -> Decomposed:
    """The outputs, if they carry a decomposition."""
    if isinstance(outputs, Decomposed):
        return outputs
    raise ModelError(
        "The model's output carries no decomposition: it ends in a softmax, log-softmax or norm, which are not decomposed, "
        "or takes its input apart (.numpy(), .item()). Explain the logits: give the model without its last layer."
    )


def _parts(x: Tensor, mask: Tensor, lo: int, hi: int) -> Decomposed:
    """Rows lo..hi of the input, repeated if it is one, and what the mask takes of them."""
    total = x.expand(hi - lo, *x.shape[1:]) if len(x) == 1 else x[lo:hi]
    relevant = total * (mask if len(mask) == 1 else mask[lo:hi])
    return Decomposed.of(total.clone(), relevant)


def _uncompiled() -> AbstractContextManager[Any]:
    """Compiled code has no rules: layers and functions that torch.compile was given run as they are written."""
    return torch.compiler.set_stance("force_eager") if "torch._dynamo" in sys.modules else nullcontext()


@contextmanager
def _layer_rules(model: UserModel) -> Iterator[None]:
    """Let layers with a rule of their own answer decomposed inputs by it; other calls of them are left alone."""
    changed: list[tuple[nn.Module, Any]] = []
    try:
        modules = model.modules
        rules = {kind: rule for kind in {type(m) for m in modules} if (rule := _rule_of(kind))}
        for module in modules if rules else ():
            if (found := rules.get(type(module))) is not None:
                changed.append((module, module.__dict__.get("forward")))
                module.__dict__["forward"] = _ruled(module, found, module.forward)
        yield
    finally:
        for module, own in changed:
            del module.__dict__["forward"]
            if own is not None:
                module.__dict__["forward"] = own


def _rule_of(kind: type) -> Rule | None:
    """The rule of a class of layers, registered by the class or by its full name."""
    return LAYERS.get(kind) or LAYERS.get(f"{kind.__module__}.{kind.__qualname__}")


def _ruled(module: nn.Module, rule: Rule, forward: Callable[..., Any]) -> Callable[..., Any]:
    def answer(*args: Any, **kwargs: Any) -> Any:
        decomposed = any(isinstance(a, Decomposed) for a in (*args, *kwargs.values()))
        return rule(module, *args, **kwargs) if decomposed else forward(*args, **kwargs)

    return answer
