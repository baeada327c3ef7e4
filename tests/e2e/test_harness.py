"""The harness works in both hosts: proved with a counter that has nothing to do with Whylight."""

import json

import pytest
from playwright.sync_api import expect

from tests.e2e.lab import Notebook

COUNTER = '''
import anywidget, traitlets

class Counter(anywidget.AnyWidget):
    """A button that counts in Python and a slider that keeps its arrow keys."""
    _esm = """
    function render({ model, el }) {
      el.classList.add("whylight");
      const button = document.createElement("button");
      button.textContent = "count";
      button.addEventListener("click", () => { model.set("clicks", model.get("clicks") + 1); model.save_changes(); });
      const slider = document.createElement("input");
      slider.type = "range";
      slider.dataset.lmSuppressShortcuts = "true";
      slider.addEventListener("input", () => { model.set("value", slider.valueAsNumber); model.save_changes(); });
      const status = document.createElement("output");
      const show = () => { status.value = `doubled: ${model.get("doubled")}`; };
      model.on("change:doubled", show);
      show();
      el.append(button, slider, status);
    }
    export default { render };
    """
    clicks = traitlets.Int().tag(sync=True)
    value = traitlets.Int(50).tag(sync=True)
    doubled = traitlets.Int().tag(sync=True)

    @traitlets.observe("clicks")
    def _count(self, change):
        self.doubled = 2 * change.new
'''


def test_round_trip_theme_and_keys(notebook: Notebook) -> None:
    notebook.open([COUNTER, "w = Counter(); w"])
    notebook.run(0)
    notebook.run(1)
    expect(notebook.widget).to_be_visible()
    button, slider = notebook.widget.get_by_role("button"), notebook.widget.get_by_role("slider")

    button.click()
    expect(notebook.widget.get_by_role("status")).to_have_text("doubled: 2")
    notebook.wait_idle()
    assert notebook.python("{'clicks': w.clicks, 'doubled': w.doubled}") == {"clicks": 1, "doubled": 2}
    notebook.python("w.doubled = 10")
    expect(notebook.widget.get_by_role("status")).to_have_text("doubled: 10")

    slider.focus()
    notebook.page.keyboard.press("ArrowRight")
    notebook.page.keyboard.press("ArrowRight")
    expect(slider).to_have_value("52")
    expect(slider).to_be_focused()

    body = notebook.page.locator("body")
    expect(body).to_have_attribute("data-jp-theme-light", "true")
    notebook.set_theme("JupyterLab Dark")
    expect(body).to_have_attribute("data-jp-theme-light", "false")
    assert notebook.screenshot("harness").stat().st_size > 0


def test_idle_busy_interrupt_save(lab: Notebook) -> None:
    lab.open(["done = 1", "import time; time.sleep(600)"])
    lab.run(0)
    lab.wait_idle()
    assert lab.python("done") == 1
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        lab.python("1 / 0")
    lab.run(1)
    lab.wait_busy()
    lab.interrupt()
    lab.wait_idle()
    assert "KeyboardInterrupt" in json.dumps(lab.save()["cells"][1]["outputs"])


def test_errors_and_foreign_requests_are_noticed(lab: Notebook) -> None:
    lab.open(["1 + 1"])
    with lab.page.expect_console_message():
        lab.page.evaluate("() => console.error('made here')")
    with pytest.raises(AssertionError, match="made here"):
        lab.check()
    lab.allowed_errors += ["made here", "Failed to load resource"]
    with lab.page.expect_event("requestfailed"):
        lab.page.evaluate("() => { fetch('http://127.0.0.1:9/x').catch(() => {}); }")
    with pytest.raises(AssertionError, match=r"leave the server:\s+http://127\.0\.0\.1:9/x"):
        lab.check()
    lab.requests.clear()
