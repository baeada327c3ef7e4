"""Models that pad, fold, flatten or turn their token ids before embedding them: the values are those of the embeddings."""

import pytest
import torch
from torch import nn

import whylight as wl
from tests.unit.models import REAL, Bag, WordTokenizer
from whylight.errors import ModelError

TOKENIZER, TEXT = WordTokenizer(), "one two three four one two"  # 8 tokens


class Rearranged(Bag):
    """The net as a function of embeddings `(N, T, E)`, wherever it puts the ids first."""

    def __init__(self, there, back) -> None:
        super().__init__()
        self.there, self.back = there, back

    def forward(self, ids):
        return self.answer(self.back(self.words(self.there(ids)), len(ids)))

    def answer(self, embedded):
        weight = torch.linspace(1, 2, embedded.shape[1], dtype=REAL)[None, :, None]
        return self.net((embedded.tanh() * weight).mean(1))


def filled(number: int, before: int, after: int):
    return lambda ids: nn.functional.pad(ids, (before, after), value=number)


WAYS = {
    "lines": (lambda ids: ids.view(-1, 4), lambda e, n: e.reshape(n, -1, 6)),
    "boxes": (lambda ids: ids.view(len(ids), 2, -1), lambda e, n: e.flatten(1, 2)),
    "flat": (lambda ids: ids.flatten(), lambda e, n: e.reshape(n, -1, 6)),
    "turned": (lambda ids: ids.T, lambda e, n: e.transpose(0, 1)),
    "padded": (filled(0, 0, 5), lambda e, n: e[:, :8]),
    "padded before": (filled(0, 3, 0), lambda e, n: e[:, 3:]),
}


@pytest.mark.parametrize("way", WAYS)
def test_values_are_those_of_the_embeddings(way):
    net = Rearranged(*WAYS[way]).eval()
    options = {"target": 1, "baseline": "zero", "rule": "riemann_middle", "n_steps": 33}
    found = wl.attribute(net, TEXT, tokenizer=TOKENIZER, embedding="words", **options)
    ids = torch.tensor([TOKENIZER(TEXT)["input_ids"]])
    direct = wl.attribute(net.answer, net.words(ids).detach(), **options)
    assert found.score.item() == pytest.approx(net(ids)[0, 1].item(), abs=1e-12)
    assert torch.allclose(found.attributions, direct.attributions.sum(-1), rtol=0, atol=1e-13)
    assert found.attributions.abs().min() > 0


@pytest.mark.parametrize("way", WAYS)
def test_contextual_decomposition_is_not_led_astray(way):
    net = Rearranged(*WAYS[way]).eval()
    mask = torch.tensor([1, 0, 1, 0, 0, 1, 0, 0])
    found = wl.contextual_decomposition(net, TEXT, mask, tokenizer=TOKENIZER, embedding="words")
    embedded = net.words(torch.tensor([TOKENIZER(TEXT)["input_ids"]])).detach()
    direct = wl.contextual_decomposition(net.answer, embedded, mask)
    assert torch.allclose(found.relevant, direct.relevant, rtol=0, atol=1e-12)


def test_ids_beside_others_are_not_padding():
    net = Rearranged(lambda ids: torch.cat([ids, ids.flip(1)], 1), lambda e, n: e).eval()
    with pytest.raises(ModelError, match="never called the embedding layer"):
        wl.attribute(net, TEXT, tokenizer=TOKENIZER, embedding="words")


def test_padding_of_a_longformer():
    transformers = pytest.importorskip("transformers")
    from tests.unit.subwords import byte_level

    tokenizer, sizes = byte_level(), {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
    config = transformers.LongformerConfig(
        vocab_size=len(tokenizer),
        **sizes,
        intermediate_size=16,
        attention_window=16,
        pad_token_id=1,
        max_position_embeddings=66,
        initializer_range=0.5,
    )
    net = transformers.LongformerForSequenceClassification(config).double().eval()
    options = {"target": 1, "baseline": "zero", "rule": "riemann_middle", "n_steps": 9}
    found = wl.attribute(net, "a good film", tokenizer=tokenizer, **options)
    made = tokenizer("a good film", return_tensors="pt")
    embedded = net.get_input_embeddings()(made["input_ids"]).detach()
    first = torch.zeros_like(made["input_ids"])
    first[:, 0] = 1
    model = lambda e, **more: net(inputs_embeds=e, **more).logits
    direct = wl.attribute(model, embedded, forward_kwargs={"global_attention_mask": first}, **options)
    assert found.score.item() == pytest.approx(net(**made).logits[0, 1].item(), abs=1e-9)
    assert torch.allclose(found.attributions, direct.attributions.sum(-1), rtol=0, atol=1e-9)
