"""What a host does to the widget: a theme set before it is drawn and after, boxes around it, a kernel that goes away."""

import os
import re
import signal

from playwright.sync_api import Locator, expect

from tests.e2e.lab import PANEL, Notebook
from tests.e2e.nets import PICTURE, SHOW

STATE = "data-state"
BOXES = """
import ipywidgets
two = ipywidgets.HBox([w, wl.explain(net, picture, labels=LABELS, target="dog", n_steps=9)])
tabs = ipywidgets.Tab([ipywidgets.Label("first"), ipywidgets.VBox([w])], titles=["one", "two"])
grid = ipywidgets.GridBox([w, w], layout={"grid_template_columns": "1fr 1fr"})
narrow = ipywidgets.HBox([w], layout={"width": "150px"})
folded = ipywidgets.Accordion([w], titles=["one"], selected_index=0)
sized = wl.explain(net, picture, labels=LABELS, target="dog", n_steps=9)
sized.layout.width = "420px"
tiny = wl.explain(net, picture, labels=LABELS, target="dog", n_steps=9)
tiny.layout = {"width": "90px"}
"""
SHOWN = ["two", "tabs", "grid", "narrow", "folded", "sized", "tiny"]
# Mean lightness of a canvas, 0..1; -1 where nothing is painted.
LIGHTNESS = """e => {
  const { width, height } = e;
  if (!width || !height) return -1;
  const { data } = e.getContext("2d").getImageData(0, 0, width, height);
  let [sum, painted] = [0, 0];
  for (let i = 0; i < data.length; i += 4) {
    painted += data[i + 3];
    sum += data[i] + data[i + 1] + data[i + 2];
  }
  return painted ? sum / (width * height * 3 * 255) : -1;
}"""
RESTART = f"() => {{ void {PANEL}.sessionContext.session.kernel.restart(); }}"


def lightness(widget: Locator) -> float:
    """Of the heatmap, once it is painted for the theme on show."""
    canvas = widget.get_by_role("img", name=re.compile("^Attribution heatmap")).locator("canvas").first
    widget.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return canvas.evaluate(LIGHTNESS)


def width(widget: Locator) -> float:
    return (widget.bounding_box() or {"width": 0.0})["width"]


def test_dark_from_the_first_picture_on(notebook: Notebook) -> None:
    notebook.open([PICTURE, SHOW])
    notebook.set_theme("JupyterLab Dark")
    notebook.run_all()
    widget = notebook.widget
    expect(widget).to_have_attribute(STATE, "done")
    expect(widget).to_have_css("color-scheme", "dark")
    assert 0 <= lightness(widget) < 0.5
    assert notebook.python("w.wait(20).plot().get_facecolor()[0] < 0.5"), "figures follow the page"
    notebook.screenshot("image-dark")
    notebook.set_theme("JupyterLab Light")
    expect(widget).to_have_css("color-scheme", "light")
    assert lightness(widget) > 0.5
    assert notebook.python("w.wait(20).plot().get_facecolor()[0] > 0.5")


def test_boxes_and_a_restarted_kernel(lab: Notebook) -> None:
    lab.open([PICTURE, SHOW, BOXES, *SHOWN])
    lab.run_all()
    output = dict(zip(SHOWN, (lab.cell(i).locator(".whylight") for i in range(3, 10)), strict=True))
    for name in ("two", "grid"):
        expect(output[name]).to_have_count(2)
        first, second = (width(output[name].nth(i)) for i in range(2))
        assert abs(first - second) < 2, name
        assert first > 400, name
    assert width(output["narrow"]) >= 280
    assert width(output["tiny"]) >= 280
    assert 400 <= width(output["sized"]) <= 420
    assert width(output["folded"]) > 560
    expect(output["tabs"]).to_be_hidden()
    lab.page.get_by_role("tab", name="two").click()
    expect(output["tabs"]).to_be_visible()
    assert width(output["tabs"]) > 560
    assert lightness(output["tabs"]) > 0

    lab.page.evaluate(RESTART)
    for view in output.values():
        expect(view.first).to_have_attribute(STATE, "static")
        expect(view.first).to_contain_text("The kernel was restarted: run the cell again to go on")
    slider = lab.cell(1).get_by_role("slider", name="Interpolation steps")
    expect(slider).to_be_disabled()
    lab.wait_idle()
    lab.run(0)
    lab.run(1)
    expect(slider).to_be_enabled()
    expect(lab.cell(1).locator(".whylight")).to_have_attribute(STATE, "done")


def test_a_kernel_that_dies(lab: Notebook) -> None:
    lab.open([PICTURE, SHOW])
    lab.run_all()
    widget = lab.widget
    expect(widget).to_have_attribute(STATE, "done")
    kernel = lab.python("__import__('os').getpid()")
    os.kill(kernel, signal.SIGKILL)
    expect(widget).to_have_attribute(STATE, "static")
    expect(widget).to_contain_text("The kernel was restarted: run the cell again to go on")
    expect(widget).to_contain_text("The picture is the last one")
    expect(widget.get_by_role("slider", name="Interpolation steps")).to_be_disabled()
    widget.get_by_role("combobox", name="View", exact=True).select_option("overlay")  # needs nobody, and logs nothing
    dismiss = lab.page.get_by_role("dialog").get_by_role("button", name=re.compile("^(OK|Ok)$"))
    if dismiss.count():
        dismiss.click()
    lab.wait_idle()
    assert lab.python("__import__('os').getpid()") != kernel
    lab.run_all()
    expect(widget).to_have_attribute(STATE, "done")
    expect(widget).not_to_contain_text("restarted")
    expect(widget.get_by_role("slider", name="Interpolation steps")).to_be_enabled()
