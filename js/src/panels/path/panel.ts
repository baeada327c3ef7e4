// The panel "Path": the curve, a cursor on it, and what the model saw there. Moving the cursor never asks Python.
// Knows nothing about traits or bytes; it is given what Python sent.
import type { Feed, State } from "../../kernel/feed";
import type { Frame, Path } from "../../kernel/protocol";
import type { Look } from "../../scenes/look";
import { pathScene, positionAt } from "../../scenes/path";
import { createDisclosure, type Disclosure } from "../../ui/disclosure";
import { make, setText } from "../../ui/dom";
import { rangeField, selectField } from "../../ui/fields";
import type { Followable } from "../../views/kind";
import { alphaText, positionFacts, saturationText, spokenPosition, whyNoPath } from "../../wording/path";
import { createPathCurve } from "./curve";
import { createPathPoint } from "./point";

export interface PathPanel {
  disclosure: Disclosure;
  draw(frame: Frame | null, path: Path | null, look: Look, state: State): void;
}

const STEP = 1 / 128; // a power of two: evaluated points can be met exactly
const FROM = "Which of the baselines, over which the answer is averaged, the path starts from";
const HINT = "Where on the straight line from baseline to input to look; moving it computes nothing";

export function createPathPanel(
  subject: Followable,
  feed: Pick<Feed, "follow" | "followFrom">,
  signal: AbortSignal,
): PathPanel {
  let alpha = 0.5;
  let last: Parameters<PathPanel["draw"]> | null = null;
  const move = (to: number) => {
    alpha = to;
    show();
  };
  const bounds = { min: 0, max: 1, step: STEP };
  const field = rangeField("Position on the path", bounds, move, signal, HINT);
  field.range.setAttribute("aria-valuemin", "0");
  const curve = createPathCurve((to) => move(Math.round(to / STEP) * STEP), signal);
  const point = createPathPoint(subject, signal);
  const facts = make("div", { class: "whylight-facts whylight-path-facts" });
  const saturation = make("p", { class: "whylight-path-note" });
  const notes = make("ul", { class: "whylight-notes" });
  const start = selectField("Path from", (value) => feed.followFrom(Number(value)), signal, FROM);
  const rail = make("div", { class: "whylight-path-rail" }, field.node);
  const chart = make(
    "div",
    { class: "whylight-path-chart" },
    start.node,
    curve.node,
    rail,
    facts,
    saturation,
    notes,
  );
  const whole = make("div", { class: `whylight-path whylight-path-of-${subject.kind}` }, chart, point.node);
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

  const show = () => {
    const [frame, path, look] = last ?? [];
    const scene = path ? pathScene(path) : null;
    if (!scene || !look) return;
    const at = positionAt(scene, alpha);
    curve.point(alpha);
    field.show(alpha, alphaText(alpha));
    field.range.setAttribute("aria-valuetext", spokenPosition(scene, at));
    facts.replaceChildren(
      ...positionFacts(scene, at).flatMap(({ text, title }) => [make("span", { title }, text), " "]),
    );
    point.draw({ path: scene, at, answer: frame?.arrays.values?.data }, look);
  };
  const draw: PathPanel["draw"] = (frame, path, look, state) => {
    last = [frame, path, look, state];
    if (!open) return;
    const current = path !== null && frame !== null && path.seq === frame.seq;
    const scene = path ? pathScene(path) : null;
    const shown = scene !== null && (current || state !== "static"); // an older one fades until its successor comes
    const words = shown ? "" : whyNoPath(frame, current ? path : null, state);
    missing.hidden = shown;
    setText(missing, words);
    whole.hidden = !shown;
    whole.classList.toggle("whylight-outdated", shown && !current);
    if (!scene || !shown) return;
    curve.draw(scene);
    const labels = scene.meta.baselines ?? [];
    start.node.hidden = labels.length < 2;
    const options = labels.map((label, i) => ({ value: String(i), label }));
    start.offer([{ label: "", options }], String(scene.meta.which ?? 0));
    start.select.disabled = state === "static";
    setText(saturation, saturationText(scene));
    notes.replaceChildren(...scene.meta.notes.map((note) => make("li", {}, note)));
    show();
  };
  const panel: PathPanel = { disclosure, draw };
  return panel;
}
