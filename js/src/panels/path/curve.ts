// The curve F(α) with its evaluated points, the gradient's norm under it, saturation and the cursor.
// Knows nothing about models, traits or maps.
import { given, percent } from "../../numbers";
import type { PathScene } from "../../scenes/path";
import { between, nearestTo, roundTicks } from "../../scenes/statistics";
import { perAlpha } from "../../scenes/unit";
import { make } from "../../ui/dom";
import { createTooltip } from "../../ui/tooltip";
import { curveSummary, pointText } from "../../wording/path";

export interface PathCurve {
  node: HTMLElement;
  draw(scene: PathScene): void;
  /** Move the cursor. */
  point(alpha: number): void;
}

const SVG = "http://www.w3.org/2000/svg";
const TALL = 1000; // units of the drawing's height and width; strokes keep their size
const CROWDED = 0.16; // of the width
const DENSE = 60; // points
const X_TICKS = [0, 0.25, 0.5, 0.75, 1];

export function createPathCurve(moved: (alpha: number) => void, signal: AbortSignal): PathCurve {
  const parts = drawing();
  const left = make("div", { class: "whylight-plot-axis whylight-plot-left", "aria-hidden": "true" });
  const right = make("div", { class: "whylight-plot-axis whylight-plot-right", "aria-hidden": "true" });
  const bottom = make("div", { class: "whylight-plot-axis whylight-plot-bottom", "aria-hidden": "true" });
  bottom.append(...X_TICKS.map((alpha) => tick(String(alpha), "left", alpha)));
  const marks = make("div", { class: "whylight-plot-marks", "aria-hidden": "true" });
  const cursor = make("div", { class: "whylight-plot-cursor" });
  const dot = make("div", { class: "whylight-plot-dot" });
  const seen = make("div", { class: "whylight-plot-seen", hidden: true });
  const area = make("div", { class: "whylight-plot-area", role: "img" }, marks, cursor, dot, seen);
  const key = make("div", { class: "whylight-plot-key", "aria-hidden": "true" });
  const node = make("div", { class: "whylight-plot" }, key, left, area, right, bottom);
  const tip = createTooltip(area);
  area.prepend(parts.svg);
  area.append(tip.node);
  let scene: PathScene | null = null;
  let bounds = { low: 0, high: 1, top: 1 };

  const height = (value: number) => (bounds.high - value) / (bounds.high - bounds.low);
  const draw = (next: PathScene) => {
    if (next === scene) return;
    scene = next;
    bounds = boundsOf(next);
    parts.draw(next, height, bounds.top);
    left.replaceChildren(
      ...roundTicks(bounds.low, bounds.high, 4).map((v) => tick(given(v), "top", height(v))),
    );
    right.replaceChildren(
      ...roundTicks(0, bounds.top, 3).map((v) => tick(given(v), "top", 1 - v / bounds.top)),
    );
    marks.replaceChildren(...saturationMarks(next));
    key.replaceChildren(...keyOf(next));
    area.setAttribute("aria-label", curveSummary(next));
    tip.hide();
    seen.hidden = true;
  };
  const point = (alpha: number) => {
    if (!scene) return;
    cursor.style.left = dot.style.left = `${100 * alpha}%`;
    const { curve } = scene;
    const along = curve.map((p) => p.alpha);
    const heights = curve.map((p) => p.value);
    dot.style.top = `${100 * height(between(along, heights, alpha))}%`;
  };
  const show = (alpha: number) => {
    if (!scene) return;
    const nearest = nearestTo(scene.alphas, alpha);
    seen.hidden = false;
    seen.style.left = `${100 * scene.alphas[nearest]!}%`;
    seen.style.top = `${100 * height(scene.values[nearest]!)}%`;
    tip.show(seen, pointText(scene, nearest));
  };
  const hide = () => {
    seen.hidden = true;
    tip.hide();
  };
  listen(area, { moved, show, hide }, signal);
  return { node, draw, point };
}

