"""A Hugging Face classifier with subword tokens in a real JupyterLab: words, pieces, markers, and brushing over them."""

import importlib.util
import re

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.lab import Notebook

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("transformers") is None, reason="transformers is not installed"
)

BERT = """import functools, torch, whylight as wl
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

KNOWN = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "un", "##believ", "##ably", "cafe", "good", "film", ".", "<", ">", "b"]
made = Tokenizer(models.WordPiece({piece: i for i, piece in enumerate(KNOWN)}, unk_token="[UNK]"))
made.normalizer, made.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
made.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
NAMES = dict(pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]")
tokenizer = PreTrainedTokenizerFast(tokenizer_object=made, **NAMES)
torch.manual_seed(0)
SIZES = dict(hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16)
config = BertConfig(vocab_size=len(KNOWN), max_position_embeddings=32, num_labels=2, initializer_range=0.5, **SIZES)
net = BertForSequenceClassification(config).eval()
"""
TEXT = "Unbelievably good Café <b> 好."
CELL = (
    f"{BERT}TEXT = {TEXT!r}\nw = wl.explain(net, TEXT, tokenizer=tokenizer, target=1, baseline='zero', n_steps=17); w"
)
CD = "wl.contextual_decomposition(net, TEXT, torch.tensor({}), tokenizer=tokenizer, target=1).score.item()"


def opened(lab: Notebook, cell: str = CELL) -> Locator:
    lab.open([cell])
    lab.run_all()
    expect(lab.widget).to_have_attribute("data-state", "done", timeout=60_000)
    return lab.widget.get_by_role("list", name="Tokens")


def drag(lab: Notebook, start: Locator, end: Locator) -> None:
    mouse = lab.page.mouse
    for at, press in ((start, mouse.down), (end, mouse.up)):
        box = at.bounding_box()
        assert box is not None
        mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=6)
        press()


def number(item: Locator) -> float:
    """What an item says of itself."""
    found = re.search(r": ([+−]?)(\d+(\.\d+)?)", item.get_attribute("aria-label") or "")
    assert found
    return float(found[2]) * (-1 if found[1] == "−" else 1)


def test_words_pieces_and_markers_have_the_numbers_of_python(lab: Notebook) -> None:
    tokens = opened(lab)
    items = tokens.get_by_role("listitem")
    words = ["[CLS]", "Unbelievably", "good", "Café", "<", "b", ">", "好", ".", "[SEP]"]
    assert items.all_inner_texts() == words
    values = lab.python("w.attribution.view.merge(w.attribution.numpy()[0]).tolist()")
    for item, value in zip(items.all(), values, strict=True):
        assert number(item) == pytest.approx(value, rel=6e-3)
    assert values[0] != 0

    lab.widget.get_by_role("combobox", name="View").select_option(label="Tokens")
    expect(items).to_have_count(len(words) + 2)
    assert items.all_inner_texts()[1:4] == ["Un", "believ", "ably"]
    text = tokens.evaluate(
        "e => [...e.children].filter(c => !c.matches('.whylight-chip')).map(c => c.textContent).join('')"
    )
    assert text == TEXT
    expect(items.nth(2)).to_have_attribute("aria-label", re.compile(r"^believ: [+−].*; token “##believ”$"))
    expect(items.nth(5)).to_have_attribute("aria-label", re.compile(r"^Café: .*; token “cafe”$"))
    items.nth(9).hover()
    expect(lab.widget.locator(".whylight-text-frame .whylight-tip")).to_contain_text("the model sees “[UNK]”")
    lab.screenshot("subwords", lab.widget)


def test_brushing_over_pieces_takes_whole_words(lab: Notebook) -> None:
    tokens = opened(lab)
    lab.widget.get_by_role("combobox", name="View").select_option(label="Tokens")
    lab.widget.get_by_text("Phrases", exact=True).click()
    whole = lab.widget.locator(".whylight-groups-whole")
    expect(whole).to_be_visible(timeout=60_000)
    items = tokens.get_by_role("listitem")
    drag(lab, items.filter(has_text="believ"), items.filter(has_text="good"))
    assert lab.python("w.selection") == [1, 2]
    expect(tokens.locator(".whylight-pinned[data-item]")).to_have_text(["Un", "believ", "ably", "good"])
    score = lab.python(f"import torch; {CD.format([0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0])}")
    expect(whole.locator(".whylight-group-facts")).to_contain_text(
        f"“Unbelievably good” {score:+.2f}".replace("-", "−")
    )
    items.filter(has_text="ably").click()
    expect(whole.locator(".whylight-group-facts")).to_contain_text("“good”")
    assert lab.python("w.selection") == [2]


def test_what_was_cut_off_is_said_to_be_unread(lab: Notebook) -> None:
    cut = "functools.partial(tokenizer, truncation=True, max_length=5)"
    tokens = opened(lab, CELL.replace("tokenizer=tokenizer", f"tokenizer={cut}"))
    assert tokens.get_by_role("listitem").all_inner_texts() == ["[CLS]", "Unbelievably", "[SEP]"]
    expect(tokens.locator(".whylight-unread")).to_have_text(" good Café <b> 好.")
    expect(lab.widget.get_by_text("The model does not see the text in grey")).to_be_visible()


def test_markers_leave_the_direction_of_the_text_alone(lab: Notebook) -> None:
    tokens = opened(lab, CELL.replace(TEXT, "סרט good"))
    assert tokens.evaluate("e => getComputedStyle(e).direction") == "rtl"
    lab.widget.get_by_text("Phrases", exact=True).click()
    line = lab.widget.get_by_role("listbox", name="Words")
    expect(line).to_be_visible(timeout=60_000)
    assert line.evaluate("e => getComputedStyle(e).direction") == "rtl"
    tokens.get_by_role("listitem").first.focus()
    lab.page.keyboard.press("ArrowLeft")
    expect(tokens.get_by_role("listitem").nth(1)).to_be_focused()
