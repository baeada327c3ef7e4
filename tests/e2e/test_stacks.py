"""Channels, volumes and videos in real JupyterLab: painted, moved by pointer and keys, followed by Python."""

import re

from playwright.sync_api import Locator, expect

from tests.e2e.lab import Notebook

HEAD = """
import torch, whylight as wl
noise = lambda *shape: 0.3 * torch.rand(*shape, generator=torch.Generator().manual_seed(0))
bright = lambda x: (x - 0.5).relu().flatten(1).sum(1)
"""
CHANNELS = "x = noise(1, 5, 24, 24); x[0, 3, 6:10, 14:18] += 0.6; w = wl.explain(bright, x, n_steps=9); w"
VOLUME = "x = noise(1, 1, 12, 24, 20); x[0, 0, 7, 6:10, 14:18] += 0.6; w = wl.explain(bright, x, n_steps=9, spacing=(2, 1, 1)); w"
VIDEO = "x = noise(1, 3, 8, 16, 20); x[0, 0, 5, 6:10, 14:18] += 0.6; w = wl.explain(bright, x, n_steps=9); w"
HEATMAP = re.compile("^Attribution heatmap")


def shown(notebook: Notebook, cell: str) -> Locator:
    """The widget of a cell, done and painted."""
    notebook.open([HEAD, cell])
    notebook.run_all()
    expect(notebook.widget).to_have_attribute("data-state", "done")
    return notebook.widget


def fingerprint(picture: Locator) -> str:
    return picture.locator("canvas").evaluate("e => e.toDataURL()")


def test_channels(lab: Notebook) -> None:
    widget = shown(lab, CHANNELS)
    expect(widget.get_by_role("img", name=HEATMAP)).to_have_accessible_name(
        re.compile(r"at row [6-9], column 1[4-7]\. ")
    )
    before = fingerprint(widget.get_by_role("img", name=re.compile("^Input picture")))
    widget.get_by_role("listitem", name=re.compile("^Channel 4:")).click()
    expect(widget.get_by_role("img", name=HEATMAP)).to_have_accessible_name(
        re.compile("^Attribution heatmap of Channel 4")
    )
    assert lab.python("w.channel") == 3
    assert fingerprint(widget.get_by_role("img", name=re.compile("^Input picture"))) != before
    lab.python("w.channel = None")
    expect(widget.get_by_role("combobox", name="Channel")).to_have_value("")
    widget.get_by_role("combobox", name="Blue").select_option("None")
    expect(widget.get_by_role("combobox", name="Blue")).to_have_value("-1")
    assert lab.python("w.composite") == [0, 1, -1]


def test_a_volume(lab: Notebook) -> None:
    widget = shown(lab, VOLUME)
    plane = widget.get_by_role("img", name=HEATMAP)
    expect(plane).to_have_accessible_name(re.compile(r"at depth 7, row [6-9], column 1[4-7]; depth 7\. "))
    depth = widget.get_by_role("slider", name="Depth")
    expect(depth).to_have_attribute("aria-valuenow", "7")
    before = fingerprint(plane)
    depth.press("ArrowRight")
    expect(plane).to_have_accessible_name(re.compile(r"; depth 8\. "))
    expect(depth).to_be_focused()
    assert lab.python("w.pixel")[0] == 8
    assert fingerprint(plane) != before
    box = plane.bounding_box()
    assert box is not None
    assert abs(box["width"] / box["height"] - 20 / 24) < 0.02
    plane.click(position={"x": box["width"] * 2.5 / 20, "y": box["height"] * 3.5 / 24})
    expect(widget.get_by_role("slider", name="Row")).to_have_attribute("aria-valuenow", "3")
    assert lab.python("w.pixel") == [8, 3, 2]
    side = widget.get_by_role("img", name=re.compile("^Attribution, column")).bounding_box()
    assert side is not None
    assert abs(side["width"] / side["height"] - 24 / 24) < 0.03  # 12 planes, twice as far apart
    lab.python("w.view = 'projection'")
    expect(widget.get_by_role("combobox", name="View")).to_have_value("projection")


def test_a_video(lab: Notebook) -> None:
    widget = shown(lab, VIDEO)
    strip = widget.get_by_role("slider", name="Frame")
    expect(strip).to_have_attribute("aria-valuenow", "5")
    picture = widget.get_by_role("img", name=HEATMAP)
    before = fingerprint(picture)
    strip.press("Home")
    expect(picture).to_have_accessible_name(re.compile(r"of frame 0 of 0–7\. "))
    assert lab.python("w.pixel") == [0]
    assert fingerprint(picture) != before
    lab.python("w.pixel = [5, 7, 15]")
    expect(widget.locator(".whylight-main .whylight-probe")).to_contain_text(re.compile("^Frame 5, row 7, column 15"))
