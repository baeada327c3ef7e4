"""How an input is drawn, one file per kind, in the order in which kinds are listed."""

from whylight.views import image, channels, signal, volume, text, features, table, several  # isort: skip

__all__ = ["channels", "features", "image", "several", "signal", "table", "text", "volume"]
