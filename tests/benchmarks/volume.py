"""A large volume in a real Chromium: `python -m tests.benchmarks.volume [side]`.

One page, the same bytes: the widget's card from the message to its three painted planes, beside three bare canvases that decode the
map, find its largest value and paint a plane each; in turns. Then how long pointing at a voxel and moving the cross-hair take, and
what travels and is kept.
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from statistics import median
from threading import Thread
from typing import Any

import numpy as np
import torch
from playwright.sync_api import Page, sync_playwright

from tests.contract.make import attribution
from tests.e2e.lab import find_chromium
from whylight.live.host import asset
from whylight.live.wire.arrays import streamed
from whylight.live.wire.frames import answer_message, kept_message
from whylight.live.wire.inputs import input_message
from whylight.views.volume import VolumeView

ROUNDS = 9
PAGE = """<!doctype html><link rel=stylesheet href=/widget.css><body><div id=bare></div><script type=module>
import widget from "/volumes.js";
const sent = await (await fetch("/sent.json")).json();
const bytes = await (await fetch("/bytes")).arrayBuffer();
const views = (list) => list.map(([start, length]) => new DataView(bytes, start, length));
const input = { ...sent.input, arrays: { voxels: { ...sent.input.arrays.voxels, data: views([sent.voxels])[0] } } };
const painted = () => new Promise((resolve) => requestAnimationFrame(() => {
  const channel = new MessageChannel();
  channel.port1.onmessage = () => resolve(performance.now());
  channel.port2.postMessage(0);
}));
const options = { ...sent.options, _input: input, _frame: {}, _status: { v: 1, state: "running" }, _choices: {} };
class Model {
  constructor() { this.state = { ...options }; this.heard = new Map(); }
  get(name) { return this.state[name]; }
  set(name, value) { this.state[name] = value; this.tell(`change:${name}`); }
  save_changes() {}
  send() {}
  on(event, act) { this.heard.set(event, [...(this.heard.get(event) ?? []), act]); }
  off() {}
  tell(event, ...more) { for (const act of this.heard.get(event) ?? []) act(...more); }
}
window.card = async () => {
  document.querySelector("#card")?.remove();
  const el = document.body.appendChild(Object.assign(document.createElement("div"), { id: "card" }));
  const [model, life] = [new Model(), new AbortController()];
  const { initialize, render } = widget();
  initialize({ model, signal: life.signal });
  render({ model, el, signal: life.signal });
  await painted(); await painted();
  const start = performance.now();
  model.tell("msg:custom", sent.frame, views(sent.buffers));
  const end = await painted();
  window.model = model;
  return end - start;
};
const half = (h) => { const s = h & 0x8000 ? -1 : 1, e = (h >> 10) & 31, f = h & 1023;
  return e ? s * (1 + f / 1024) * 2 ** (e - 15) : s * f * 2 ** -24; };
