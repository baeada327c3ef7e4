// The status line: what the run is doing, and the numbers that say how far to trust the picture.
// Knows nothing about controls or drawing.

import type { State } from "../kernel/feed";
import type { Frame, Meta, Status } from "../kernel/protocol";
import { count, number, percent, plural, seconds, unit } from "../numbers";
import { unitOf } from "../scenes/items";
import { type IconName, icon, make, setText } from "../ui/dom";

export interface Readout {
  node: HTMLElement;
  progress: HTMLElement;
  draw(state: State, status: Status, frame: Frame | null): void;
}

interface Fact {
  text: string;
  title: string;
}

/** Relative gaps (and errors of the map) up to these are fine, or still usable. */
const FINE = 0.01;
const USABLE = 0.05;

export function createReadout(): Readout {
  const message = make("span", { class: "whylight-message-text" });
  const sign = make("span", { class: "whylight-sign" });
  const facts = make("div", { class: "whylight-facts" });
  const node = make(
    "div",
    { class: "whylight-readout", role: "status" },
    make("div", { class: "whylight-message" }, sign, message),
    facts,
  );
  const notes = make("ul", { class: "whylight-notes", "aria-label": "Notes" });
  const progress = make("div", { class: "whylight-progress" });
  const whole = make("div", { class: "whylight-report" }, node, notes);
  let signed: IconName | "" = "";

  const draw = (state: State, status: Status, frame: Frame | null) => {
    const meta = frame?.meta ?? null;
    const name = signOf(state, meta);
    if (name !== signed) sign.replaceChildren(icon(name));
    signed = name;
    sign.dataset.sign = name;
    setText(message, messageOf(state, status, meta));
    node.setAttribute("aria-busy", String(state === "running"));
    facts.replaceChildren(
      ...(meta ? factsOf(meta) : []).flatMap(({ text, title }) => [
        make("span", { class: "whylight-fact", title }, text),
        " ",
      ]),
    );
    notes.replaceChildren(...(meta?.notes ?? []).map((note) => make("li", {}, note)));
    const share = status.done && status.total ? Math.min(1, status.done / status.total) : null;
    progress.classList.toggle("whylight-progress-open", share === null);
    progress.style.setProperty("--whylight-progress", String(share ?? 1));
  };
  return { node: whole, progress, draw };
}

function signOf(state: State, meta: Meta | null): IconName {
  const doubtful = (meta?.relative_gap ?? 0) > FINE || (meta?.map_error ?? 0) > USABLE;
  return state === "done" && doubtful ? "doubtful" : state;
}

function messageOf(state: State, status: Status, meta: Meta | null): string {
  if (state === "done") return verdict(meta);
  if (state === "error") return meta ? "The run failed; this is the last good picture" : "The run failed";
  if (state === "static") return saved(meta);
  if (state === "queued")
    return status.state === "queued" && status.message ? status.message : "Waiting for the running cell";
  if (status.message) return status.message;
  if (state === "stopped") return stopped(meta);
  return status.done == null ? "Refining" : `Refining: ${progressed(status)}`;
}

function progressed({ done = 0, total }: Status): string {
  return total == null ? plural(done, "gradient") : `${count(done)} of ${plural(total, "gradient")}`;
}

function stopped(meta: Meta | null): string {
  if (!meta) return "Stopped before the first picture; move the slider to go on";
  const of = meta.requested === null ? "" : ` of ${meta.requested}`;
  return `Stopped at ${meta.n_steps ?? meta.n_evaluations}${of}; move the slider to go on`;
}

function saved(meta: Meta | null): string {
  if (!meta) return "Nothing was saved; run the cell to explain";
  const at = meta.n_steps === null ? "" : ` at ${plural(meta.n_steps, "step")}`;
  return `Saved picture${at}; run the cell to explore further`;
}

function verdict(meta: Meta | null): string {
  const gap = meta?.relative_gap;
  if (gap == null) return "Done";
  if (gap <= FINE && (meta?.map_error ?? 0) > USABLE)
    return `The parts add up, but the map may still be ${percent(meta?.map_error ?? 0)} off; more steps sharpen it`;
  if (gap < 1e-4) return "The parts add up to F(x) − F(x′)";
  if (gap <= FINE) return `The parts add up to within ${percent(gap)} of F(x) − F(x′)`;
  if (gap <= USABLE) return `The parts miss F(x) − F(x′) by ${percent(gap)}; more steps bring them closer`;
  return `The parts miss F(x) − F(x′) by ${percent(gap)}: do not trust this picture yet; take more steps`;
}

function factsOf(meta: Meta): Fact[] {
  const facts: Fact[] = [
    { text: scores(meta), title: "The model's score at the input, and at the baseline" },
  ];
  if (meta.sum !== null) facts.push({ text: `Σ ${number(meta.sum)}`, title: "Sum of all attributions" });
  if (meta.relative_gap !== null) {
    facts.push({ text: `gap ${percent(meta.relative_gap)}`, title: "How far Σ is from F(x) − F(x′)" });
  }
  const claims = meta.final && meta.relative_gap !== null; // a method that promises nothing is not exact
  if (meta.map_error !== null && (claims || meta.map_error > 0)) {
    const size = meta.map_error < 1e-4 ? percent(meta.map_error) : `≈ ${percent(meta.map_error)}`;
    const text = meta.map_error === 0 ? "map exact" : `map error ${size}`;
    facts.push({ text, title: "Estimated error of the whole map, relative to its size" });
  }
  const cost = [plural(meta.n_evaluations, meta.counted ?? "gradient")];
  if (meta.seconds !== null) cost.push(seconds(meta.seconds));
  facts.push({
    text: [...cost, meta.device].join(" · "),
    title: "Gradients or predictions computed per row, time of this run, device",
  });
  return facts;
}

function scores(meta: Meta): string {
  const name = unitOf(meta);
  if (meta.score === null) return "";
  const mean = (meta.rows ?? 1) > 1 ? "mean " : "";
  if (meta.baseline_score === null) return unit(`${mean}F(x) ${number(meta.score)}`, name);
  const difference = number(meta.score - meta.baseline_score);
  const base = meta.baseline_score < 0 ? `(${number(meta.baseline_score)})` : number(meta.baseline_score);
  return unit(`${mean}F(x) ${number(meta.score)} − F(x′) ${base} = ${difference}`, name);
}
