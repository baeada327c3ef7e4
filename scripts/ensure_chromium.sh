#!/usr/bin/env bash
# Make sure that the browser tests find a Chromium: an installed one, else Playwright's, else Debian's.
# Never asks and never fails: without a browser the tests themselves say so (they fail when CI is set, else skip).
set -uo pipefail
python="${1:-python3}"

has_browser() {
  for name in chromium chromium-browser google-chrome google-chrome-stable; do
    command -v "$name" >/dev/null && return 0
  done
  "$python" - <<'PY'
import pathlib, sys
from playwright.sync_api import sync_playwright
with sync_playwright() as p:
    sys.exit(not pathlib.Path(p.chromium.executable_path).exists())
PY
}

has_browser && exit 0
echo "No Chromium found: trying 'playwright install chromium' ..."
"$python" -m playwright install chromium >/dev/null 2>&1 && has_browser && exit 0

if command -v apt-get >/dev/null; then
  sudo=""
  [ "$(id -u)" -eq 0 ] || sudo="sudo -n"
  echo "... then Debian's chromium package ..."
  export DEBIAN_FRONTEND=noninteractive
  $sudo apt-get update -qq >/dev/null 2>&1 && $sudo apt-get install -y -qq chromium >/dev/null 2>&1
  has_browser && exit 0
fi
echo "Still no Chromium: install it by hand to run the browser tests."
