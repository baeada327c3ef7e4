// Everything known about a word, a token or a feature, in words.
// Knows nothing about where the words are shown.
import { count, MISSING, number, percent, signed, unit } from "../numbers";
import type { Item, ItemScene } from "../scenes/items";

/** For the tip of a word. */
export function wordText(item: Item, scene: ItemScene): string {
  const more = item.detail ? `; ${item.detail}` : "";
  return `${valueText(item, scene)}, ${rankText(item, scene)}${more}`;
}

/** The name of a bar. */
export function barText(item: Item, note: string | undefined, scene: ItemScene): string {
  const name = nameText(item, note);
  if (item.value === null) return item.unknown ? `${name}: ${item.unknown}` : name;
  const more = item.detail ? `, ${item.detail}` : "";
  return `${name}: ${valueText(item, scene)}${more}, ${rankText(item, scene)}`;
}

/** For the tip of a bar: the same in up to three lines. */
export function barLines(item: Item, note: string | undefined, scene: ItemScene): string[] {
  const name = nameText(item, note);
  if (item.value === null) return item.unknown ? [name, item.unknown] : [name];
  const rank = rankText(item, scene);
  if (item.detail) return [`${name}: ${signed(item.value)}`, item.detail, rank];
  return [name, valueText(item, scene), rank];
}

function nameText({ text }: Item, note: string | undefined): string {
  if (!note) return text;
  return note === MISSING ? `${text} ${note}` : `${text} = ${note}`;
}

function valueText({ value, error }: Item, scene: ItemScene): string {
  return unit(`${signed(value)}${error ? ` ± ${number(error)}` : ""}`, scene.unit);
}

function rankText({ rank, share }: Item, { items }: ItemScene): string {
  const known = items.filter(({ unknown }) => unknown === undefined).length;
  return `rank ${count(rank)} of ${count(known)}, ${percent(share)} of all`;
}
