// A slider over planes or frames, with a bar behind it for how much lies in each. Its keys are those of any slider.
// Knows nothing about what the planes show.

import { arrowOf, focusable, make, setText } from "./dom";
import { fractions } from "./zoom";

export interface StripScene {
  /** How much lies in each plane. */
  sizes: ArrayLike<number>;
  count: number;
  at: number;
  /** What is at it, in words. */
  text: string;
}

export interface Strip {
  node: HTMLElement;
  draw(scene: StripScene): void;
}

const PAGE = 10;
/** Of the height: even an empty plane can be seen. */
const LEAST = 0.04;

/** Told where it is moved to; not `done` while the pointer is down. */
export type OnMove = (to: number, done: boolean) => void;

export function createStrip(label: string, moved: OnMove, signal: AbortSignal): Strip {
  const box = make("div", {
    class: "whylight-strip-box",
    role: "slider",
    "aria-label": label,
    "aria-valuemin": 0,
  });
  const caption = make("span", { class: "whylight-label", "aria-hidden": "true" }, label);
  const node = make("div", { class: "whylight-strip" }, caption, box);
  let scene: StripScene = { sizes: [], count: 1, at: 0, text: "" };
  focusable(box);
  const bars = svg("path", "whylight-strip-bars");
  const marked = svg("path", "whylight-strip-marked");
  const picture = svg("svg", "whylight-strip-picture");
  picture.setAttribute("preserveAspectRatio", "none");
  picture.append(bars, marked);
  box.append(picture);
  const move = (to: number, done: boolean) => {
    const next = Math.max(0, Math.min(scene.count - 1, to));
    if (next !== scene.at || done) moved(next, done);
  };
  const point = (event: PointerEvent, done: boolean) =>
    move(Math.floor(fractions(event, box)[0] * scene.count), done);
  const on = <K extends keyof HTMLElementEventMap>(type: K, act: (event: HTMLElementEventMap[K]) => void) =>
    box.addEventListener(type, act, { signal });
  on("pointerdown", (event) => {
    if (event.button !== 0) return;
    box.setPointerCapture?.(event.pointerId);
    point(event, false);
  });
  on("pointermove", (event) => {
    if (event.buttons & 1) point(event, false);
  });
  on("pointerup", (event) => point(event, true));
  on("keydown", (event) => {
    const to = keyed(event, scene);
    if (to === null) return;
    move(to, true);
    event.preventDefault();
  });
  const draw = (next: StripScene) => {
    scene = next;
    box.setAttribute("aria-valuemax", String(Math.max(0, scene.count - 1)));
    box.setAttribute("aria-valuenow", String(scene.at));
    box.setAttribute("aria-valuetext", scene.text);
    setText(caption, scene.text);
    const most = Array.from(scene.sizes).reduce((a, b) => Math.max(a, b), 0) || 1;
    const all = Array.from({ length: scene.count }, (_, i) => i);
    picture.setAttribute("viewBox", `0 0 ${scene.count} 1`);
    bars.setAttribute("d", all.map((i) => bar(scene, i, most)).join(""));
    marked.setAttribute("d", `${bar(scene, scene.at, most)}M${scene.at + 0.5} 0V1`);
  };
  return { node, draw };
}

function keyed(event: KeyboardEvent, { at, count }: StripScene): number | null {
  const steps: Partial<Record<string, number>> = {
    ArrowRight: at + 1,
    ArrowUp: at + 1,
    ArrowLeft: at - 1,
    ArrowDown: at - 1,
    PageUp: at + PAGE,
    PageDown: at - PAGE,
    Home: 0,
    End: count - 1,
  };
  return steps[arrowOf(event)] ?? null;
}

/** The outline of one bar, in a picture as wide as there are planes and 1 high. */
function bar({ sizes, count }: StripScene, i: number, most: number): string {
  const gap = count > 64 ? 0 : 0.15;
  const top = 1 - Math.max(LEAST, (sizes[i] ?? 0) / most);
  return `M${i} 1V${top.toFixed(3)}h${1 - gap}V1z`;
}

function svg(tag: "svg" | "path", name: string): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  element.setAttribute("class", name);
  return element;
}
