"""The table: `python -m tests.agreement [--write]`; with `--write` it goes into docs/agreement.md. Fails where something differs."""

import importlib
import sys
from pathlib import Path

from tests.agreement.rows import DIFFERS, Row, markdown

PAGE = Path(__file__).parents[2] / "docs/agreement.md"
MARK = "<!-- made by python -m tests.agreement --write -->"
SOURCES = {  # the module that must be there, and ours that compares
    "captum": "tests.agreement.captum_config",
    "saliency": "tests.agreement.pair_saliency",
    "zennit": "tests.agreement.zennit_attributors",
    "acd": "tests.agreement.acd_decomposition",
}


def rows() -> list[Row]:
    """All comparisons of the libraries that are here."""
    found: list[Row] = []
    for library, module in SOURCES.items():
        if (missing := absent(library)) is not None:
            print(f"{library}: left out, as it is not here ({missing}).", file=sys.stderr)
            continue
        found.extend(case() for _, case in importlib.import_module(module).cases())
    return found


def absent(library: str) -> str | None:
    """Why a library cannot be imported, if so."""
    try:
        importlib.import_module(library)
    except ImportError as error:
        return str(error)
    return None


def main() -> int:
    """Print the table, and say whether everything is as it should be."""
    found = rows()
    table = markdown(found)
    print(table)
    if "--write" in sys.argv:
        page, _, _ = PAGE.read_text("utf-8").partition(MARK)
        PAGE.write_text(f"{page}{MARK}\n\n{table}\n", "utf-8")
    return any(row.verdict == DIFFERS for row in found)


if __name__ == "__main__":
    sys.exit(main())
