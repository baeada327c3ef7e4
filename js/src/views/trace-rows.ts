// The rows of a signal, one per channel under its name; many of them scroll, and only those in sight are painted.
// Knows nothing about windows' sums, zoom or where the cursor comes from.

import { number } from "../numbers";
import { across, heightIn, paintTraces, type Region } from "../paint/traces";
import type { Look } from "../scenes/look";
import { type Signal, type SignalScene, windowEnds } from "../scenes/signal/scene";
import { createSurface, type Surface } from "../ui/canvas";
import { make } from "../ui/dom";
import { remembered } from "../ui/remembered";

type Context = CanvasRenderingContext2D;

/** Samples seen, and the sample pointed at. */
export interface Part {
  first: number;
  last: number;
  at: { channel: number; sample: number } | null;
}

const TALLEST = 444; // CSS pixels of all rows in sight
const [LEAST, MOST, ONE] = [24, 84, 140]; // of a row; of a single one
const NOTED = 48; // a row from which on its ends are written beside it

export class TraceRows {
  readonly node: HTMLElement;
  readonly box = make("div", { class: "whylight-signal-plot", role: "img" });
  #signal: Signal;
  #row: number;
  #surface: Surface;
  #last: [SignalScene, Part, Look] | null = null;
  /** Painted again only when they change: moving the cursor does not. */
  #lines = remembered<HTMLCanvasElement>();

  constructor(lines: Signal, scrolled: () => void, signal: AbortSignal) {
    this.#signal = lines;
    const count = lines.names.length;
    this.#row = count === 1 ? ONE : Math.min(MOST, Math.max(LEAST, TALLEST / count));
    const names = make(
      "div",
      { class: "whylight-signal-names", "aria-hidden": "true" },
      ...lines.names.map((_, c) => this.#name(c)),
    );
    const all = make("div", { class: "whylight-signal-rows" }, names, this.box);
    all.style.height = `${this.#row * count}px`;
    this.box.style.height = `${Math.min(TALLEST, this.#row * count)}px`;
    this.node = make("div", { class: "whylight-signal-scroll" }, all);
    this.node.style.maxHeight = `${TALLEST}px`;
    this.node.addEventListener("scroll", scrolled, { signal });
    this.#surface = createSurface(
      this.box,
      (context, w, h) => this.#last && this.#paint(context, w, h, ...this.#last),
      signal,
    );
  }

  #name(channel: number): HTMLElement {
    const [low, high] = this.#signal.ends[channel]!;
    const ends = this.#row >= NOTED ? make("small", {}, `${number(low)} … ${number(high)}`) : null;
    const text = this.#signal.names[channel]!;
    const name = make("div", { class: "whylight-signal-name", title: text }, make("span", {}, text), ends);
    name.style.height = `${this.#row}px`;
    return name;
  }

  draw(scene: SignalScene, part: Part, look: Look): void {
    this.#last = [scene, part, look];
    this.#surface.paint();
  }

  channelAt(event: MouseEvent): number {
    const y = event.clientY - this.box.getBoundingClientRect().top + this.node.scrollTop;
    return Math.min(this.#signal.names.length - 1, Math.max(0, Math.floor(y / this.#row)));
  }

  /** Scroll to a channel. */
  reveal(channel: number): void {
    const [top, seen] = [channel * this.#row, this.box.clientHeight];
    const { scrollTop } = this.node;
    if (top < scrollTop) this.node.scrollTop = top;
    if (seen && top + this.#row > scrollTop + seen) this.node.scrollTop = top + this.#row - seen;
  }

  #paint(context: Context, width: number, height: number, scene: SignalScene, part: Part, look: Look): void {
    const region = this.#regionOf(part, width, height);
    const traces = { ...scene, common: look.view === "common" };
    const { map, lit, scale, window, selected } = scene;
    const seen = [part.first, part.last, width, height, this.node.scrollTop];
    const colors = [look.colormap, look.dark, look.sign, look.view, scale.limit];
    const lines = this.#lines([map, lit?.light, window, selected.join(), ...seen, ...colors], () => {
      const canvas = make("canvas", { width, height });
      const lined = canvas.getContext("2d")!;
      this.#paintSelection(lined, scene, region, look);
      paintTraces(lined, traces, region, look);
      return canvas;
    });
    context.clearRect(0, 0, width, height);
    context.drawImage(lines, 0, 0);
    if (part.at) this.#paintCursor(context, traces, region, part.at, look);
  }

  /** The rows in sight. */
  #regionOf({ first, last }: Part, width: number, height: number): Region {
    const ratio = globalThis.devicePixelRatio || 1;
    const [row, offset] = [this.#row * ratio, this.node.scrollTop * ratio];
    const from = Math.floor(offset / row);
    const to = Math.min(this.#signal.names.length, Math.ceil((offset + height) / row));
    const top = (channel: number) => channel * row - offset;
    const rows = Array.from({ length: to - from }, (_, i) => ({
      channel: from + i,
      top: top(from + i),
      height: row,
    }));
    return { width, height, first, last, rows, ratio };
  }

  #paintSelection(context: Context, scene: SignalScene, region: Region, look: Look): void {
    context.fillStyle = look.dark ? "#ffffff" : "#000000";
    for (const unit of scene.selected) {
      const [from, to] = windowEnds(scene, unit);
      const [left, right] = [across(region, from), across(region, to)];
      context.globalAlpha = 0.08;
      context.fillRect(left, 0, right - left, region.height);
      context.globalAlpha = 0.55;
      if (!scene.selected.includes(unit - 1)) context.fillRect(left, 0, region.ratio, region.height);
      if (!scene.selected.includes(unit + 1))
        context.fillRect(right - region.ratio, 0, region.ratio, region.height);
    }
    context.globalAlpha = 1;
  }

  #paintCursor(
    context: Context,
    traces: Parameters<typeof heightIn>[0],
    region: Region,
    at: { channel: number; sample: number },
    look: Look,
  ): void {
    const x = across(region, at.sample + 0.5);
    const row = region.rows.find(({ channel }) => channel === at.channel);
    const ink = look.dark ? "#ffffff" : "#000000";
    context.fillStyle = ink;
    context.globalAlpha = 0.5;
    context.fillRect(Math.round(x), 0, Math.max(1, Math.round(region.ratio)), region.height);
    context.globalAlpha = 1;
    if (!row) return;
    const y = heightIn(traces, row)(this.#signal.channels[at.channel]![at.sample]!);
    for (const [color, radius] of [[ink, 5] as const, [look.dark ? "#000000" : "#ffffff", 3] as const]) {
      context.fillStyle = color;
      context.beginPath();
      context.arc(x, y, radius * region.ratio, 0, 7);
      context.fill();
    }
  }
}
