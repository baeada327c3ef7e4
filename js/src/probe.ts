// What is known about one pixel, in one line.
// Knows nothing about where the line is shown.
import { count, number, signed, unit } from "./format";
import type { Probe } from "./scene";

const RGB = ["R", "G", "B"];

export function probeText(probe: Probe, unitName: string): string {
  const parts = [`Row ${probe.row}, column ${probe.column}`];
  if (probe.value !== null) {
    const error = probe.error ? ` ± ${number(probe.error)}` : "";
    parts.push(
      unit(`${signed(probe.value)}${error}`, unitName),
      `rank ${count(probe.rank)} of ${count(probe.of)}`,
    );
  }
  if (probe.channels.length) {
    const names = probe.channels.length === 3 ? RGB : probe.channels.map((_, c) => `ch ${c + 1}`);
    parts.push(names.map((name, c) => `${name} ${signed(probe.channels[c])}`).join("  "));
  }
  parts.push(`input ${probe.raw.join(" ")} of 255`);
  return parts.join(" · ");
}
