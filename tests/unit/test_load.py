"""What is saved comes back: every result and every kind of input, equal and drawable; nothing in a file is run."""

import dataclasses
import gc
import io
import json
import math
import pickle
import weakref
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from xml.dom import minidom

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor, nn

import whylight as wl
from tests.contract import make
from tests.unit.models import Bag, WordTokenizer, conv_net, mlp, points
from whylight.errors import InvalidTypeError, InvalidValueError, MissingFileError
from whylight.problem.baseline_spec import Baseline
from whylight.records import Packed, is_record, pack, record, unpack
from whylight.results.attribution import Attribution
from whylight.results.comparison import Compared, Comparison
from whylight.results.result import Result
from whylight.views.image import ImageView, PixelRange
from whylight.views.text import TextView, Token

KINDS = ("npz", "json")


def same(a, b, way="it"):
    """Equal in everything, arrays bit by bit; lists for any sequence that is no tuple."""
    if isinstance(a, Tensor):
        assert isinstance(b, Tensor), way
        assert (a.dtype, a.shape) == (b.dtype, b.shape), way
        assert torch.equal(a.isnan(), b.isnan()), way
        assert torch.equal(a.nan_to_num(7), b.nan_to_num(7)), way
    elif isinstance(a, np.ndarray):
        assert a.dtype == b.dtype, way
        np.testing.assert_array_equal(a, b, err_msg=way)
    elif dataclasses.is_dataclass(a) and is_record(a):
        assert type(a) is type(b), way
        for field in dataclasses.fields(a):
            same(getattr(a, field.name), getattr(b, field.name), f"{way}.{field.name}")
    elif isinstance(a, Mapping):
        assert list(a) == list(b), way
        for key in a:
            same(a[key], b[key], f"{way}[{key!r}]")
    elif isinstance(a, Sequence) and not isinstance(a, str):
        assert isinstance(b, tuple) == isinstance(a, tuple), way
        assert len(a) == len(b), way
        for i, (x, y) in enumerate(zip(a, b, strict=True)):
            same(x, y, f"{way}[{i}]")
    elif isinstance(a, float) and math.isnan(a):
        assert math.isnan(b), way
    else:
        assert type(a) is type(b) or isinstance(a, (str, np.generic)), way  # torch's version is a text of its own class
        assert a == b, way


def picture():
    demo = wl.demo.digits()
    return wl.attribute(demo.model, demo.inputs[0], n_steps=9, **demo.options)


def photo():
    pixels = np.random.default_rng(0).integers(0, 256, (12, 10, 3), dtype=np.uint8)
    preprocess = lambda p: (
        (torch.tensor(np.asarray(p)).permute(2, 0, 1) / 255.0 - 0.4) / torch.tensor([0.2, 0.3, 0.25])[:, None, None]
    )
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Tanh(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2)).eval()
    return wl.attribute(net, pixels, preprocess=preprocess, n_steps=5, baseline=["black", "blur", "noise"])


def sentence():
    demo = wl.demo.sentiment()
    return wl.attribute(demo.model, "not a <b>good</b> film & $x$ 😀", n_steps=9, **demo.options)


def frame():
    X = pd.DataFrame({"age": [41.0, np.nan, 7.0, 60.0], "<city>": ["Rome", "<i>", None, "Rome"]})
    model = lambda rows: np.stack([np.nan_to_num(rows["age"]) / 9, rows["<city>"].eq("Rome") * 1.0], 1)
    return X, model


def table():
    X, model = frame()
    return wl.attribute(model, X, target=0)


def row():
    X, model = frame()
    return wl.attribute(model, X.iloc[0], background=X, target=0)


def several_inputs():
    net = lambda a, b: torch.stack([a.tanh().mean((1, 2, 3)), b.sin().sum(1)], 1).cumsum(1)
    return wl.attribute(net, (points(3, 3, 6, 5), points(3, 4)), target=[0, 1, 1], n_steps=5)


def half():
    view = make.features().view
    bare = Baseline((torch.tensor([[0.5, -3.0]], dtype=torch.bfloat16),), "half", "half", "k")
    odd = torch.tensor([[-0.1, math.nan]], dtype=torch.float16)
    error = torch.tensor([[math.nan, -0.0]], dtype=torch.float32)
    return make.attribution(view, odd, error_estimate=error, baselines=(bare,), final=False, baseline_spread=error)


