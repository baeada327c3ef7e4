"""The house: one row per package, imports run one way, no circle at any level, and `import whylight` stays light."""

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "src/whylight"

# Every package (a folder, or a file right under src/whylight) with those it may import, from the top of the house to the
# bottom. All imports count: inside functions and under TYPE_CHECKING too. A new package needs a row.
ROWS = {
    "whylight": "api average_effects decomposition demo errors groups live methods problem results show",
    "api": "errors explainer live problem progress results tensors",
    "live": "errors explainer groups identity live.wire methods model problem quadrature results show tensors views",
    "live.wire": "errors results tensors views",
    "groups": "decomposition errors explainer methods model problem progress results tensors views",
    "average_effects": "errors explainer problem results tensors views",
    "explainer": "errors identity inputs methods model problem results tensors views",
    "methods": "decomposition decomposition.rules errors model parameters problem quadrature results tensors views",
    "quadrature": "errors model problem results tensors",
    "show": "errors results tensors views",
    "decomposition.rules": "decomposition model",
    "decomposition": "errors model parameters problem results tensors views",
    "inputs": "errors model problem tensors views",
    "results": "errors problem tensors views",
    "problem": "errors identity model tensors views",
    "model": "errors tensors",
    "views": "errors",
    "parameters": "errors",
    "progress": "errors",
    "tensors": "",
    "identity": "",
    "errors": "",
    "demo": "",
}
ALLOWED = {package: set(below.split()) for package, below in ROWS.items()}

JUPYTER = {"traitlets", "ipywidgets", "anywidget", "IPython", "ipykernel", "comm"}  # only `live` knows them
THREADS = {"model/undisturbed.py"}  # outside `live`: asks which thread it is on, and locks a model

# Modules that `import whylight` must not bring along.
HEAVY = ["matplotlib", "IPython", "anywidget", "ipywidgets", "transformers", "pandas", "sklearn", "captum"]

MAX_LINES, MAX_FILES = 300, 24
FILES = sorted(PACKAGE.rglob("*.py"))
FRONT_END = sorted((PACKAGE.parents[1] / "js/src").rglob("*.ts"))


def module_of(path: Path) -> str:
    return ".".join(["whylight", *path.relative_to(PACKAGE).with_suffix("").parts]).removesuffix(".__init__")


MODULES = {module_of(path): path for path in FILES}


def package_of(module: str) -> str:
    folders = MODULES[module].relative_to(PACKAGE).parts[:-1]
    return ".".join(folders) if folders else module.partition(".")[2] or "whylight"


def imports(path: Path) -> set[str]:
    """Dotted names of all modules a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative imports are not used here"
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in MODULES else node.module for name in names}
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            found |= {arg.value for arg in node.args if isinstance(arg, ast.Constant)}
    return found


def own(path: Path) -> set[str]:
    return {name for name in imports(path) if name in MODULES} - {module_of(path)}


def assert_no_circle(graph: dict[str, set[str]]) -> None:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"a circle: {' imports '.join(reversed(error.args[1]))}")


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_are_in_the_row_of_their_package(path: Path) -> None:
    package = package_of(module_of(path))
    assert package in ALLOWED, f"{package} is new: give it a row in ROWS"
    for name in own(path):
        below = package_of(name)
        assert below == package or below in ALLOWED[package], (
            f"{path.name} imports {name}: {below} is not below {package}"
        )


def test_rows_are_without_a_circle_and_hold_nothing_unused() -> None:
    assert_no_circle(ALLOWED)
    used = {package: set() for package in ALLOWED}
    for module, path in MODULES.items():
        used[package_of(module)] |= {package_of(name) for name in own(path)} - {package_of(module)}
    assert used == ALLOWED


def test_files_import_each_other_without_a_circle() -> None:
    assert_no_circle({module: own(path) for module, path in MODULES.items()})


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_only_the_live_package_knows_jupyter_and_threads(path: Path) -> None:
    if package_of(module_of(path)).startswith("live"):
        return
    roots = {name.partition(".")[0] for name in imports(path)}
    allowed = {"threading"} if path.relative_to(PACKAGE).as_posix() in THREADS else set()
    assert not roots & ((JUPYTER | {"threading"}) - allowed)


@pytest.mark.parametrize("path", [*FILES, *FRONT_END], ids=lambda p: p.name)
def test_files_stay_short(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= MAX_LINES


def test_folders_can_be_seen_at_once() -> None:
    folders = {path.parent for path in (*FILES, *FRONT_END)}
    crowded = {str(folder): n for folder in folders if (n := len(list(folder.glob("*.[pt][ys]")))) > MAX_FILES}
    assert crowded == {}


def test_import_is_light() -> None:
    code = f"import sys, whylight; print([m for m in {HEAVY} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == "[]"
