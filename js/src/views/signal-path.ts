// What the model saw at one point of the path to a signal: baseline and signal mixed, coloured by the map there.
// Knows nothing about the curve, models or traits.

import { paintTraces, type Traces } from "../paint/traces";
import type { PathPoint, PathScene } from "../scenes/path";
import { Sums } from "../scenes/signal/pyramid";
import { type Signal, SignalMap, signalOf, strongestChannels } from "../scenes/signal/scene";
import { createSurface } from "../ui/canvas";
import { make, setText } from "../ui/dom";
import type { Drawing } from "../ui/drawing";
import { alphaText, mapCaption } from "../wording/path";

const [MOST, ROW] = [6, 48]; // channels, CSS pixels

export function signalPathPoint(signal: Signal, abort: AbortSignal): Drawing<PathPoint> {
  const caption = make("figcaption", { class: "whylight-caption" });
  const box = make("div", { class: "whylight-path-trace", role: "img" });
  box.style.height = `${Math.max(96, ROW * Math.min(MOST, signal.names.length))}px`;
  let last: [Traces, Parameters<Drawing<PathPoint>["draw"]>[1]] | null = null;
  const paint = (context: CanvasRenderingContext2D, width: number, height: number) => {
    context.clearRect(0, 0, width, height);
    if (!last) return;
    const [traces, look] = last;
    const shown = strongestChannels(traces, MOST);
    const each = height / shown.length;
    const rows = shown.map((channel, i) => ({ channel, top: i * each, height: each }));
    const ratio = globalThis.devicePixelRatio || 1;
    paintTraces(
      context,
      traces,
      { width, height, first: 0, last: traces.signal.length, rows, ratio, named: signal.names.length > 1 },
      look,
    );
  };
  const surface = createSurface(box, paint, abort);
  const means = new Map<number, Float32Array>();
  const draw: Drawing<PathPoint>["draw"] = ({ path, at, scale }, look) => {
    const cells = path.mapShape[1] ?? 1;
    const ends = means.get(cells) ?? meansOf(signal, cells);
    means.set(cells, ends);
    const mixed = signalOf(signal.names, signal.axis, mix(ends, path, at.alpha), cells);
    const shown = { ...mixed, ends: signal.ends }; // the scale of the input, so that it is seen to grow
    const map = new SignalMap(at.map, signal.names.length, cells);
    const common = look.view === "common";
    last = [{ signal: shown, map, scale, window: 0, common }, look];
    const words = `Signal at α ${alphaText(at.alpha)}; colours: ${mapCaption(path, at)}`;
    setText(caption, words);
    box.setAttribute("aria-label", words);
    surface.paint();
  };
  return { node: make("figure", { class: "whylight-pane" }, caption, box), draw };
}

/** Means over as many stretches as a map of the path has. */
function meansOf({ channels, length }: Signal, cells: number): Float32Array {
  const block = Math.ceil(length / cells);
  const found = new Float32Array(channels.length * cells);
  channels.forEach((values, c) => {
    const sums = new Sums(values);
    for (let k = 0; k < cells; k++) {
      const to = Math.min(length, (k + 1) * block);
      found[c * cells + k] = sums.between(k * block, to) / Math.max(1, to - k * block);
    }
  });
  return found;
}

/** x' + α (x − x'). */
function mix(ends: Float32Array, { start }: PathScene, alpha: number): Float32Array {
  return ends.map((x, i) => (start?.data[i] ?? 0) + alpha * (x - (start?.data[i] ?? 0)));
}