ANSWERS = {
    "picture": picture,
    "photo": photo,
    "sentence": sentence,
    "table": table,
    "row": row,
    "row of a tensor": lambda: wl.attribute(mlp(), points(1, 5), feature_names=["<b>", "b", "c", "d", "e"], n_steps=5),
    "batch of rows": lambda: wl.attribute(mlp(), points(4, 5), n_steps=5),
    "batch of pictures": lambda: wl.attribute(conv_net(), points(3, 3, 8, 8), target=0, n_steps=5),
    "several inputs": several_inputs,
    "several targets": lambda: wl.attribute(mlp(), points(1, 5), target=[0, 1], n_steps=5),
    "odd numbers": half,
    **{f"golden {name}": made for name, made in make.GOLDEN.items() if name != "image"},
}
OTHERS = {
    "effects": lambda: wl.effects(mlp(), points(9, 5), groups={"<g>": [0, 1, 2] * 3}, target=0),
    "hierarchy of words": lambda: wl.hierarchy(Bag(), "alpha beta <i>", tokenizer=WordTokenizer(), target=1),
    "hierarchy of areas": lambda: wl.hierarchy(conv_net(), points(1, 3, 8, 8), units=4, target=0),
    "interactions": lambda: wl.interactions(mlp(), points(1, 5), target=0),
    "path": lambda: wl.path(mlp(), points(1, 5), target=0, n_steps=5),
    "path of a picture": lambda: wl.path(conv_net(), points(1, 3, 8, 8), target=0, n_steps=5),
    "decomposition": lambda: wl.contextual_decomposition(mlp(), points(1, 5), {0, 2}, target=0),
    "comparison": lambda: Comparison(
        make.text(),
        (
            Compared(3, '{"method": "ggig"}', make.text(), {"": 0.5}, last=False),
            Compared(3, '{"target": "<b>"}', None, {"": None}, last=True, missing="No such <b> target."),
        ),
    ),
}
ALL = {name: cache(made) for name, made in {**ANSWERS, **OTHERS}.items()}


@pytest.fixture(params=ALL)
def result(request) -> Result:
    return ALL[request.param]()


@pytest.mark.parametrize("kind", KINDS)
def test_it_comes_back_equal(result, kind, tmp_path):
    again = wl.load(result.save(tmp_path / f"why.{kind}"))
    same(_written(result), again)
    assert repr(again) == repr(result)
    twice = wl.load(again.save(tmp_path / f"again.{kind}"))
    same(again, twice)


def _written(result):
    """Objects in a provenance that are no plain values are kept as their text."""
    return unpack(type(result), pack(result)) if isinstance(result, Attribution) else result


@pytest.mark.parametrize("name", ANSWERS)
def test_what_comes_back_holds_what_was_computed(name, tmp_path):
    found = ALL[name]()
    again = wl.load(found.save(tmp_path / "why.npz"))
    for field in (
        "attributions",
        "error_estimate",
        "score",
        "baseline_score",
        "convergence_delta",
        "target",
        "notes",
        "final",
    ):
        same(getattr(found, field), getattr(again, field), field)
    for key in ("method_label", "device", "seconds", "baseline", "versions"):
        same(found.provenance.get(key), again.provenance.get(key), key)
    same([vars(b) for b in found.baselines], [vars(b) for b in again.baselines])


@pytest.mark.parametrize("kind", ["png", "html"])
def test_what_comes_back_is_drawn_alike(result, kind, tmp_path):
    if isinstance(result, (wl.Interactions, wl.Decomposition)):
        with pytest.raises(InvalidTypeError, match="no way to draw"):
            result.save(tmp_path / f"why.{kind}")
        return
    again = wl.load(result.save(tmp_path / "why.npz"))
    drawn = again.save(tmp_path / f"again.{kind}").read_bytes()
    assert len(drawn) > 200
    assert drawn == result.save(tmp_path / f"why.{kind}").read_bytes()


@pytest.mark.parametrize("kind", ["svg", "pdf"])
@pytest.mark.parametrize("name", ["sentence", "several inputs", "effects", "hierarchy of areas", "path", "comparison"])
def test_what_comes_back_is_drawn_in_every_format(name, kind, tmp_path):
    again = wl.load(ALL[name]().save(tmp_path / "why.npz"))
    assert again.save(tmp_path / f"again.{kind}").stat().st_size > 200


