// One answer to draw, and the answers it may share a colour scale with. Pure.
// Knows nothing about kinds of inputs.
import type { Frame, Traits } from "../kernel/protocol";

export interface Answer {
  /** Null before the first. */
  frame: Frame | null;
  /** Answers on show together, the main one first; [] for this one alone. */
  together: Frame[];
  /** What groups are made of: a selection is numbers of such units. */
  units?: Traits["units"];
}

/** The arrays of one name of some answers. */
export function mapsOf(frames: Frame[], name: string): ArrayLike<number>[] {
  return frames.map((frame) => frame.arrays[name]?.data ?? []);
}
