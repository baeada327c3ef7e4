// The logarithmic step slider: position i stands for 2^i + 1 path points.
// Knows nothing about the slider element.

export function stepsAt(position: number): number {
  return 2 ** position + 1;
}

export function positionOf(steps: number): number {
  return Math.log2(Math.max(1, steps - 1));
}

/** Whole slider positions within [min, max] path points. */
export function positions(min: number, max: number): { first: number; last: number } {
  return { first: Math.ceil(positionOf(min)), last: Math.floor(positionOf(max)) };
}