def test_what_comes_back_is_shown_live(tmp_path):
    found = wl.load(sentence().save(tmp_path / "why.json"))
    with found.widget() as widget:
        assert widget._input["kind"] == "text"
        assert widget.attribution.target == found.target


def test_what_a_widget_compares_comes_back(tmp_path):
    with wl.explain(mlp(), points(1, 5), target=1, n_steps=5) as made:
        alone = wl.load(made.save(tmp_path / "alone.npz"))
        made.compare = ["input_gradient", {"target": 0}]
        made.wait(300)
        assert len(made.compared) == 2
        for kind in KINDS:
            found = wl.load(made.save(tmp_path / f"all.{kind}"))
            same(alone.attributions, found.main.attributions)
            assert [one.attribution.method for one in found.beside] == ["input_gradient", "integrated_gradients"]
            assert found.beside[1].attribution.target == "class 0"
            assert found.plot()._repr_png_()


def test_a_baseline_of_what_comes_back_is_drawn_in_its_own_colours(tmp_path):
    found = photo()
    again = wl.load(found.save(tmp_path / "why.npz"))
    black = found.baselines[0].tensors[0]
    assert (again.view.show(black) == 0).all()
    np.testing.assert_array_equal(
        again.view.show(found.baselines[2].tensors[0]), found.view.show(found.baselines[2].tensors[0])
    )


# ---------------------------------------------------------------- batches and several inputs as drawings


def pages(name, tmp_path, kind="html"):
    return ALL[name]().save(tmp_path / f"why.{kind}")


def test_a_batch_is_a_card_for_each_sample(tmp_path):
    text = pages("batch of rows", tmp_path).read_text("utf-8")
    assert [f"sample {i} of 4" in text for i in (1, 4, 5)] == [True, True, False]
    assert "feature 4" in text
    assert "<script" not in text


def test_several_inputs_have_one_each(tmp_path):
    text = pages("several inputs", tmp_path).read_text("utf-8")
    assert text.count("<img") == 3
    assert text.count("<table") == 3
    assert "sample 3 of 3 · input 2 of 2" in text


def test_a_picture_file_holds_all_of_them(tmp_path):
    one, all_of_them = picture().save(tmp_path / "one.png"), pages("batch of pictures", tmp_path, "png")
    with Image.open(one) as single, Image.open(all_of_them) as several:
        assert several.size == (single.width, 3 * single.height)
    assert pages("batch of pictures", tmp_path, "pdf").read_bytes().count(b"/Type /Page /") == 3
    svg = pages("batch of pictures", tmp_path, "svg").read_text("utf-8")
    assert svg.count("<svg") == 1 + 3
    minidom.parseString(svg)


def test_of_a_large_batch_the_first_are_drawn(tmp_path):
    found = wl.attribute(mlp(), points(70, 5), n_steps=3, target=0)
    text = found.save(tmp_path / "why.html").read_text("utf-8")
    assert "sample 64 of 70" in text
    assert "sample 65" not in text
    again = wl.load(found.save(tmp_path / "why.npz"))
    assert len(again.samples) == 64
    assert len(again.attributions) == 70


def test_what_has_no_drawing_says_so(tmp_path):
    found = wl.attribute(lambda x: x.flatten(1).sum(1), torch.ones(2, 9, 9, 9, 9, 9), n_steps=3)
    with pytest.raises(InvalidTypeError, match=r"no way to draw answers of shape \(2, 9, 9, 9, 9, 9\)"):
        found.save(tmp_path / "why.png")
    same(found.attributions, wl.load(found.save(tmp_path / "why.npz")).attributions)


def test_answers_hold_no_model():
    net = nn.Linear(5, 2)
    found, gone = wl.attribute(net, torch.ones(3, 5), target=0, n_steps=3), weakref.ref(net)
    del net
    gc.collect()
    assert gone() is None
    assert len(found.samples) == 3


# ---------------------------------------------------------------- markup stays data


