"""Every state and kind of the widget on a page without a kernel: no accessibility violation in either theme, keys, zoom, motion.

The page is that of `js/dev`, built by esbuild; its cases and the golden frames of tests/contract are shown one after the other.
"""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page, Route

ROOT = Path(__file__).parents[2]
AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
HOME = "http://widget.test"  # answered by the test itself
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OFF = ["region", "page-has-heading-one", "landmark-one-main", "heading-order"]  # the host's business

SHOW = """([name, view, theme]) => {
  document.body.dataset.theme = theme;
  const made = window.cases[name](new URLSearchParams(view ? { view } : {}));
  window.model = window.show(made.state, made.messages);
}"""
SHOW_STATE = """([state, theme]) => {
  document.body.dataset.theme = theme;
  window.model = window.show(state);
}"""
OPEN = """(compare) => document.querySelectorAll(".whylight details").forEach((one) => {
  one.open = compare || !one.querySelector(".whylight-panel-compare");
})"""
DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"
RUN_AXE = """async ([rules, off]) => {
  const options = { runOnly: rules, rules: Object.fromEntries(off.map((id) => [id, { enabled: false }])),
    resultTypes: ["violations"] };
  const { violations } = await axe.run(".whylight", options);
  return violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html, any }) =>
    `${html.slice(0, 160)} ${any[0]?.message ?? ""}`).join(" | ")}`);
}"""

SMALL = """() => [...document.querySelectorAll(".whylight :is(button, select, input, summary, [role=option], [role=slider])")]
  .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest(".whylight-line, .whylight-text"))
  .map((one) => [one.closest("label") ?? one, one])
  .filter(([box]) => { const { width, height } = box.getBoundingClientRect(); return width && (width < 24 || height < 23.5); })
  .map(([box, one]) => `${one.outerHTML.slice(0, 120)} ${Math.round(box.getBoundingClientRect().width)} x ${box.getBoundingClientRect().height}`)"""
FOCUSED = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  const style = getComputedStyle(one), around = getComputedStyle(one.closest(".whylight-field, .whylight-combo") ?? one);
  const ring = [style, around].some((s) => (s.outlineStyle !== "none" && s.outlineWidth !== "0px") || s.boxShadow !== "none");
  const label = one.id && document.querySelector(`label[for="${one.id}"]`)?.textContent;
  return { ring, name: one.getAttribute("aria-label") || label || one.textContent.trim() || one.closest("label")?.textContent || "" };
}"""
MOVING = """() => [...document.querySelectorAll(".whylight, .whylight *")].filter((one) => {
  const style = getComputedStyle(one);
  const long = (text) => text.split(",").some((part) => parseFloat(part) > 0);
  return long(style.transitionDuration) || (style.animationName !== "none" && long(style.animationDuration));
}).map((one) => one.className)"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dev page with all bundles in it."""
    out = tmp_path_factory.mktemp("dev")
    command = [str(ROOT / "js/node_modules/.bin/esbuild"), "dev/main.ts", "src/style.css", "--bundle", "--format=esm"]
    subprocess.run([*command, "--outbase=.", f"--outdir={out}"], cwd=ROOT / "js", check=True, capture_output=True)
    (out / "dev/index.html").write_text((ROOT / "js/dev/index.html").read_text("utf-8"), "utf-8")
    return out


@pytest.fixture
def page(browser: Browser, built: Path) -> Iterator[Page]:
    """The page, with axe on it; nothing may go wrong there, and nothing is asked of any other host."""
    context = browser.new_context(viewport={"width": 900, "height": 1200}, reduced_motion="reduce")
    opened, errors = context.new_page(), list[str]()
    opened.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    opened.on("pageerror", lambda e: errors.append(str(e)))

    def answer(route: Route) -> None:
        path = built / route.request.url.removeprefix(HOME).split("?")[0].strip("/")
        path = path / "index.html" if path.is_dir() else path
        assert route.request.url.startswith(HOME), route.request.url
        if path.exists():
            route.fulfill(body=path.read_bytes(), content_type=TYPES[path.suffix])
        else:
            route.fulfill(status=204)

    context.route("**/*", answer)
    opened.goto(f"{HOME}/dev/?case=none")
    opened.wait_for_function("() => window.show")
    opened.add_script_tag(path=str(AXE))
    yield opened
    context.close()
    assert errors == []


