"""Average effects beside the coefficients of linear models: `python scripts/average_effects.py`.

Prints, for two data sets that come with scikit-learn, the Spearman rank correlation between the average effects per standard
deviation of several predictors and the coefficients of a linear model on standardized columns.
"""

import warnings

from scipy.stats import spearmanr
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import whylight as wl

TABLES = {
    "breast cancer": (
        load_breast_cancer,
        {},
        {
            "logistic regression": LogisticRegression(),
            "neural net": MLPClassifier(hidden_layer_sizes=(16,), alpha=1.0, max_iter=400, random_state=0),
            "random forest": RandomForestClassifier(200, random_state=0),
            "gradient boosting": GradientBoostingClassifier(random_state=0),
        },
    ),
    "diabetes": (
        load_diabetes,
        {"scaled": False},
        {
            "linear regression": LinearRegression(),
            "neural net": MLPRegressor(hidden_layer_sizes=(16,), alpha=1.0, max_iter=2000, random_state=0),
            "random forest": RandomForestRegressor(200, min_samples_leaf=5, random_state=0),
            "gradient boosting": GradientBoostingRegressor(random_state=0),
        },
    ),
}


def correlations(table: str) -> dict[str, tuple[float, float]]:
    """Spearman correlation of every predictor's average effects with the linear model's coefficients, and signs shared."""
    load, options, predictors = TABLES[table]
    X, y = load(return_X_y=True, as_frame=True, **options)
    found = {}
    coefficients = None
    for name, predictor in predictors.items():
        model = make_pipeline(StandardScaler(), predictor)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(X, y)
        if coefficients is None:
            coefficients = predictor.coef_.reshape(-1)
        effects = wl.effects(model, X).standardized().mean[0]
        same = ((effects > 0) == (coefficients > 0)).mean()
        found[name] = spearmanr(effects, coefficients).statistic, same
    return found


def main() -> None:
    for table in TABLES:
        print(f"\n{table}\n{'predictor':22}{'Spearman':>10}{'same sign':>12}")
        for name, (rank, same) in correlations(table).items():
            print(f"{name:22}{rank:10.3f}{same:12.0%}")


if __name__ == "__main__":
    main()
