"""Contextual decomposition: golden values, the two parts, errors, state, derivatives."""

import math
import platform
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import whylight as wl
from tests.unit.models import Bag, WordTokenizer, conv_net, mlp, points
from tests.unit.test_state import mixed_net, state
from whylight.decomposition import Decomposed, torch_functions
from whylight.decomposition import decomposed as registry
from whylight.decomposition.decomposed import CHOICES, Choices, share
from whylight.errors import InvalidTypeError, InvalidValueError, MissingRuleError, ModelError

REAL = torch.float64


def linear(weight: list, bias: list) -> nn.Linear:
    layer = nn.Linear(len(weight[0]), len(weight)).to(REAL)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(weight))
        layer.bias.copy_(torch.tensor(bias))
    return layer


def scalar_lstm() -> nn.LSTM:
    net = nn.LSTM(1, 1).to(REAL)
    with torch.no_grad():
        net.weight_ih_l0.copy_(torch.tensor([[0.5], [-0.3], [0.8], [0.2]], dtype=REAL))
        net.weight_hh_l0.copy_(torch.tensor([[0.1], [0.4], [-0.2], [0.3]], dtype=REAL))
        net.bias_ih_l0.copy_(torch.tensor([0.1, 0.2, -0.1, 0.05], dtype=REAL))
        net.bias_hh_l0.zero_()
    return net


def scalar_gru() -> nn.GRU:
    net = nn.GRU(1, 1).to(REAL)
    with torch.no_grad():
        net.weight_ih_l0.copy_(torch.tensor([[0.5], [-0.3], [0.8]], dtype=REAL))
        net.weight_hh_l0.copy_(torch.tensor([[0.1], [0.4], [-0.2]], dtype=REAL))
        net.bias_ih_l0.copy_(torch.tensor([0.1, 0.2, -0.1], dtype=REAL))
        net.bias_hh_l0.copy_(torch.tensor([0.05, -0.05, 0.15], dtype=REAL))
    return net


def chosen(steps: list[int]) -> Decomposed:
    x = torch.tensor([1.0, -2.0, 0.5], dtype=REAL).reshape(3, 1, 1)
    mask = torch.zeros_like(x)
    mask[steps] = 1
    return Decomposed.of(x, x * mask)


@pytest.mark.parametrize(
    ("steps", "h", "rest", "c", "rest_c"),
    [
        ([], 0, 0.0910102879, 0, 0.1709885770),
        ([0], 0.0574294319, 0.0335808560, 0.1078478366, 0.0631407404),
        ([2], 0.0909577978, 0.0000524901, 0.1708894895, 0.0000990875),
        ([0, 1], 0.0000567831, 0.0909535048, 0.0001071914, 0.1708813856),
        ([0, 1, 2], 0.0910102879, 0, 0.1709885770, 0),
    ],
)
def test_scalar_lstm(steps, h, rest, c, rest_c):
    _, (state_h, state_c) = scalar_lstm()(chosen(steps))
    found = [state_h.relevant, state_h.irrelevant, state_c.relevant, state_c.irrelevant]
    assert [v.item() for v in found] == pytest.approx([h, rest, c, rest_c], abs=1e-10)


@pytest.mark.parametrize(("steps", "h"), [([], 0), ([0], 0.1003958109), ([2], 0.1855252489), ([0, 1, 2], 0.1781793151)])
def test_scalar_gru(steps, h):
    out, last = scalar_gru()(chosen(steps))
    assert last.relevant.item() == pytest.approx(h, abs=1e-10)
    assert out.total.flatten().tolist() == pytest.approx([0.3564375749, -0.018047767, 0.1781793151], abs=1e-9)


@pytest.mark.parametrize(
    ("weight", "bias", "x", "mask", "parts"),
    [
        ([1.0, 1], -1, [1.0, 1], [1, 0], (0.5, 0.5)),
        ([1.0, 1], -1, [1.0, 3], [1, 0], (0.75, 2.25)),
        ([1.0, 1], -1.5, [1.0, 1], [1, 0], (0.25, 0.25)),
        ([1.0, -1], 0, [1.0, 1], [1, 0], (1, -1)),
        ([1.0, -1], 0, [1.0, 1], [0, 1], (0, 0)),
        ([1.0, -1], 0, [1.0, 1], [1, 1], (0, 0)),
    ],
)
def test_feed_forward_toys(weight, bias, x, mask, parts):
    net = nn.Sequential(linear([weight], [bias]), nn.ReLU())
    found = wl.contextual_decomposition(net, torch.tensor([x], dtype=REAL), torch.tensor(mask))
    assert (found.relevant.item(), found.irrelevant.item()) == parts


