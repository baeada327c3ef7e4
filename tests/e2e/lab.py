"""Real hosts for the browser tests: a Jupyter server, JupyterLab or Notebook 7, and a notebook open in it.

Waits on conditions, never on time. Knows nothing about Whylight except that its widgets have the class `whylight`.
"""

import ast
import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import nbformat
import websocket
from nbclient import NotebookClient
from nbformat.sign import NotebookNotary
from playwright.sync_api import Locator, Page

Host = Literal["lab", "notebook7"]
RESULTS = Path(__file__).parents[2] / "test-results"
KERNEL = "whylight-e2e"

# Console errors that a host makes by itself, seen with a notebook that holds no widget.
IGNORED_ERRORS: dict[Host, list[str]] = {
    "lab": [],
    "notebook7": [r"Cannot read properties of undefined \(reading 'schema'\)"],  # its settings loader
}

# The only way into both hosts: the application object that --expose_app_in_browser puts on the page.
PANEL = "window.jupyterapp?.shell?.currentWidget"
READY = f"n => {PANEL}?.content?.widgets?.length === n && {PANEL}.sessionContext?.session?.kernel?.status === 'idle'"
IDLE = f"() => !window.e2ePending && {PANEL}.sessionContext.session.kernel.status === 'idle'"
RUN = """([command, cell]) => {
  const app = window.jupyterapp;
  if (cell !== null) app.shell.currentWidget.content.activeCellIndex = cell;
  window.e2ePending = (window.e2ePending ?? 0) + 1;
  void app.commands.execute(command).finally(() => { window.e2ePending -= 1; });
}"""
BUSY = f"() => {PANEL}.sessionContext.session.kernel.status === 'busy'"
THEME = "theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })"


class Server:
    """A running Jupyter server with its own empty configuration, at `url`, serving the folder `root`."""

    def __init__(self, host: Host, url: str, root: Path, log: Path) -> None:
        self.host: Host = host
        self.url, self.root, self.log = url, root, log

    def request(self, path: str, method: str = "GET") -> Any:
        """Answer of the server's REST interface."""
        with urllib.request.urlopen(urllib.request.Request(self.url + path, method=method), timeout=30) as reply:
            return json.loads(reply.read() or "null")

    def stop_kernels(self) -> None:
        """End every session, so that the next test starts a fresh kernel."""
        for session in self.request("/api/sessions"):
            self.request(f"/api/sessions/{session['id']}", "DELETE")


@contextlib.contextmanager
def serve(host: Host, folder: Path) -> Iterator[Server]:
    """Start the host's server whose every file lives in `folder`; stop it on the way out."""
    names = {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime"}
    names |= {"IPYTHONDIR": "ipython", "root": "root"}
    paths = {key: folder / name for key, name in names.items()}
    for path in paths.values():
        path.mkdir(parents=True)
    root = paths.pop("root")
    _write_kernel(paths["JUPYTER_DATA_DIR"])
    _write_settings(paths["JUPYTER_CONFIG_DIR"])
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "ANYWIDGET"))}
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    module = "jupyterlab" if host == "lab" else "notebook"
    app = "LabApp" if host == "lab" else "JupyterNotebookApp"
    command = [
        *(sys.executable, "-m", module, "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}"),
        *("--ServerApp.port_retries=0", f"--ServerApp.root_dir={root}", "--ServerApp.disable_check_xsrf=True"),
        *("--IdentityProvider.token=", f"--{app}.expose_app_in_browser=True"),
    ]
    server = Server(host, f"http://127.0.0.1:{port}", root, folder / "server.log")
    with server.log.open("w") as log:
        env = inherited | {k: str(v) for k, v in paths.items()}
        process = subprocess.Popen(command, env=env, stdout=log, stderr=log)
    try:
        _wait_until_up(server, process)
        yield server
    finally:
        with contextlib.suppress(OSError):
            server.stop_kernels()
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _write_kernel(data: Path) -> None:
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": argv, "display_name": KERNEL, "language": "python", "env": {"OMP_NUM_THREADS": "1"}}
    (data / "kernels" / KERNEL).mkdir(parents=True)
    (data / "kernels" / KERNEL / "kernel.json").write_text(json.dumps(spec))


