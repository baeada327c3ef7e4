"""Torch nets that embed columns of a table: one value per category beside the numbers, however the model takes its codes."""

import copy

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor, nn

import whylight as wl
from whylight.live.wire.path import path_message

LEVELS = ["Rome", "Oslo", "Lyon"]
EMBEDDING = {"city": "emb_city", "job": "emb_job"}


class Net(nn.Module):
    """Numbers and codes."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.emb_city, self.emb_job = nn.Embedding(3, 4), nn.Embedding(5, 2)
        self.head = nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Linear(16, 2))
        self.double()

    def score(self, numbers: Tensor, city: Tensor, job: Tensor) -> Tensor:
        return self.head(torch.cat([numbers, self.emb_city(city), self.emb_job(job)], 1))

    def forward(self, numbers: Tensor, codes: Tensor) -> Tensor:
        return self.score(numbers, codes[:, 0], codes[:, 1])


class OneTensor(Net):
    def forward(self, x: Tensor) -> Tensor:
        return self.score(x[:, [0, 2]], x[:, 1].long(), x[:, 3].long())


class CodesFirst(Net):
    def forward(self, x_cat: Tensor, x_cont: Tensor) -> Tensor:
        return self.score(x_cont, x_cat[:, 0], x_cat[:, 1])


class ByName(Net):
    def forward(self, job: Tensor, numbers: Tensor, city: Tensor) -> Tensor:
        return self.score(numbers, city, job)


class Joint(nn.Module):
    """One embedding for all columns, asked once with offsets."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.emb, self.head = nn.Embedding(8, 3), nn.Linear(8, 2)
        self.double()

    def forward(self, numbers: Tensor, codes: Tensor) -> Tensor:
        found = self.emb(codes + torch.tensor([0, 3]))
        return self.head(torch.cat([numbers, found.flatten(1)], 1)).tanh()


def frame(n: int = 40) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "age": rng.normal(size=n),
            "city": pd.Categorical(rng.choice(["Oslo", "Lyon", "Rome"], n), categories=LEVELS),
            "pay": rng.normal(size=n),
            "job": rng.integers(0, 5, n),
        }
    )


X = frame()
NUMBERS = torch.tensor(X[["age", "pay"]].to_numpy())
CODES = torch.tensor(np.stack([X["city"].cat.codes, X["job"]], 1)).long()


@pytest.mark.parametrize("kind", [Net, OneTensor, CodesFirst, ByName])
def test_however_the_model_is_called(kind):
    net = kind()
    found = wl.attribute(net, X.iloc[0], background=X, embedding=EMBEDDING, target=1)
    outputs = Net()(NUMBERS, CODES)[:, 1].detach()
    assert found.attributions.shape == (1, 4)
    assert found.score.item() == pytest.approx(outputs[0].item(), abs=1e-12)
    assert found.baseline_score.item() == pytest.approx(outputs.mean().item(), abs=1e-12)
    assert found.total.item() == pytest.approx((outputs[0] - outputs.mean()).item(), abs=1e-4)
    same = wl.attribute(Net(), X.iloc[0], background=X, embedding=EMBEDDING, target=1)
    assert torch.allclose(found.attributions, same.attributions, rtol=0, atol=1e-12)
    assert found.view.shown[1] == X["city"][0]


def test_integrated_gradients_at_the_embeddings_by_hand():
    net = Net()
    found = wl.attribute(net, X.iloc[[0]], embedding=EMBEDDING, target=1, n_steps=64, rule="gausslegendre")
    whole = torch.cat([NUMBERS[:1], net.emb_city(CODES[:1, 0]), net.emb_job(CODES[:1, 1])], 1).detach()
    nodes, weights = np.polynomial.legendre.leggauss(64)
    points = (torch.tensor((nodes + 1) / 2)[:, None] * whole).requires_grad_()
    (grads,) = torch.autograd.grad(net.head(points)[:, 1].sum(), points)
    parts = whole[0] * (torch.tensor(weights / 2)[:, None] * grads).sum(0)
    wanted = [parts[0], parts[2:6].sum(), parts[1], parts[6:].sum()]
    assert torch.allclose(found.attributions[0], torch.stack(wanted), rtol=0, atol=1e-12)