def test_markup_stays_data(tmp_path):
    evil = "<script>alert(1)</script>"
    view = TextView(evil, (Token(evil, 0, False, name=evil),), (Token(evil, 0, False),), ((evil, 0),))
    found = make.attribution(view, torch.ones(1, 1), target=evil, notes=(evil,), provenance={evil: {"$record": evil}})
    for kind in KINDS:
        again = wl.load(found.save(tmp_path / f"why.{kind}"))
        same(found, again)
        assert "<script" not in again.save(tmp_path / "why.html").read_text("utf-8")


def test_keys_that_look_like_tags_stay_keys(tmp_path):
    tricky = {"$tuple": [1], 3: (4, [5]), ("a", 1): {"$float": "nan"}, "plain": {"$record": "Attribution"}}
    found = make.attribution(make.features().view, torch.ones(1, 2), provenance=tricky)
    for kind in KINDS:
        same(tricky, wl.load(found.save(tmp_path / f"why.{kind}")).provenance)


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
trees = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=6) | st.integers(), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(provenance=st.dictionaries(st.text(), trees, max_size=4), notes=st.lists(st.text(), max_size=3), name=st.text())
def test_any_plain_values_come_back(tmp_path_factory, provenance, notes, name):
    found = make.attribution(
        make.features().view, torch.ones(1, 2), provenance=provenance, notes=tuple(notes), target=name
    )
    for kind in KINDS:
        same(found, wl.load(found.save(tmp_path_factory.getbasetemp() / f"any.{kind}")))


@given(
    st.sampled_from(
        [torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.int64, torch.uint8, torch.bool]
    ),
    st.lists(st.integers(0, 3), max_size=3),
    st.integers(0, 99),
)
def test_any_tensor_comes_back(tmp_path_factory, dtype, shape, seed):
    generator = torch.Generator().manual_seed(seed)
    maps = (torch.randn(shape, generator=generator) * 1e3).to(dtype)
    for odd in (math.nan, math.inf, -math.inf) if dtype.is_floating_point else ():
        maps = torch.where(torch.rand(shape, generator=generator) < 0.2, odd, maps)
    both = (maps.to(dtype), maps.to(dtype).T if maps.ndim == 2 else maps.to(dtype))
    found = dataclasses.replace(make.features(), attributions=both, error_estimate=both, view=None)
    for kind in KINDS:
        same(found.attributions, wl.load(found.save(tmp_path_factory.getbasetemp() / f"one.{kind}")).attributions)


# ---------------------------------------------------------------- files that are none of ours


@pytest.fixture
def saved(tmp_path):
    return {kind: make.text().save(tmp_path / f"why.{kind}") for kind in KINDS}


def fails(path, words):
    with pytest.raises(InvalidValueError, match=words):
        wl.load(path)


