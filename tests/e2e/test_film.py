"""Several samples and several inputs in a real JupyterLab: the strip, its keyboard, wrong ones first, one view per input."""

import re
from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, expect

from tests.e2e.controls import pick
from tests.e2e.lab import Notebook

THEMES: tuple[Literal["Light", "Dark"], ...] = ("Light", "Dark")
DIGITS = """
import whylight as wl
demo = wl.demo.digits()
import torch
pictures = [demo.inputs[i] for i in range(8)]
w = wl.explain(demo.model, pictures, y=[0, 1, 2, 3, 9, 5, 6, 7], **demo.options); w
"""
TWO = """
import torch, whylight as wl
torch.manual_seed(0)

class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.look, self.read = torch.nn.Linear(3 * 16 * 16, 8), torch.nn.Linear(5, 8)
        self.out = torch.nn.Linear(8, 3)

    def forward(self, picture, row):
        return self.out(torch.tanh(self.look(picture.flatten(1)) + 2 * self.read(row)))

yy, xx = torch.meshgrid(torch.linspace(0, 1, 16), torch.linspace(0, 1, 16), indexing="ij")
x = {"picture": torch.stack([yy, xx, 1 - (xx + yy) / 2])[None], "row": torch.randn(1, 5)}
w = wl.explain(Net().eval(), x, labels=["ant", "bee", "cat"]); w
"""


def draw(notebook: Notebook, cell: str) -> Locator:
    notebook.open([cell])
    notebook.run_all()
    expect(notebook.widget).to_have_attribute("data-state", "done", timeout=60_000)
    notebook.wait_idle()
    return notebook.widget


def test_a_strip_of_samples(lab: Notebook) -> None:
    widget = draw(lab, DIGITS)
    strip = widget.get_by_role("listbox", name="Samples")
    options = strip.get_by_role("option")
    expect(options).to_have_count(8)
    expect(widget).to_contain_text("Sample 1 of 8 · 1 of 8 wrong")
    expect(options.nth(4)).to_have_accessible_name(re.compile("Sample 5, four .*true: nine, wrong"))
    expect(options.first).to_have_attribute("aria-selected", "true")
    expect(options.first).to_have_accessible_name(re.compile("gap"))

    strip.focus()
    lab.page.keyboard.press("ArrowRight")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    expect(widget).to_have_attribute("data-state", "done")
    expect(widget.get_by_role("img", name=re.compile("^Attribution heatmap.*for one"))).to_be_visible()
    lab.page.keyboard.press("End")
    expect(options.nth(7)).to_have_attribute("aria-selected", "true")
    expect(widget.get_by_role("img", name=re.compile("^Attribution heatmap.*for seven"))).to_be_visible()
    expect(strip).to_be_focused()
    assert lab.python("[w.sample, w.target, w.wait().target]") == [7, 7, "seven"]

    widget.get_by_role("combobox", name="Order of samples").select_option(label="Wrong first")
    expect(options.first).to_have_accessible_name(re.compile("Sample 5, .*wrong"))
    options.first.click()
    expect(widget).to_contain_text("Sample 5 of 8")
    expect(widget.get_by_role("img", name=re.compile("^Attribution heatmap.*for four"))).to_be_visible()

    pick(widget, "Target", "nine")
    expect(widget.get_by_role("img", name=re.compile("^Attribution heatmap.*for nine"))).to_be_visible()
    lab.python("w.sample = 2")
    expect(widget.get_by_role("img", name=re.compile("^Attribution heatmap.*for nine"))).to_be_visible()
    assert lab.python("[w.sample, w.wait().target]") == [2, "nine"]


def test_a_sentence_and_a_sample_are_changed_in_place(lab: Notebook) -> None:
    text = "w = wl.explain(d.model, 'The plot is thin, but the acting is wonderful.', **d.options); w"
    widget = draw(lab, f"import whylight as wl; d = wl.demo.sentiment()\n{text}")
    tokens, field = widget.get_by_role("list", name="Tokens"), widget.get_by_role("textbox", name="Text")
    tokens.get_by_role("listitem").filter(has_text="wonderful").dblclick()
    expect(field).to_be_focused()
    lab.page.keyboard.type("dull")
    lab.page.keyboard.press("Enter")
    options = widget.get_by_role("listbox", name="Samples").get_by_role("option")
    expect(options).to_have_count(2)
    expect(widget).to_contain_text(re.compile(r"Edited 1 · wonderful → dull · positive \d.* → "))
    expect(tokens).to_contain_text("the acting is dull.")
    expect(widget).to_have_attribute("data-state", "done")
    expect(widget.get_by_role("button", name="Edit")).to_be_focused()
    lab.wait_idle()
    assert lab.python("[w.sample, w.wait().target, float(w.attribution.score) < 0]") == [1, "positive", True]

    widget.get_by_role("button", name="Edit").click()
    lab.page.keyboard.press("Control+A")
    lab.page.keyboard.type(" ")
    lab.page.keyboard.press("Enter")
    expect(widget).to_contain_text("The text is empty")
    expect(field).to_be_visible()
    lab.page.keyboard.press("Escape")
    options.first.click()
    expect(tokens).to_contain_text("the acting is wonderful.")
    expect(widget).to_have_attribute("data-state", "done")
    found = Axe().run(lab.page, context=".whylight", options={"runOnly": ["wcag2a", "wcag2aa"]})
    assert found.response["violations"] == [], found.generate_report()

    rows = "w = wl.explain(lambda x: x @ torch.tensor([1., -2., 3.]), torch.tensor([[3., 2., 1.]])); w"
    widget = draw(lab, f"import torch, whylight as wl\n{rows}")
    features = widget.get_by_role("list", name="Features").get_by_role("listitem")
    features.filter(has_text="feature 1").focus()
    lab.page.keyboard.press("Enter")
    expect(widget.get_by_role("textbox", name="New value of feature 1")).to_be_focused()
    lab.page.keyboard.type("-4")
    lab.page.keyboard.press("Enter")
    expect(widget).to_contain_text("Edited 1 · feature 1 2 → −4 · 2.00 → 14.0")
    expect(features.filter(has_text="feature 1")).to_be_focused()
    expect(widget.get_by_role("status")).to_contain_text("F(x) 14")


def test_several_inputs_each_in_its_own_way(lab: Notebook) -> None:
    widget = draw(lab, TWO)
    picture, row = (widget.get_by_role("region", name=name) for name in ("picture", "row"))
    expect(picture.get_by_role("img", name=re.compile("^Attribution heatmap"))).to_be_visible()
    expect(row.get_by_role("list", name="Features").get_by_role("listitem")).to_have_count(5)
    expect(widget.get_by_role("status")).to_contain_text(re.compile(r"picture \d.*, row \d"))
    lab.python("w.compare = ['input_x_gradient']; w.wait(20).target")
    expect(widget.get_by_role("combobox", name="Regions of")).to_have_count(0)


def test_readable_in_both_themes_and_when_narrow(lab: Notebook) -> None:
    for name, cell in (("film", DIGITS), ("several", TWO)):
        widget = draw(lab, cell)
        for theme in THEMES:
            lab.set_theme(f"JupyterLab {theme}")
            expect(widget).to_have_attribute("data-theme", theme.lower())
            for width in (320, 700, 1100):
                widget.evaluate("(e, w) => { e.style.width = `${w}px` }", width)
                lab.screenshot(f"{name}-{theme.lower()}-{width}", widget)
            found = Axe().run(lab.page, context=".whylight", options={"runOnly": ["wcag2a", "wcag2aa"]})
            assert found.response["violations"] == [], found.generate_report()
