"""Tokenizers of the kinds that Hugging Face models come with, their few pieces written out, and a tiny net for them."""

import pytest

pytest.importorskip("transformers")
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

PIECES = ["good", "film", "bad", "un", "believ", "ably", "not", "cafe", "caf"]
LETTERS = "abcdefghijklmnopqrstuvwxyz.,!?'"


def word_piece() -> PreTrainedTokenizerFast:
    """As BERT's: lower case, no accents, pieces inside a word begin with ##."""
    known = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *PIECES, *LETTERS, *(f"##{p}" for p in (*PIECES, *LETTERS))]
    made = Tokenizer(models.WordPiece({piece: i for i, piece in enumerate(known)}, unk_token="[UNK]"))
    made.normalizer, made.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    names = {
        "pad_token": "[PAD]",
        "unk_token": "[UNK]",
        "cls_token": "[CLS]",
        "sep_token": "[SEP]",
        "mask_token": "[MASK]",
    }
    return PreTrainedTokenizerFast(tokenizer_object=made, model_max_length=64, **names)


def byte_level(roberta: bool = True) -> PreTrainedTokenizerFast:
    """As RoBERTa's, or GPT-2's: bytes, of which two merge to " g" and so on; GPT-2 has no padding token."""
    markers = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"] if roberta else ["<|endoftext|>"]
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    merges = [("o", "d"), ("Ġ", "g"), ("Ġg", "o"), ("Ġgo", "od"), ("i", "l"), ("il", "m")]
    known = [*markers, *alphabet, *(a + b for a, b in merges)]
    made = Tokenizer(models.BPE({piece: i for i, piece in enumerate(known)}, merges))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    if not roberta:
        made.post_processor = processors.ByteLevel(trim_offsets=False)
        one = dict.fromkeys(("bos_token", "eos_token", "unk_token"), "<|endoftext|>")
        return PreTrainedTokenizerFast(tokenizer_object=made, model_max_length=64, **one)
    made.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    names = {"bos_token": "<s>", "cls_token": "<s>", "eos_token": "</s>", "sep_token": "</s>", "pad_token": "<pad>"}
    return PreTrainedTokenizerFast(tokenizer_object=made, model_max_length=64, unk_token="<unk>", **names)


def unigram() -> PreTrainedTokenizerFast:
    """As T5's (SentencePiece): ▁ stands for the space before a word, alone where the word begins with no known piece."""
    known = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -3.0), ("▁good", -1.0), ("▁un", -1.0)]
    known += [(piece, -2.0) for piece in PIECES] + [(letter, -5.0) for letter in LETTERS]
    made = Tokenizer(models.Unigram(known, unk_id=2))
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    names = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    return PreTrainedTokenizerFast(tokenizer_object=made, model_max_length=64, **names)


KINDS = {"WordPiece": word_piece, "RoBERTa": byte_level, "GPT-2": lambda: byte_level(roberta=False), "Unigram": unigram}


def bert(vocabulary: int) -> BertForSequenceClassification:
    """One layer of random weights in float64."""
    torch.manual_seed(0)
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8}
    config = BertConfig(vocab_size=vocabulary, max_position_embeddings=64, num_labels=2, initializer_range=0.5, **sizes)
    return BertForSequenceClassification(config).double().eval()
