"""Build hook: make the front-end bundle from `js/` when it is missing.

Knows nothing about Python packaging beyond that. `WHYLIGHT_SKIP_JS=1` skips it (lint and type jobs need no bundle).
"""

import os
import shutil
import subprocess
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BundleHook(BuildHookInterface):
    """Runs `npm ci` and `npm run build` once, before the files are collected."""

    def initialize(self, version: str, build_data: dict) -> None:
        """Build `src/whylight/static/` unless it is there."""
        root = Path(self.root)
        bundle = root / "src/whylight/static/widget.js"
        if bundle.exists() or os.environ.get("WHYLIGHT_SKIP_JS") == "1":
            return
        npm = shutil.which("npm")
        if npm is None:
            message = "Whylight's widget is built with Node.js: install Node 20 or newer and try again."
            raise SystemExit(message)
        for command in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
            subprocess.run([npm, *command], cwd=root / "js", check=True)
        if not bundle.exists():
            message = f"`npm run build` in js/ ended well but left no {bundle.relative_to(root)}."
            raise SystemExit(message)
