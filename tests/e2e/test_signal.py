"""A signal in a real JupyterLab: the planted beat is the strongest window; pointer, brush, keyboard, zoom, panels."""

import re

from playwright.sync_api import Locator, expect

from tests.e2e.lab import Notebook

HEART = """
import torch, whylight as wl
t = torch.arange(1000)
bump = lambda at, width: torch.exp(-0.5 * ((t - at) / width) ** 2)
beats = sum(bump(at, 5) for at in (100, 300, 700, 900))
x = torch.stack([beats, 0.8 * beats - bump(500, 12), 0.6 * beats])[None]

class WideBeat(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.filter = torch.nn.Conv1d(3, 1, 51, padding=25)
        with torch.no_grad():
            self.filter.weight.zero_()
            self.filter.weight[0, 1] = -torch.exp(-0.5 * (torch.arange(-25, 26) / 12) ** 2)
            self.filter.bias.fill_(-8.0)

    def forward(self, x):
        found = self.filter(x).relu().amax((1, 2))
        return torch.stack([torch.zeros_like(found), found], 1)

w = wl.explain(WideBeat(), x, target=1, sample_rate=500, channel_names=["I", "II", "III"], labels=["narrow", "wide"]); w
"""


def draw(notebook: Notebook) -> Locator:
    notebook.open([HEART])
    notebook.run_all()
    expect(notebook.widget).to_have_attribute("data-state", "done", timeout=60_000)
    notebook.wait_idle()
    return notebook.widget


def test_lines_windows_and_their_sums(lab: Notebook) -> None:
    widget = draw(lab)
    lines = widget.get_by_role("img", name=re.compile("^Attribution over a signal of 3 channels × 1000 samples"))
    expect(lines).to_have_accessible_name(re.compile(r"strongest window \+\d.* at 0\.96–1\.022.s, most in II"))
    probe = widget.locator(".whylight-probe").first
    box = lines.bounding_box()
    assert box is not None
    lines.hover(position={"x": box["width"] / 2, "y": box["height"] / 2})
    expect(probe).to_contain_text(re.compile(r"^II · 1[.\d]*.s · sample 50\d · \+.*rank .* of 3000 · input −"))

    strip = widget.get_by_role("img", name="Sums of 32 windows of 32 samples")
    strip.scroll_into_view_if_needed()
    bars = strip.bounding_box()
    assert bars is not None
    at = lambda share: (bars["x"] + share * bars["width"], bars["y"] + 20)
    lab.page.mouse.move(*at(0.49))
    lab.page.mouse.down()
    lab.page.mouse.move(*at(0.53), steps=4)
    lab.page.mouse.up()
    expect(widget).to_contain_text(re.compile(r"Selected 0\.96–1\.086.s: Σ \+\d"))
    assert lab.python("list(w.selection)") == [15, 16]

    summary = widget.locator("summary", has_text=re.compile("^Windows$"))
    summary.click()
    panel = widget.get_by_role(
        "application", name=re.compile("^Windows of the signal, Contextual decomposition for wide")
    )
    expect(panel).to_have_accessible_name(re.compile(r"Strongest: 0\.96–1\.022.s"))
    expect(widget.locator(".whylight-group-facts")).to_contain_text(re.compile(r"0\.96–1\.086.s \+\d"))
    widget.get_by_role("combobox", name="Windows of").select_option(label="64 samples (0.128 s)")
    expect(strip).to_have_count(0)
    expect(widget.get_by_role("img", name="Sums of 16 windows of 64 samples")).to_be_visible()
    lab.heard("w.units == 64")
    assert lab.python("w.units, list(w.selection)") == [64, []]


def test_the_keyboard_walks_zooms_and_selects(lab: Notebook) -> None:
    widget = draw(lab)
    lines = widget.get_by_role("img", name=re.compile("^Attribution over a signal"))
    probe = widget.locator(".whylight-probe").first
    lines.focus()
    press = lab.page.keyboard.press
    press("ArrowRight")
    expect(probe).to_contain_text(re.compile("^II · .*sample 496"))
    press("ArrowDown")
    expect(probe).to_contain_text(re.compile("^III"))
    press(" ")
    expect(widget).to_contain_text(re.compile(r"Selected 0\.96–1\.022"))
    first = widget.locator(".whylight-signal-axis span").first
    expect(first).to_have_text("0")
    for _ in range(3):
        press("+")
    expect(first).not_to_have_text("0")
    press("0")
    expect(first).to_have_text("0")
    press("Escape")
    assert lab.python("list(w.selection)") == []
