// Areas of a picture as sets of numbers: what a stroke touches and encloses, lines around unions, steps from one to the next. Pure.
// Knows nothing about scores, the page or what is drawn.
import type { Numbers, Tensor } from "../kernel/decode";

/** In fractions of the picture: x to the right, y down. */
export type Point = readonly [x: number, y: number];
/** [row, column]. */
export type Pixel = readonly [row: number, column: number];
/** From x, y to x, y, in pixels of the picture; along one axis. */
export type Line = readonly [x0: number, y0: number, x1: number, y1: number];

export interface UnitMap {
  rows: number;
  columns: number;
  /** The unit of every pixel. */
  labels: Numbers;
  count: number;
  /** Units that share an edge with it. */
  neighbours: Set<number>[];
  /** Units at the picture's border. */
  outer: Set<number>;
  /** Where every unit lies. */
  bounds: Bounds[];
}

/** First and last rows and columns. */
export interface Bounds {
  top: number;
  bottom: number;
  left: number;
  right: number;
}

/** The map of some labels; `known` itself where nothing has changed. */
export function unitMap({ shape, data }: Tensor, known: UnitMap | null = null): UnitMap {
  const [rows = 1, columns = 1] = shape;
  const same = known?.rows === rows && known.columns === columns;
  if (same && known.labels.every((unit: number, i: number) => unit === data[i])) return known;
  let count = 0;
  for (const unit of data) count = Math.max(count, unit + 1);
  const neighbours = Array.from({ length: count }, () => new Set<number>());
  const bounds = Array.from({ length: count }, () => ({ top: rows, bottom: -1, left: columns, right: -1 }));
  const made: UnitMap = { rows, columns, labels: data, count, neighbours, outer: new Set(), bounds };
  for (let at = 0; at < data.length; at++) place(made, at);
  return made;
}

/** How many planes of labels there are: 1 of a picture (H, W), D of a volume (D, H, W). */
export function planesOf(labels: Tensor | undefined): number {
  return labels?.shape.length === 3 ? labels.shape[0]! : 1;
}

export function planeAt({ shape, data }: Tensor, plane: number): Tensor {
  const [, rows = 1, columns = 1] = shape;
  return {
    shape: [rows, columns],
    data: data.subarray(plane * rows * columns, (plane + 1) * rows * columns),
  };
}

/** A plane in the middle of those that a unit lies in. */
export function planeWith(labels: Tensor, unit: number): number {
  const found = Array.from({ length: planesOf(labels) }, (_, plane) => plane).filter((plane) =>
    planeAt(labels, plane).data.includes(unit),
  );
  return found[Math.floor(found.length / 2)] ?? 0;
}

function place({ rows, columns, labels, neighbours, outer, bounds }: UnitMap, at: number): void {
  const [row, column, unit] = [Math.floor(at / columns), at % columns, labels[at]!];
  const join = (other: number) => {
    if (other === unit) return;
    neighbours[unit]!.add(other);
    neighbours[other]!.add(unit);
  };
  if (column + 1 < columns) join(labels[at + 1]!);
  if (row + 1 < rows) join(labels[at + columns]!);
  if (row === 0 || column === 0 || row === rows - 1 || column === columns - 1) outer.add(unit);
  const box = bounds[unit]!;
  box.top = Math.min(box.top, row);
  box.bottom = row;
  box.left = Math.min(box.left, column);
  box.right = Math.max(box.right, column);
}

export function boundsOf({ bounds }: UnitMap, units: readonly number[]): Bounds {
  const found = units.flatMap((unit) => bounds[unit] ?? []);
  return {
    top: Math.min(...found.map(({ top }) => top)),
    bottom: Math.max(...found.map(({ bottom }) => bottom)),
    left: Math.min(...found.map(({ left }) => left)),
    right: Math.max(...found.map(({ right }) => right)),
  };
}

/** The pixel under a point; points outside of the picture are moved to its edge. */
export function pixelAt({ rows, columns }: UnitMap, [x, y]: Point): Pixel {
  const clamp = (place: number, size: number) => Math.min(size - 1, Math.max(0, Math.floor(place * size)));
  return [clamp(y, rows), clamp(x, columns)];
}

export function unitAt({ columns, labels }: UnitMap, [row, column]: Pixel): number {
  return labels[row * columns + column]!;
}