def _write_settings(config: Path) -> None:
    """No question about news in the corner of every picture, no look for updates."""
    folder = config / "lab/user-settings/@jupyterlab/apputils-extension"
    folder.mkdir(parents=True)
    settings = {"fetchNews": "false", "checkForUpdates": False}
    (folder / "notification.jupyterlab-settings").write_text(json.dumps(settings))


def _wait_until_up(server: Server, process: subprocess.Popen, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        try:
            server.request("/api")
        except OSError:
            time.sleep(0.05)  # between two knocks on the door
        else:
            return
    raise RuntimeError(f"The Jupyter server did not start:\n{server.log.read_text()[-3000:]}")


class Notebook:
    """A notebook open in one of the two hosts; the interface is the same in both.

    `errors` collects console errors, `requests` every address asked for. `check()` (the fixtures call it) fails on any
    error not named in `allowed_errors` (regular expressions) and on any request that leaves the server.
    """

    def __init__(self, page: Page, server: Server) -> None:
        self.page, self.server, self.host = page, server, server.host
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.allowed_errors: list[str] = []
        page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda e: self.errors.append(str(e)))
        page.on("websocket", lambda w: self.requests.append(w.url))
        page.context.on("request", lambda r: self.requests.append(r.url))

    # ------------------------------------------------------------ notebook

    def open(self, cells: Sequence[str], *, name: str | None = None) -> "Notebook":
        """Write a notebook of code `cells`, open it, wait until its kernel is idle."""
        name = name or f"{uuid.uuid4().hex[:8]}.ipynb"
        blank = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
        body = {
            "cells": [{**blank, "id": f"cell-{i}", "source": source} for i, source in enumerate(cells)],
            "metadata": {"kernelspec": {"name": KERNEL, "display_name": KERNEL, "language": "python"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        (self.server.root / name).write_text(json.dumps(body))
        path = f"/lab/tree/{name}?reset" if self.host == "lab" else f"/notebooks/{name}"
        self.page.goto(self.server.url + path)
        self.page.wait_for_function(READY, arg=len(cells), timeout=60_000)
        self._wait_splash()
        return self

    def open_saved(self, cells: Sequence[str]) -> None:
        """Run code `cells` with no browser, save widget state and outputs, and open the file (JupyterLab) as a saved page."""
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
        NotebookClient(notebook, kernel_name="python3").execute()
        notebook.metadata["kernelspec"] = {"name": KERNEL, "display_name": KERNEL, "language": "python"}
        NotebookNotary(data_dir=str(self.server.log.parent / "data")).sign(notebook)
        nbformat.write(notebook, self.server.root / "saved.ipynb")
        self.page.goto(f"{self.server.url}/lab/tree/saved.ipynb?reset")

    def run(self, cell: int) -> None:
        """Start one cell and return at once."""
        self.page.evaluate(RUN, ["notebook:run-cell", cell])

    def run_all(self, *, wait: bool = True) -> None:
        """Run every cell from the top."""
        self.page.evaluate(RUN, ["notebook:run-all-cells", None])
        if wait:
            self.wait_idle()

    def wait_idle(self, timeout: float = 60) -> None:
        """Wait until every cell asked for has run and the kernel is idle."""
        self.page.wait_for_function(IDLE, timeout=1000 * timeout)

    def wait_busy(self, timeout: float = 10) -> None:
        """Wait until the kernel has begun to run a cell."""
        self.page.wait_for_function(BUSY, timeout=1000 * timeout)

    def interrupt(self) -> None:
        """Interrupt the running cell."""
        self.server.request(f"/api/kernels/{self.kernel_id}/interrupt", "POST")

    def save(self) -> dict:
        """Save the notebook; what the file then holds."""
        self.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
        path = self.page.evaluate(f"() => {PANEL}.context.path")
        return json.loads((self.server.root / path).read_text())

    def heard(self, condition: str, timeout: float = 30) -> None:
        """Wait until Python has heard what was done in the browser: until `condition` is true in the kernel, or time is up."""
        self.python(f"import time; end = time.monotonic() + {timeout}")
        self.python(f"while not ({condition}) and time.monotonic() < end:\n    time.sleep(0.02)")

    def python(self, code: str, timeout: float = 60) -> Any:
        """Run `code` in the notebook's kernel; the JSON value of its last expression, if it ends in one."""
        tree = ast.parse(code)
        expression = "None"
        if tree.body and isinstance(tree.body[-1], ast.Expr):
            expression = ast.unparse(tree.body.pop())
        content = {
            "code": ast.unparse(tree),
            "silent": True,
            "store_history": False,
            "user_expressions": {"value": f"__import__('json').dumps({expression})"},
            "allow_stdin": False,
            "stop_on_error": True,
        }
        reply = self._execute(content, timeout)
        value = reply["user_expressions"]["value"] if reply["status"] == "ok" else reply
        if value["status"] != "ok":
            raise RuntimeError("\n".join(value["traceback"]))
        return json.loads(ast.literal_eval(value["data"]["text/plain"]))

    @property
    def kernel_id(self) -> str:
        """Identifier of the notebook's kernel on the server."""
        return self.page.evaluate(f"() => {PANEL}.sessionContext.session.kernel.id")

    def _execute(self, content: dict, timeout: float) -> dict:
        session, message = uuid.uuid4().hex, uuid.uuid4().hex
        address = f"{self.server.url.replace('http', 'ws', 1)}/api/kernels/{self.kernel_id}/channels"
        header = {"msg_id": message, "msg_type": "execute_request", "username": "", "session": session}
        header |= {"version": "5.3", "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
        parts = {"channel": "shell", "header": header, "parent_header": {}, "metadata": {}, "content": content}
        with contextlib.closing(websocket.create_connection(f"{address}?session_id={session}", timeout)) as link:
            link.send(json.dumps(parts))
            while True:
                data = link.recv()
                reply = json.loads(data) if isinstance(data, str) else {}
                if reply.get("msg_type") == "execute_reply" and reply["parent_header"]["msg_id"] == message:
                    return reply["content"]

    # ------------------------------------------------------------ page

    @property
    def widget(self) -> Locator:
        """Every Whylight widget on the page."""
        return self.page.locator(".whylight")

    def cell(self, index: int) -> Locator:
        """One cell, input and output."""
        return self.page.locator(f".jp-Cell[data-windowed-list-index='{index}']")

    def set_theme(self, theme: Literal["JupyterLab Light", "JupyterLab Dark"]) -> None:
        """Switch the host's theme and wait until the page shows it."""
        self.page.evaluate(THEME, theme)
        self.page.locator(f"body[data-jp-theme-name='{theme}']").wait_for(state="attached")
        self._wait_splash()

    def _wait_splash(self) -> None:
        """JupyterLab covers the page while it starts and while it changes theme."""
        self.page.locator("#jupyterlab-splash").wait_for(state="detached")

    def screenshot(self, name: str, target: Locator | None = None) -> Path:
        """Save a picture of `target`, or of the page, to test-results/<name>-<host>.png."""
        path = RESULTS / f"{name}-{self.host}.png"
        (target or self.page).screenshot(path=path)
        return path

    def check(self) -> None:
        """Fail on console errors and on requests to any other host."""
        allowed = [*IGNORED_ERRORS[self.host], *self.allowed_errors]
        errors = [e for e in self.errors if not any(re.search(pattern, e) for pattern in allowed)]
        assert not errors, "Console errors:\n" + "\n".join(errors)
        home = urlsplit(self.server.url).netloc
        away = [
            r for r in self.requests if (u := urlsplit(r)).scheme in {"http", "https", "ws", "wss"} and u.netloc != home
        ]
        assert not away, "Requests that leave the server:\n" + "\n".join(away)

    def close(self) -> None:
        """Go back to the light theme (settings outlive a page), leave the page, stop the kernel."""
        if self.page.locator("body[data-jp-theme-light='false']").count():
            self.set_theme("JupyterLab Light")
        self.page.context.close()
        self.server.stop_kernels()


def find_chromium() -> str | None:
    """Path of an installed Chromium, or None."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((path for name in names if (path := shutil.which(name))), None)
