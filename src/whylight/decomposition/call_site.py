"""Where in the user's model an operation was called, for messages. Knows nothing of decomposition."""

import sys

from torch import nn

from whylight.model.user_model import UserModel


def call_site(model: UserModel | None) -> tuple[str, str]:
    """Words like " in layer 'net.3' (MyLayer), net.py line 30", and the layer's class; empty outside of any layer."""
    frame = sys._getframe(1)  # noqa: SLF001
    while frame is not None:
        code = frame.f_code
        owner = frame.f_locals.get(code.co_varnames[0]) if code.co_argcount else None
        if isinstance(owner, nn.Module) and not _ours(frame.f_globals.get("__name__", "")):
            kind = type(owner).__name__
            name = _name(owner, model)
            return f" in {name} ({kind}), {_file(code.co_filename)} line {frame.f_lineno}", _spelled(type(owner))
        frame = frame.f_back
    return "", ""


def _ours(module: str) -> bool:
    """Whether code is Whylight's own, which takes models as arguments; that of the demo's nets is like anybody's."""
    return module.startswith("whylight.") and not module.startswith("whylight.demo.")


def _file(path: str) -> str:
    """A file's name; those that a notebook makes for its cells mean nothing to people."""
    *folders, name = path.replace("\\", "/").split("/")
    return (
        "a notebook cell," if any(f.startswith("ipykernel_") for f in folders) or name.startswith("<ipython") else name
    )


def _name(layer: nn.Module, model: UserModel | None) -> str:
    if model is None or model.module is None or layer is model.module:
        return "the model"
    return next((f"layer {name!r}" for name, module in model.named_modules.items() if module is layer), "a layer")


def _spelled(kind: type) -> str:
    return f"nn.{kind.__name__}" if kind.__module__.startswith("torch.nn.modules") else kind.__name__
