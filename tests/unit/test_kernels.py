"""Half precision where a device has no kernel for it: a sentence of ours for the error of torch's own."""

import pytest
import torch
from torch import Tensor, nn

import whylight as wl
from tests.unit.models import Bag, WordTokenizer, points
from whylight.errors import ModelError

ONE_DNN = (
    "could not create a primitive descriptor for the LSTM forward propagation primitive. Run workload with environment"
)
ATEN = "\"addmm_impl_cpu_\" not implemented for 'Half'"


class Missing(torch.autograd.Function):
    """The identity, on a device that cannot compute it forward, or backward, in half precision."""

    @staticmethod
    def forward(ctx, x: Tensor, said: str, back: bool) -> Tensor:
        ctx.said = said
        if not back:
            raise RuntimeError(said)
        return x.clone()

    @staticmethod
    def backward(ctx, grad: Tensor):
        raise RuntimeError(ctx.said)


class Net(nn.Module):
    def __init__(self, said: str = ONE_DNN, back: bool = False) -> None:
        super().__init__()
        self.out, self.said, self.back = nn.Linear(5, 3), said, back

    def forward(self, x: Tensor) -> Tensor:
        return self.out(Missing.apply(x, self.said, self.back))


X = points(2, 5, dtype=torch.float32)


def sentence(model: nn.Module, x, **options) -> str:
    with pytest.raises(ModelError) as info:
        wl.attribute(model, x, target=0, **options)
    assert type(info.value.__cause__) is RuntimeError
    return str(info.value)


@pytest.mark.parametrize("back", [False, True])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_a_pass_in_half_precision_says_what_to_leave_out(dtype, back):
    assert sentence(Net(back=back), X, dtype=dtype) == (
        f"The model runs in {dtype}, and this processor has no kernel for 'LSTM' in that precision. "
        "Leave dtype= out: the model then runs in float32."
    )


@pytest.mark.parametrize("back", [False, True])
def test_a_model_in_half_precision_is_told_to_be_wider(back):
    assert sentence(Net(ATEN, back).half(), X.half()) == (
        "The model runs in torch.float16, and this processor has no kernel for 'addmm_impl_cpu_' in that precision. "
        "Use float32, which every device computes: model.float() and float32 inputs, outside of torch.autocast."
    )


def test_so_is_one_inside_autocast():
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert "runs in torch.bfloat16" in sentence(Net(), X)


@pytest.mark.parametrize(
    ("said", "operation"),
    [
        ("could not create a primitive descriptor", "one of the model's operations"),
        ("could not create a primitive descriptor for a matmul primitive", "'matmul'"),
        (
            "could not create a primitive descriptor for an inner product backward propagation primitive",
            "'inner product'",
        ),
        ("\"_thnn_fused_lstm_cell_cuda\" not implemented for 'BFloat16'", "'_thnn_fused_lstm_cell_cuda'"),
    ],
)
def test_the_operation_is_named_as_torch_names_it(said, operation):
    assert f"no kernel for {operation} in" in sentence(Net(said), X, dtype=torch.bfloat16)


def test_a_sentence_gets_the_same_sentence():
    class Sad(Bag):
        def forward(self, *args, **kwargs):
            super().forward(*args, **kwargs)
            raise RuntimeError(ONE_DNN)

    with pytest.raises(ModelError, match=r"no kernel for 'LSTM'.*Leave dtype= out"):
        wl.attribute(Sad().float(), "one two", tokenizer=WordTokenizer(), dtype=torch.bfloat16)


@pytest.mark.parametrize(("said", "options"), [(ONE_DNN, {}), ("something else", {"dtype": torch.bfloat16})])
def test_other_errors_stay_as_they_are(said, options):
    with pytest.raises(RuntimeError) as info:
        wl.attribute(Net(said), X, target=0, **options)
    assert type(info.value) is RuntimeError
    assert str(info.value) == said


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_recurrent_net_is_explained_or_says_so():
    class Recurrent(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm, self.out = nn.LSTM(5, 8, batch_first=True), nn.Linear(8, 3)

        def forward(self, x: Tensor) -> Tensor:
            return self.out(self.lstm(x)[0][:, -1])

    x, refused = points(2, 4, 5, dtype=torch.float32), False
    net = Recurrent().eval()
    try:
        with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
            net(x)
    except RuntimeError:
        refused = True
    if refused:
        assert "no kernel for 'LSTM'" in sentence(net, x, dtype=torch.bfloat16)
    else:
        exact, half = (wl.attribute(net, x, target=0, n_steps=9, dtype=d).attributions for d in (None, torch.bfloat16))
        assert (half - exact).norm() < 0.1 * exact.norm()
