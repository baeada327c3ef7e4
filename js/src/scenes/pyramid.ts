// Least, largest and summed values of any stretch of a long row of numbers, without looking at each of them. Pure.
// Knows nothing about what the numbers mean.

const FACTOR = 8;

/** The least and the largest value of every block of 8, of 64, of 512 ... values. */
export class MinMax {
  #lows: ArrayLike<number>[];
  #highs: ArrayLike<number>[];

  constructor(values: ArrayLike<number>) {
    [this.#lows, this.#highs] = [[values], [values]];
    for (let size = Math.floor(values.length / FACTOR); size > 0; size = Math.floor(size / FACTOR)) {
      this.#lows.push(blocks(this.#lows.at(-1)!, size, Math.min));
      this.#highs.push(blocks(this.#highs.at(-1)!, size, Math.max));
    }
  }

  /** Of values from ≤ i < to, some of them; exact. */
  range(from: number, to: number): [number, number] {
    let [low, high, lo, hi] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, from, to];
    for (let level = 0; lo < hi; level++) {
      const [lows, highs] = [this.#lows[level]!, this.#highs[level]!];
      const top = level === this.#lows.length - 1;
      const take = (i: number) => {
        if (lows[i]! < low) low = lows[i]!;
        if (highs[i]! > high) high = highs[i]!;
      };
      while (lo < hi && (top || lo % FACTOR)) take(lo++);
      while (lo < hi && hi % FACTOR) take(--hi);
      [lo, hi] = [lo / FACTOR, hi / FACTOR];
    }
    return [low, high];
  }
}

function blocks(below: ArrayLike<number>, size: number, of: (a: number, b: number) => number): Float32Array {
  const found = new Float32Array(size);
  for (let i = 0, at = 0; i < size; i++) {
    let value = below[at++]!;
    for (let k = 1; k < FACTOR; k++) value = of(value, below[at++]!);
    found[i] = value;
  }
  return found;
}

/** Sums of stretches, from the sums of all beginnings; what is not finite counts as nothing. */
export class Sums {
  #until: Float64Array;

  constructor(values: ArrayLike<number>) {
    this.#until = new Float64Array(values.length + 1);
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      this.#until[i + 1] = this.#until[i]! + (Number.isFinite(value) ? value : 0);
    }
  }

  /** Of values from ≤ i < to. */
  between(from: number, to: number): number {
    return this.#until[to]! - this.#until[from]!;
  }
}
