"""The rules beside the formulas written out by hand, with β and γ each carried on its own."""

import math

import pytest
import torch
from torch import Tensor, nn

import whylight as wl
from tests.unit.models import points
from whylight.decomposition import Decomposed

REAL = torch.float64
Pair = tuple[Tensor, Tensor]


def with_bias(beta: Tensor, gamma: Tensor, bias: Tensor) -> Pair:
    r = beta.abs() / (beta.abs() + gamma.abs())
    return beta + r * bias, gamma + (1 - r) * bias


def relu(beta: Tensor, gamma: Tensor) -> Pair:
    return beta.relu(), (beta + gamma).relu() - beta.relu()


def two_way(f, beta: Tensor, gamma: Tensor) -> Pair:
    total = beta + gamma
    return (f(beta) + f(total) - f(gamma)) / 2, (f(gamma) + f(total) - f(beta)) / 2


def three_way(f, a: Tensor, c: Tensor, b: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    return (
        (f(a + b) - f(b) + f(a + b + c) - f(b + c)) / 2,
        (f(c + b) - f(b) + f(a + b + c) - f(b + a)) / 2,
        f(b),
    )


def same(found: Decomposed, beta: Tensor, gamma: Tensor) -> None:
    assert torch.allclose(found.relevant, beta, atol=1e-12)
    assert torch.allclose(found.irrelevant, gamma, atol=1e-12)


def split(x: Tensor, seed: int = 5) -> tuple[Decomposed, Tensor, Tensor]:
    mask = (torch.rand(x.shape, generator=torch.Generator().manual_seed(seed)) > 0.5).to(x)
    return Decomposed.of(x.clone(), x * mask), x * mask, x * (1 - mask)


def test_convolution_batch_norm_pooling_and_linear_layers():
    torch.manual_seed(0)
    conv, bn, out = nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.Linear(16, 3)
    bn.running_mean.normal_()
    bn.running_var.uniform_(0.5, 2)
    bn.weight.data.normal_()
    bn.bias.data.normal_()
    net = nn.Sequential(conv, bn, nn.MaxPool2d(2, stride=1), nn.ReLU(), nn.Flatten(), out).to(REAL).eval()
    x, beta, gamma = split(points(3, 2, 5, 5))
    free = lambda t: nn.functional.conv2d(t, conv.weight)
    beta, gamma = with_bias(free(beta), free(gamma), conv.bias.reshape(-1, 1, 1))
    scale = (bn.weight / (bn.running_var + bn.eps).sqrt()).reshape(-1, 1, 1)
    shift = bn.bias.reshape(-1, 1, 1) - bn.running_mean.reshape(-1, 1, 1) * scale
    beta, gamma = with_bias(scale * beta, scale * gamma, shift)
    windows = [(slice(i, i + 2), slice(j, j + 2)) for i in range(2) for j in range(2)]
    pooled = [torch.empty(3, 4, 4, dtype=REAL) for _ in range(2)]
    for k, (rows, columns) in enumerate(windows):
        parts = [t[..., rows, columns].flatten(2) for t in (beta, gamma)]
        best = (parts[0] + parts[1]).argmax(2, keepdim=True)
        for made, part in zip(pooled, parts, strict=True):
            made[..., k] = part.gather(2, best)[..., 0]
    beta, gamma = relu(*pooled)
    beta, gamma = (t.flatten(1) @ out.weight.T for t in (beta, gamma))
    same(net(x), *with_bias(beta, gamma, out.bias))


def test_residual_block_with_layer_norm_and_attention():
    torch.manual_seed(1)
    norm, attention, out = nn.LayerNorm(6), nn.MultiheadAttention(6, 1, batch_first=True), nn.Linear(6, 6)
    for module in (norm, attention, out):
        module.to(REAL)
        for p in module.parameters():
            p.data.normal_()
    x, beta, gamma = split(points(2, 4, 6))
    total = beta + gamma
    deviation = (total.var(-1, unbiased=False, keepdim=True) + norm.eps).sqrt()
    parts = [(t - t.mean(-1, keepdim=True)) / deviation * norm.weight for t in (beta, gamma)]
    b, g = with_bias(*parts, norm.bias)
    wq, wk, wv = attention.in_proj_weight.chunk(3)
    bq, bk, bv = attention.in_proj_bias.chunk(3)
    q, k = (b + g) @ wq.T + bq, (b + g) @ wk.T + bk
    p = (q @ k.mT / math.sqrt(6)).softmax(-1)
    vb, vg = with_bias(b @ wv.T, g @ wv.T, bv)
    w, bias = attention.out_proj.weight, attention.out_proj.bias
    b, g = with_bias(p @ vb @ w.T, p @ vg @ w.T, bias)
    b, g = two_way(torch.tanh, beta + b, gamma + g)
    expected = with_bias(b @ out.weight.T, g @ out.weight.T, out.bias)
    y = norm(x)
    same(out(torch.tanh(x + attention(y, y, y, need_weights=False)[0])), *expected)
    eager = attention(y, y, y, need_weights=True)
    assert torch.allclose(eager[1], p)


def constant(f, a: Tensor, c: Tensor, b: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """A gate held at its total: all of it is bias."""
    return torch.zeros_like(a), torch.zeros_like(a), f(a + b + c)


def lstm_by_hand(weights: list[Tensor], beta: Tensor, gamma: Tensor, own: Tensor, gate=three_way) -> list[Pair]:
    """METHODS of Murdoch, Liu, Yu in the form that sums; `own` `(T,)` says which steps are in the mask."""
    w, u, b1, b2 = weights
    h_r = h_i = c_r = c_i = torch.zeros(beta.shape[1], u.shape[1], dtype=REAL)
    out = []
    for t in range(len(beta)):
        a, c, b = beta[t] @ w.T + h_r @ u.T, gamma[t] @ w.T + h_i @ u.T, b1 + b2
        (ai, af, ag, ao), (ci, cf, cg, co), (bi, bf, bg, bo) = (v.chunk(4, -1) for v in (a, c, b))
        i_r, i_i, i_b = gate(torch.sigmoid, ai, ci, bi)
        f_r, f_i, f_b = gate(torch.sigmoid, af, cf, bf)
        g_r, g_i, g_b = three_way(torch.tanh, ag, cg, bg)
        new_r = i_r * (g_r + g_b) + i_b * g_r + own[t] * i_b * g_b + (f_r + f_b) * c_r
        new_i = i_i * (g_r + g_i + g_b) + (i_r + i_b) * g_i + (1 - own[t]) * i_b * g_b
        c_r, c_i = new_r, new_i + (f_r + f_i + f_b) * c_i + f_i * c_r
        o = (ao + co + bo).sigmoid()
        h_r, h_i = (o * part for part in two_way(torch.tanh, c_r, c_i))
        out.append((h_r, h_i))
    return out


@pytest.mark.parametrize("steps", [[0, 1], [2], [1, 3, 4]])
def test_lstm_in_both_directions(steps):
    torch.manual_seed(2)
    net, x = nn.LSTM(3, 4, bidirectional=True).to(REAL), points(5, 2, 3)
    own = torch.zeros(5, dtype=REAL)
    own[steps] = 1
    mask = own[:, None, None]
    found, _ = net(Decomposed.of(x, mask * x))
    forward = lstm_by_hand(net._flat_weights[:4], mask * x, x - mask * x, own)
    turned = [t.flip(0) for t in (mask * x, x - mask * x, own)]
    backward = lstm_by_hand(net._flat_weights[4:], *turned)[::-1]
    expected = [
        torch.stack([torch.cat([f[k], b[k]], -1) for f, b in zip(forward, backward, strict=True)]) for k in (0, 1)
    ]
    same(found, *expected)


@pytest.mark.parametrize("gates", ["split", "held"])
def test_gru_parts_sum_and_respect_the_split_of_gates(gates):
    torch.manual_seed(3)
    net, x = nn.GRU(3, 4).to(REAL), points(5, 2, 3)
    own = torch.tensor([0.0, 1, 1, 0, 1], dtype=REAL)
    mask = own[:, None, None]
    gate = three_way if gates == "split" else constant
    w, u, b_x, b_h = net._flat_weights
    h_r = h_i = torch.zeros(2, 4, dtype=REAL)
    for t in range(5):
        x_r, x_i = (mask * x)[t] @ w.T, (x - mask * x)[t] @ w.T
        a, c = x_r[:, :8] + (h_r @ u.T)[:, :8], x_i[:, :8] + (h_i @ u.T)[:, :8]
        (r_r, z_r), (r_i, z_i), (r_b, z_b) = (v.chunk(2, -1) for v in gate(torch.sigmoid, a, c, (b_x + b_h)[:8]))
        p_r, p_i, p_b = (h_r @ u.T)[:, 8:], (h_i @ u.T)[:, 8:], b_h[8:]
        q_r, q_b = r_r * (p_r + p_b) + r_b * p_r, r_b * p_b
        q_i = r_i * (p_r + p_i + p_b) + (r_r + r_b) * p_i
        n_r, n_i, n_b = three_way(torch.tanh, x_r[:, 8:] + q_r, x_i[:, 8:] + q_i, b_x[8:] + q_b)
        u_r, u_i, u_b = -z_r, -z_i, 1 - z_b
        new_r = u_r * (n_r + n_b) + u_b * n_r + own[t] * u_b * n_b + (z_r + z_b) * h_r
        new_i = u_i * (n_r + n_i + n_b) + (u_r + u_b) * n_i + (1 - own[t]) * u_b * n_b
        h_r, h_i = new_r, new_i + z_i * h_r + (z_r + z_i + z_b) * h_i
    last = lambda t: net(t.transpose(0, 1))[0][-1]
    found = wl.contextual_decomposition(last, x.transpose(0, 1), own, gates=gates)
    assert torch.allclose(found.relevant, h_r, atol=1e-12)
    assert torch.allclose(found.irrelevant, h_i, atol=1e-12)


def test_gates_of_an_lstm_can_be_held():
    torch.manual_seed(2)
    net, x = nn.LSTM(3, 4, batch_first=True).to(REAL), points(1, 5, 3)
    masks = torch.tensor([[0, 1, 1, 0, 0], [1, 1, 0, 0, 1], [1, 1, 1, 1, 1], [0, 0, 0, 0, 0]], dtype=REAL)
    found = wl.contextual_decomposition(lambda t: net(t)[0][:, -1], x, masks, gates="held")
    for k, own in enumerate(masks):
        beta = own[:, None, None] * x.transpose(0, 1)
        h_r, h_i = lstm_by_hand(net._flat_weights, beta, x.transpose(0, 1) - beta, own, constant)[-1]
        assert torch.allclose(found.relevant[k], h_r[0], atol=1e-12)
        assert torch.allclose(found.irrelevant[k], h_i[0], atol=1e-12)
    with pytest.raises(ValueError, match="Unknown gates 'shut'"):
        wl.contextual_decomposition(net, x, masks, gates="shut")


def test_soft_masks_take_parts_of_features():
    net, x = nn.LSTM(3, 4, batch_first=True).to(REAL), points(1, 5, 3)
    last = lambda t: net(t)[0][:, -1]
    found = wl.contextual_decomposition(last, x, torch.tensor([0.0, 0.3, 1, 0.5, 0]))
    w = net._flat_weights
    own = torch.tensor([0.0, 0.3, 1, 0.5, 0], dtype=REAL)
    beta = own[:, None, None] * x.transpose(0, 1)
    expected = lstm_by_hand(w, beta, x.transpose(0, 1) - beta, own)[-1][0]
    assert torch.allclose(found.relevant, expected, atol=1e-7)


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU, nn.RNN])
def test_equal_inputs_share_their_totals_and_no_gradients(kind):
    torch.manual_seed(4)
    net = kind(3, 4, num_layers=2, bidirectional=True).to(REAL)
    row, masks = points(5, 1, 3), (torch.rand(5, 2, 1, generator=torch.Generator().manual_seed(1)) > 0.5).to(REAL)
    x = row.expand(5, 2, 3).clone().requires_grad_()
    found, *_ = net(Decomposed.of(x, x * masks))
    found.relevant[:, 0].sum().backward()
    assert x.grad[:, 0].abs().max() > 0
    assert not x.grad[:, 1].any()
    with torch.no_grad():
        shared, *states = net(Decomposed.of(x, x * masks))
    for part in (shared, *(states[0] if kind is nn.LSTM else states)):
        assert part.total.shape == part.relevant.shape
    assert torch.allclose(shared.relevant, found.relevant, rtol=0, atol=1e-12)
    assert torch.allclose(shared.total, net(x)[0], rtol=0, atol=1e-12)
