// Everything known about a word, a token or a feature, in words.
// Knows nothing about where the words are shown.
import { count, number, percent, signed, unit } from "../numbers";
import type { Item, ItemScene } from "../scenes/items";

/** For the tip of a word. */
export function wordText(item: Item, scene: ItemScene): string {
  const more = item.detail ? `; ${item.detail}` : "";
  return `${valueText(item, scene)}, ${rankText(item, scene)}${more}`;
}

/** For the tip of a bar and its name. */
export function barText(item: Item, note: string | undefined, scene: ItemScene): string {
  const name = note ? `${item.text} ${note}` : item.text;
  if (item.value === null) return item.unknown ? `${name}: ${item.unknown}` : name;
  const more = item.detail ? `, ${item.detail}` : "";
  return `${name}: ${valueText(item, scene)}${more}, ${rankText(item, scene)}`;
}

function valueText({ value, error }: Item, scene: ItemScene): string {
  return unit(`${signed(value)}${error ? ` ± ${number(error)}` : ""}`, scene.unit);
}

function rankText({ rank, share }: Item, { items }: ItemScene): string {
  const known = items.filter(({ unknown }) => unknown === undefined).length;
  return `rank ${count(rank)} of ${count(known)}, ${percent(share)} of all`;
}