def golden() -> dict[str, Any]:
    """Every kind of input with its golden frame, and with its path or its groups."""
    shown = {}
    for path in sorted((ROOT / "tests/contract").glob("*.json")):
        stored = json.loads(path.read_text("utf-8"))
        if not isinstance(stored, dict) or "input" not in stored or "frame" not in stored:
            continue
        kind = path.stem.partition("_")[0]
        key = {"path": "_path", "groups": "_groups"}.get(kind, "_frame")
        shown[path.stem] = {"_input": stored["input"], key: stored["frame"], "_status": {"v": 1, "state": "done"}}
    return shown


def shown_in_turn(page: Page, theme: str) -> Iterator[str]:
    """Show every case and kind, all panels open; its name."""
    names = [(name, "") for name in page.evaluate("() => Object.keys(window.cases)")]
    for name, view in [*names, ("image", "overlay"), ("image", "heatmap"), ("image", "swipe"), ("few", "tokens")]:
        page.evaluate(SHOW, [name, view, theme])
        yield f"{name} {view}".strip()
    page.evaluate(SHOW, ["few", "", theme])
    page.evaluate("() => window.model.emit('msg:custom', { kind: 'status', v: 1, state: 'error', message: 'No.' }, [])")
    yield "few, failed"
    for name, state in golden().items():
        page.evaluate(SHOW_STATE, [state, theme])
        yield f"golden {name}"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_accessibility_violation_in_any_state(page: Page, theme: str) -> None:
    found, seen = {}, set()
    for name in shown_in_turn(page, theme):
        page.evaluate(DRAWN)
        page.evaluate(OPEN, name in ("image", "few", "compared"))  # once it is open it asks for maps
        page.evaluate(DRAWN)
        seen.add(page.locator(".whylight").get_attribute("data-state"))
        if violations := page.evaluate(RUN_AXE, [RULES, OFF]):
            found[name] = violations
    assert not found, json.dumps(found, indent=1, ensure_ascii=False)
    assert seen >= {"queued", "running", "done", "stopped", "error", "static"}


def test_every_control_is_large_enough_and_shows_its_focus(page: Page) -> None:
    page.evaluate(SHOW, ["image", "", "light"])
    page.evaluate(OPEN, True)
    page.evaluate(DRAWN)
    small = page.evaluate(SMALL)
    assert small == []
    page.locator("body").press("Tab")
    order, unseen = [], []
    for _ in range(120):
        told = page.evaluate(FOCUSED)
        if told is None or (order and told["name"] == order[0]):
            break
        order.append(told["name"])
        if not told["ring"]:
            unseen.append(told["name"])
        page.keyboard.press("Tab")
    assert unseen == []
    assert len(order) > 10
    assert all(order), order


@pytest.mark.parametrize("name", ["image", "few", "features", "signal", "compared"])
def test_nothing_is_lost_at_200_percent(page: Page, name: str) -> None:
    page.set_viewport_size({"width": 450, "height": 700})  # what 900 px are at 200 %
    page.evaluate(SHOW, [name, "", "light"])
    page.evaluate(OPEN, True)
    page.evaluate(DRAWN)
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_nothing_moves_where_motion_is_unwanted(page: Page) -> None:
    page.evaluate(SHOW, ["running", "", "light"])
    page.evaluate(OPEN, True)
    page.evaluate(DRAWN)
    assert page.evaluate(MOVING) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_open_menus_and_lists_have_no_violation_either(page: Page, theme: str) -> None:
    page.evaluate(SHOW, ["image", "", theme])
    page.evaluate(DRAWN)
    openers = page.locator(".whylight :is([aria-haspopup], [role=combobox])").filter(visible=True)
    assert openers.count() >= 2
    for i in range(openers.count()):
        opener = openers.nth(i)
        opener.focus()
        opener.press("ArrowDown")
        page.evaluate(DRAWN)
        assert page.evaluate(RUN_AXE, [RULES, OFF]) == [], opener.evaluate("node => node.outerHTML.slice(0, 160)")
        opener.press("Escape")