def test_max_pool_takes_both_parts_where_the_total_is_largest():
    beta, gamma = torch.tensor([[[1.0, 4]]]), torch.tensor([[[2.0, 0]]])
    found = nn.MaxPool1d(2)(Decomposed.of(beta + gamma, beta))
    assert (found.relevant.item(), found.irrelevant.item()) == (4, 0)


def negation(x: Tensor) -> Tensor:
    """relu(good) − 2 relu(not + good − 1)."""
    return (functional.relu(x[:, 1]) - 2 * functional.relu(x[:, 0] + x[:, 1] - 1))[:, None]


def test_interaction_is_not_occlusion():
    x = torch.ones(1, 2, dtype=REAL)
    found = wl.contextual_decomposition(negation, x, torch.tensor([[1, 0], [0, 1], [1, 1]]))
    assert found.score.tolist() == [-1, 0, -1]
    assert wl.interaction(negation, x, [0], [1]) == 0
    assert wl.interaction(negation, x, [0], [1], scorer="build_up") == -2


@pytest.mark.parametrize(("tie", "parts"), [("half", (1.5, 1.5)), ("gamma", (0, 3))])
def test_a_bias_alone_follows_tie(tie, parts):
    net = linear([[1.0, 2.0]], [3.0])
    found = wl.contextual_decomposition(net, torch.zeros(1, 2, dtype=REAL), torch.tensor([1, 0]), tie=tie)
    assert (found.relevant.item(), found.irrelevant.item()) == parts


def test_relu_by_shapley_values():
    net = nn.Sequential(linear([[1.0, -1.0]], [0.0]), nn.ReLU())
    found = wl.contextual_decomposition(
        net, torch.tensor([[3.0, 2.0]], dtype=REAL), torch.tensor([1, 0]), relu="shapley"
    )
    assert (found.relevant.item(), found.irrelevant.item()) == (2, -1)  # half of relu(3) + relu(1) − relu(−2)


def test_the_order_of_pooling_and_relu_matters():
    torch.manual_seed(0)
    conv = nn.Conv2d(1, 4, 3).to(REAL)
    conv.bias.data -= 0.5  # some windows have no positive value
    x, mask = points(1, 1, 8, 8), torch.rand(8, 8) > 0.5
    end = [nn.Flatten(), nn.Linear(36, 2).to(REAL)]
    first, second = (
        wl.contextual_decomposition(nn.Sequential(conv, *middle, *end), x, mask)
        for middle in ([nn.MaxPool2d(2), nn.ReLU()], [nn.ReLU(), nn.MaxPool2d(2)])
    )
    assert torch.allclose(first.outputs, second.outputs)
    assert (first.relevant - second.relevant).abs().max() > 1e-3


def test_a_linear_model_without_bias_is_additive():
    net = nn.Linear(5, 3, bias=False).to(REAL)
    x = points(1, 5)
    single = wl.contextual_decomposition(net, x, torch.eye(5))
    assert torch.allclose(single.relevant, (net.weight * x).T)
    group = wl.contextual_decomposition(net, x, torch.tensor([1, 0, 1, 1, 0]))
    assert torch.allclose(group.relevant[0], single.relevant[[0, 2, 3]].sum(0))


def test_relevance_scales_with_the_input_in_nets_without_bias():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(5, 9, bias=False), nn.ReLU(), nn.Linear(9, 2, bias=False)).to(REAL)
    x, mask = points(1, 5), torch.tensor([1, 1, 0, 0, 1])
    one, three = (wl.contextual_decomposition(net, k * x, mask).relevant for k in (1, 3))
    assert torch.allclose(three, 3 * one)


