// A map over a picture, added up over regions of it: every pixel has the sum of its region, and the sums add up to that of the map. Pure.
// Knows nothing about the page, the model or colours.
import type { Tensor } from "../kernel/decode";
import { rankOf } from "./statistics";

export interface RegionSums {
  /** By region. */
  sums: Float64Array;
  /** At every pixel the sum of its region. */
  values: Float64Array;
  /** The region of a pixel. */
  at(row: number, column: number): number;
}

/** What is known of one region: its number from 0, its sum, its share of the sum of all, its rank. */
export interface RegionProbe {
  region: number;
  of: number;
  sum: number;
  share: number;
  rank: number;
}

export function regionSums(labels: Tensor, map: Tensor): RegionSums {
  const [rows = 1, columns = 1] = map.shape;
  const [height = 1, width = 1] = labels.shape;
  const at = (row: number, column: number) =>
    labels.data[Math.floor((row * height) / rows) * width + Math.floor((column * width) / columns)]!;
  let most = 0;
  for (const label of labels.data) most = Math.max(most, label);
  const sums = new Float64Array(most + 1);
  const of = new Int32Array(rows * columns);
  for (let i = 0; i < of.length; i++) {
    of[i] = at(Math.floor(i / columns), i % columns);
    sums[of[i]!]! += map.data[i] || 0;
  }
  return { sums, values: Float64Array.from(of, (region) => sums[region]!), at };
}

/** A region's number from 1, at one of its pixels. */
export interface Mark {
  text: string;
  row: number;
  column: number;
}

const TOLD = 2; // regions that speak most for it, and as many against it: those the sentence names

/** Where to write the numbers of the regions that matter most: at the pixel of each that is nearest to its middle. */
export function marksOf({ sums, at }: RegionSums, rows: number, columns: number): Mark[] {
  const order = Array.from(sums.keys()).sort((a, b) => sums[b]! - sums[a]!);
  const first = order.slice(0, TOLD).filter((region) => sums[region]! > 0);
  const last = order.slice(-TOLD).filter((region) => sums[region]! < 0);
  return [...first, ...last].map((region) => {
    const own: [number, number][] = [];
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++)
        if (at(row, column) === region) own.push([row, column]);
    const middle = [0, 1].map((k) => own.reduce((sum, place) => sum + place[k]!, 0) / own.length);
    const far = ([row, column]: [number, number]) => Math.hypot(row - middle[0]!, column - middle[1]!);
    const [row, column] = own.reduce((best, place) => (far(place) < far(best) ? place : best));
    return { text: String(region + 1), row, column };
  });
}

export function regionProbe({ sums, at }: RegionSums, row: number, column: number): RegionProbe {
  const region = at(row, column);
  const sum = sums[region]!;
  const all = sums.reduce((total, one) => total + one, 0);
  return { region, of: sums.length, sum, share: all === 0 ? Number.NaN : sum / all, rank: rankOf(sums, sum) };
}
