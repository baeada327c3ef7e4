"""Does the demo sentiment net understand negation, and do interactions show it? `python scripts/negations.py`, seconds.

Adjectives of people's reviews, those that the net knows and judges as they are meant, behind "not", "never" and "n't", alone and
in a sentence. Prints the table of docs/decomposition.md: how often the negation moves the score (positive − negative) away
from the adjective, how often it changes its sign, and how often the interaction of the two words opposes the adjective.
An interaction of occlusion is one of what is missing: for two words it is that of build-up with the other sign, and so
it is turned here.
"""

from typing import Any

import numpy as np

import whylight as wl


def _words(text: str) -> list[str]:
    return text.split()


GOOD = _words("""good great wonderful excellent brilliant beautiful funny clever moving touching charming delightful fresh original
smart warm witty engaging entertaining compelling powerful superb remarkable impressive perfect lovely fascinating
hilarious enjoyable terrific fine strong interesting thrilling exciting inventive imaginative sweet sharp stylish
subtle honest tender graceful gripping memorable rewarding satisfying solid sensitive thoughtful effective intelligent
elegant heartfelt amusing absorbing gorgeous stunning refreshing worthy likable sincere poignant riveting uplifting
magnificent extraordinary masterful vivid lively""")
BAD = _words("""bad awful terrible boring dull stupid silly weak poor lame tedious bland flat predictable shallow ugly empty pointless
dumb slow stale tired clumsy annoying horrible ridiculous messy lifeless painful pathetic forgettable mediocre
contrived dreary hollow pretentious ludicrous unfunny uninspired uneven incoherent derivative disappointing depressing
unpleasant cold confusing sloppy trite formulaic sentimental manipulative repetitive repulsive offensive inept
miserable obvious overlong sappy tiresome cheesy amateurish vapid idiotic preposterous insulting laughable generic""")
FRAMES = {
    "not X": ("{}", "not {}", "not"),
    "the film is not X .": ("the film is {} .", "the film is not {} .", "not"),
    "the film is n't X .": ("the film is {} .", "the film is n't {} .", "n't"),
    "it is never X .": ("it is {} .", "it is never {} .", "never"),
}
INTERACTIONS = {
    "CD": {},
    "CD, gates held": {"gates": "held"},
    "build-up": {"scorer": "build_up"},
    "occlusion": {"scorer": "occlusion"},
}


def judged(demo: Any, text: str) -> float:
    """Positive − negative."""
    outputs = demo.model(demo.options["tokenizer"](text)["input_ids"])[0].detach()
    return float(outputs[1] - outputs[0])


def row(demo: Any, words: list[str], side: int, frame: tuple[str, str, str]) -> list[float]:
    """Shares over the adjectives of one side: moved, turned, right sign of the interaction by every scorer."""
    known, options = set(demo.options["tokenizer"].words), {**demo.options, "target": wl.contrast(1, 0)}
    found = []
    for word in words:
        plain, negated = (text.format(word) for text in frame[:2])
        before = judged(demo, plain)
        if word not in known or before * side <= 0:
            continue
        after = judged(demo, negated)
        together = [
            wl.interaction(demo.model, negated, frame[2], word, **how, **options) for how in INTERACTIONS.values()
        ]
        together[-1] *= -1
        found.append([(after - before) * side < 0, after * side < 0, *(side * value < 0 for value in together)])
    return [len(found), *np.mean(found, 0).tolist()]


def main() -> None:
    demo = wl.demo.sentiment()
    columns = ["phrase", "adjectives", "score moved", "sign changed", *INTERACTIONS]
    print(f"| {' | '.join(columns)} |\n{'|---' * len(columns)}|")
    for name, frame in FRAMES.items():
        for kind, words, side in (("positive", GOOD, 1), ("negative", BAD, -1)):
            count, *shares = row(demo, words, side, frame)
            print(f"| {name} | {count:.0f} {kind} | {' | '.join(f'{100 * s:.0f} %' for s in shares)} |")


if __name__ == "__main__":
    main()
