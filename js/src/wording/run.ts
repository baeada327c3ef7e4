// What the run is doing, and the numbers that say how far to trust the answer, in sentences.
// Knows nothing about where the words are shown.
import type { State } from "../kernel/feed";
import type { Kernel } from "../kernel/link";
import type { Meta, Status } from "../kernel/protocol";
import { count, number, percent, plural, seconds, unit } from "../numbers";
import { unitOf } from "../scenes/unit";

/** A number, and what it means. */
export interface Fact {
  text: string;
  title: string;
}

/** Relative gaps (and errors of the map) up to these are fine, or still usable. */
const FINE = 0.01;
const USABLE = 0.05;

/** Whether the numbers give reason to doubt the answer. */
export function isDoubtful(meta: Meta | null): boolean {
  return meta?.zero === true || (meta?.relative_gap ?? 0) > FINE || (meta?.map_error ?? 0) > USABLE;
}

/** Why not to trust the answer yet, in few words; else empty. */
export function doubtOf(meta: Meta | null): string {
  if (!isDoubtful(meta)) return "";
  const [gap, error] = [meta?.relative_gap ?? 0, meta?.map_error ?? 0];
  if (gap > USABLE) return `Do not trust this picture yet: gap ${percent(gap)}`;
  return gap > FINE ? `Not exact yet: gap ${percent(gap)}` : `Not sharp yet: map error ≈ ${percent(error)}`;
}

/** What to do where the kernel does not answer as usual; empty where it does. */
const TROUBLE: Record<Kernel, string> = {
  live: "",
  busy: "",
  silent: "No answer from the kernel yet: it may be busy; if it was restarted, run the cell again",
  cut: "The connection to the kernel is lost: the page tries again by itself, and sends then what you choose now",
  restarted: "The kernel was restarted: run the cell again to go on",
  ended: "The kernel was shut down: start it and run the cell again to go on",
};

export function messageOf(state: State, status: Status, meta: Meta | null, kernel: Kernel): string {
  if (state === "error") return meta ? "The run failed; this is the last good picture" : "The run failed";
  if (TROUBLE[kernel])
    return `${TROUBLE[kernel]}${state === "static" && meta ? ". The picture is the last one" : ""}`;
  if (state === "done") return verdict(meta);
  if (state === "static") return saved(meta);
  if (state === "queued" && !(status.state === "queued" && status.message))
    return kernel === "busy" ? "Waiting for the running cell" : "Waiting for the kernel";
  if (status.message) return status.message;
  if (state === "running" && isStuck(meta, status)) return `Refining: ${progressed(status)}; ${STUCK}`;
  if (state === "stopped") return stopped(meta);
  return status.done == null ? "Refining" : `Refining: ${progressed(status)}`;
}

/** A gap that stays after so many gradients is one that more of them close late, or never. */
const MANY = 200;
const STUCK = "the score jumps between x′ and x, so that may take 4097. Stop keeps the picture";

function isStuck(meta: Meta | null, { done, total }: Status): boolean {
  return total == null && (done ?? 0) > MANY && (meta?.relative_gap ?? 0) > USABLE;
}

function progressed({ done = 0, total }: Status): string {
  return total == null ? plural(done, "gradient") : `${count(done)} of ${plural(total, "gradient")}`;
}

function stopped(meta: Meta | null): string {
  if (!meta) return "Stopped before the first picture; change a setting to go on";
  if (meta.n_steps === null) return "Stopped; change a setting to go on"; // a method without steps
  const of = meta.requested === null ? "" : ` of ${count(meta.requested)}`;
  return `Stopped at ${count(meta.n_steps)}${of}; move the slider to go on`;
}

function saved(meta: Meta | null): string {
  if (!meta) return "Nothing was saved; run the cell to explain";
  const at = meta.n_steps === null ? "" : ` at ${plural(meta.n_steps, "step")}`;
  return `Saved picture${at}; run the cell to explore further`;
}

function verdict(meta: Meta | null): string {
  const gap = meta?.relative_gap;
  if (meta?.zero) return "Every value is zero: nothing moves the score here";
  if (gap == null) return "Done";
  if (gap <= FINE && (meta?.map_error ?? 0) > USABLE)
    return `The parts add up, but the map may still be ${percent(meta?.map_error ?? 0)} off; more steps sharpen it`;
  if (gap < 1e-4) return "The parts add up to F(x) − F(x′)";
  if (gap <= FINE) return `The parts add up to within ${percent(gap)} of F(x) − F(x′)`;
  if (gap <= USABLE) return `The parts miss F(x) − F(x′) by ${percent(gap)}; more steps bring them closer`;
  return `The parts miss F(x) − F(x′) by ${percent(gap)}: do not trust this picture yet; take more steps`;
}

export function factsOf(meta: Meta): Fact[] {
  const facts: Fact[] = [
    { text: scores(meta), title: "The model's score at the input, and at the baseline" },
  ];
  if (meta.sum !== null) facts.push({ text: `Σ ${number(meta.sum)}`, title: "Sum of all attributions" });
  if (meta.relative_gap !== null) {
    facts.push({ text: `gap ${percent(meta.relative_gap)}`, title: "How far Σ is from F(x) − F(x′)" });
  }
  const off = mapError(meta);
  if (off) facts.push({ text: off, title: "Estimated error of the whole map, relative to its size" });
  const shares = sharesOf(meta);
  if (shares) facts.push({ text: shares, title: "Shares of the inputs in the sizes of all attributions" });
  const cost = [plural(meta.n_evaluations, meta.counted ?? "gradient")];
  if (meta.seconds !== null) cost.push(seconds(meta.seconds));
  facts.push({
    text: [...cost, meta.device].join(" · "),
    title: "Gradients or predictions computed per row, time of this run, device",
  });
  return facts;
}

/** Of several inputs, how much of the map is in each. */
function sharesOf({ parts = [] }: Meta): string {
  return parts.map(({ name, share }) => `${name} ${percent(share)}`).join(", ");
}

/** How far off the whole map may be, where that is a question: one that is exact and promises no sum says nothing. */
function mapError({ map_error: error, relative_gap: gap, final }: Meta): string {
  if (error === null) return final ? "map error unknown" : "";
  if (error === 0) return final && gap !== null ? "map exact" : "";
  const size = percent(error);
  return `map error ${/^\d/.test(size) ? "≈ " : ""}${size}`;
}

function scores(meta: Meta): string {
  const name = unitOf(meta);
  const mean = (meta.rows ?? 1) > 1 ? "mean " : "";
  if (meta.baseline_score === null) return unit(`${mean}F(x) ${number(meta.score)}`, name);
  const difference = number(meta.score === null ? null : meta.score - meta.baseline_score);
  const base = meta.baseline_score < 0 ? `(${number(meta.baseline_score)})` : number(meta.baseline_score);
  return unit(`${mean}F(x) ${number(meta.score)} − F(x′) ${base} = ${difference}`, name);
}
