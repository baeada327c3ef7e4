"""What users install: wheel and sdist carry the bundle, and both install into a fresh environment without Node."""

import json
import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.slow

SHIPPED = [
    *(f"static/{name}.js" for name in ("widget", "pictures", "volumes", "signals", "several", "stacks", "fields")),
    "static/widget.css",
    "py.typed",
    "__init__.py",
]
SHIPPED += [str(p.relative_to(ROOT / "src/whylight")) for p in ROOT.glob("src/whylight/demo/**/*.npz")]
PROOF = """
import json, importlib.metadata, pathlib, whylight
here = pathlib.Path(whylight.__file__)
size = (here.parent / "static/widget.js").stat().st_size
print(json.dumps([str(here), size, importlib.metadata.version("whylight")]))
"""


def run(*command: str | Path, **options: object) -> str:
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def without_node() -> dict[str, str]:
    """The environment of a user without Node: nothing on PATH."""
    return {**os.environ, "PATH": "/nowhere"}


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Freshly built wheel and sdist."""
    out = tmp_path_factory.mktemp("dist")
    for kind in ("wheel", "sdist"):
        run(sys.executable, "-m", "build", "--no-isolation", f"--{kind}", "--outdir", out, ROOT)
    return {"wheel": next(out.glob("*.whl")), "sdist": next(out.glob("*.tar.gz"))}


def test_wheel_contents(dist: dict[str, Path]) -> None:
    names = set(zipfile.ZipFile(dist["wheel"]).namelist())
    assert {f"whylight/{name}" for name in SHIPPED} <= names
    strangers = [n for n in names if not n.startswith(("whylight/", "whylight-"))]
    assert not strangers
    assert not [n for n in names if "__pycache__" in n or n.endswith(".map")]


def test_sdist_contents(dist: dict[str, Path]) -> None:
    with tarfile.open(dist["sdist"]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    sources = {
        "pyproject.toml",
        "hatch_build.py",
        "LICENSE",
        "README.md",
        "js/package-lock.json",
        "js/src/bundles/widget.ts",
    }
    assert {f"src/whylight/{name}" for name in SHIPPED} | sources <= names
    assert not [n for n in names if n.startswith(("js/node_modules", ".venv"))]


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_installs_without_node(kind: str, dist: dict[str, Path], tmp_path: Path) -> None:
    package = dist[kind]
    if kind == "sdist":  # what pip does with one: build a wheel from it
        options = ("--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--wheel-dir", tmp_path)
        run(sys.executable, "-m", "pip", "wheel", *options, package, env=without_node())
        package = next(tmp_path.glob("*.whl"))
    home = tmp_path / "venv"
    venv.create(home, symlinks=True)
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    run(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", "--quiet", package)
    # Borrow the heavy dependencies of this environment (a .pth of its own is not read there: no editable install).
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib"))

    where, size, version = json.loads(run(python, "-I", "-c", PROOF, cwd=tmp_path, env=without_node()))
    assert Path(where).is_relative_to(home)
    assert size > 1000
    assert version in package.name