/** Units under the straight line between two points. */
export function touched(map: UnitMap, from: Point, to: Point): Set<number> {
  const length = Math.max(Math.abs(to[0] - from[0]) * map.columns, Math.abs(to[1] - from[1]) * map.rows);
  const steps = Math.max(1, Math.ceil(4 * length));
  const units = new Set<number>();
  for (let k = 0; k <= steps; k++) {
    const share = k / steps;
    const point: Point = [from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])];
    units.add(unitAt(map, pixelAt(map, point)));
  }
  return units;
}

/** Units with no way to the picture's border but through `wall`. */
export function enclosed(map: UnitMap, wall: ReadonlySet<number>): number[] {
  const free = new Set([...map.outer].filter((unit) => !wall.has(unit)));
  for (const unit of free) {
    for (const next of map.neighbours[unit]!) if (!wall.has(next)) free.add(next); // grows while it is walked
  }
  return map.neighbours.flatMap((_, unit) => (free.has(unit) || wall.has(unit) ? [] : [unit]));
}

/** A stroke's units, touched and enclosed, ascending. */
export function lassoed(map: UnitMap, wall: ReadonlySet<number>): number[] {
  return [...wall, ...enclosed(map, wall)].sort((a, b) => a - b);
}

export type Mode = "replace" | "add" | "remove";

/** A selection after `units` replaced it, joined it or left it; ascending. */
export function combined(selected: readonly number[], units: readonly number[], mode: Mode): number[] {
  const set = new Set(mode === "replace" ? [] : selected);
  for (const unit of units) mode === "remove" ? set.delete(unit) : set.add(unit);
  return [...set].sort((a, b) => a - b);
}

/** Lines between pixels of different groups; also along the border where it is not in group `outside`. */
export function seams(map: UnitMap, groupOf: ArrayLike<number>, outside?: number): Line[] {
  const { rows, columns, labels } = map;
  const group = (row: number, column: number) =>
    row < 0 || column < 0 || row >= rows || column >= columns
      ? outside
      : groupOf[labels[row * columns + column]!];
  const differ = (a: number | undefined, b: number | undefined) =>
    a !== b && a !== undefined && b !== undefined;
  const level = runs(rows + 1, columns, (y, x) => differ(group(y - 1, x), group(y, x)));
  const upright = runs(columns + 1, rows, (x, y) => differ(group(y, x - 1), group(y, x)));
  return [
    ...level.map(([y, from, to]): Line => [from, y, to, y]),
    ...upright.map(([x, from, to]): Line => [x, from, x, to]),
  ];
}

/** The line around a union of units, holes included. */
export function outline(map: UnitMap, units: readonly number[]): Line[] {
  const inside = new Uint8Array(map.count);
  for (const unit of units) inside[unit] = 1;
  return seams(map, inside, 0);
}

/** [line, first, last + 1] of every stretch of a line for which `holds`. */
function runs(lines: number, length: number, holds: (line: number, place: number) => boolean) {
  const found: [number, number, number][] = [];
  for (let line = 0; line < lines; line++) {
    let start = -1;
    for (let place = 0; place <= length; place++) {
      const on = place < length && holds(line, place);
      if (on && start < 0) start = place;
      if (on || start < 0) continue;
      found.push([line, start, place]);
      start = -1;
    }
  }
  return found;
}

/** From a pixel straight on to the middle of the next group; the same pixel where there is none. */
export function stepped(map: UnitMap, groupOf: ArrayLike<number>, from: Pixel, [down, right]: Pixel): Pixel {
  const group = ([row, column]: Pixel) =>
    row < 0 || column < 0 || row >= map.rows || column >= map.columns
      ? undefined
      : groupOf[unitAt(map, [row, column])];
  const onward = ([row, column]: Pixel): Pixel => [row + down, column + right];
  let first = from;
  while (group(first) === group(from)) first = onward(first);
  if (group(first) === undefined) return from;
  let last = first;
  while (group(onward(last)) === group(first)) last = onward(last);
  return [Math.floor((first[0] + last[0]) / 2), Math.floor((first[1] + last[1]) / 2)];
}

/** The unit's pixel nearest to its middle. */
export function middleOf(map: UnitMap, unit: number): Pixel {
  const { top, bottom, left, right } = boundsOf(map, [unit]);
  const [row, column] = [(top + bottom) / 2, (left + right) / 2];
  let best: Pixel = [top, left];
  let nearest = Number.POSITIVE_INFINITY;
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const distance = (y - row) ** 2 + (x - column) ** 2;
      if (distance < nearest && unitAt(map, [y, x]) === unit) [best, nearest] = [[y, x], distance];
    }
  }
  return best;
}
