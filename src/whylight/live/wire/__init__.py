"""What travels to the browser, described in docs/wire.md. The only Python code that knows bytes.

One file per kind of input has its encoder; the other files are one per message.
"""

from whylight.live.wire import channels, features, image, several, signal, text, volume

__all__ = ["channels", "features", "image", "several", "signal", "text", "volume"]