@pytest.mark.parametrize("kind", KINDS)
def test_a_truncated_file_says_so(saved, kind):
    whole = saved[kind].read_bytes()
    for length in (0, 1, 10, len(whole) // 3, len(whole) // 2, len(whole) - 2):
        saved[kind].write_bytes(whole[:length])
        fails(saved[kind], f"why.{kind} cannot be loaded: it is cut off, damaged, or no {kind} file")


def test_a_damaged_member_says_so(saved):
    whole = bytearray(saved["npz"].read_bytes())
    for at in range(40, len(whole) - 400, 97):
        broken = bytearray(whole)
        broken[at] ^= 0xFF
        saved["npz"].write_bytes(broken)
        try:
            again = wl.load(saved["npz"])
        except InvalidValueError:
            continue
        same(make.text(), again)  # a byte that says nothing, of a date


def test_files_of_other_programs_say_so(tmp_path):
    np.savez(tmp_path / "other.npz", attributions=np.ones(3))
    np.savez(tmp_path / "text.npz", provenance="no json")
    np.savez(tmp_path / "list.npz", provenance="[]")
    (tmp_path / "other.json").write_text('{"attributions": [1]}', encoding="utf-8")
    (tmp_path / "list.json").write_text("[1, 2]", encoding="utf-8")
    (tmp_path / "deep.json").write_text("[" * 100_000, encoding="utf-8")
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\x00")
    with zipfile.ZipFile(tmp_path / "zip.npz", "w") as archive:
        archive.writestr("readme.txt", "hello")
    for name in ("other.npz", "list.npz", "other.json", "list.json", "zip.npz"):
        fails(tmp_path / name, f"{name} cannot be loaded. It was not written by Whylight's save")
    for name in ("text.npz", "deep.json", "bytes.json"):
        fails(tmp_path / name, "cut off, damaged")
    with (tmp_path / "array.npz").open("wb") as file:
        np.save(file, np.ones(3))
    fails(tmp_path / "array.npz", "not written by Whylight")


class Evil:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was run",))


def test_no_pickle_is_run(saved, tmp_path):
    (tmp_path / "evil.npz").write_bytes(pickle.dumps(Evil()))
    fails(tmp_path / "evil.npz", "cut off, damaged")
    evil = io.BytesIO()
    array = np.empty(1, dtype=object)
    array[0] = "harmless"
    np.save(evil, array, allow_pickle=True)
    changed = tmp_path / "changed.npz"
    with zipfile.ZipFile(saved["npz"]) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            new.writestr(name, evil.getvalue() if name == "attributions.npy" else old.read(name))
    fails(changed, "cut off, damaged")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d["whylight"].update(format=2), "It has format 2, and this Whylight reads up to 1: update it"),
        (lambda d: d["whylight"].update(kind="Token"), "'Token', which is no result"),
        (lambda d: d["whylight"].update(kind="os.system"), "'os.system', which is no result"),
        (lambda d: d["whylight"].pop("arrays"), "not written by Whylight"),
        (lambda d: d["view"].update({"$record": "MelodyOfYours"}), "'MelodyOfYours', which is not known here: import"),
        (lambda d: d["view"].pop("tokens"), "TextView at 'view.' is not complete"),
        (lambda d: d.update(more=1), "no Attribution at 'the top'"),
        (lambda d: d.pop("score"), "not complete"),
        (lambda d: d.pop("attributions"), "is not complete|missing"),
        (lambda d: d.update(attributions=[[1]]), "'attributions' is missing or is not what it should be"),
        (lambda d: d.update(attributions=[["a"] * 4]), "'attributions' is missing or is not what it should be"),
        (lambda d: d["whylight"]["arrays"]["score"].update(dtype="load"), "'score' is missing or is not what"),
        (lambda d: d["whylight"]["arrays"].update(score=3), "'score' is missing or is not what"),
    ],
)
def test_changed_files_say_what_is_wrong(saved, change, words):
    document = json.loads(saved["json"].read_text("utf-8"))
    change(document)
    saved["json"].write_text(json.dumps(document), encoding="utf-8")
    fails(saved["json"], words)


def test_a_newer_npz_says_so(saved, tmp_path):
    stored = dict(np.load(saved["npz"]))
    document = json.loads(str(stored["provenance"]))
    document["whylight"]["format"] = 99
    np.savez(tmp_path / "new.npz", **{**stored, "provenance": json.dumps(document)})
    fails(tmp_path / "new.npz", "It has format 99")


def test_paths_say_what_to_do(tmp_path):
    with pytest.raises(MissingFileError, match="There is no file"):
        wl.load(tmp_path / "none.npz")
    (tmp_path / "folder.npz").mkdir()
    with pytest.raises(FileNotFoundError):
        wl.load(str(tmp_path / "folder.npz"))
    for name in ("why.png", "why.html"):
        fails(tmp_path / name, "is a drawing, which holds no numbers: save as npz or json")
    fails(tmp_path / "why.nzp", "Did you mean 'npz'")


def test_an_ending_in_capitals_stays(tmp_path):
    for kind in KINDS:
        path = make.text().save(tmp_path / f"why.{kind.upper()}")
        assert path.is_file()
        same(make.text(), wl.load(path))


def test_json_is_json_for_everybody(tmp_path):
    def refuse(word):
        raise AssertionError(word)

    json.loads(half().save(tmp_path / "why.json").read_text("utf-8"), parse_constant=refuse)


def test_a_view_that_is_a_function_of_ones_own_is_left_out_or_refused():
    pixels = np.zeros((2, 2, 3), np.uint8)
    made = unpack(ImageView, pack(ImageView(pixels, lambda tensor: pixels)))
    assert isinstance(made.show, PixelRange)

    @record
    @dataclass(frozen=True)
    class Own:
        draw: object

    with pytest.raises(InvalidTypeError, match=r"Own.draw is a function"):
        pack(Own(print))
    with pytest.raises(InvalidValueError, match="no Own at"):
        unpack(Own, Packed({"other": 1}, {}, {}))