class Everything(nn.Module):
    """Functional calls, residual adds, joins, views, slices, in-place writes, gates, pooling, norms and operators."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.a, self.b = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1, groups=2)
        self.bn, self.gn, self.inn = nn.BatchNorm2d(8), nn.GroupNorm(2, 8), nn.InstanceNorm2d(8, affine=True)
        self.squeeze, self.out = nn.Linear(8, 8), nn.Linear(8 * 8, 3)
        self.ln, self.rms, self.shift = nn.LayerNorm(64), nn.RMSNorm(64), nn.Parameter(torch.randn(8, 1, 1))
        self.bn.running_mean.normal_()

    def forward(self, x: Tensor) -> Tensor:
        y = functional.relu(self.bn(self.a(x)), inplace=True)
        y = y + functional.leaky_relu_(self.gn(self.b(y)), 0.1) * 0.5 - self.shift
        y += torch.sigmoid(self.inn(y)).mul_(2)
        gate = functional.hardsigmoid(self.squeeze(y.mean((2, 3))))[:, :, None, None]
        y = functional.pad(y * gate, (0, 1, 0, 1)).clone()
        y[:, 0].zero_()
        y[:, 1:3, ::2] = y[:, 3:5, ::2] / 3
        z = torch.cat(
            [functional.max_pool2d(y, 2), functional.avg_pool2d(y, 2), functional.adaptive_max_pool2d(y, 4)], 1
        )
        left, right = z.chunk(2, dim=1)
        z = torch.stack([left.amax((2, 3)), right.max(3).values.max(2)[0]], -1).permute(0, 2, 1).flatten(1)
        z = torch.where(z > 0, z, 0.1 * z).masked_fill(z < -1, 0.0)
        z = torch.cat([z, 1 - z.tanh(), z**2, torch.maximum(z, -z)], 1)[:, :64]
        z = self.rms(
            self.ln(
                functional.gelu(z)
                + functional.silu(z)
                + functional.softplus(z)
                + functional.elu(z)
                + z.clamp(-1, 1)
                + functional.relu6(z)
            )
        )
        z = functional.dropout(z, 0.5, self.training)
        return self.out(z.view(len(z), -1).topk(64, -1).values.softmax(-1) * z)


class Sequences(nn.Module):
    """Attention, recurrences, packed sequences and cells."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(2)
        self.block = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, norm_first=True)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.lstm = nn.LSTM(8, 5, num_layers=2, bidirectional=True, batch_first=True)
        self.gru = nn.GRU(10, 4, bidirectional=True, batch_first=True)
        self.rnn, self.cell = nn.RNN(8, 6, batch_first=True), nn.LSTMCell(6, 5)
        self.small, self.conv = nn.GRUCell(5, 4), nn.Conv1d(8, 6, 3, padding=1)
        self.out = nn.Linear(4 + 6, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.block(x)
        ignored = torch.zeros(x.shape[:2], dtype=torch.bool)
        ignored[:, -1] = True
        x = x + self.attention(x, x, x, key_padding_mask=ignored)[0]
        scores = x @ x.transpose(1, 2) / math.sqrt(8)
        x = x + scores.softmax(-1) @ x
        packed = nn.utils.rnn.pack_padded_sequence(x, torch.full((len(x),), 4), batch_first=True)
        states, _ = nn.utils.rnn.pad_packed_sequence(self.lstm(packed)[0], batch_first=True)
        y, _ = self.rnn(self.gru(states)[0])
        h, c = y.new_zeros(len(y), 5), y.new_zeros(len(y), 5)
        small = torch.zeros(len(y), 4, dtype=y.dtype)
        for t in range(y.shape[1]):
            h, c = self.cell(y[:, t], (h, c))
            small = self.small(h, small)
        return self.out(torch.cat([small, functional.relu(self.conv(x.mT)).amax(-1)], 1))


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU])
def test_packed_sequences_of_several_lengths(kind):
    torch.manual_seed(0)
    net, x, lengths = kind(3, 4, bidirectional=True, num_layers=2).to(REAL), points(6, 3, 3), [3, 6, 2]
    mask = (torch.rand(6, 3, 1) > 0.5).to(REAL)
    packed = nn.utils.rnn.pack_padded_sequence(Decomposed.of(x, mask * x), torch.tensor(lengths), enforce_sorted=False)
    together, _ = nn.utils.rnn.pad_packed_sequence(net(packed)[0])
    for i, length in enumerate(lengths):
        alone, _ = net(Decomposed.of(x[:length, i], (mask * x)[:length, i]))
        assert torch.allclose(together.relevant[:length, i], alone.relevant, atol=1e-12)
        assert torch.allclose(alone.total, net(x[:length, i])[0], atol=1e-12)


NETS = {
    "everything": (Everything, (3, 7, 7), (7, 7)),
    "sequences": (Sequences, (6, 8), (6,)),
    "mlp": (mlp, (5,), (5,)),
    "conv": (lambda: conv_net(dtype=REAL), (3, 8, 8), (8, 8)),
}


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("relu", ["acd", "shapley"])
def test_the_parts_sum_to_the_outputs(name, relu):
    make, shape, where = NETS[name]
    net, x = make().to(REAL).eval(), points(1, *shape)
    masks = torch.stack([torch.rand(where) > 0.5, torch.zeros(where).bool(), torch.ones(where).bool()])
    tie = "gamma" if name == "everything" else "half"  # it writes zeros
    found = wl.contextual_decomposition(net, x, masks, relu=relu, tie=tie)
    assert torch.allclose(found.relevant + found.irrelevant, net(x).detach(), rtol=0, atol=1e-10)
    assert found.relevant[1].abs().max() < 1e-9
    assert tie == "gamma" or found.irrelevant[2].abs().max() < 1e-9
    assert found.relevant[0].abs().max() > 1e-3