window.bare = async () => {
  const start = performance.now();
  const n = sent.side, table = Float32Array.from({ length: 65536 }, (_, i) => half(i));
  const at = (sent.frame.arrays.fine_values ?? sent.frame.arrays.values).buffer, [first, length] = sent.buffers[at];
  const packed = new Uint16Array(bytes.slice(first, first + length)), map = new Float32Array(packed.length);
  let most = 0;
  for (let i = 0; i < packed.length; i++) { const v = (map[i] = table[packed[i]]); if (Math.abs(v) > most) most = Math.abs(v); }
  const planes = [(r, c) => (n / 2) * n * n + r * n + c, (r, c) => r * n * n + (n / 2) * n + c, (r, c) => c * n * n + r * n + n / 2];
  document.querySelector("#bare").replaceChildren(...planes.map((place) => {
    const canvas = Object.assign(document.createElement("canvas"), { width: n, height: n }), image = new ImageData(n, n);
    for (let r = 0, i = 0; r < n; r++) for (let c = 0; c < n; c++, i += 4) {
      const v = map[place(r, c)] / most;
      image.data[i] = 255 * (v > 0 ? 1 : 1 + v); image.data[i + 1] = 255 * (1 - Math.abs(v)); image.data[i + 2] = 255 * (v < 0 ? 1 : 1 - v);
      image.data[i + 3] = 255;
    }
    canvas.getContext("2d").putImageData(image, 0, 0);
    return canvas;
  }));
  return (await painted()) - start;
};
window.point = async (type, buttons) => {
  const box = document.querySelectorAll("#card [role=img]")[3 + Math.floor(3 * Math.random())], { left, top, width, height } = box.getBoundingClientRect();
  const where = { clientX: left + width * Math.random(), clientY: top + height * Math.random(), buttons, button: 0, pointerId: 1, bubbles: true };
  let framed = 0;
  requestAnimationFrame(() => { framed = performance.now(); });
  const start = performance.now();
  box.dispatchEvent(new PointerEvent(type, where));
  const sync = performance.now() - start;
  return sync + (await painted()) - framed;
};
window.ready = true;
</script>"""


def served(side: int) -> dict[str, bytes]:
    """What the page asks for: the messages of one answer over a volume of this side, their bytes in one piece."""
    rng = np.random.default_rng(0)
    x = torch.as_tensor(rng.random((1, 1, side, side, side), dtype=np.float32))
    maps = torch.as_tensor(rng.standard_normal((1, 1, side, side, side), dtype=np.float32)) ** 3
    answer = attribution(VolumeView.of(x, (1.0, 1.0, 1.0)), maps)
    message = answer_message(answer, seq=1)
    frame, buffers = streamed(message)
    sent = input_message(answer.view)
    voxels = sent["arrays"]["voxels"].pop("data")
    pieces, places, at = [voxels, *buffers], [], 0
    for i, piece in enumerate(pieces):
        padded = piece + bytes(-len(piece) % 8)
        pieces[i] = padded
        places.append([at, len(piece)])
        at += len(padded)
    kept = sum(len(a["data"]) for a in kept_message(message, answer.view)["arrays"].values()) + len(voxels)
    print(f"{side}³: {sum(map(len, buffers)) / 1e6:.1f} MB stream with the final answer, {kept / 1e6:.1f} MB are kept")
    options: dict[str, Any] = {
        "colormap": "RdBu",
        "opacity": 1,
        "clip": 99.5,
        "sign": "all",
        "view": "overlay",
        "order": "magnitude",
    }
    options |= {
        "subgroup": "",
        "selection": [],
        "pixel": [],
        "channel": None,
        "composite": [],
        "scale": "shared",
        "compare": [],
    }
    told = {"input": sent, "frame": frame, "voxels": places[0], "buffers": places[1:], "side": side, "options": options}
    return {"/": PAGE.encode(), "/sent.json": json.dumps(told).encode(), "/bytes": b"".join(pieces)}


def measure(page: Page) -> None:
    """Print what the page takes, in turns."""
    times: dict[str, list[float]] = {"card": [], "bare": []}
    for _ in range(ROUNDS):
        for name, found in times.items():
            found.append(page.evaluate(f"{name}()"))
    card, bare = median(times["card"][1:]), median(times["bare"][1:])
    print(f"message to three painted planes {card:.0f} ms, bare canvases {bare:.0f} ms, ratio {card / bare:.2f}")
    for name, (kind, buttons) in {
        "pointing at a voxel": ("pointermove", 0),
        "moving the cross-hair": ("pointermove", 1),
    }.items():
        found = [page.evaluate(f"point('{kind}', {buttons})") for _ in range(40)]
        print(f"{name} {median(found):.1f} ms, 19 of 20 under {sorted(found)[-2]:.1f} ms")


def main(side: int = 256) -> None:
    """One page that asks nobody but this script."""
    files = served(side)
    files |= {f"/{name}": str(asset(name)).encode() for name in ("volumes.js", "widget.css")}
    kinds = {
        "/": "text/html",
        "/volumes.js": "text/javascript",
        "/widget.css": "text/css",
        "/sent.json": "application/json",
    }

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """The file of that name."""
            body = files.get(self.path)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Type", kinds.get(self.path, "application/octet-stream"))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *told: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server, sync_playwright() as play:
        Thread(target=server.serve_forever, daemon=True).start()
        browser = play.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 1100})
        page.on("pageerror", lambda error: print("page:", error))
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        page.wait_for_function("window.ready", timeout=120_000)
        measure(page)
        browser.close()
        server.shutdown()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
