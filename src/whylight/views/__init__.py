"""How an input is drawn, one file per kind, in the order in which kinds are listed."""

from whylight.views import image, text, features, table  # isort: skip

__all__ = ["features", "image", "table", "text"]
