// An answer over a text -> one item per word or per token. Pure.
// Knows nothing about the page, the model or colours.
import type { ViewOptions } from "../kernel/options";
import type { Frame, TextInput, TextToken } from "../kernel/protocol";
import { isolated } from "../numbers";
import { mapsOf } from "./answer";
import { type Item, type ItemScene, itemScene, itemsOf } from "./items";
import { scaleOf } from "./scale";

/** One item per word (`view` "words") or per token of the model. */
export function textScene(
  input: TextInput,
  frame: Frame | null,
  options: ViewOptions,
  diverging: boolean,
  together: Frame[] = [],
): ItemScene {
  const words = options.view !== "tokens";
  const parts: Partial<TextToken>[] = words ? input.units : input.tokens;
  const names = parts.map(({ text }) => text ?? "");
  const name = words ? "units" : "values";
  const values = frame?.arrays[name]?.data;
  const errors = frame?.arrays[words ? "unit_error" : "error"]?.data;
  const scale = scaleOf(values ?? [], options, diverging, mapsOf(together, name));
  const items = itemsOf(names, values, errors).map((item, i) => ({ ...item, ...noted(parts[i]!) }));
  return itemScene(items, frame, scale);
}

/** What is to be known of a token beside its text. */
function noted({ text, name, unknown }: Partial<TextToken>): Pick<Item, "detail"> {
  const other = name && name !== text ? `“${isolated(name)}”` : "";
  if (unknown)
    return {
      detail: `not ${other ? `in the vocabulary: the model sees ${other}` : "all in the vocabulary"}`,
    };
  return other ? { detail: `token ${other}` } : {};
}

/** Values of tokens added up by word. */
export function sumsByWord(input: TextInput, perToken: ArrayLike<number>): Float32Array {
  const sums = new Float32Array(input.units.length);
  input.tokens.forEach((token, i) => {
    sums[token.unit]! += perToken[i] ?? 0;
  });
  return sums;
}
