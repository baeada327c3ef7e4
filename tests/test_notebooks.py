"""Every notebook runs from top to bottom without an error, and is stored without outputs."""

import html
import os
import re
import sys
from pathlib import Path

import nbformat
import pytest
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from traitlets.config import Config

from whylight.live.kept import EARLY

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)


class ThisInterpreter(AsyncKernelManager):
    """Starts the kernel with the Python that runs the tests, whatever kernels the machine has installed."""

    def format_kernel_cmd(self, extra_arguments: list[str] | None = None) -> list[str]:
        return [sys.executable, "-m", "ipykernel_launcher", "-f", self.connection_file, *(extra_arguments or [])]


@every_notebook
def test_stored_without_outputs(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in code), "clear the outputs before committing"
    assert notebook.metadata.kernelspec.name == "python3", "without it JupyterLab asks for a kernel"
    assert "widgets" not in notebook.metadata, "clear the widget state before committing"


@every_notebook
@pytest.mark.slow
def test_runs_from_top_to_bottom(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.setenv("OMP_NUM_THREADS", os.environ.get("OMP_NUM_THREADS", "1"))
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook, timeout=300, kernel_manager_class=ThisInterpreter, resources={"metadata": {"path": path.parent}}
    )
    client.execute()  # raises on the first cell that fails
    assert any(cell.get("outputs") for cell in notebook.cells)
    outputs = [output.data for cell in notebook.cells for output in cell.get("outputs", []) if "data" in output]
    twins = [data for data in outputs if "application/vnd.jupyter.widget-view+json" in data]
    assert not any(EARLY in twin.get("text/html", "") for twin in twins), "what is kept is the final picture"
    page = exported_without_widgets(notebook)
    for twin in twins:  # a page without widget support shows the static twins
        shown = words(twin["text/html"]) in words(page) if "text/html" in twin else twin.get("image/png", "") in page
        assert shown


def words(page: str) -> str:
    """The text of a page, however its markup is written."""
    return " ".join(html.unescape(re.sub("<[^>]*>", " ", page)).split())


def exported_without_widgets(notebook: nbformat.NotebookNode) -> str:
    """The page of docs/index.md, "Saved pages": nbconvert leaves the widgets' state out and shows what the outputs hold."""
    assert notebook.metadata.widgets, "this notebook was saved with its widgets' state"
    without = Config(ClearMetadataPreprocessor={"enabled": True})
    page = HTMLExporter(config=without).from_notebook_node(notebook)[0]
    assert "vnd.jupyter.widget" not in page
    return page
