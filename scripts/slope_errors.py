"""How exact finite differences are, and what they cost: `python scripts/slope_errors.py`.

Prints, for the schemes with their own steps, the largest error of a slope over 200 rows of 4 standard normal columns beside the
largest value of the predictor, in float64 and in float32, and the predictions per row.
"""

import numpy as np

import whylight as wl

SCHEMES = ("forward", "central", "central4")
RNG = np.random.default_rng(0)
X, W, A = RNG.normal(size=(200, 4)), RNG.normal(size=(4, 8)), RNG.normal(size=(4, 4))
PREDICTORS = {
    "quadratic, xᵀAx": (lambda X: np.einsum("ni,ij,nj->n", X, A, X), X @ (A + A.T)),
    "logistic": (lambda X: 1 / (1 + np.exp(-X @ W[:, 0])), None),
    "net of 8 tanh": (lambda X: np.tanh(X @ W).sum(1), (1 - np.tanh(X @ W) ** 2) @ W.T),
    "exp of the sum": (lambda X: np.exp(X.sum(1)), np.exp(X.sum(1, keepdims=True)).repeat(4, 1)),
}
P = PREDICTORS["logistic"][0](X)[:, None]
PREDICTORS["logistic"] = (PREDICTORS["logistic"][0], P * (1 - P) * W[:, 0])


def error(predict, slopes: np.ndarray, scheme: str, dtype: type) -> tuple[float, int]:
    """The largest error of a slope over the largest value of the predictor, and predictions per row."""
    rounded = lambda X: predict(X.astype(dtype).astype(np.float64)).astype(dtype)
    found = wl.attribute(rounded, X, method=wl.methods.FiniteDifferences(scheme=scheme))
    return np.abs(found.numpy() - slopes).max() / np.abs(predict(X)).max(), found.n_evaluations


def main() -> None:
    """Print the table."""
    print("| predictor |", " | ".join(f"{s}, {d}" for d in ("float64", "float32") for s in SCHEMES), "|")
    print("|---" * 7 + "|")
    for name, (predict, slopes) in PREDICTORS.items():
        errors = [error(predict, slopes, s, d)[0] for d in (np.float64, np.float32) for s in SCHEMES]
        print(f"| {name} |", " | ".join(f"{e:.0e}" for e in errors), "|")
    calls = [error(*PREDICTORS["logistic"], s, np.float64)[1] for s in SCHEMES]
    print("| predictions per row |", " | ".join(map(str, calls * 2)), "|")


if __name__ == "__main__":
    main()
