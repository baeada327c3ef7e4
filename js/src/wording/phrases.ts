// Words and phrases of a text as they are named in sentences.
// Knows nothing about where the names are shown.
import type { TextInput } from "../kernel/protocol";
import { isolated } from "../numbers";
import { runsOf } from "../scenes/groups";
import { piecesOf } from "../scenes/text-pieces";

const SHORT = 64; // characters of a phrase that are written out

/** One word, in quotes where it is a mark that would be read as one of ours. */
export function wordName(input: TextInput, i: number): string {
  const text = input.units[i]?.text ?? "";
  return /[\p{L}\p{N}]/u.test(text) ? isolated(text) : `“${text}”`;
}

/** Writes units as the text has them, in quotes. */
export function quoter(input: TextInput): (units: readonly number[]) => string {
  const pieces = piecesOf(input, true);
  const written = (run: number[]) => {
    const from = pieces.findIndex(({ item }) => item === run[0]);
    const to = pieces.findLastIndex(({ item }) => item === run.at(-1));
    return pieces
      .slice(from, to + 1)
      .map(({ text, chip }) => (chip ? ` ${text} ` : text))
      .join("")
      .trim();
  };
  return (units) => {
    const text = runsOf(units).map(written).join(" … ");
    const short = text.length > SHORT ? `${text.slice(0, SHORT - 1).trimEnd()}…` : text;
    return `“${isolated(short)}”`;
  };
}
