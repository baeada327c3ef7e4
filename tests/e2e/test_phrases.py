"""The panel of phrases in a real JupyterLab: brushing answers with the numbers of Python, a saved page still brushes."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.controls import chosen, pick
from tests.e2e.lab import Notebook
from tests.e2e.nets import TEXT

FILM = """import whylight as wl
demo = wl.demo.sentiment()
TEXT = "not a bad film"
w = wl.explain(demo.model, TEXT, target="positive", n_steps=17, **demo.options); w
"""
LONG = FILM.replace('"not a bad film"', '"a fine film and " * 9 + "not bad"')
CD = "wl.contextual_decomposition(demo.model, TEXT, torch.tensor({}), target={}, **demo.options).score.item()"


def panel(notebook: Notebook, cell: str = FILM) -> Locator:
    """Run the cell, wait for its answer, open the panel."""
    notebook.open([cell])
    notebook.run_all()
    expect(notebook.widget).to_have_attribute("data-state", "done", timeout=60_000)
    notebook.widget.get_by_text("Phrases", exact=True).click()
    whole = notebook.widget.locator(".whylight-groups-whole")
    expect(whole).to_be_visible(timeout=60_000)
    return whole


def words(whole: Locator) -> Locator:
    return whole.get_by_role("listbox", name="Words").get_by_role("option")


def facts(whole: Locator) -> Locator:
    return whole.locator(".whylight-group-facts")


def score(notebook: Notebook, mask: list[int], target: str = "'positive'") -> str:
    """What Python says, as the panel writes it."""
    value = notebook.python(f"import torch; {CD.format(mask, target)}")
    return f"{value:+.2f}".replace("-", "−")


def middle(word: Locator) -> tuple[float, float]:
    box = word.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(notebook: Notebook, start: Locator, end: Locator) -> None:
    """With the mouse, from the middle of one word to that of another."""
    end.scroll_into_view_if_needed()
    mouse = notebook.page.mouse
    mouse.move(*middle(start))
    mouse.down()
    mouse.move(*middle(end), steps=6)
    mouse.up()


def selected(whole: Locator) -> list[str]:
    return whole.locator("[role=option][aria-selected=true] .whylight-word").all_inner_texts()


def test_a_phrase_under_the_mouse_has_the_score_of_contextual_decomposition(lab: Notebook) -> None:
    whole = panel(lab)
    expect(facts(whole)).to_contain_text("Drag over words")
    drag(lab, words(whole).nth(0), words(whole).nth(2))
    expect(facts(whole)).to_contain_text(f"“not a bad” {score(lab, [1, 1, 1, 0])}")
    expect(facts(whole)).to_contain_text(re.compile(r"alone: not −.*, a .*, bad −.* interaction \+"))
    assert lab.python("w.selection") == [0, 1, 2]

    shared = lab.widget.get_by_role("list", name="Tokens").get_by_role("listitem")
    drag(lab, shared.nth(2), shared.nth(3))
    expect(facts(whole)).to_contain_text(f"“bad film” {score(lab, [0, 0, 1, 1])}")
    words(whole).nth(0).click()
    expect(facts(whole)).to_contain_text(f"“not … bad film” {score(lab, [1, 0, 1, 1])}")
    lab.screenshot("phrases", lab.widget)


def test_the_selection_goes_both_ways_and_the_keyboard_brushes(lab: Notebook) -> None:
    whole = panel(lab)
    lab.python("w.selection = [0, 2]")
    expect(words(whole).nth(2)).to_have_attribute("aria-selected", "true")
    assert selected(whole) == ["not", "bad"]
    expect(facts(whole)).to_contain_text(f"“not … bad” {score(lab, [1, 0, 1, 0])}")
    expect(whole.locator(".whylight-brushed")).to_have_count(2)

    words(whole).nth(0).focus()
    for keys in ("ArrowRight", "Shift+ArrowRight", "Shift+ArrowRight"):
        lab.page.keyboard.press(keys)
    expect(words(whole).nth(3)).to_be_focused()
    expect(facts(whole)).to_contain_text(f"“a bad film” {score(lab, [0, 1, 1, 1])}")
    assert lab.python("w.selection") == [1, 2, 3]
    lab.page.keyboard.press("Escape")
    expect(facts(whole)).to_contain_text("Drag over words")
    assert lab.python("w.selection") == []


def test_the_tree_is_walked_by_keyboard_and_selects(lab: Notebook) -> None:
    whole = panel(lab)
    tree = whole.get_by_role("tree", name="Hierarchy of phrases")
    root = tree.get_by_role("treeitem").first
    expect(root).to_have_attribute("aria-label", re.compile("“not a bad film”"), timeout=60_000)
    many = tree.get_by_role("treeitem").count()
    assert many == lab.python(
        "len({g.units for level in wl.hierarchy(demo.model, TEXT, target='positive', **demo.options).levels[1:] "
        "for g in level if len(g.units) > 1})"
    )
    root.focus()
    lab.page.keyboard.press("Enter")
    assert lab.python("w.selection") == [0, 1, 2, 3]
    expect(root).to_have_attribute("aria-selected", "true")
    lab.page.keyboard.press("ArrowLeft")
    expect(tree.get_by_role("treeitem")).to_have_count(1)
    expect(root).to_have_attribute("aria-expanded", "false")
    lab.page.keyboard.press("ArrowRight")
    expect(tree.get_by_role("treeitem")).to_have_count(many)
    lab.page.keyboard.press("ArrowRight")
    expect(tree.get_by_role("treeitem").nth(1)).to_be_focused()


@pytest.mark.parametrize("width", [320, 1000])
def test_the_tip_of_a_group_covers_neither_words_nor_groups(lab: Notebook, width: int) -> None:
    whole = panel(lab)
    lab.widget.evaluate("(e, width) => { e.parentElement.style.width = `${width}px` }", width)
    groups = whole.get_by_role("treeitem")
    expect(groups.first).to_be_visible(timeout=60_000)
    for group in groups.all():
        group.hover()
        tip = whole.locator(".whylight-tip").bounding_box()
        tree = whole.get_by_role("tree").bounding_box()
        assert tip
        assert tree
        assert tip["y"] >= tree["y"] + tree["height"]


def test_against_another_class(lab: Notebook) -> None:
    whole = panel(lab)
    lab.python("w.selection = [0, 1, 2]")
    pick(lab.widget, "Against", "negative")
    expect(facts(whole)).to_contain_text("for positive − negative", timeout=60_000)
    expect(facts(whole)).to_contain_text(score(lab, [1, 1, 1, 0], "wl.contrast(1, 0)"))
    assert lab.python("w.against") == 0
    expect(chosen(lab.widget, "Against")).to_have_value("negative")
    lab.widget.get_by_role("button", name="Remove contrast with negative").click()
    expect(chosen(lab.widget, "Against")).to_be_focused()
    expect(chosen(lab.widget, "Against")).to_have_value("")
    expect(facts(whole)).to_contain_text(f"“not a bad” {score(lab, [1, 1, 1, 0])}", timeout=60_000)


def test_other_scorers_answer_too(lab: Notebook) -> None:
    whole = panel(lab)
    lab.python("w.selection = [0, 2]")
    lab.widget.get_by_role("combobox", name="Scorer").select_option("integrated_gradients")
    expect(facts(whole)).to_contain_text("interaction 0", timeout=60_000)
    expect(lab.widget).to_have_attribute("data-state", "done")


def test_long_texts_grow_when_asked(lab: Notebook) -> None:
    whole = panel(lab, LONG)
    tree = whole.get_by_role("tree", name="Hierarchy of phrases", include_hidden=True)
    expect(tree).to_be_hidden()
    lab.widget.get_by_role("button", name="Build the hierarchy").click()
    expect(tree.get_by_role("treeitem").first).to_have_attribute(
        "aria-label", re.compile("“a fine film and"), timeout=60_000
    )
    expect(lab.widget.get_by_role("button", name="Build the hierarchy")).to_be_hidden()
    scroll = whole.locator(".whylight-phrases-scroll")
    assert scroll.evaluate("e => e.scrollWidth > e.clientWidth && e.scrollLeft === 0")
    lab.python("w.selection = [36, 37]")
    expect(facts(whole)).to_contain_text(f"“not bad” {score(lab, [0] * 36 + [1, 1])}")
    assert scroll.evaluate("e => e.scrollLeft > 0")


def test_a_finger_brushes(new_notebook) -> None:
    with new_notebook("lab", has_touch=True) as lab:
        whole = panel(lab)
        (left, y), (right, _) = middle(words(whole).nth(0)), middle(words(whole).nth(2))
        session = lab.page.context.new_cdp_session(lab.page)
        for kind, x in (
            ("touchStart", left),
            ("touchMove", left + 20),
            ("touchMove", (left + right) / 2),
            ("touchMove", right),
        ):
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        expect(facts(whole)).to_contain_text(f"“not a bad” {score(lab, [1, 1, 1, 0])}")
        assert lab.python("w.selection") == [0, 1, 2]


def test_hostile_words_stay_words(lab: Notebook) -> None:
    whole = panel(lab, TEXT)
    drag(lab, words(whole).nth(0), words(whole).nth(4))
    expect(facts(whole)).to_contain_text("“<img src=x onerror=window.hacked=1>”")
    assert lab.page.evaluate("window.hacked") is None


def test_a_model_without_a_rule_says_so(lab: Notebook) -> None:
    lab.open([TEXT.replace("torch.tanh(self.embedding(ids))", "torch.special.i0(self.embedding(ids))")])
    lab.run_all()
    expect(lab.widget).to_have_attribute("data-state", "done", timeout=60_000)
    lab.widget.get_by_text("Phrases", exact=True).click()
    expect(lab.widget.locator(".whylight-groups > .whylight-hint")).to_contain_text("i0", timeout=60_000)
    lab.widget.get_by_role("combobox", name="Scorer").select_option("occlusion")
    whole = lab.widget.locator(".whylight-groups-whole")
    expect(whole).to_be_visible(timeout=60_000)
    words(whole).first.click()
    expect(facts(whole)).to_contain_text("logit for")


@pytest.mark.parametrize("width", [320, 700, 1400])
def test_nothing_overflows(lab: Notebook, width: int) -> None:
    whole = panel(lab, LONG)
    lab.python("w.selection = list(range(20))")
    expect(facts(whole)).to_contain_text("the other 15 add up to")
    lab.widget.evaluate("(e, w) => { e.parentElement.style.width = `${w}px`; }", width)
    for part in (lab.widget, whole):
        lab.page.wait_for_function("e => e.scrollWidth <= e.clientWidth + 1", arg=part.element_handle())
    lab.screenshot(f"phrases-{width}", lab.widget)


def test_a_saved_page_still_brushes(lab: Notebook) -> None:
    opened = "import time\nw._handle_custom_msg({'kind': 'groups', 'open': True}, [])\n"
    waited = "while not w._groups.get('meta', {}).get('grown'):\n    time.sleep(0.05)"
    lab.open_saved((FILM, opened + waited))
    expect(lab.widget).to_have_attribute("data-state", "static", timeout=60_000)
    lab.widget.get_by_text("Phrases", exact=True).click()
    whole = lab.widget.locator(".whylight-groups-whole")
    drag(lab, words(whole).nth(1), words(whole).nth(3))
    expect(facts(whole)).to_contain_text(re.compile(r"“a bad film” [+−]\d.* interaction .* the rest of the sentence"))
    words(whole).nth(2).click()
    expect(facts(whole)).to_contain_text(re.compile(r"“a … film” [+−]\d"))
    words(whole).nth(0).click()
    expect(facts(whole)).to_contain_text("“not a … film”: run the cell to score this group.")
    assert whole.get_by_role("treeitem").count() > 0
    lab.screenshot("phrases-saved", lab.widget)
