"""The public functions about groups of features: contextual decomposition, interactions, hierarchies.

They turn natural inputs, targets and units into what `whylight.decomposition` works on. Know nothing of layers' rules.
"""

from collections import deque
from dataclasses import replace
from typing import Any, Unpack

from whylight.decomposition.decomposed import Choices
from whylight.decomposition.forward import outputs_of
from whylight.decomposition.masks import expand_mask
from whylight.errors import InvalidValueError
from whylight.explainer.options import Options
from whylight.groups.agglomeration import agglomerate
from whylight.groups.cost import coarser_advice, hierarchy_size, pairs_size
from whylight.groups.group_explainer import GroupExplainer
from whylight.groups.interaction import between, pairwise
from whylight.groups.score_cache import ScoreCache
from whylight.groups.scorers import Scorer, scorer_name
from whylight.groups.unit_names import of_units, positions_of
from whylight.progress import Progress, counted
from whylight.results.decomposition import Decomposition
from whylight.results.hierarchy import Hierarchy
from whylight.results.interactions import Interactions
from whylight.traceback_frames import facing_users


@facing_users
def contextual_decomposition(
    model: Any,
    x: Any,
    mask: Any,
    *,
    tie: str = "half",
    relu: str = "acd",
    gates: str = "split",
    create_graph: bool = False,
    **options: Unpack[Options],
) -> Decomposition:
    """How much of the model's outputs is due to the features in a mask (contextual decomposition).

    Every activation is split into a relevant part β and an irrelevant part γ whose sum is the ordinary activation, from
    the input (β = M ⊙ x) to the logits. Murdoch, Liu, Yu 2018 (LSTM); Singh, Murdoch, Yu 2019 (other layers); the rules are
    in docs/decomposition.md. The model runs as it is written.

    Parameters
    ----------
    model, x
        As in `whylight.explain`: one natural input, or tensors `(N, ...)`.
    mask
        1 (or True) for features of the group. One value per position (tokens `(T,)`, pixels `(H, W)`, features `(D,)`) or
        per value of x, with the number M of masks in front; M masks against one input, one mask against N inputs, or one
        per input. A tuple where the model takes several inputs. Numbers between 0 and 1 take a part of a feature. Or what
        the group is made of: a phrase of the text, a list of phrases or feature names, or a set of numbers of words, features
        or tiles, `{3, 4}`.
    tie
        Who gets a bias where both parts are zero: "half" to each (ACD), or all to the irrelevant part ("gamma").
    relu
        "acd" (β′ = relu(β)) or "shapley" (the two-way Shapley value, as for tanh).
    gates
        Of LSTMs and GRUs: "split" (Murdoch, Liu, Yu 2018), or "held" at their totals, as attention is (after Arras, Montavon,
        Müller, Samek 2017). Held ones rank phrases better, split ones show interactions (docs/decomposition.md).
    create_graph
        True leaves the parts attached to the model's parameters and to the mask, to be differentiated.

    Other Parameters
    ----------------
    target, labels, tokenizer, embedding, preprocess, forward_kwargs, internal_batch_size, device
        As in `whylight.explain`.

    Returns
    -------
    Decomposition
        `.relevant` and `.irrelevant` `(M, classes)`, `.score` `(M,)` of the target, in the unit of the outputs; positive
        speaks for the class.

    Raises
    ------
    MissingRuleError
        The model uses an operation without a rule; the message names its layer and how to register one.

    Examples
    --------
    >>> import torch, whylight as wl
    >>> net = torch.nn.Sequential(torch.nn.Linear(2, 1), torch.nn.ReLU())
    >>> with torch.no_grad():
    ...     _ = net[0].weight.fill_(1.0), net[0].bias.fill_(-1.0)
    >>> found = wl.contextual_decomposition(net, torch.tensor([[1.0, 3.0]]), torch.tensor([1, 0]))
    >>> found.relevant, found.irrelevant
    (tensor([[0.7500]]), tensor([[2.2500]]))

    >>> demo = wl.demo.sentiment()
    >>> options = {**demo.options, "target": wl.contrast("positive", "negative")}
    >>> bool(wl.contextual_decomposition(demo.model, "a dull film", "dull", **options).score < 0)
    True
    """
    asked = GroupExplainer.of(model, x, Choices(tie, relu, gates), options)
    mask = positions_of(mask, asked.units(None)) if of_units(mask) else mask
    masks = mask if isinstance(mask, tuple) else (mask,)
    inputs = asked.forward.inputs
    if len(masks) != len(inputs):
        raise InvalidValueError(
            f"The model takes {len(inputs)} inputs: give a tuple of as many masks, not {len(masks)}."
        )
    made = tuple(expand_mask(m, t) for m, t in zip(masks, inputs, strict=True))
    answers = asked.forward.decompose(made, create_graph=create_graph)
    target = asked.target(None if callable(asked.spec) else outputs_of(answers).total)
    if target.parts:
        raise InvalidValueError("Give one target; .relevant and .irrelevant have the parts of all outputs anyway.")
    score = asked.forward.select(answers, target, create_graph=create_graph)
    parts = score if callable(asked.spec) else outputs_of(answers)
    chosen = {"tie": tie, "relu": relu, "gates": gates}
    return Decomposition(parts.relevant, parts.irrelevant, score.relevant, target.label, chosen)


