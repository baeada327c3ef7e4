// An answer about several inputs -> one answer about each. Pure.
// Knows nothing about kinds of inputs, the page or the model.
import { restored } from "../kernel/compared";
import type { Frame } from "../kernel/protocol";
import type { Answer } from "./answer";

/** The answer about one input: its own arrays and scales. */
export function partOf(answer: Answer, i: number): Answer {
  const frame = answer.frame && frameOf(answer.frame, i);
  return { frame, together: answer.together.map((one) => frameOf(one, i)) };
}

const known = new WeakMap<Frame, Frame[]>();

/** The same object every time, so that what was worked out about its arrays is found again. */
function frameOf(frame: Frame, i: number): Frame {
  const frames = known.get(frame) ?? [];
  known.set(frame, frames);
  frames[i] ??= made(frame, i);
  return frames[i];
}

function made({ seq, meta, arrays }: Frame, i: number): Frame {
  const own = Object.entries(arrays).flatMap(([name, array]) =>
    name.startsWith(`${i}.`) ? [[name.slice(`${i}.`.length), array]] : [],
  );
  const { value_scale } = meta.parts?.[i] ?? {}; // its own, or none
  return restored({
    seq,
    meta: { ...meta, ...meta.parts?.[i], value_scale: value_scale ?? null, readings: {} },
    arrays: Object.fromEntries(own),
  });
}
