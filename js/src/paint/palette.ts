// Colours from the generated tables, and ink that reads on them. The definitions are those of color.py.
// Knows nothing about frames, canvases or the page.
import { BENDS, TABLES } from "./palette.tables";

export type Rgb = [number, number, number];

const CENTRE = 128;
const decoded = new Map<string, Uint8Array>();

export function isDiverging(colormap: string): boolean {
  return colormap === "RdBu" || colormap === "PuOr";
}

export function table(colormap: string, dark: boolean): Uint8Array {
  const name = (colormap in TABLES ? colormap : "RdBu") as keyof typeof TABLES;
  const key = `${name}${dark}`;
  const known = decoded.get(key);
  if (known) return known;
  const fresh = unpacked(TABLES[name][dark ? 1 : 0]);
  decoded.set(key, fresh);
  return fresh;
}

const ROWS = 256;
const FIRST = 35; // the sign of the first bend

/** Steps from row to row, from what they differ by; see the tables. */
function unpacked(written: string): Uint8Array {
  const colors = new Uint8Array(3 * ROWS);
  for (let i = 0; i < 6; i++) colors[i] = Number.parseInt(written.slice(2 * i, 2 * i + 2), 16);
  for (let i = 6; i < colors.length; i++) {
    const bend = written.charCodeAt(10 + Math.floor(i / 3)) - FIRST;
    colors[i] = 2 * colors[i - 3]! - colors[i - 6]! + Number(BENDS[3 * bend + (i % 3)]) - 4;
  }
  return colors;
}

/** Row of the table for a position in −1..1 on the symmetric scale; sequential maps take magnitudes. */
export function rowOf(position: number, diverging: boolean): number {
  return diverging ? CENTRE + Math.round(127 * position) : Math.round(255 * Math.abs(position));
}

export function colorAt(colormap: string, dark: boolean, position: number): Rgb {
  const at = 3 * rowOf(position, isDiverging(colormap));
  const [r = 0, g = 0, b = 0] = table(colormap, dark).subarray(at, at + 3);
  return [r, g, b];
}

export function css([r, g, b]: Rgb): string {
  return `rgb(${r} ${g} ${b})`;
}

/** WCAG 2 relative luminance, 0..1. */
export function luminance([r, g, b]: Rgb): number {
  const linear = (byte: number) => {
    const c = byte / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
}

/** Black or white, whichever reads better; the contrast is never below 4.5. */
export function textColor(background: Rgb): string {
  const light = luminance(background);
  return (light + 0.05) / 0.05 >= 1.05 / (light + 0.05) ? "#000000" : "#ffffff";
}
