// Three planes of a volume through one place, laid out so that they line up: cross-hairs to read, pointer and keys to move.
// Knows nothing about values or colours: it is given what to paint.
import type { Raster } from "../paint/raster";
import { ACROSS, type Axis, type Place } from "../scenes/stack";
import { createScheduler, createSurface, stretch, toCanvas } from "./canvas";
import { focusable, make } from "./dom";
import { ARROWS } from "./pixel-cursor";
import { remembered } from "./remembered";
import { fractions } from "./zoom";

export interface OrthoScene {
  size: Place;
  place: Place;
  /** The pixels of the plane across an axis; `key` says when they are others. */
  plane(axis: Axis): { key: readonly unknown[]; make: () => Raster };
  /** The accessible name of the plane across an axis. */
  name(axis: Axis): string;
}

interface OrthoActions {
  /** Where the cross-hair is moved to, and across which axis one looked; not `done` while the pointer is down. */
  move(place: Place, done: boolean, axis: Axis): void;
  /** What is under the pointer; null when it leaves. */
  hover(place: Place | null, axis: Axis): void;
}

const AXES: Axis[] = [0, 1, 2];
/** Of the longer edge: how far the cross-hair stays away from what it points at. */
const GAP = 0.03;

/** Tell a node how long the three edges are; the longest of the whole is 1. */
export function setEdges(node: HTMLElement, size: Place, spacing: readonly number[]): void {
  const [deep, tall, wide] = size.map((n, k) => n * (spacing[k] ?? 1)) as Place;
  const longest = deep + Math.max(tall, wide);
  for (const [name, value] of Object.entries({ deep, tall, wide }))
    node.style.setProperty(`--whylight-${name}`, String(value / longest));
}

export class Ortho {
  readonly node: HTMLElement;
  #planes: OrthoPlane[];

  constructor(title: string, actions: OrthoActions, signal: AbortSignal, reachable = true) {
    this.#planes = AXES.map((axis) => new OrthoPlane(axis, actions, signal, reachable));
    const planes = make("div", { class: "whylight-ortho-planes" }, ...this.#planes.map(({ box }) => box));
    const caption = make("figcaption", { class: "whylight-caption" }, title);
    this.node = make("figure", { class: "whylight-ortho" }, caption, planes);
  }

  draw(scene: OrthoScene): void {
    for (const plane of this.#planes) plane.draw(scene);
  }
}

class OrthoPlane {
  readonly box: HTMLElement;
  #axis: Axis;
  #actions: OrthoActions;
  #scene: OrthoScene | null = null;
  #pixels = remembered<HTMLCanvasElement>();
  #paint: () => void;

  constructor(axis: Axis, actions: OrthoActions, signal: AbortSignal, reachable: boolean) {
    this.#axis = axis;
    this.#actions = actions;
    this.box = make("div", { class: `whylight-box whylight-ortho-${axis}`, role: "img" });
    if (reachable) focusable(this.box);
    const surface = createSurface(this.box, (context, w, h) => this.#draw(context, w, h), signal);
    this.#paint = createScheduler(surface.paint, signal);
    this.#listen(signal);
  }

  draw(scene: OrthoScene): void {
    this.#scene = scene;
    this.box.setAttribute("aria-label", scene.name(this.#axis));
    this.#paint();
  }

  #listen(signal: AbortSignal): void {
    const { box } = this;
    const on = <K extends keyof HTMLElementEventMap>(type: K, act: (event: HTMLElementEventMap[K]) => void) =>
      box.addEventListener(type, act, { signal });
    on("pointerdown", (event) => {
      if (event.button !== 0) return;
      box.setPointerCapture?.(event.pointerId);
      this.#move(this.#at(event), false);
    });
    on("pointermove", (event) => {
      const place = this.#at(event);
      if (event.buttons & 1) this.#move(place, false);
      else this.#actions.hover(place, this.#axis);
    });
    on("pointerup", (event) => this.#move(this.#at(event), true));
    on("pointerleave", () => this.#actions.hover(null, this.#axis));
    on("keydown", (event) => this.#key(event));
  }

  /** The place under the pointer, as deep as the plane on show. */
  #at(event: PointerEvent): Place | null {
    if (!this.#scene) return null;
    const { size, place } = this.#scene;
    const [x, y] = fractions(event, this.box);
    const [down, along] = ACROSS[this.#axis];
    const found: Place = [...place];
    const within = (share: number, n: number) => Math.max(0, Math.min(n - 1, Math.floor(share * n)));
    found[down] = within(y, size[down]);
    found[along] = within(x, size[along]);
    return found;
  }

  #move(place: Place | null, done: boolean): void {
    if (place) this.#actions.move(place, done, this.#axis);
  }

  /** Arrows move within the plane, Page up and down from one plane to the next. */
  #key(event: KeyboardEvent): void {
    if (!this.#scene) return;
    const [down, along] = ACROSS[this.#axis];
    const step = ARROWS[event.key];
    const deeper = { PageUp: 1, PageDown: -1 }[event.key];
    if (!step && !deeper) return;
    const { size, place } = this.#scene;
    const next: Place = [...place];
    const far = event.shiftKey ? 10 : 1;
    const go = (axis: Axis, by: number) => {
      next[axis] = Math.max(0, Math.min(size[axis] - 1, next[axis] + by * far));
    };
    if (step) [go(down, step[0]), go(along, step[1])];
    if (deeper) go(this.#axis, deeper);
    this.#move(next, true);
    event.preventDefault();
  }

  #draw(context: CanvasRenderingContext2D, width: number, height: number): void {
    if (!this.#scene) return;
    const { key, make } = this.#scene.plane(this.#axis);
    stretch(
      context,
      this.#pixels(key, () => toCanvas(make())),
      width,
      height,
    );
    this.#cross(context, width, height, this.#scene);
  }

  #cross(
    context: CanvasRenderingContext2D,
    width: number,
    height: number,
    { size, place }: OrthoScene,
  ): void {
    const [down, along] = ACROSS[this.#axis];
    const x = ((place[along] + 0.5) / size[along]) * width;
    const y = ((place[down] + 0.5) / size[down]) * height;
    const gap = Math.max(GAP * Math.max(width, height), 4);
    const ratio = globalThis.devicePixelRatio || 1;
    context.beginPath();
    const lines = [
      [0, y, x - gap, y],
      [x + gap, y, width, y],
      [x, 0, x, y - gap],
      [x, y + gap, x, height],
    ] as const;
    for (const [x0, y0, x1, y1] of lines) {
      if (x1 < x0 || y1 < y0) continue;
      context.moveTo(x0, y0);
      context.lineTo(x1, y1);
    }
    for (const [color, line] of [["rgb(0 0 0 / 0.5)", 2] as const, ["rgb(255 255 255 / 0.9)", 1] as const]) {
      context.strokeStyle = color;
      context.lineWidth = line * ratio;
      context.stroke();
    }
  }
}
