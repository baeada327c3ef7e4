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
  const explained = explainedOf(input, frame, words);
  const items = itemsOf(names, values, errors).map((item, i) => ({
    ...item,
    ...noted(parts[i]!, i === explained),
  }));
  return itemScene(items, frame, scale);
}

/** The word or token whose label is explained; −1 where that of the whole text is. */
function explainedOf(input: TextInput, frame: Frame | null, words: boolean): number {
  const place = frame?.meta.target?.place ?? -1;
  return words ? (input.tokens[place]?.unit ?? -1) : place;
}

/** What is to be known of a token beside its text. */
function noted(token: Partial<TextToken>, explained: boolean): Pick<Item, "detail" | "explained"> {
  const known = [nameText(token), explained ? "its label is explained" : ""].filter(Boolean);
  return { ...(known.length > 0 && { detail: known.join("; ") }), ...(explained && { explained }) };
}

function nameText({ text, name, unknown }: Partial<TextToken>): string {
  const other = name && name !== text ? `“${isolated(name)}”` : "";
  if (unknown) return `not ${other ? `in the vocabulary: the model sees ${other}` : "all in the vocabulary"}`;
  return other ? `token ${other}` : "";
}

/** Values of tokens added up by word. */
export function sumsByWord(input: TextInput, perToken: ArrayLike<number>): Float32Array {
  const sums = new Float32Array(input.units.length);
  input.tokens.forEach((token, i) => {
    sums[token.unit]! += perToken[i] ?? 0;
  });
  return sums;
}