@pytest.mark.parametrize("name", NETS)
def test_many_masks_equal_one_by_one(name):
    make, shape, where = NETS[name]
    net, x = make().to(REAL).eval(), points(1, *shape)
    masks = torch.rand(5, *where, generator=torch.Generator().manual_seed(0)) > 0.5
    together = wl.contextual_decomposition(net, x, masks).relevant
    chunked = wl.contextual_decomposition(net, x, masks, internal_batch_size=2).relevant
    alone = torch.cat([wl.contextual_decomposition(net, x, m).relevant for m in masks])
    assert torch.allclose(together, alone, atol=1e-9)
    assert torch.allclose(chunked, alone, atol=1e-9)


def hugging_face(kind: str) -> nn.Module:
    t = pytest.importorskip("transformers")
    torch.manual_seed(0)
    if kind == "gpt2":
        config = t.GPT2Config(vocab_size=50, n_embd=16, n_layer=2, n_head=2, num_labels=3, pad_token_id=0)
        return t.GPT2ForSequenceClassification(config)
    if kind == "llama":
        shape = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
        config = t.LlamaConfig(vocab_size=50, num_key_value_heads=1, num_labels=3, pad_token_id=0, **shape)
        return t.LlamaForSequenceClassification(config)
    if kind == "bart":
        shape = {"encoder_layers": 1, "decoder_layers": 1, "encoder_ffn_dim": 32, "decoder_ffn_dim": 32}
        heads = {"encoder_attention_heads": 2, "decoder_attention_heads": 2, "eos_token_id": 3, "pad_token_id": 0}
        return t.BartForSequenceClassification(t.BartConfig(vocab_size=50, d_model=16, **heads, **shape))
    if kind == "distilbert":
        config = t.DistilBertConfig(vocab_size=50, dim=16, n_layers=2, n_heads=2, hidden_dim=32, num_labels=3)
        return t.DistilBertForSequenceClassification(config)
    config = t.BertConfig(
        vocab_size=50, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, num_labels=3
    )
    config._attn_implementation = "eager" if kind == "bert eager" else "sdpa"
    return t.BertForSequenceClassification(config)


@pytest.mark.parametrize("kind", ["bert", "bert eager", "distilbert", "gpt2", "llama", "bart"])
def test_hugging_face_models(kind):
    net = hugging_face(kind).to(REAL).eval()
    with torch.no_grad():
        for p in net.parameters():
            p.add_(0.1 * torch.randn_like(p))
    text = "one two three four"
    ids = torch.tensor([WordTokenizer()(text)["input_ids"]])
    masks = torch.tensor([[0, 1, 1, 0, 0, 0], [0] * 6, [1] * 6])
    found = wl.contextual_decomposition(net, text, masks, tokenizer=WordTokenizer())
    assert torch.allclose(found.outputs, net(input_ids=ids).logits.detach(), atol=1e-10, rtol=0)
    assert found.relevant[1].abs().max() < 1e-9
    if kind != "bart":  # its decoder begins with a token that is no part of the text
        assert found.irrelevant[2].abs().max() < 1e-9
    assert found.target in ("LABEL_0", "LABEL_1", "LABEL_2")


def test_masks_of_any_layout_serve_models_that_use_view():
    net, text = hugging_face("gpt2").to(REAL).eval(), "one two three four"
    masks = torch.ones(6, 3).tril().T
    assert not masks.is_contiguous()
    by_column = wl.contextual_decomposition(net, text, masks, tokenizer=WordTokenizer())
    by_row = wl.contextual_decomposition(net, text, masks.contiguous(), tokenizer=WordTokenizer())
    assert torch.allclose(by_column.relevant, by_row.relevant, rtol=0, atol=1e-12)
    assert len(wl.hierarchy(net, text, tokenizer=WordTokenizer()).levels[0]) == 6


def test_targets():
    net, x, mask = mlp(), points(1, 5), torch.tensor([1, 0, 1, 0, 0])
    found = wl.contextual_decomposition(net, x, mask, target="b", labels=["a", "b", "c"])
    assert found.target == "b"
    assert torch.equal(found.score, found.relevant[:, 1])
    difference = wl.contextual_decomposition(net, x, mask, target=wl.contrast(2, 0))
    assert torch.allclose(difference.score, found.relevant[:, 2] - found.relevant[:, 0])
    twice = wl.contextual_decomposition(net, x, mask, target=lambda o: 2 * o[:, 1])
    assert torch.allclose(twice.relevant, 2 * found.relevant[:, 1])
    assert twice.relevant.shape == (1,)
    batch = wl.contextual_decomposition(net, points(2, 5), mask, target=[0, 2])
    assert torch.equal(batch.score, batch.relevant[torch.arange(2), torch.tensor([0, 2])])


