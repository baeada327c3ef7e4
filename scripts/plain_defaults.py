"""An extension of the API pages: `parameter(50, least=1)` is shown as the default it stands for, 50."""

from typing import Any

from griffe import Attribute, ExprCall, Extension


class PlainDefaults(Extension):
    """Replaces a described field's value by its default, before the signature is made of it."""

    def on_attribute_instance(self, *, attr: Attribute, **kwargs: Any) -> None:
        """Called for every attribute that is met."""
        if isinstance(attr.value, ExprCall) and attr.value.canonical_path == "whylight.parameters.parameter":
            attr.value = attr.value.arguments[0]
