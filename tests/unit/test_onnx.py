"""Predictors of other houses: real ONNX Runtime sessions against closed forms, and what cannot be explained; boosters."""

from types import SimpleNamespace

import numpy as np
import pytest

import whylight as wl
from tests.unit.onnx_model import logistic

WEIGHTS, BIAS, X = [1.0, -2.0], 0.5, np.array([[1.0, 0.5], [-1.0, 0.25], [0.0, 2.0]])
P = 1 / (1 + np.exp(-(X @ WEIGHTS + BIAS)))


def session(batch="N"):
    onnxruntime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    return onnxruntime.InferenceSession(logistic(WEIGHTS, BIAS, batch), providers=["CPUExecutionProvider"])


@pytest.mark.parametrize("batch", ["N", 1, 4])
def test_finite_differences_of_a_session(batch):
    found = wl.attribute(session(batch), X)
    assert found.method == "finite_differences"
    assert found.provenance["model"] == "InferenceSession.run"
    assert found.score.numpy() == pytest.approx(P, abs=1e-6)
    slopes = (P * (1 - P))[:, None] * WEIGHTS
    assert np.abs(found.numpy() - slopes).max() < 1e-3, "float32, steps to match"
    assert not found.notes
    assert found.score[0].item() == pytest.approx(0.6224593312, abs=1e-6)


def test_occlusion_of_a_session():
    found = wl.attribute(session(), X[:1], method="occlusion", baseline=0.0)
    without = 1 / (1 + np.exp(-np.array([0.5 - 2 * 0.5, 1 + 0.5])))
    assert found.numpy()[0] == pytest.approx(P[0] - without, abs=1e-6)


def test_a_session_in_the_widget():
    with wl.explain(session(), X[0], feature_names=["a", "b"]) as widget:
        assert np.abs(widget.wait(300).numpy()[0] - P[0] * (1 - P[0]) * np.array(WEIGHTS)).max() < 1e-3


def stub(inputs, outputs, run=None):
    ends = lambda pairs: lambda: [SimpleNamespace(name=n, type=t, shape=["N", 2]) for n, t in pairs]
    return SimpleNamespace(get_inputs=ends(inputs), get_outputs=ends(outputs), run=run)


def test_labels_come_first_and_scores_are_found():
    def run(names, feed):
        assert names == ["probabilities"]
        p = feed["X"][:, :1]
        assert p.dtype == np.float64
        return [np.concatenate([1 - p, p], 1)]

    made = stub([("X", "tensor(double)")], [("label", "tensor(int64)"), ("probabilities", "tensor(double)")], run)
    found = wl.attribute(made, np.array([[0.25, 1.0]]), target=1)
    assert np.allclose(found.numpy(), [[1, 0]], atol=1e-8)


@pytest.mark.parametrize(
    ("inputs", "outputs"),
    [
        ([("a", "tensor(float)"), ("b", "tensor(float)")], [("p", "tensor(float)")]),
        ([("ids", "tensor(int64)")], [("p", "tensor(float)")]),
        ([("x", "tensor(float)")], [("p", "seq(map(int64,tensor(float)))")]),
    ],
)
def test_other_sessions_are_named(inputs, outputs):
    with pytest.raises(wl.WhylightError, match="Wrap it in a function of rows") as caught:
        wl.attribute(stub(inputs, outputs, run=lambda *_: None), X)
    assert all(f"{name} ({kind})" in str(caught.value) for name, kind in (*inputs, *outputs))


def test_a_booster_predicts_arrays_in_place():
    class Booster:
        def predict(self, matrix):
            raise TypeError("Expecting data to be a DMatrix object")

        def inplace_predict(self, rows):
            return (rows @ [3.0, -1.0]).astype(np.float32)

    found = wl.attribute(Booster(), X)
    assert np.abs(found.numpy() - [3, -1]).max() < 1e-3
    assert found.provenance["model"] == "Booster.inplace_predict"
