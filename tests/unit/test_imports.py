"""The layering rule and the cost of an import: imports point one way only, and `import whylight` stays light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "src/whylight"

# Bottom to top. At module level a file may import its own unit and any layer below it, nothing beside or above it.
# A unit is a file or folder right under src/whylight.
LAYERS = [
    {"errors"},
    {
        "columns",
        "format",
        "options",
        "progress",
        "color",
        "quadrature",
        "bayes",
        "checked",
        "outputs",
        "compiled",
        "neutrality",
        "ranks",
        "behind",
        "batch_norm",
        "kernels",
    },
    {"targets", "undisturbed"},
    {"pace", "kinks", "folding"},
    {"fingerprint", "score"},
    {"attribution", "points", "store"},
    {"problem", "sums"},
    {"baselines", "trace"},
    {"apart", "decomposition"},
    {"methods"},
    {"inputs", "request", "transforms", "checks", "training"},
    {"provenance"},
    {"task"},
    {"question"},
    {"compare", "news", "selections"},
    {"companions"},
    {"effects", "grouping", "settings", "session", "wire", "dataset", "demo"},
    {"figures"},
    {"bars"},
    {"export", "path_figure", "host", "controls"},
    {"side_by_side"},
    {"widget"},
    {"trees"},
    {"explain", "groups"},
    {"__init__", "__main__"},
]

# What a unit may import at no level, not even inside a function. Only widget.py knows anywidget.
JUPYTER = {"traitlets", "ipywidgets", "anywidget", "IPython", "ipykernel", "comm"}
ENGINE = {
    "apart",
    "errors",
    "columns",
    "effects",
    "options",
    "compiled",
    "outputs",
    "score",
    "provenance",
    "color",
    "quadrature",
    "bayes",
    "neutrality",
    "ranks",
    "behind",
    "compare",
    "companions",
    "selections",
    "grouping",
    "kinks",
    "batch_norm",
    "kernels",
    "folding",
    "targets",
    "baselines",
    "attribution",
    "points",
    "problem",
    "trace",
    "store",
    "sums",
    "methods",
    "decomposition",
    "progress",
    "groups",
    "question",
}
ENGINE |= {"inputs", "request", "transforms", "checks", "training", "task", "settings"}
PURE = {"undisturbed", "session", "wire"}  # undisturbed only asks which thread it is on

# Modules that `import whylight` must not bring along.
HEAVY = ["matplotlib", "IPython", "anywidget", "ipywidgets", "transformers", "pandas", "sklearn", "captum"]

MAX_LINES = 300
FILES = sorted(PACKAGE.rglob("*.py"))
FRONT_END = sorted((PACKAGE.parents[1] / "js/src").rglob("*.ts"))
LEVEL = {unit: level for level, layer in enumerate(LAYERS) for unit in layer}


def unit_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def forbidden(unit: str) -> set[str]:
    """Top-level packages that a unit may not import, however deep in a function."""
    if unit in ENGINE:
        return JUPYTER | {"threading"}
    if unit in PURE:
        return JUPYTER
    if unit == "controls":
        return JUPYTER - {"traitlets"}
    return set() if unit == "widget" else {"anywidget"}


def imports(path: Path) -> list[tuple[str, bool]]:
    """Dotted names a file imports, each with whether that happens at module level."""
    found = []

    def visit(node: ast.AST, top: bool) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                found.extend((alias.name, top) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                base = absolute(path, child)
                found.extend((f"{base}.{alias.name}", top) for alias in child.names)
            elif not (isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)):
                visit(child, top and not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda))

    visit(ast.parse(path.read_text("utf-8")), top=True)
    return found


def absolute(path: Path, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = ["whylight", *path.relative_to(PACKAGE).parent.parts]
    return ".".join([*package[: len(package) - node.level + 1], *filter(None, [node.module])])


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    unit = unit_of(path)
    assert unit in LEVEL, f"{unit} is new: give it a place in LAYERS"
    for name, top in imports(path):
        root, _, rest = name.partition(".")
        assert root not in forbidden(unit), f"{path.name} imports {name}, which {unit} must never import"
        below = rest.partition(".")[0]
        if top and root == "whylight" and below in LEVEL and below != unit:
            assert LEVEL[below] < LEVEL[unit], f"{path.name} imports {name}: that is not below {unit}"


@pytest.mark.parametrize("path", [*FILES, *FRONT_END], ids=lambda p: p.name)
def test_files_stay_short(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= MAX_LINES


def test_import_is_light() -> None:
    code = f"import sys, whylight; print([m for m in {HEAVY} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == "[]"