def test_slopes_are_signed_for_numbers_and_lengths_for_embeddings():
    net = Net()
    found = wl.attribute(net, X.iloc[[0]], embedding=EMBEDDING, target=1, method="input_gradient")
    points = torch.cat([NUMBERS[:1], net.emb_city(CODES[:1, 0]), net.emb_job(CODES[:1, 1])], 1)
    points = points.detach().requires_grad_()
    (g,) = torch.autograd.grad(net.head(points)[0, 1], points)
    wanted = torch.stack([g[0, 0], g[0, 2:6].norm(), g[0, 1], g[0, 6:].norm()])
    assert torch.allclose(found.attributions[0], wanted, rtol=0, atol=1e-12)


@pytest.mark.parametrize("method", ["shapley_values", "occlusion", "expected_gradients", "smoothgrad"])
def test_other_methods_answer_per_column(method):
    found = wl.attribute(Net(), X.iloc[0], background=X, embedding=EMBEDDING, target=1, method=method)
    assert found.attributions.shape == (1, 4)
    if method == "shapley_values":
        outputs = Net()(NUMBERS, CODES)[:, 1]
        assert found.total.item() == pytest.approx((outputs[0] - outputs.mean()).item(), abs=1e-12)


def test_one_embedding_for_all_columns():
    net = Joint()
    found = wl.attribute(net, X.iloc[0], background=X, embedding={"city": "emb", "job": "emb"}, target=1)
    outputs = net(NUMBERS, CODES)[:, 1]
    assert found.total.item() == pytest.approx((outputs[0] - outputs.mean()).item(), abs=1e-3)


def test_one_embedding_asked_twice_with_equal_codes():
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.emb, self.head = nn.Embedding(3, 2).double(), nn.Linear(4, 1, bias=False).double()
            with torch.no_grad():
                self.head.weight[:] = torch.tensor([[1.0, 1.0, 10.0, 10.0]])

        def forward(self, x: Tensor) -> Tensor:
            return self.head(torch.cat([self.emb(x[:, 0].long()), self.emb(x[:, 1].long())], 1))

    net = Twice()
    row = pd.DataFrame({"first": [2], "second": [2]})
    found = wl.attribute(net, row, embedding={"first": "emb", "second": "emb"})
    assert found.numpy()[0, 1] == pytest.approx(10 * found.numpy()[0, 0])
    assert found.total.item() == pytest.approx(net(torch.tensor([[2.0, 2.0]], dtype=torch.float64)).item())


