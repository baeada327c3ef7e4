"""On CUDA: the same answers as on the CPU, also through cuDNN's recurrent layers, in half precision, and after a full GPU."""

import pytest
import torch
from torch import nn

import whylight as wl
from tests.unit.models import conv_net, mlp, points

pytestmark = pytest.mark.gpu


def distance(found: torch.Tensor, expected: torch.Tensor) -> float:
    return float((found.cpu() - expected).norm() / expected.norm())


@pytest.mark.parametrize("rule", ["auto", "gausslegendre"])
@pytest.mark.parametrize("samples", [1, 3])
def test_the_gpu_agrees_with_the_cpu(rule, samples):
    net, x = conv_net(dtype=torch.float64).eval(), points(samples, 3, 8, 8)
    expected = wl.attribute(net, x, target=0, n_steps=65, rule=rule)
    found = wl.attribute(net.cuda(), x, target=0, n_steps=65, rule=rule)
    assert found.attributions.device.type == "cuda"
    assert distance(found.attributions, expected.attributions) < 1e-10
    assert distance(found.score, expected.score) < 1e-12


def test_a_fingerprint_is_the_same_on_every_device():
    net, x = mlp(), points(1, 5)
    here = wl.attribute(net, x, target=0, n_steps=5).provenance["weights"]
    assert wl.attribute(net.cuda(), x, target=0, n_steps=5).provenance["weights"] == here


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.lstm, self.out = nn.LSTM(4, 8, batch_first=True), nn.Linear(8, 2)

    def forward(self, x):
        return self.out(self.lstm(x)[0][:, -1])


def test_an_lstm_in_eval_mode_goes_backward():
    net, x = Recurrent().eval(), points(2, 6, 4, dtype=torch.float32)
    expected = wl.attribute(net, x, target=0, n_steps=33)
    enabled = torch.backends.cudnn.enabled
    found = wl.attribute(net.cuda(), x, target=0, n_steps=33)
    assert distance(found.attributions, expected.attributions) < 1e-3
    assert torch.backends.cudnn.enabled == enabled
    assert not net.training


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_close(dtype):
    net, x = mlp(act=nn.Tanh, width=64, dtype=torch.float32), points(1, 5, dtype=torch.float32)
    expected = wl.attribute(net, x, target=0, n_steps=33)
    found = wl.attribute(net.cuda(), x, target=0, n_steps=33, dtype=dtype)
    assert distance(found.attributions, expected.attributions) < 0.05


def test_the_random_stream_of_the_gpu_goes_on_undisturbed():
    net = nn.Sequential(mlp(), nn.Dropout(0.5)).train().cuda()
    torch.cuda.manual_seed(3)
    expected = torch.rand(4, device="cuda")
    torch.cuda.manual_seed(3)
    wl.attribute(net, points(1, 5), target=0)
    assert torch.equal(torch.rand(4, device="cuda"), expected)
