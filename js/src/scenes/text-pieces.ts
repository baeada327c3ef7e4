// A text cut into what is highlighted and what is not. Joined, the pieces that are no chips are the text exactly.
// Knows nothing about values, colours or the page.
import type { TextInput } from "../kernel/protocol";

export interface Piece {
  text: string;
  /** Index of the word or token; −1 for text that belongs to none. */
  item: number;
  /** A token without text of its own, like [CLS]. */
  chip: boolean;
  /** Which of several texts it stands in. */
  part: number;
}

export function piecesOf(input: TextInput, words: boolean): Piece[] {
  const itemOf = (token: number) => (words ? (input.tokens[token]?.unit ?? -1) : token);
  const written = new Set(input.segments.filter(([, token]) => token >= 0).map(([, token]) => itemOf(token)));
  const names = words ? input.units : input.tokens;
  const chips = names.flatMap(({ text }, item) =>
    written.has(item) ? [] : [{ text, item, chip: true, part: 0 }],
  );
  const pieces: Piece[] = [];
  const partOf = (at: number) => (input.starts ?? [0]).filter((start) => start <= at).length - 1;
  input.segments.forEach(([text, token], at) => {
    const item = token < 0 ? enclosing(input, at, itemOf) : itemOf(token);
    const unread = item < 0 && at === input.segments.length - 1;
    while (chips[0] && (unread || chips[0].item < item)) {
      pieces.push({ ...chips.shift()!, part: pieces.at(-1)?.part ?? 0 });
    }
    const last = pieces.at(-1);
    if (last && item >= 0 && last.item === item && !last.chip) last.text += text;
    else pieces.push({ text, item, chip: false, part: partOf(at) });
  });
  pieces.push(...chips.map((chip) => ({ ...chip, part: partOf(input.segments.length) })));
  return words ? pieces.flatMap(spaced) : pieces;
}

/** Every text as it was written, without the end of a line between two. */
export function writtenTexts({ segments, starts = [0] }: TextInput): string[] {
  const whole = (from: number, to?: number) =>
    segments
      .slice(from, to)
      .map(([text]) => text)
      .join("");
  return starts.map((start, i) => {
    const next = starts[i + 1];
    return next === undefined ? whole(start) : whole(start, next).replace(/\n$/, "");
  });
}

/** The pieces of every text; the end of a line between two belongs to neither. */
export function textsOf(input: TextInput, words: boolean): { title: string; pieces: Piece[] }[] {
  const pieces = piecesOf(input, words);
  return (input.titles ?? [""]).map((title, part) => {
    const own = pieces.filter((piece) => piece.part === part);
    const between = own.findLast(({ chip }) => !chip);
    const drawn = own.filter((piece) => piece !== between || piece.item >= 0 || piece.text !== "\n");
    return { title, pieces: drawn };
  });
}

/** The space before a word is a token to some models, and is not drawn as part of the word. */
function spaced(piece: Piece): Piece[] {
  const space = piece.chip || piece.item < 0 ? "" : (/^\s+(?=\S)/.exec(piece.text)?.[0] ?? "");
  if (!space) return [piece];
  return [
    { ...piece, text: space, item: -1 },
    { ...piece, text: piece.text.slice(space.length) },
  ];
}

/** Text between two tokens of one word belongs to that word. */
function enclosing(input: TextInput, at: number, itemOf: (token: number) => number): number {
  const before = input.segments[at - 1]?.[1] ?? -1;
  const after = input.segments[at + 1]?.[1] ?? -1;
  if (before < 0 || after < 0) return -1;
  return itemOf(before) === itemOf(after) ? itemOf(before) : -1;
}
