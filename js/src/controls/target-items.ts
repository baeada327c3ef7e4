// What can be explained, and what can be subtracted from it, as lists with probabilities: likely ones first, then all. Pure.
// Knows nothing about the page.
import type { Target } from "../kernel/options";
import type { Choices, Meta, TargetChoice } from "../kernel/protocol";
import { percent } from "../numbers";
import type { Item, ItemGroup } from "../ui/list/items";
import { chancesOf, denseOf, likelyOf, nameOf } from "../wording/answers";
import { targetLabel } from "../wording/settings";

type Explained = Meta["target"] | undefined;

/** Everything that can be explained; one that is explained and not among it comes first. */
export function targetGroups(choices: Choices, shown: Target, explained: Explained): ItemGroup[] {
  const groups = [
    { label: denseOf(choices).length ? "" : "Most likely", items: likelyOf(choices).map(itemOf) },
    ...denseGroups(choices),
    { label: "All classes", items: classesBeyond(choices) },
  ];
  const key = JSON.stringify(shown);
  if (!groups.some(({ items }) => items.some(({ value }) => value === key)))
    groups.unshift({ label: "", items: [{ value: key, label: nameOf(choices, shown, explained) }] });
  return groups.filter(({ items }) => items.length > 0);
}

/** Nothing, then all that can be subtracted from what is explained; [] where that is a number without others. */
export function opponentGroups(choices: Choices, shown: Target, against: Target): ItemGroup[] {
  const own = JSON.stringify(shown);
  const others = targetGroups(choices, shown, undefined)
    .map(({ label, items }) => ({ label, items: items.filter(({ value }) => value !== own) }))
    .filter(({ items }) => items.length > 0);
  const key = JSON.stringify(against);
  const known = against === null || others.some(({ items }) => items.some(({ value }) => value === key));
  if (!known) others.unshift({ label: "", items: [{ value: key, label: targetLabel(choices, against) }] });
  const nothing = { value: "null", label: "Nothing" };
  return others.length ? [{ label: "", items: [nothing] }, ...others] : [];
}

function itemOf({ value, label, probability }: TargetChoice): Item {
  const item = { value: JSON.stringify(value), label };
  return probability == null ? item : { ...item, aside: percent(probability) };
}

function denseGroups(choices: Choices): ItemGroup[] {
  const dense = denseOf(choices);
  const names = [...new Set(dense.map(({ group }) => group ?? ""))];
  return names.map((name) => ({
    label: name,
    items: dense.filter(({ group }) => group === name).map(itemOf),
  }));
}

/** Every class, where there are more than the likely ones. */
function classesBeyond(choices: Choices): Item[] {
  const labels = choices.labels ?? [];
  if (labels.length <= likelyOf(choices).length) return [];
  const chances = chancesOf(choices);
  return labels.map((label, i) => itemOf({ value: i, label, probability: chances?.[i] ?? null }));
}
