// The lines of a signal with their axis, zoom and cursor; below them the sum of every window, to be brushed over.
// Knows nothing about models, traits or how values were computed.
import { isDiverging } from "../paint/palette";
import { itemsOf } from "../scenes/items";
import type { Look } from "../scenes/look";
import { type Scale, scaleOf, UNCLIPPED } from "../scenes/scale";
import {
  rankedWindows,
  type Seen,
  type Signal,
  type SignalScene,
  signalScene,
  windowEnds,
} from "../scenes/signal/scene";
import { unitOf } from "../scenes/unit";
import { createScheduler } from "../ui/canvas";
import { focusable, make, setText } from "../ui/dom";
import type { OnSelect } from "../ui/drawing";
import { createLegend } from "../ui/legend";
import { ARROWS } from "../ui/pixel-cursor";
import { createAxis, markAxis } from "../ui/signal-axis";
import { WindowBrush } from "../ui/window-brush";
import { WindowStrip } from "../ui/window-strip";
import { fractions, Zoom } from "../ui/zoom";
import { zoomButtons } from "../ui/zoom-buttons";
import { named } from "../wording/reading";
import {
  colorText,
  hintText,
  probeText,
  selectionText,
  shapeText,
  summaryText,
  sumsText,
  windowText,
} from "../wording/signal";
import { Bars } from "./bars";
import { TraceRows } from "./trace-rows";

const FEWEST = 16; // samples seen at most magnified
const LISTED = 64; // windows