interface Pointing {
  moved(alpha: number): void;
  show(alpha: number): void;
  hide(): void;
}

/** Pressing and dragging moves the cursor, hovering shows numbers. */
function listen(area: HTMLElement, { moved, show, hide }: Pointing, signal: AbortSignal): void {
  const alphaOf = (event: PointerEvent) => {
    const box = area.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / (box.width || 1)));
  };
  const press = (event: PointerEvent) => {
    if (event.button !== 0) return;
    area.setPointerCapture?.(event.pointerId);
    moved(alphaOf(event));
  };
  const move = (event: PointerEvent) => {
    if (event.buttons & 1) moved(alphaOf(event));
    show(alphaOf(event));
  };
  area.addEventListener("pointerdown", press, { signal });
  area.addEventListener("pointermove", move, { signal });
  area.addEventListener("pointerleave", hide, { signal });
}

function boundsOf({ curve, norms }: PathScene) {
  const heights = curve.map((point) => point.value).filter(Number.isFinite);
  const [low, high] = [Math.min(...heights), Math.max(...heights)];
  const room = 0.06 * (high - low) || Math.abs(high) || 1;
  const top = Math.max(...Array.from(norms).filter(Number.isFinite), 0) || 1;
  return { low: low - room, high: high + room, top: 1.06 * top };
}

function drawing() {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${TALL} ${TALL}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "whylight-plot-drawing");
  const path = (name: string) => {
    const element = document.createElementNS(SVG, "path");
    element.setAttribute("class", `whylight-plot-${name}`);
    svg.append(element);
    return element;
  };
  const [area, norm, curve, points] = [path("under"), path("norm"), path("curve"), path("points")];
  const at = (x: number, y: number) => `${(TALL * x).toFixed(1)} ${(TALL * y).toFixed(1)}`;
  const draw = (scene: PathScene, height: (value: number) => number, top: number) => {
    const norms = Array.from(scene.alphas, (alpha, i) => at(alpha, 1 - (scene.norms[i] ?? 0) / top));
    const line = norms.join("L");
    const ends = [scene.alphas[0] ?? 0, scene.alphas[scene.alphas.length - 1] ?? 1] as const;
    norm.setAttribute("d", `M${line}`);
    area.setAttribute("d", `M${at(ends[0], 1)}L${line}L${at(ends[1], 1)}Z`);
    curve.setAttribute("d", `M${scene.curve.map(({ alpha, value }) => at(alpha, height(value))).join("L")}`);
    const dots = Array.from(scene.alphas, (alpha, i) => `M${at(alpha, height(scene.values[i]!))}h0`);
    points.setAttribute("d", dots.join(""));
    points.classList.toggle("whylight-plot-dense", scene.alphas.length > DENSE);
  };
  return { svg, draw };
}

function tick(text: string, side: "left" | "top", share: number): HTMLElement {
  const mark = make("span", {}, text);
  mark.style[side] = `${100 * share}%`;
  return mark;
}

/** Labels of marks that stand close together lean away from each other. */
function saturationMarks({ meta }: PathScene): HTMLElement[] {
  const found = meta.saturation ?? [];
  const crowded = found.length > 1 && found[1]!.alpha - found[0]!.alpha < CROWDED;
  return found.map(({ share, alpha }, i) => {
    const lean = crowded ? ["before", "after"][i] : "";
    const label = make("span", {}, percent(share));
    const mark = make("div", { class: "whylight-plot-mark", "data-lean": lean || null }, label);
    mark.style.left = `${100 * alpha}%`;
    return mark;
  });
}

function keyOf({ unit }: PathScene): HTMLElement[] {
  const entry = (kind: string, ...words: (string | Node)[]) =>
    make("span", { class: `whylight-plot-entry whylight-plot-entry-${kind}` }, ...words);
  const sub = unit ? `, ${unit}` : "";
  return [entry("curve", `F(α)${sub}`), entry("norm", `norm of (x − x′) · gradient, ${perAlpha(unit)}`)];
}
