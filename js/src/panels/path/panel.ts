// The panel "Path": the curve, a cursor on it, and what the model saw there. Moving the cursor never asks Python.
// Knows nothing about traits or bytes; it is given what Python sent.

import type { Feed, State } from "../../kernel/feed";
import type { Frame, Path } from "../../kernel/protocol";
import { number, percent } from "../../numbers";
import {
  alphaText,
  type PathScene,
  type Position,
  pathScene,
  positionAt,
  positionFacts,
  saturationText,
} from "../../scenes/path";
import { createDisclosure, type Disclosure } from "../../ui/disclosure";
import { make, setText } from "../../ui/dom";
import { rangeField, selectField } from "../../ui/fields";
import type { OneInput } from "../../views/view";
import { createPathPlot } from "./curve";
import { createPathStage, type PathLook } from "./point";

export interface PathPanel {
  disclosure: Disclosure;
  draw(frame: Frame | null, path: Path | null, look: PathLook, state: State): void;
}

const STEP = 1 / 128; // a power of two: evaluated points can be met exactly
const FROM = "Which of the baselines, over which the answer is averaged, the path starts from";
const HINT = "Where on the straight line from baseline to input to look; moving it computes nothing";

export function createPathPanel(
  subject: OneInput,
  feed: Pick<Feed, "follow" | "followFrom">,
  signal: AbortSignal,
): PathPanel {
  let alpha = 0.5;
  let last: Parameters<PathPanel["draw"]> | null = null;
  const move = (to: number) => {
    alpha = to;
    place();
  };
  const bounds = { min: 0, max: 1, step: STEP };
  const field = rangeField("Position on the path", bounds, move, signal, HINT);
  field.range.setAttribute("aria-valuemin", "0");
  const plot = createPathPlot((to) => move(Math.round(to / STEP) * STEP), signal);
  const stage = createPathStage(subject, signal);
  const facts = make("div", { class: "whylight-facts whylight-path-facts" });
  const saturation = make("p", { class: "whylight-path-note" });
  const notes = make("ul", { class: "whylight-notes" });
  const start = selectField("Path from", (value) => feed.followFrom(Number(value)), signal, FROM);
  const rail = make("div", { class: "whylight-path-rail" }, field.node);
  const chart = make(
    "div",
    { class: "whylight-path-chart" },
    start.node,
    plot.node,
    rail,
    facts,
    saturation,
    notes,
  );
  const whole = make("div", { class: `whylight-path whylight-path-of-${subject.kind}` }, chart, stage.node);
  const missing = make("p", { class: "whylight-path-missing" });
  let open = false;
  const toggled = (now: boolean) => {
    if (now === open) return;
    open = now;
    feed.follow("path", open);
    if (open && last) panel.draw(...last);
  };
  const disclosure = createDisclosure("Path", [missing, whole], signal, toggled);
  signal.addEventListener("abort", () => toggled(false), { once: true });

  const place = () => {
    const [frame, path, look] = last ?? [];
    const scene = path ? pathScene(path) : null;
    if (!scene || !look) return;
    const at = positionAt(scene, alpha);
    plot.point(alpha);
    field.show(alpha, alphaText(alpha));
    field.range.setAttribute("aria-valuetext", spoken(scene, at));
    facts.replaceChildren(
      ...positionFacts(scene, at).flatMap(({ text, title }) => [make("span", { title }, text), " "]),
    );
    stage.draw(scene, at, look, frame?.arrays.values?.data);
  };
  const draw: PathPanel["draw"] = (frame, path, look, state) => {
    last = [frame, path, look, state];
    if (!open) return;
    const current = path !== null && frame !== null && path.seq === frame.seq;
    const scene = path ? pathScene(path) : null;
    const shown = scene !== null && (current || state !== "static"); // an older one fades until its successor comes
    const words = shown ? "" : reason(frame, current ? path : null, state);
    missing.hidden = shown;
    setText(missing, words);
    whole.hidden = !shown;
    whole.classList.toggle("whylight-outdated", shown && !current);
    if (!scene || !shown) return;
    plot.draw(scene);
    const labels = scene.meta.baselines ?? [];
    start.node.hidden = labels.length < 2;
    const options = labels.map((label, i) => ({ value: String(i), label }));
    start.offer([{ label: "", options }], String(scene.meta.which ?? 0));
    start.select.disabled = state === "static";
    setText(saturation, saturationText(scene));
    notes.replaceChildren(...scene.meta.notes.map((note) => make("li", {}, note)));
    place();
  };
  const panel: PathPanel = { disclosure, draw };
  return panel;
}

function reason(frame: Frame | null, path: Path | null, state: State): string {
  if (path?.meta.missing) return path.meta.missing;
  if (frame && frame.meta.baseline === null)
    return `${frame.meta.method_label} follows no path from a baseline to the input.`;
  if (state === "static")
    return "The path was not saved with this picture. Run the cell, open this panel, and save again to keep it.";
  const runs = state === "queued" || state === "running";
  return runs ? "The path appears when the run ends." : "Reading the path.";
}

function spoken(scene: PathScene, at: Position): string {
  const gain = at.gain === null ? "" : `, ${percent(at.gain)} of the difference`;
  return `alpha ${alphaText(at.alpha)}, F ${number(at.value)} ${scene.unit}${gain}`;
}
