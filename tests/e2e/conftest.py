"""Fixtures of the browser tests: `notebook` (each test runs in both hosts), `lab`, `notebook7`, `new_notebook`."""

import contextlib
import functools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserType, expect

from tests.e2e.lab import Host, Notebook, Server, find_chromium, serve

_open: list[Notebook] = []
expect.set_options(timeout=60_000)  # what is awaited comes on a slow machine too


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    """Use the installed Chromium where there is one."""
    executable = find_chromium()
    extra = {"executable_path": executable} if executable else {}
    return {**browser_type_launch_args, **extra, "args": ["--no-sandbox"]}


@pytest.fixture(scope="session")
def browser(browser_type: BrowserType, launch_browser: Callable[[], Browser]) -> Iterator[Browser]:
    """One Chromium for the session; without any the tests skip, or fail when CI is set."""
    if not find_chromium() and not Path(browser_type.executable_path).exists():
        message = "No Chromium: run scripts/ensure_chromium.sh, or install Chromium or Google Chrome."
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    browser = launch_browser()
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def server_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Host], Server]]:
    """One Jupyter server per host and session, started when first asked for."""
    with contextlib.ExitStack() as stack:
        yield functools.cache(lambda host: stack.enter_context(serve(host, tmp_path_factory.mktemp(host) / "jupyter")))


NewNotebook = Callable[..., contextlib.AbstractContextManager[Notebook]]


@pytest.fixture(scope="session")
def new_notebook(browser: Browser, server_of: Callable[[Host], Server]) -> NewNotebook:
    """Factory for tests that share a notebook: `with new_notebook("lab") as notebook: ...`."""

    @contextlib.contextmanager
    def make(host: Host = "lab", **context_options: object) -> Iterator[Notebook]:
        options = {"viewport": {"width": 1280, "height": 900}, **context_options}
        notebook = Notebook(browser.new_context(**options).new_page(), server_of(host))
        _open.append(notebook)
        try:
            yield notebook
            notebook.check()
        finally:
            _open.remove(notebook)
            notebook.close()

    return make


@pytest.fixture(params=["lab", "notebook7"])
def notebook(request: pytest.FixtureRequest, new_notebook: NewNotebook) -> Iterator[Notebook]:
    """An empty page in each host in turn; `notebook.open([...])` fills it."""
    with new_notebook(request.param) as opened:
        yield opened


@pytest.fixture
def lab(new_notebook: NewNotebook) -> Iterator[Notebook]:
    """JupyterLab only, for what does not depend on the host."""
    with new_notebook("lab") as opened:
        yield opened


@pytest.fixture
def notebook7(new_notebook: NewNotebook) -> Iterator[Notebook]:
    """Notebook 7 only."""
    with new_notebook("notebook7") as opened:
        yield opened


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Iterator[None]:
    """Keep a picture of every open page of a failed test."""
    report = yield
    if report.when == "call" and report.failed:
        name = "".join(c if c.isalnum() else "-" for c in item.name)
        for notebook in _open:
            with contextlib.suppress(Exception):
                notebook.screenshot(f"failed-{name}")
    return report
