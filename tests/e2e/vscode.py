"""VS Code's notebook page without VS Code: its own widget manager, its classes, variables and white box, one widget in it.

The manager is the npm package `@vscode/jupyter-ipywidgets8`, the one that VS Code's Jupyter extension ships; anywidget is
loaded as there, by RequireJS. Instead of a kernel the test's own process holds the widget: its comm is carried to the page
and back. Not here: the hop between windows, VS Code's own keybindings, its other page styles.
"""

import base64
import json
import queue
import sys
from pathlib import Path
from typing import Any, Literal

import pytest
from comm.base_comm import BaseComm
from playwright.sync_api import Locator, Page, Route

Theme = Literal["vscode-dark", "vscode-light", "vscode-high-contrast"]

MODULES = Path(__file__).parents[2] / "js" / "node_modules"
FILES = {
    "/require.js": MODULES / "requirejs" / "require.js",
    "/ipywidgets.js": MODULES / "@vscode" / "jupyter-ipywidgets8" / "dist" / "ipywidgets.js",
    "/anywidget.js": Path(sys.prefix) / "share" / "jupyter" / "nbextensions" / "anywidget" / "index.js",
}
HOME = "http://vscode.test"  # answered by the test itself

# What the themes "Dark Modern", "Light Modern" and "Dark High Contrast" say.
VARIABLES: dict[Theme, dict[str, str]] = {
    "vscode-dark": {"foreground": "#cccccc", "editor-background": "#1f1f1f", "textLink-foreground": "#4daafc"},
    "vscode-light": {"foreground": "#3b3b3b", "editor-background": "#ffffff", "textLink-foreground": "#005fb8"},
    "vscode-high-contrast": {
        "foreground": "#ffffff",
        "editor-background": "#000000",
        "textLink-foreground": "#21a6ff",
        "contrastBorder": "#6fc3df",
    },
}

PAGE = """<!doctype html>
<html><head><meta charset="utf-8"><title>notebook</title>
<style>
  body { margin: 0; padding: 8px; background: transparent; color: var(--vscode-foreground); }
  html { background: var(--vscode-editor-background); }
  .cell-output-ipywidget-background { background: white !important; }
</style>
<script src="/require.js"></script>
</head><body>
<div class="cell_container"><div class="output_container"><div class="output"></div></div></div>
<script type="module" src="/page.js"></script>
</body></html>"""

# The kernel connection that the manager asks for: comms only.
SCRIPT = """
import { activate } from "/ipywidgets.js";
const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer;
const text = (buffer) => btoa(Array.from(new Uint8Array(buffer.buffer ?? buffer), (b) => String.fromCharCode(b)).join(""));
const signal = () => {
  const slots = new Set();
  return { connect: (f) => slots.add(f), disconnect: (f) => slots.delete(f), emit: (v) => slots.forEach((f) => f(kernel, v)) };
};
const comms = new Map();
let opened, answering = true;
const createComm = (targetName, commId) => {
  const comm = { targetName, commId, open() {}, close() {}, send(data, metadata, buffers = []) {
    const future = { msg: { header: { msg_id: String(Math.random()) } } };
    const idle = { header: { msg_type: "status" }, content: { execution_state: "idle" } };
    if (answering) window.toPython(commId, data, buffers.map(text)).then(() => future.onIOPub?.(idle));
    return future;
  } };
  comms.set(commId, comm);
  return comm;
};
const requestCommInfo = async () => ({ content: { status: "ok", comms: {} } });
const signals = ["statusChanged", "connectionStatusChanged", "iopubMessage", "unhandledMessage", "disposed", "anyMessage"];
const kernel = { status: "idle", connectionStatus: "connected", isDisposed: false, name: "python3", createComm, requestCommInfo,
  registerCommTarget: (name, open) => { opened = open; }, removeCommTarget() {},
  ...Object.fromEntries(signals.map((name) => [name, signal()])) };

require.config({ map: { "*": { anywidget: "/anywidget.js" } } });
activate();
window.vscIPyWidgets8.load();
const loader = { widgetsRegisteredInRequireJs: new Set(), loadWidgetScript: async () => {} };
const output = document.querySelector(".output");
const manager = new window.vscIPyWidgets.WidgetManager(kernel, output, loader, () => {});

const take = async ({ type, id, target, data, buffers }) => {
  const message = { header: { msg_type: type, msg_id: id, date: "" }, parent_header: {}, metadata: { version: "2.1.0" },
    content: { comm_id: id, target_name: target, data }, buffers: buffers.map(bytes) };
  if (type === "comm_open") await opened(createComm(target, id), message);
  else if (type === "comm_msg") await comms.get(id)?.onMsg?.(message);
};
window.vscode = {
  /** Keys that VS Code's cell list would get. */
  keys: [],
  async show(id) {
    while (!manager.has_model(id)) await new Promise(requestAnimationFrame);
    const view = await manager.create_view(await manager.get_model(id));
    const node = document.createElement("div");
    node.className = "cell-output-ipywidget-background";
    output.replaceChildren(node);
    await manager.display_view(undefined, view, { node });
  },
  theme(name, variables) {
    document.body.className = name;
    document.body.dataset.vscodeThemeKind = name;
    document.documentElement.style.cssText = variables;
  },
  /** Whether anybody hears what the page says; nothing else tells. */
  answer(again) { answering = again; },
};
document.addEventListener("keydown", (event) => window.vscode.keys.push(event.key));
(async function listen() {
  for (const message of await window.fromPython()) await take(message);
  setTimeout(listen, 10);
})();
"""