@facing_users
def interaction(
    model: Any,
    x: Any,
    a: Any,
    b: Any,
    *,
    scorer: str | Scorer = "cd",
    units: Any = None,
    tie: str = "half",
    relu: str = "acd",
    gates: str = "split",
    **options: Unpack[Options],
) -> float:
    """What two groups contribute together beyond each alone: φ(A ∪ B) − φ(A) − φ(B).

    Zero for a linear model without bias. Singh, Murdoch, Yu 2019.

    Parameters
    ----------
    model, x
        As in `whylight.explain`; one input.
    a, b
        Words ("not", or a phrase: "a good film"), names of features (one or a list), numbers of units (words of a sentence,
        features of a row, tiles of a picture; a set or a list), or boolean masks of positions. The two must not overlap.
    scorer, units
        As in `hierarchy`.
    tie, relu, gates, **options
        As in `contextual_decomposition`.

    Examples
    --------
    >>> import torch, whylight as wl
    >>> net = torch.nn.Linear(3, 1, bias=False)
    >>> abs(wl.interaction(net, torch.ones(1, 3), [0], [1, 2])) < 1e-6
    True

    >>> demo = wl.demo.sentiment()
    >>> together = wl.interaction(demo.model, "not bad", "not", "bad", target=wl.contrast(1, 0), **demo.options)
    """
    asked = GroupExplainer.of(model, x, Choices(tie, relu, gates), options)
    made = asked.units(units)
    first, second = (positions_of(group, made) for group in (a, b))
    if (first & second).any():
        raise InvalidValueError("The two groups overlap: an interaction is that of groups without common units.")
    return between(asked.scorer(scorer), first, second)


@facing_users
def interactions(
    model: Any,
    x: Any,
    *,
    scorer: str | Scorer = "cd",
    units: Any = None,
    progress: Progress = False,
    tie: str = "half",
    relu: str = "acd",
    gates: str = "split",
    **options: Unpack[Options],
) -> Interactions:
    """Interactions of all pairs of units, `(U, U)`; parameters as in `interaction` and `hierarchy`.

    U units have U (U + 1) / 2 pairs and single ones, each of which is scored once.

    Examples
    --------
    >>> import torch, whylight as wl
    >>> product = lambda x: x[:, 0] * x[:, 1] + x[:, 2]
    >>> wl.interactions(product, torch.ones(1, 3)).strongest(1)
    [(0, 1, 1.0)]
    """
    asked = GroupExplainer.of(model, x, Choices(tie, relu, gates), options)
    made = asked.units(units)
    with counted(progress, "groups", expected=pairs_size(made), advice=coarser_advice(made, len(made))) as tick:
        return pairwise(ScoreCache(asked.scorer(scorer), made, tick), scorer_name(scorer), asked.target().label)


@facing_users
def hierarchy(
    model: Any,
    x: Any,
    *,
    scorer: str | Scorer = "cd",
    units: Any = None,
    percentile: float | None = None,
    max_levels: int | None = None,
    rank: str = "absolute",
    progress: Progress = False,
    tie: str = "half",
    relu: str = "acd",
    gates: str = "split",
    **options: Unpack[Options],
) -> Hierarchy:
    """Group features step by step, from single ones to the whole input (agglomerative contextual decomposition).

    Groups grow where a feature changes the score of its neighbours' group most. Singh, Murdoch, Yu 2019, algorithm 1.

    Parameters
    ----------
    model, x
        As in `whylight.explain`; one input.
    scorer
        "cd", "occlusion" (score lost without the group), "build_up" (score of the group alone), the name of a method
        (sums of its attributions), or a callable from masks of positions `(M, *positions)` to `(M,)`.
    units
        Pictures: side of the tiles in pixels, "slic" (superpixels, needs scikit-image) or an integer label map `(H, W)`.
        Sentences have words, rows features, sequences steps. Fewer and coarser ones cost less: a number joins so many words or
        steps that follow each other; one integer label per word, step or feature `(U,)` joins those with the same label.
    percentile
        Candidates at or above this percentile of all priorities are taken together; 90, for pictures 95 (the paper's).
    max_levels
        Rounds before the rest is merged pair by pair; pictures 10.
    rank
        "absolute" (as the authors' code) or "signed" (as the paper): whether evidence against the target counts as much.
    progress
        True shows a bar with the time left; a callable gets the number of groups scored so far, and may raise to stop. U units
        take about 3 U (words, steps), 4 U (areas) or 8 U (features) scores. Without a bar a warning says how long that takes,
        where it is half a minute or more.
    tie, relu, gates, **options
        As in `contextual_decomposition`; `baseline` for occlusion and build-up (zero by default).

    Returns
    -------
    Hierarchy
        Levels of groups with scores; `.plot()` draws it.

    Raises
    ------
    InvalidValueError
        More than 4,096 units; the message says how to ask for coarser ones.

    Examples
    --------
    >>> import whylight as wl
    >>> demo = wl.demo.sentiment()
    >>> found = wl.hierarchy(demo.model, "not a good film", target=wl.contrast(1, 0), **demo.options)
    >>> len(found.levels[0]), found.name(found.levels[-1][0])
    (4, 'not a good film')
    """
    asked = GroupExplainer.of(model, x, Choices(tie, relu, gates), options)
    made = asked.units(units)
    with counted(progress, "groups", expected=hierarchy_size(made), advice=coarser_advice(made, len(made))) as tick:
        cache = ScoreCache(asked.scorer(scorer), made, tick)
        grown = agglomerate(cache, percentile=percentile, max_levels=max_levels, rank=rank)
        found = deque(grown, maxlen=1).pop()
    return replace(found, target=asked.target().label, scorer=scorer_name(scorer), view=asked.explainer.prepared.view)