export class Traces {
  readonly node: HTMLElement;
  #signal: Signal;
  #rows: TraceRows;
  #strip: WindowStrip;
  #axis = createAxis();
  #probe = make("p", { class: "whylight-probe" });
  #chosen = make("p", { class: "whylight-signal-chosen", "aria-live": "polite" });
  #legend = createLegend("right");
  #bars = new Bars("Ranked windows", { head: "Window" });
  #ranked = make(
    "details",
    { class: "whylight-ranked" },
    make("summary", {}, "Ranked windows"),
    this.#bars.node,
  );
  #zoom: Zoom;
  #brush: WindowBrush;
  #select: OnSelect;
  #repaint: () => void;
  #at: { channel: number; sample: number } | null = null;
  #seen: [Seen, Look] | null = null;
  #scene: SignalScene | null = null;
  #selected: readonly number[] = [];

  constructor(lines: Signal, select: OnSelect, signal: AbortSignal) {
    [this.#signal, this.#select] = [lines, select];
    this.#repaint = createScheduler(() => this.#paint(), signal);
    this.#zoom = new Zoom(this.#repaint, Math.min(1, FEWEST / lines.length));
    this.#rows = new TraceRows(lines, this.#repaint, signal);
    this.#strip = new WindowStrip(signal);
    const windows = {
      unitAt: (event: PointerEvent) => this.#unitAt(event),
      selection: () => this.#selected,
      select: (units: number[], done?: boolean) => this.#take(units, done),
    };
    this.#brush = new WindowBrush(this.#rows.box, windows, signal);
    new WindowBrush(this.#strip.box, windows, signal);
    focusable(this.#rows.box);
    for (const box of [this.#rows.box, this.#strip.box]) this.#listen(box, signal);
    this.#ranked.addEventListener("toggle", () => this.#rank(), { signal });
    this.#rows.box.addEventListener("keydown", (event) => this.#key(event), { signal });
    const sizes = new ResizeObserver(this.#repaint);
    sizes.observe(this.#axis);
    signal.addEventListener("abort", () => sizes.disconnect(), { once: true });
    this.node = this.#assemble(signal);
  }

  #assemble(signal: AbortSignal): HTMLElement {
    const shape = make("p", { class: "whylight-caption" }, shapeText(this.#signal));
    const name = make(
      "span",
      {
        class: "whylight-signal-name",
        title: "Sum of the attributions of every window, all channels together",
      },
      "Σ window",
    );
    const foot = make(
      "div",
      { class: "whylight-signal-sums" },
      name,
      this.#strip.box,
      make("span"),
      this.#axis,
    );
    const tools = zoomButtons(this.#zoom, "signal", signal);
    const below = make("div", { class: "whylight-foot" }, this.#probe, tools);
    const parts = [shape, this.#rows.node, foot, this.#legend.node, below, this.#chosen, this.#ranked];
    return make("div", { class: "whylight-signal" }, ...parts);
  }

  /** The colour scale of the whole signal, whatever part of it is seen. */
  draw(seen: Seen, look: Look): Scale {
    this.#seen = [seen, look];
    const whole = signalScene(this.#signal, seen, look, isDiverging(look.colormap));
    this.#selected = whole.selected;
    this.#rows.box.setAttribute("aria-label", named(summaryText(whole), whole.meta, look.detail));
    this.#strip.box.setAttribute("aria-label", sumsText(whole));
    setText(this.#chosen, selectionText(whole));
    this.#chosen.hidden = whole.selected.length === 0;
    this.#scene = whole;
    this.#paint();
    this.#rank();
    return whole.scale;
  }

  /** Samples seen, not whole. */
  get #span(): [number, number] {
    const { left, size } = this.#zoom.lens;
    return [left * this.#signal.length, (left + size) * this.#signal.length];
  }

  #paint(): void {
    if (!this.#seen || !this.#scene) return;
    const [seen, look] = this.#seen;
    const [first, last] = this.#span;
    const scene = signalScene(
      this.#signal,
      { ...seen, visible: last - first },
      look,
      isDiverging(look.colormap),
    );
    this.#rows.draw({ ...scene, selected: this.#selected }, { first, last, at: this.#at }, look);
    this.#legend.draw({ scale: scene.scale, unit: colorText(scene) }, look);
    const edges = Array.from({ length: scene.sums.length + 1 }, (_, k) =>
      Math.min(this.#signal.length, k * scene.window),
    );
    const scale = scaleOf(scene.sums, UNCLIPPED, isDiverging(look.colormap));
    const pointed = this.#at ? [Math.floor(this.#at.sample / scene.window)] : [];
    this.#strip.draw(
      { values: scene.sums, edges, scale, first, last, selected: this.#selected, pointed },
      look,
    );
    markAxis(this.#axis, this.#signal, first, last);
    const words = this.#at
      ? probeText(scene.probe(this.#at.channel, this.#at.sample), scene)
      : hintText(this.#scene);
    setText(this.#probe, words);
  }

  #rank(): void {
    if (!this.#scene || !this.#seen || !this.#ranked.open) return;
    const [scene, look] = [this.#scene, this.#seen[1]];
    const order = rankedWindows(scene)
      .filter((unit) => scene.sums[unit])
      .slice(0, LISTED);
    const all = itemsOf(
      Array.from(scene.sums, (_, unit) => String(unit)),
      scene.sums,
      undefined,
    );
    const items = order.map((unit) => ({ ...all[unit]!, text: windowText(scene, [unit]) }));
    const scale = scaleOf(scene.sums, UNCLIPPED, isDiverging(look.colormap));
    const final = scene.meta?.final ?? false;
    this.#bars.draw({ items, order: items.map((_, i) => i), scale, unit: unitOf(scene.meta), final }, look);
  }

  #take(units: number[], done = true): void {
    this.#selected = units;
    this.#select(units, done);
    this.#repaint();
  }

  #sampleAt(event: MouseEvent): number {
    const [first, last] = this.#span;
    const [x] = fractions(event, this.#strip.box);
    return Math.floor(Math.min(this.#signal.length - 1, Math.max(0, first + x * (last - first))));
  }

  #unitAt(event: PointerEvent): number {
    return this.#scene ? Math.floor(this.#sampleAt(event) / this.#scene.window) : -1;
  }

  #listen(box: HTMLElement, signal: AbortSignal): void {
    this.#zoom.listenToWheel(box, signal);
    const leave = () => this.#to(null, false);
    const point = (event: PointerEvent) => {
      const channel = box === this.#rows.box ? this.#rows.channelAt(event) : 0;
      this.#to({ channel, sample: this.#sampleAt(event) }, false);
    };
    box.addEventListener("pointermove", point, { signal });
    box.addEventListener("pointerleave", leave, { signal });
    box.addEventListener("blur", leave, { signal });
  }

  #to(at: { channel: number; sample: number } | null, byKeyboard: boolean): void {
    this.#at = at;
    this.#probe.setAttribute("aria-live", byKeyboard ? "polite" : "off");
    this.#repaint();
  }

  #key(event: KeyboardEvent): void {
    const step = ARROWS[event.key];
    if (step) this.#step(step, event.shiftKey ? 10 : 1);
    else if ((event.key === " " || event.key === "Enter") && this.#at && this.#scene)
      this.#brush.toggle(Math.floor(this.#at.sample / this.#scene.window));
    else if (event.key === "Home" || event.key === "End")
      this.#jump(event.key === "Home" ? 0 : this.#signal.length - 1);
    else if (event.key === "Escape") this.#clear();
    else if (event.key === "+" || event.key === "=") this.#magnify(2);
    else if (event.key === "-") this.#magnify(0.5);
    else if (event.key === "0") this.#zoom.fit();
    else return;
    event.preventDefault();
  }

  #clear(): void {
    this.#take([]);
    this.#to(null, true);
  }

  /** Around the cursor where there is one. */
  #magnify(factor: number): void {
    const { left, size } = this.#zoom.lens;
    const at = this.#at ? (this.#at.sample + 0.5) / this.#signal.length : left + size / 2;
    this.#zoom.by(factor, (at - left) / size);
  }

  #jump(sample: number): void {
    this.#to({ channel: this.#at?.channel ?? 0, sample }, true);
    this.#zoom.reveal((sample + 0.5) / this.#signal.length, 0.5);
  }

  /** A sample, or as many as are one column where they cannot be told apart; the first step goes to the strongest window. */
  #step([down, right]: [number, number], distance: number): void {
    const [first, last] = this.#span;
    const width = this.#strip.box.clientWidth || 600;
    const stride = Math.max(1, Math.round((last - first) / width)) * distance;
    const { channel, sample } = this.#at ?? this.#start();
    const moved = this.#at ? sample + right * stride : sample;
    const row = Math.min(this.#signal.names.length - 1, Math.max(0, channel + (this.#at ? down : 0)));
    this.#rows.reveal(row);
    this.#at = { channel: row, sample };
    this.#jump(Math.min(this.#signal.length - 1, Math.max(0, moved)));
  }

  #start(): { channel: number; sample: number } {
    const scene = this.#scene!;
    const unit = rankedWindows(scene)[0] ?? 0;
    const sizes = scene.map?.windows(scene.window).map((row) => Math.abs(row[unit]!)) ?? [0];
    const [from, to] = windowEnds(scene, unit);
    return { channel: sizes.indexOf(Math.max(...sizes)), sample: Math.floor((from + to) / 2) };
  }
}