def test_masks_of_every_shape():
    net, x = conv_net(dtype=REAL).eval(), points(1, 3, 8, 8)
    where = torch.rand(2, 8, 8) > 0.5
    many = wl.contextual_decomposition(net, x, where).relevant
    assert torch.allclose(many, wl.contextual_decomposition(net, x, where[:, None].expand(2, 3, 8, 8)).relevant)
    assert torch.allclose(many[:1], wl.contextual_decomposition(net, x, where[0].numpy()).relevant)
    with pytest.raises(InvalidValueError, match=r"mask has shape \(4, 4\)"):
        wl.contextual_decomposition(net, x, torch.ones(4, 4))
    with pytest.raises(InvalidValueError, match=r"0\.\.1"):
        wl.contextual_decomposition(net, x, 2 * torch.ones(8, 8))
    with pytest.raises(InvalidValueError, match="3 masks and 2 inputs"):
        wl.contextual_decomposition(net, points(2, 3, 8, 8), torch.ones(3, 8, 8))
    two = lambda a, b: a[:, :2] * 2 + b
    found = wl.contextual_decomposition(two, (points(1, 3), points(1, 2)), (torch.ones(3), torch.zeros(2)))
    assert torch.allclose(found.relevant, 2 * points(1, 3)[:, :2])


@pytest.mark.parametrize(
    "like",
    [
        lambda c, x: c.expand_as(x),
        lambda c, x: c.type_as(x),
        lambda c, x: c.to(x),
        lambda c, x: torch.broadcast_tensors(c, x)[0],
        lambda c, x: torch.broadcast_tensors(x, c)[1],
    ],
)
def test_a_constant_that_is_shaped_like_an_activation_stays_one(like):
    weight, constant, x, mask = points(3, 5), points(1, 5, seed=3), points(1, 5), torch.tensor([1, 0, 1, 1, 0])
    found = wl.contextual_decomposition(lambda x: torch.cat([x, like(constant, x)], 1) @ weight.repeat(1, 2).T, x, mask)
    assert torch.allclose(found.relevant, (x * mask) @ weight.T)
    assert torch.allclose(found.irrelevant, (x * (1 - mask) + constant) @ weight.T)


def test_where_a_picture_is_sampled_is_held():
    picture, mask = points(1, 1, 4, 4), torch.rand(4, 4) > 0.5

    def turned(x, like=None):
        like = x if like is None else like
        grid = (like[:, 0, :2, :2].tanh() * 0.5).unsqueeze(1).expand(len(x), 1, 2, 2)
        return functional.grid_sample(x, grid, align_corners=False)

    found = wl.contextual_decomposition(turned, picture, mask, target=lambda outputs: outputs.flatten(1).sum(1))
    assert torch.allclose(found.relevant, turned(picture * mask, like=picture).sum())


def test_text_models_with_two_bags():
    net, text = Bag(), "alpha beta gamma"
    n = len(WordTokenizer()(text)["input_ids"])
    found = wl.contextual_decomposition(net, text, torch.eye(n), tokenizer=WordTokenizer())
    ids = torch.tensor([WordTokenizer()(text)["input_ids"]])
    assert torch.allclose(found.outputs, net(ids).detach().expand(n, -1))


def test_a_constant_token_is_irrelevant():
    class Headed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(0)
            self.token, self.out = nn.Parameter(torch.randn(1, 1, 4)), nn.Linear(4, 2, bias=False)

        def forward(self, x: Tensor) -> Tensor:
            return self.out(torch.cat([self.token.expand(len(x), -1, -1), x], 1).sum(1))

    net, x = Headed().to(REAL), points(1, 3, 4)
    found = wl.contextual_decomposition(net, x, torch.ones(3))
    assert torch.allclose(found.irrelevant, net.out(net.token[0]).detach())


A, B, SIDE = torch.ones(2, 5, dtype=REAL), torch.arange(10, dtype=REAL).reshape(5, 2), torch.eye(5, dtype=REAL)


