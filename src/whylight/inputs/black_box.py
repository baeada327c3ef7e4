"""Predictors without gradients: any object or callable that turns rows into numbers, as a function of tensors.

Knows nothing of columns, targets or methods.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from whylight.errors import InvalidTypeError
from whylight.model.onnx import Session, is_session

# what of an estimator is explained, best first; an XGBoost booster predicts arrays "in place"
CALLS = ("predict_proba", "decision_function", "inplace_predict", "predict")
BATCH = 8192  # rows in one call


class BlackBox:
    """A predictor as a function of points `(M, D)`: outputs `(M,)` or `(M, C)`, without gradients.

    Parameters
    ----------
    model
        An estimator (the first of `CALLS` it has), an ONNX session, or a callable rows -> numbers.
    to_rows
        Turns `(M, D)` numbers into the kind of rows the predictor takes.
    """

    def __init__(self, model: Any, to_rows: Callable[[NDArray[np.float64]], Any]) -> None:
        self.predict, self.__name__ = predict_of(model)
        self.to_rows = to_rows

    def __call__(self, points: Tensor, **kwargs: Any) -> Tensor:
        """The predictor's answers at the points."""
        rows = self.to_rows(points.detach().cpu().numpy())
        try:
            given = self.predict(rows, **kwargs)
        except Exception as error:
            error.add_note(
                f"Whylight called {self.__name__} with rows (N, D) = {np.shape(rows)}; it gives (N,) or (N, C). If it takes "
                f"tensors, give lambda x: {self.__name__.split('.')[-1]}(x), a function of them."
            )
            raise
        return torch.from_numpy(self._numbers(given)).to(points.device)

    def _numbers(self, given: Any) -> NDArray[Any]:
        if isinstance(given, Tensor):
            given = given.detach().cpu()
        outputs = np.asarray(given)
        if outputs.dtype.kind != "f":
            raise InvalidTypeError(
                f"{self.__name__} returned {outputs.dtype} values, expected floating point scores (N,) or (N, C). Class labels "
                "cannot be explained: give the classifier's predict_proba; turn whole numbers into scores with .astype(float)."
            )
        return np.array(outputs, dtype=np.float32 if outputs.dtype.itemsize < 8 else np.float64)


def is_estimator(model: Any) -> bool:
    """Whether a model is no torch module and predicts by a method of its own."""
    if isinstance(model, (nn.Module, type)):
        return False
    return is_session(model) or any(hasattr(model, c) for c in CALLS)


def predict_of(model: Any) -> tuple[Callable[..., Any], str]:
    """What is called, and what it is called."""
    if is_session(model):
        return Session(model), f"{type(model).__name__}.run"
    if is_estimator(model):
        call = next(c for c in CALLS if hasattr(model, c))
        return getattr(model, call), f"{type(model).__name__}.{call}"
    owner = getattr(model, "__self__", None)
    name = getattr(model, "__name__", type(model).__name__)
    return model, name if owner is None else f"{type(owner).__name__}.{name}"


def owner_of(model: Any) -> Any:
    """The estimator behind a bound method, or the model itself."""
    return getattr(model, "__self__", model)


def column_names(model: Any) -> list[str] | None:
    """The column names an estimator was fitted with, if it was fitted on a frame."""
    names = getattr(owner_of(model), "feature_names_in_", None)
    return None if names is None else [str(name) for name in names]


def classes(model: Any, outputs: Tensor) -> tuple[str, ...] | None:
    """Class names an estimator knows, if it has as many as there are outputs; None where they are 0, 1, 2, ..."""
    known = getattr(owner_of(model), "classes_", None)
    if known is None or isinstance(known, list) or outputs.ndim != 2 or len(known) != outputs.shape[1]:
        return None
    names = tuple(str(name) for name in known)
    return None if names == tuple(map(str, range(len(names)))) else names


def gives_probabilities(model: Any, outputs: Tensor) -> bool:
    """Whether the outputs are probabilities: by the predictor's name, or because every row of several adds up to 1."""
    if predict_of(model)[1].endswith("predict_proba"):
        return True
    if outputs.ndim != 2 or outputs.shape[1] < 2:
        return False
    return bool((outputs >= 0).all() and ((outputs.double().sum(1) - 1).abs() < 1e-5).all())
