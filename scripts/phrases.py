"""Do scores of phrases agree with people? `OMP_NUM_THREADS=1 python scripts/phrases.py [--sentences 300 | 150:300] [--demo]`.

A few minutes. The sentiment LSTM of the shared data folder, or with `--demo` that of `whylight.demo`, on SST's development set, whose phrases were labelled 0 (very negative) to 4
(very positive). Prints three tables for docs/decomposition.md: correlation of a phrase's score with its label (all phrases of
at least two words, whole sentences included; intervals from 1000 resamplings of sentences), the sign of the interaction
of a negation with what it negates, and how well words' scores find the words people marked as reasons (AUROC).
Scores explain the logit difference positive − negative; the data must lie in ../shared/data.
"""

import argparse
import json
import re
import sys
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import rankdata

import whylight as wl
from whylight.decomposition.decomposed import Choices
from whylight.groups.group_explainer import GroupExplainer

sys.path.insert(0, __file__.rsplit("/", 2)[0])
from tests.benchmarks.nets import DATA, _shared

Scores = NDArray[np.float64]
NEGATIONS = {"not", "n't", "never", "no", "without", "hardly", "nor"}
METHODS = {
    "CD": "cd",
    "CD, gates held": "held",
    "occlusion of the phrase": "occlusion",
    "the phrase alone (build-up)": "build_up",
    "integrated gradients, summed": "integrated_gradients",
    "gradient × input, summed": "input_x_gradient",
    "leave one word out, summed": "leave_one_out",
}
BESIDE, RESAMPLINGS = "integrated gradients, summed", 1000


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sentences", default="300", help="how many, or from:to")
    parser.add_argument("--demo", action="store_true", help="the net of whylight.demo.sentiment")
    return parser.parse_args()


def net(demo: bool) -> tuple[Any, Callable[[str], dict[str, Any]]]:
    """The LSTM and a tokenizer that splits at spaces."""
    ours = wl.demo.sentiment()
    words = ours.options["tokenizer"].words if demo else json.loads((DATA / "text/vocab.json").read_text())
    vocabulary = {word: i for i, word in enumerate(words)}

    def tokenizer(text: str) -> dict[str, Any]:
        found = list(re.finditer(r"\S+", text))
        ids = [vocabulary.get(m.group().lower(), 1) for m in found]
        return {"input_ids": ids, "offset_mapping": [m.span() for m in found]}

    return ours.model if demo else _shared("sst2_lstm")[0], tokenizer


ARGUMENTS = arguments()
MODEL, TOKENIZER = net(ARGUMENTS.demo)


def scores(tokens: list[str], groups: NDArray[np.bool_]) -> dict[str, Scores]:
    """Scores of groups of tokens `(M, T)` by every method."""
    options: Any = {
        "tokenizer": TOKENIZER,
        "target": wl.contrast(1, 0),
        "forward_kwargs": {} if ARGUMENTS.demo else {"lengths": torch.tensor([len(tokens)])},
        "n_steps": 33,
    }
    text = " ".join(tokens)
    asked, held = (GroupExplainer.of(MODEL, text, Choices(gates=gates), options) for gates in ("split", "held"))
    found = {name: asked.scorer(kind) for name, kind in METHODS.items() if kind not in ("held", "leave_one_out")}
    found["CD, gates held"] = held.scorer("cd")
    made = {name: scorer(groups).numpy() for name, scorer in found.items()}
    alone = found["occlusion of the phrase"](np.eye(len(tokens), dtype=bool)).numpy()
    return {**made, "leave one word out, summed": groups @ alone}


def spans_of(tokens: list[str], spans: list[list[int]]) -> NDArray[np.bool_]:
    at = np.arange(len(tokens))
    return np.stack([(at >= a) & (at < b) for a, b, *_ in spans])


def correlation(x: Scores, y: Scores) -> float:
    return float(np.corrcoef(x, y)[0, 1])


def interval(statistic: Callable[[NDArray[np.int64]], float], count: int) -> str:
    """A statistic of sentences with the interval that 95 % of its resamplings fall into."""
    rng = np.random.default_rng(0)
    drawn = [statistic(rng.integers(0, count, count)) for _ in range(RESAMPLINGS)]
    low, high = np.nanpercentile(drawn, [2.5, 97.5])
    return f"{statistic(np.arange(count)):.3f} [{low:.3f}, {high:.3f}]"


