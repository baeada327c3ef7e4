// What is known about a signal, its windows and one of its samples, in words.
// Knows nothing about where the words are shown.
import { count, given, number, percent, plural, signed, unit } from "../numbers";
import { runsOf } from "../scenes/groups";
import type { Probe, Signal, SignalScene } from "../scenes/signal/scene";
import { windowEnds } from "../scenes/signal/scene";
import type { TimeAxis } from "../scenes/signal/time-axis";
import { unitOf } from "../scenes/unit";

const FEW = 3; // channels named one by one

/** Samples first to last, with the unit of their axis. */
export function spanText(axis: TimeAxis, first: number, last: number): string {
  const ends = [...new Set([axis.text(first), axis.text(last)])].join("–");
  if (axis.unit === "s") return unit(ends, "s");
  return axis.unit === "samples" ? `${first === last ? "sample" : "samples"} ${ends}` : ends;
}

export function windowText(scene: Pick<SignalScene, "signal" | "window">, units: readonly number[]): string {
  const ends = runsOf(units).map((run) => [windowEnds(scene, run[0]!)[0], windowEnds(scene, run.at(-1)!)[1]]);
  return spansText(scene.signal.axis, ends as [number, number][], units.length);
}

/** The same where every window has a beginning of its own. */
export function runText(axis: TimeAxis, edges: readonly number[], runs: readonly number[][]): string {
  const ends = runs.map((run) => [edges[run[0]!] ?? 0, edges[run.at(-1)! + 1] ?? 1] as [number, number]);
  return spansText(axis, ends, runs.flat().length);
}

function spansText(axis: TimeAxis, ends: [number, number][], windows: number): string {
  if (ends.length > FEW) return plural(windows, "window");
  return ends.map(([first, end]) => spanText(axis, first, end - 1)).join(" and ");
}

/** The axes by name, in the order in which the numbers lie. */
export function shapeText({ names, length, axis }: Signal): string {
  const shape = `${plural(names.length, "channel")} × ${plural(length, "sample")}`;
  if (axis.unit === "s") return `${shape}, ${unit(given(axis.at(length - 1) - axis.at(0)), "s")}`;
  return axis.unit === "samples" ? shape : `${shape}, ${spanText(axis, 0, length - 1)}`;
}

export function probeText(probe: Probe, { signal, meta }: SignalScene): string {
  const { axis, names } = signal;
  const parts = [names[probe.channel]!, spanText(axis, probe.sample, probe.sample)];
  if (axis.unit !== "samples") parts.push(`sample ${count(probe.sample)}`);
  if (probe.value !== null) {
    const error = probe.error ? ` ± ${number(probe.error)}` : "";
    parts.push(unit(`${signed(probe.value)}${error}`, unitOf(meta)));
    parts.push(`rank ${count(probe.rank)} of ${count(probe.of)}`);
  }
  parts.push(`input ${given(probe.raw)}`);
  return parts.join(" · ");
}

/** What the selected windows add up to; at once, from the values on show. */
export function selectionText(scene: SignalScene): string {
  const { map, meta, selected, signal } = scene;
  if (!selected.length) return "";
  if (!map || !meta) return windowText(scene, selected);
  const rows = map.windows(scene.window).map((row) => selected.reduce((sum, k) => sum + row[k]!, 0));
  const total = rows.reduce((sum, one) => sum + one, 0);
  const all = scene.sums.reduce((sum, one) => sum + one, 0);
  const share = all ? `, ${percent(total / all)} of Σ` : "";
  const strong = rows.map((value, c) => ({ value, name: signal.names[c]! }));
  strong.sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  const named = strong.slice(0, FEW).filter(({ value }) => value !== 0);
  const each = named.map(({ name, value }) => `${name} ${signed(value)}`).join(", ");
  const more = strong.length > 1 && each ? ` · strongest channels: ${each}` : "";
  return `Selected ${windowText(scene, selected)}: Σ ${unit(signed(total), unitOf(meta))}${share}${more}`;
}

/** The accessible name of the lines. */
export function summaryText(scene: SignalScene): string {
  const { meta, signal } = scene;
  const what = `Attribution over a signal of ${shapeText(signal)}`;
  if (!meta || !scene.map) return `${what}, waiting for the first picture`;
  return `${what}, ${meta.method_label} for ${meta.target.label}: ${strongestText(scene)}`;
}

/** What stands in place of a probe until there is one. */
export function hintText(scene: SignalScene): string {
  if (!scene.meta || !scene.map) return "";
  const words = strongestText(scene);
  if (!strongest(scene)) return "Every value is zero.";
  return `${words[0]!.toUpperCase()}${words.slice(1)}. Point at a line for its value; drag to add up windows.`;
}

function strongestText(scene: SignalScene): string {
  const unitNumber = scene.sums.reduce(
    (best, sum, k) => (Math.abs(sum) > Math.abs(scene.sums[best]!) ? k : best),
    0,
  );
  if (!strongest(scene)) return "every value is zero";
  const value = unit(signed(scene.sums[unitNumber]), unitOf(scene.meta));
  const rows = scene.map!.windows(scene.window);
  const size = (c: number) => Math.abs(rows[c]![unitNumber]!);
  const channel = rows.reduce((best, _, c) => (size(c) > size(best) ? c : best), 0);
  const mostly = rows.length > 1 ? `, most in ${scene.signal.names[channel]}` : "";
  return `strongest window ${value} at ${windowText(scene, [unitNumber])}${mostly}`;
}

const strongest = ({ map, grain }: SignalScene) => map?.means(grain).some((value) => value !== 0) ?? false;

/** What the shading behind the lines means. */
export function lightText(signed: boolean): string {
  return `Shaded where most of the attribution lies${signed ? ": warm supports, cool opposes" : ""}`;
}

/** What one colour stands for. */
export function colorText({ grain, meta }: SignalScene): string {
  const name = unitOf(meta) || "output";
  return grain === 1 ? unitOf(meta) : `${name} per sample, mean of ${count(grain)}`;
}

/** The accessible name of the bars below the lines. */
export function sumsText(scene: SignalScene): string {
  return `Sums of ${plural(scene.sums.length, "window")} of ${plural(scene.window, "sample")}`;
}