@pytest.mark.parametrize(
    ("by_name", "by_place"),
    [
        (lambda x: functional.linear(input=x, weight=A, bias=B[:2, 0]), lambda x: functional.linear(x, A, B[:2, 0])),
        (lambda x: torch.matmul(input=x, other=B), lambda x: x @ B),
        (lambda x: torch.cat(tensors=[x, x], dim=1), lambda x: torch.cat([x, x], 1)),
        (lambda x: torch.addmm(input=A[0], mat1=x, mat2=SIDE, beta=2), lambda x: 2 * A[0] + x @ SIDE),
        (lambda x: B[None].baddbmm(batch1=SIDE[None], batch2=x[..., None]), lambda x: B[None] + x[..., None]),
        (lambda x: torch.sub(input=1, other=x), lambda x: 1 - x),
        (lambda x: torch.pow(input=x, exponent=2).tanh(), lambda x: (x**2).tanh()),
        (lambda x: functional.pad(input=x, pad=(1, 1)), lambda x: functional.pad(x, (1, 1))),
    ],
)
def test_arguments_may_be_given_by_name(by_name, by_place):
    x, mask = points(1, 5), torch.tensor([1, 0, 1, 1, 0])
    score = {"target": lambda outputs: outputs.flatten(1).sum(1)}
    found, expected = (wl.contextual_decomposition(f, x, mask, **score) for f in (by_name, by_place))
    assert torch.allclose(found.relevant, expected.relevant, rtol=0, atol=1e-12)
    assert torch.allclose(found.outputs, score["target"](by_place(x)))


def test_cosine_similarity_is_the_share_of_the_product():
    weight, other = points(4, 5), points(1, 4, seed=2)
    x, mask = points(1, 5), torch.tensor([1, 0, 1, 1, 0])
    found = wl.contextual_decomposition(lambda x: functional.cosine_similarity(x @ weight.T, other), x, mask)
    length = (x @ weight.T).norm() * other.norm()
    assert torch.allclose(found.relevant, ((x * mask) @ weight.T @ other.T)[0] / length)
    assert torch.allclose(found.outputs, functional.cosine_similarity(x @ weight.T, other))


@pytest.mark.parametrize("way", ["index_add", "scatter_add"])
def test_messages_between_the_nodes_of_a_graph(way):
    source, sink, here = torch.tensor([0, 1, 1, 3]), torch.tensor([1, 2, 0, 2]), torch.full((1, 4, 3), 5.0, dtype=REAL)
    matrix = torch.zeros(4, 4, dtype=REAL).index_put((sink, source), torch.ones(4, dtype=REAL), accumulate=True)

    def passed(x):
        index = sink if way == "index_add" else sink[None, :, None].expand(len(x), 4, 3)
        return getattr(here.expand_as(x), way)(1, index, x[:, source])

    x, mask, score = points(1, 4, 3), torch.tensor([1, 1, 0, 0]), lambda outputs: outputs[:, 2].sum(1)
    found = wl.contextual_decomposition(passed, x, mask, target=score)
    assert torch.allclose(found.relevant, score(matrix @ (x * mask[:, None])))
    assert torch.allclose(found.outputs, score(matrix @ x + here))


@pytest.mark.skipif(not hasattr(torch, "_grouped_mm"), reason="this torch has no grouped products")
def test_products_of_groups_as_of_experts():
    weights, ends = points(2, 8, 4).float(), torch.tensor([2, 6], dtype=torch.int32)
    grouped = lambda x: torch.stack([torch._grouped_mm(rows, weights, offs=ends) for rows in x])
    x, mask, score = points(1, 6, 8).float(), torch.tensor([1, 0, 0, 1, 1, 0]), lambda outputs: outputs.sum((1, 2))
    found = wl.contextual_decomposition(grouped, x, mask, target=score)
    assert found.relevant.item() == pytest.approx(
        ((x * mask[:, None])[0] @ weights.sum(2).T)[torch.arange(6), [0, 0, 1, 1, 1, 1]].sum().item(), rel=1e-4
    )


def test_compiled_parts_of_a_model_run_as_they_are_written():
    plain, net = mlp(), mlp()
    net[0].compile(backend="eager")
    net[2] = torch.compile(net[2], backend="eager")
    x, mask = points(1, 5), torch.tensor([1, 0, 1, 1, 0])
    expected = wl.contextual_decomposition(plain, x, mask).relevant
    assert torch.equal(wl.contextual_decomposition(net, x, mask).relevant, expected)


def test_a_padding_mask_of_nn_transformer_encoder():
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(6, 2, 8, batch_first=True, dtype=REAL)
    encoder, padding = nn.TransformerEncoder(layer, 2).eval(), torch.tensor([[False, False, False, True]])
    model = lambda x: encoder(x, src_key_padding_mask=padding.expand(len(x), -1))[:, 0]
    x = points(1, 4, 6)
    found = wl.contextual_decomposition(model, x, torch.tensor([[1, 1, 0, 0], [0, 0, 0, 1]]))
    assert torch.allclose(found.outputs, model(x.requires_grad_()).detach())
    assert found.relevant[0].abs().max() > 0
    assert torch.equal(found.relevant[1], torch.zeros(6, dtype=REAL))