def phrases(lines: list[dict[str, Any]]) -> None:
    """Table 1: phrases of at least two words."""
    sentences = []
    for line in lines:
        spans = [s for s in line["spans"] if s[1] - s[0] > 1]
        if spans:
            sentences.append((np.array([s[2] for s in spans]), scores(line["tokens"], spans_of(line["tokens"], spans))))
    print(f"\n{sum(len(label) for label, _ in sentences)} phrases of {len(sentences)} sentences\n")
    print(
        "| score of a phrase | Pearson | Spearman | Pearson − that of IG | Spearman − that of IG |\n|---|---|---|---|---|"
    )

    def statistic(chosen: NDArray[np.int64], name: str, ranks: bool) -> float:
        x = np.concatenate([sentences[i][1][name] for i in chosen])
        y = np.concatenate([sentences[i][0] for i in chosen]).astype(float)
        return correlation(rankdata(x), rankdata(y)) if ranks else correlation(x, y)

    def over(chosen: NDArray[np.int64], name: str, ranks: bool) -> float:
        return statistic(chosen, name, ranks) - statistic(chosen, BESIDE, ranks)

    for name in METHODS:
        asked = [partial(f, name=name, ranks=ranks) for f in (statistic, over) for ranks in (False, True)]
        cells = [interval(f, len(sentences)) for f in (asked if name != BESIDE else asked[:2])]
        print(f"| {name} | {' | '.join(cells)} |{' | |' * (name == BESIDE)}")


def negations(lines: list[dict[str, Any]]) -> None:
    """Table 2: phrases "not X" with X not neutral; the interaction should have the other sign than X.

    Occlusion takes away, so that its interaction of two parts is negative where they help each other: it is turned here.
    """
    right: dict[str, list[bool]] = {name: [] for name in METHODS}
    for line in lines:
        labels = {(a, b): label for a, b, label in line["spans"]}
        for a, b in labels:
            rest = labels.get((a + 1, b), 2)
            if rest == 2 or line["tokens"][a].lower() not in NEGATIONS:
                continue
            groups = spans_of(line["tokens"], [[a, b], [a, a + 1], [a + 1, b]])
            for name, (both, negation, x) in scores(line["tokens"], groups).items():
                sign = -1 if METHODS[name] == "occlusion" else 1
                right[name].append(bool(sign * (both - negation - x) * (rest - 2) < 0))
    print(f"\n{len(right['CD'])} phrases that start with a negation of something labelled positive or negative\n")
    print("| interaction by | opposes what is negated |\n|---|---|")
    for name, found in right.items():
        if METHODS[name] in ("cd", "held", "occlusion", "build_up"):
            print(f"| {name} | {_mean(found)} |")


def auroc(score: Scores, marked: NDArray[np.bool_]) -> float:
    """Chance that a marked word scores higher than another one."""
    ranks = rankdata(score)
    n, m = marked.sum(), (~marked).sum()
    return float((ranks[marked].sum() - n * (n + 1) / 2) / (n * m))


def rationales() -> None:
    """Table 3: words that at least half of the readers marked as reasons for the sentence's sentiment."""
    lines = [json.loads(x) for x in (DATA / "text/sst_human_rationales.jsonl").read_text().splitlines()]
    found: dict[str, list[float]] = {name: [] for name in METHODS}
    for line in lines:
        marked = np.array(line["votes"]) >= line["n"] / 2
        if line["sst2_split"] == "train" or not 0 < marked.sum() < len(marked):
            continue
        pieces = [_ptb(word) for word in line["sentence"].split()]
        ends = np.concatenate([[0], np.cumsum([len(p) for p in pieces])])
        tokens = [token for piece in pieces for token in piece]
        groups = spans_of(tokens, [[a, b] for a, b in pairwise(ends)])
        sign = 1 if line["gold"] == "positive" else -1
        for name, score in scores(tokens, groups).items():
            found[name].append(auroc(sign * score, marked))
    print(f"\n{len(found['CD'])} sentences with human rationales, none of them in the training set\n")
    print("| score of a word | AUROC |\n|---|---|")
    for name, values in found.items():
        print(f"| {name.replace('the phrase', 'the word').replace(', summed', '')} | {_mean(values)} |")


def _mean(values: Sequence[float]) -> str:
    return interval(lambda chosen: float(np.mean(np.array(values)[chosen])), len(values))


def _ptb(word: str) -> list[str]:
    """One whitespace token as the treebank splits it."""
    apart = re.sub(r"(n't|'\w+)$", r" \1", re.sub(r"(n't|'\w+)([^\w\s]+)$", r"\1 \2", word))
    return re.findall(r"n't|'\w+|\w+(?:[-/.]\w+)*|[^\w\s]", apart) or [word]


def main() -> None:
    ends = [int(end) for end in ARGUMENTS.sentences.split(":")]
    lines = [json.loads(x) for x in (DATA / "text/sst_dev_spans.jsonl").read_text().splitlines()]
    phrases(lines[slice(*ends)])
    negations(lines)
    rationales()


if __name__ == "__main__":
    main()
