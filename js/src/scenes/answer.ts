// One answer to draw, and the answers it may share a colour scale with. Pure.
// Knows nothing about kinds of inputs.
import type { Tensor } from "../kernel/decode";
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

/** Where an answer lies, as a light, and which sign is clear there. */
export interface Light {
  /** Bytes, 0 dark to 255 lit. */
  light: Tensor;
  /** Bytes around 128: above supports, below opposes. */
  hue: Tensor;
}

const NEITHER = 128; // the hue of no clear sign

export function lightOf(frame: Frame | null): Light | null {
  const { light, hue } = frame?.arrays ?? {};
  return light && hue ? { light, hue } : null;
}

/** From −1, where it clearly opposes, over 0, where neither sign is clear, to 1. */
export const signAt = (hue: number): number => (hue - NEITHER) / (255 - NEITHER);

/** Whether a sign is clear anywhere. */
export const isSigned = ({ hue }: Pick<Light, "hue">): boolean => hue.data.some((one) => one !== NEITHER);