class Odd(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.erfinv(x.clamp(-0.9, 0.9))


def test_a_missing_rule_names_the_layer_and_can_be_given():
    net = nn.Sequential(nn.Linear(5, 4), nn.Sequential(nn.Tanh(), Odd()), nn.Linear(4, 2)).to(REAL)
    x, mask = points(1, 5), torch.tensor([1, 1, 0, 0, 0])
    with pytest.raises(MissingRuleError, match=r"erfinv in layer '1.1' \(Odd\).*@wl.decomposition.rule\(Odd\)"):
        wl.contextual_decomposition(net, x, mask)
    wl.decomposition.rule(Odd)(wl.decomposition.activation)
    try:
        found = wl.contextual_decomposition(net, x, mask)
    finally:
        del registry.LAYERS[Odd]
    assert torch.allclose(found.outputs, net(x).detach())
    assert "forward" not in net[1][1].__dict__


def test_two_threads_leave_no_rule_behind():
    net = nn.Sequential(nn.Linear(5, 4), Odd(), nn.Linear(4, 2)).to(REAL)
    x, mask = points(1, 5), torch.tensor([1, 1, 0, 0, 0])
    wl.decomposition.rule(Odd)(wl.decomposition.activation)
    try:
        expected = wl.contextual_decomposition(net, x, mask).relevant
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda _: wl.contextual_decomposition(net, x, mask).relevant, range(20)))
    finally:
        del registry.LAYERS[Odd]
    assert all(torch.equal(f, expected) for f in found)
    assert "forward" not in net[1].__dict__


@pytest.mark.parametrize(
    ("broken", "error", "match"),
    [
        (lambda x: x.softmax(1), ModelError, "carries no decomposition"),
        (lambda x: functional.dropout(x, 0.5, True), MissingRuleError, "dropout"),
        (lambda x: functional.batch_norm(x, None, None, training=True), MissingRuleError, "statistics of the batch"),
        (lambda x: torch.zeros(1, 5, dtype=torch.long).copy_(x), MissingRuleError, "ordinary tensor of torch.int64"),
        (
            lambda x: nn.Parameter(torch.zeros(1, 5, dtype=REAL)).add_(x),
            MissingRuleError,
            "ordinary tensor that the model",
        ),
        (lambda x: torch.add(x, x, out=torch.zeros(1, 5, dtype=REAL)), MissingRuleError, "out="),
        (lambda x: functional.linear(x, x), MissingRuleError, "weights depend"),
        (lambda x: torch.fft.fft(x).angle(), MissingRuleError, "angle"),
        (lambda x: x.sum(), ModelError, "Keep the batch dimension first"),
    ],
)
def test_what_has_no_decomposition_says_so(broken, error, match):
    with pytest.raises(error, match=match):
        wl.contextual_decomposition(broken, points(1, 5), torch.ones(5))


def test_a_missing_rule_in_a_target_is_in_no_layer():
    with pytest.raises(
        MissingRuleError, match=r"no rule for erfinv\. Register one for the layer, .*rule\(nn\.MyLayer\)"
    ):
        wl.contextual_decomposition(mlp(), points(1, 5), torch.ones(5), target=lambda outputs: outputs.erfinv()[:, 0])


def test_a_model_that_mixes_masks_up_is_noticed():
    first = lambda x: x[:1] * 2
    with pytest.raises(ModelError, match=r"returned shape \(1, 5\) for 3 samples"):
        wl.contextual_decomposition(first, points(1, 5), torch.ones(3, 5))


def test_options_are_checked():
    net, x, mask = mlp(), points(1, 5), torch.ones(5)
    for option, value in (("tie", "beta"), ("relu", "lrp")):
        with pytest.raises(InvalidValueError, match=f"Unknown {option}"):
            wl.contextual_decomposition(net, x, mask, **{option: value})
    with pytest.raises(InvalidValueError, match="output='logit'"):
        wl.contextual_decomposition(net, x, mask, output="probability")
    with pytest.raises(InvalidTypeError, match="two plain tensors"):
        Decomposed.of(Decomposed.of(x, x), x)


def test_everything_is_as_it_was():
    net, x, mask = mixed_net(), points(2, 3, 8, 8).requires_grad_(), torch.rand(2, 8, 8) > 0.5
    before, image = state(net), x.detach().clone()
    found = wl.contextual_decomposition(net, x, mask)
    assert state(net) == before
    assert torch.equal(x.detach(), image)
    assert not found.relevant.requires_grad
    net.append(Odd())
    before = state(net)
    with pytest.raises(MissingRuleError):
        wl.contextual_decomposition(net, x, torch.ones(8, 8))
    assert state(net) == before


