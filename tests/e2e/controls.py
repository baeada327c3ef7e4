"""Controls of a widget that need more than one step of Playwright's."""

from playwright.sync_api import Locator, expect


def pick(widget: Locator, name: str, text: str) -> None:
    """Type into a searched list and take what Enter gives: the best match."""
    field = widget.get_by_role("combobox", name=name, exact=True)
    field.fill(text)
    expect(field).to_have_attribute("aria-expanded", "true")
    field.press("Enter")
    expect(field).to_have_attribute("aria-expanded", "false")


def chosen(widget: Locator, name: str) -> Locator:
    """The field of a searched list; its value is what it says while it is closed."""
    return widget.get_by_role("combobox", name=name, exact=True)
