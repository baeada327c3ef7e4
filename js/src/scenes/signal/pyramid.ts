// Least, largest and summed values of any stretch of a long row of numbers, without looking at each of them. Pure.
// Knows nothing about what the numbers mean.

const FACTOR = 8;

interface Level {
  lows: ArrayLike<number>;
  highs: ArrayLike<number>;
}

/** The least and the largest value of every block of 8, of 64, of 512 ... values. */
export class MinMax {
  #levels: Level[];

  constructor(values: ArrayLike<number>) {
    this.#levels = [{ lows: values, highs: values }];
    for (let size = Math.floor(values.length / FACTOR); size > 0; size = Math.floor(size / FACTOR))
      this.#levels.push(blocks(this.#levels.at(-1)!, size));
  }

  /** Of values from ≤ i < to, some of them; exact. */
  range(from: number, to: number): [number, number] {
    const ends: [number, number] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    let [lo, hi] = [from, to];
    for (let k = 0; lo < hi; k++) {
      const level = this.#levels[k]!;
      const top = k === this.#levels.length - 1;
      const first = top ? hi : Math.min(hi, Math.ceil(lo / FACTOR) * FACTOR);
      const last = Math.max(first, top ? hi : Math.floor(hi / FACTOR) * FACTOR);
      take(level, lo, first, ends);
      take(level, last, hi, ends);
      [lo, hi] = [first / FACTOR, last / FACTOR];
    }
    return ends;
  }
}

function take({ lows, highs }: Level, from: number, to: number, ends: [number, number]): void {
  for (let i = from; i < to; i++) {
    if (lows[i]! < ends[0]) ends[0] = lows[i]!;
    if (highs[i]! > ends[1]) ends[1] = highs[i]!;
  }
}

function blocks({ lows, highs }: Level, size: number): Level {
  const made = { lows: new Float32Array(size), highs: new Float32Array(size) };
  for (let i = 0, at = 0; i < size; i++) {
    let [low, high] = [lows[at]!, highs[at]!];
    for (const end = at + FACTOR; at < end; at++) {
      if (lows[at]! < low) low = lows[at]!;
      if (highs[at]! > high) high = highs[at]!;
    }
    made.lows[i] = low;
    made.highs[i] = high;
  }
  return made;
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