def test_a_single_column_of_codes_as_a_vector():
    class Vector(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.emb, self.head = nn.Embedding(3, 2), nn.Linear(3, 1)

        def forward(self, numbers: Tensor, city: Tensor) -> Tensor:
            return self.head(torch.cat([numbers, self.emb(city)], 1))

    for name in ("city", "town"):
        rows = X[["age", "city"]].rename(columns={"city": name})
        assert wl.attribute(Vector(), rows, embedding={name: "emb"}).attributions.shape == (40, 2)


def test_a_frame_is_a_table():
    with wl.explain(Net(), X, embedding=EMBEDDING, target=1) as widget:
        assert widget.wait(300).attributions.shape == (40, 4)
        assert widget._input["kind"] == "table"
        assert widget._input["levels"]["1"] == LEVELS


def test_the_model_is_left_as_it_was():
    net = Net().train()
    before = copy.deepcopy(net.state_dict())
    wl.attribute(net, X.iloc[0], background=X, embedding=EMBEDDING)
    with pytest.raises(wl.WhylightError):
        wl.attribute(net, X.iloc[0], background=X, embedding={"city": "emb_job", "job": "emb_job"})
    assert net.training
    assert not net.emb_city._forward_hooks
    assert not net.emb_job._forward_hooks
    assert all(p.grad is None and p.requires_grad for p in net.parameters())
    assert all(torch.equal(v, before[k]) for k, v in net.state_dict().items())


@pytest.mark.parametrize(
    ("rows", "embedding", "words"),
    [
        (X.iloc[[0]], {"town": "emb_city"}, ["column", "town", "city"]),
        (X.iloc[[0]], {"city": "emb_town"}, ["emb_town", "emb_city"]),
        (X.iloc[[0]], {"job": "emb_job"}, ["hold no numbers: city", "embedding={'city'"]),
        (X.iloc[0], EMBEDDING, ["no order", "X.iloc[[0]]", "(layer, levels)"]),
        (X.iloc[[0]].assign(city=[None]), {**EMBEDDING, "city": ("emb_city", LEVELS)}, ["missing values"]),
        (X.iloc[[0]], {**EMBEDDING, "city": ("emb_city", ["Bonn"])}, ["which its levels lack"]),
        (X.iloc[[0]].assign(job=[7]), EMBEDDING, ["code 7", "5 rows"]),
        (X.iloc[[0]].assign(job=[0.5]), EMBEDDING, ["whole numbers"]),
        (X.iloc[[0]].assign(age=[np.nan]), EMBEDDING, ["NaN"]),
        (X[["age", "pay"]].to_numpy(), EMBEDDING, ["pandas", "ndarray"]),
    ],
)
def test_what_does_not_fit_is_told(rows, embedding, words):
    with pytest.raises(wl.WhylightError) as caught:
        wl.attribute(Net(), rows, embedding=embedding)
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_a_layer_that_is_never_asked_is_told():
    class Lazy(Net):
        def forward(self, numbers: Tensor, codes: Tensor) -> Tensor:
            return self.score(numbers, codes[:, 0], torch.zeros_like(codes[:, 1]))[:, :1] + self.head[2].bias

    net = Lazy()
    net.emb_other = nn.Embedding(5, 2).double()
    with pytest.raises(wl.WhylightError, match="never asked the embedding of job"):
        wl.attribute(net, X.iloc[[0]], embedding={"city": "emb_city", "job": "emb_other"})


def test_levels_of_ones_own_order_the_codes():
    net, texts = Net(), X.astype({"city": object})
    given = {**EMBEDDING, "city": (net.emb_city, LEVELS)}
    found = wl.attribute(net, texts.iloc[0], background=texts, embedding=given, target=1)
    same = wl.attribute(net, X.iloc[0], background=X, embedding=EMBEDDING, target=1)
    assert torch.equal(found.attributions, same.attributions)


def test_the_path_of_a_row_has_a_value_per_column():
    with wl.explain(Net(), X.iloc[0], background=X, embedding=EMBEDDING, target=1) as widget:
        widget.wait(300)
        seen = widget.path
        assert seen.maps.shape[1] == 4
        start = path_message(seen, seq=1)["arrays"]["baseline_values"]
    values = np.frombuffer(start["data"], "<f4")
    assert np.allclose(values[[0, 2]], X[["age", "pay"]].iloc[0], atol=1e-6)
    assert np.isnan(values[[1, 3]]).all()


def test_a_layer_that_takes_no_codes_is_no_embedding() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.city, self.head = nn.Embedding(3, 3), nn.Linear(4, 2)

        def forward(self, numbers: torch.Tensor, codes: torch.Tensor) -> torch.Tensor:
            return self.head(torch.cat([numbers, self.city(codes[:, 0].long())], 1))

    torch.manual_seed(0)
    frame = pd.DataFrame({"age": [1.0, 2.0, 3.0], "city": ["a", "b", "c"]})
    with pytest.raises(wl.WhylightError, match="never asked the embedding of city"):
        wl.attribute(Net(), frame.iloc[0], background=frame, embedding={"city": ("head", list("abc"))})
    found = wl.attribute(Net(), frame.iloc[0], background=frame, embedding={"city": ("city", list("abc"))})
    assert found.attributions.shape == (1, 2)
