"""Write what all methods ask, and the table of their parameters, into ``docs/methods.md`` from their own descriptions."""

from pathlib import Path

from whylight.methods import METHODS
from whylight.methods.method import QUESTIONS
from whylight.parameters import Parameter, described

TARGET = Path(__file__).resolve().parents[1] / "docs" / "methods.md"
START, END = "<!-- parameters: scripts/make_parameter_table.py writes this -->", "<!-- end of parameters -->"
KINDS = {"int": "whole number", "float": "number", "bool": "`True`, `False`", "str or Method": "name or instance"}


def values(one: Parameter) -> str:
    """What a parameter may be."""
    kind = ", ".join(f"`{choice!r}`" for choice in one.choices) or f"{KINDS[one.type]} {one.range}".rstrip()
    return kind + (", or a tuple of them" if one.several else "") + (", or `None`" if one.optional else "")


def rows() -> list[str]:
    """One row a parameter; methods with the same parameters share theirs."""
    owners: dict[tuple[Parameter, ...], list[str]] = {}
    for name, method in METHODS.items():
        owners.setdefault(described(method), []).append(f"`{name}`")
    return [
        f"| {', '.join(names)} | `{one.name}` | `{one.default!r}` | {values(one)} | {one.unit} | {one.sentence} |"
        for parameters, names in owners.items()
        for one in parameters
    ]


def table() -> str:
    """The whole table."""
    head = ["| method | parameter | default | values | unit | what it is |", "|---|---|---|---|---|---|"]
    return "\n".join([*head, *rows()])


def questions() -> str:
    """The methods under what their numbers answer, as in the widget."""
    listed = {words: [f"`{name}`" for name, m in METHODS.items() if m.asks == key] for key, words in QUESTIONS.items()}
    return "The widget groups them by what they ask:\n\n" + "\n".join(
        f"- {words}: {', '.join(names)}" for words, names in listed.items()
    )


def page(text: str) -> str:
    """The page with the table as it should be."""
    before, rest = text.split(START)
    return f"{before}{START}\n\n{questions()}\n\n{table()}\n\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    TARGET.write_text(page(TARGET.read_text("utf-8")), "utf-8")