def test_an_in_place_first_layer_leaves_the_input_alone():
    net, x = nn.Sequential(nn.ReLU(inplace=True), nn.Linear(5, 2).to(REAL)), points(1, 5)
    image = x.clone()
    wl.contextual_decomposition(net, x, torch.ones(5))
    assert torch.equal(x, image)


@pytest.mark.parametrize("name", ["everything", "sequences", "mlp"])
def test_derivatives_by_the_parameters(name):
    make, shape, where = NETS[name]
    net, x = make().to(REAL).train(), points(2, *shape)
    mask = torch.rand(where, generator=torch.Generator().manual_seed(0)) > 0.5

    def penalty() -> Tensor:
        return wl.contextual_decomposition(net, x, mask, target=0, create_graph=True).score.sum()

    value = penalty()
    value.backward()
    parameter = next(p for n, p in net.named_parameters() if "weight" in n)
    assert net.training
    direction = torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1), dtype=REAL)
    slope = (parameter.grad * direction).sum().item()
    with torch.no_grad():
        ends = []
        for sign in (1, -2):
            parameter.add_(sign * 1e-6 * direction)
            ends.append(penalty().item())
    assert slope == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-4, abs=1e-7)


def test_derivatives_by_a_soft_mask():
    net, x = nn.Linear(5, 2, bias=False).to(REAL), points(1, 5)
    mask = torch.full((5,), 0.5, dtype=REAL, requires_grad=True)
    wl.contextual_decomposition(net, x, mask, target=1, create_graph=True).score.sum().backward()
    assert torch.allclose(mask.grad, net.weight[1].detach() * x[0])


def test_gradients_stay_finite_at_ties():
    net = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)).to(REAL)
    found = wl.contextual_decomposition(net, torch.zeros(1, 4, dtype=REAL), torch.ones(4), create_graph=True)
    found.score.sum().backward()
    assert all(torch.isfinite(p.grad).all() for p in net.parameters())


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("relu", ["acd", "shapley"])
def test_large_activations_are_decomposed_in_pieces_as_in_one(layout, relu, monkeypatch):
    plain = nn.Sequential(nn.Conv2d(3, 6, 3), nn.ReLU6(), nn.Conv2d(6, 5, 3), nn.Sigmoid()).to(REAL).eval()
    inplace = lambda t: plain[2](functional.relu6(plain[0](t), inplace=True)).sigmoid_()
    x, masks = points(1, 3, 13, 11).to(memory_format=layout), torch.rand(4, 13, 11) > 0.5
    once = wl.contextual_decomposition(plain, x, masks, relu=relu, target=(0, 0, 0))
    monkeypatch.setattr(torch_functions, "PIECE", 40)
    for net in (plain, inplace):
        found = wl.contextual_decomposition(net, x, masks, relu=relu, target=(0, 0, 0))
        assert torch.allclose(found.relevant, once.relevant, rtol=1e-10, atol=1e-12)
        assert torch.allclose(found.irrelevant, once.irrelevant, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("tie", ["half", "gamma"])
def test_the_share_of_a_bias_is_the_same_with_and_without_derivatives(tie):
    total = torch.tensor([0.0, 2.0, -3.0, 0.0, 1e-30, -1.0, 5.0, 4.0], dtype=REAL)
    relevant = torch.tensor([0.0, 2.0, 0.0, 1.5, 1e-30, 2.0, -3.0, 1.0], dtype=REAL)
    expected = torch.tensor([0.5 if tie == "half" else 0.0, 1, 0, 0.5, 1, 0.4, 3 / 11, 0.25], dtype=REAL)
    token = CHOICES.set(Choices(tie=tie))
    try:
        for grad in (True, False):
            with torch.set_grad_enabled(grad):
                assert torch.allclose(share(total, relevant), expected, rtol=1e-14, atol=0)
    finally:
        CHOICES.reset(token)


FAULTS = """
import resource
import torch, whylight as wl
wl.contextual_decomposition(torch.nn.Linear(2, 1), torch.ones(1, 2), torch.tensor([1, 0]))
for _ in range(4):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    kept = [torch.zeros(750_000) for _ in range(10)]
    del kept
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_freed_memory_is_not_fetched_from_the_system_again():
    ran = subprocess.run([sys.executable, "-c", FAULTS], capture_output=True, text=True, check=True)
    assert int(ran.stdout) < 1000, "thirty megabytes in pages of four kilobytes are 7300"