class VSCode:
    """The page, and this process as its kernel: widgets made after `open` live in both."""

    def __init__(self, page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
        self.page = page
        self.errors: list[str] = []
        self._outbox: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._comms: dict[str, BaseComm] = {}
        page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda e: self.errors.append(str(e)))
        page.route("**/*", self._serve)
        page.expose_function("toPython", self._hear)
        page.expose_function("fromPython", self._deliver)
        monkeypatch.setattr("ipywidgets.comm.create_comm", self._create_comm)

    def open(self, theme: Theme) -> "VSCode":
        """Load the page in a theme."""
        self.page.goto(f"{HOME}/")
        self.page.wait_for_function("() => window.vscode !== undefined")
        self.set_theme(theme)
        return self

    def set_theme(self, theme: Theme) -> None:
        """What VS Code does when a person chooses another theme."""
        variables = ";".join(f"--vscode-{name}:{value}" for name, value in VARIABLES[theme].items())
        self.page.evaluate("([theme, variables]) => window.vscode.theme(theme, variables)", [theme, variables])

    def show(self, widget: Any) -> Locator:
        """Draw a widget in the output, in place of the last one; the Whylight cards on the page."""
        self.page.evaluate("id => window.vscode.show(id)", widget.model_id)
        return self.page.locator(".whylight")

    @property
    def keys(self) -> list[str]:
        """Keys that reached the page."""
        return self.page.evaluate("() => window.vscode.keys")

    def _serve(self, route: Route) -> None:
        path = route.request.url.removeprefix(HOME)
        if path in FILES:
            route.fulfill(path=FILES[path], content_type="text/javascript")
        elif path == "/page.js":
            route.fulfill(body=SCRIPT, content_type="text/javascript")
        elif path == "/":
            route.fulfill(body=PAGE, content_type="text/html")
        else:
            route.fulfill(status=404)

    def _create_comm(self, **options: Any) -> BaseComm:
        outbox = self._outbox

        class PageComm(BaseComm):
            def publish_msg(self, msg_type, data=None, metadata=None, buffers=None, **keys: Any) -> None:
                packed = [base64.b64encode(bytes(b)).decode() for b in buffers or ()]
                kept = json.loads(json.dumps(data or {}))  # as it is now
                outbox.put(
                    {"type": msg_type, "id": self.comm_id, "target": self.target_name, "data": kept, "buffers": packed}
                )

        made = PageComm(**options)
        self._comms[made.comm_id] = made
        return made

    def _deliver(self) -> list[dict[str, Any]]:
        return [self._outbox.get() for _ in range(self._outbox.qsize())]

    def _hear(self, comm_id: str, data: dict[str, Any], buffers: list[str]) -> None:
        unpacked = [memoryview(base64.b64decode(text)) for text in buffers]
        self._comms[comm_id].handle_msg({"content": {"comm_id": comm_id, "data": data}, "buffers": unpacked})
