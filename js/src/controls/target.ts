// The choice of what is explained: the likely classes first, then all of them, with a search among many; and what is subtracted.
// Knows nothing about models or how a target is computed.
import type { Target, TargetOptions } from "../kernel/options";
import type { Choices, Meta, TargetChoice } from "../kernel/protocol";
import { percent } from "../numbers";
import { icon, make, setAttribute, setText } from "../ui/dom";
import { type OptionGroup, selectField } from "../ui/fields";
import { againstOf, classOf, targetLabel } from "../wording/settings";

/** More classes than this get a search field. */
const MANY = 30;

export interface TargetField {
  node: HTMLElement;
  inputs: (HTMLSelectElement | HTMLInputElement | HTMLButtonElement)[];
  sync(choices: Choices, options: TargetOptions, explained: Meta["target"] | undefined): void;
}

export function createTargetField(
  ask: (changes: Partial<TargetOptions>) => void,
  signal: AbortSignal,
): TargetField {
  const chosen = (target: Target) => ask({ target });
  const title = "The class whose score is explained; change it to ask why not another answer";
  const field = selectField("Target", (value) => chosen(JSON.parse(value)), signal, title);
  const search = make("input", {
    type: "search",
    class: "whylight-search",
    "aria-label": "Search classes",
    placeholder: "Search",
    title: "Type part of a class name, then press Enter for the first match",
    hidden: true,
  });
  const remove = () => {
    field.select.focus(); // the button goes away
    ask({ against: null });
  };
  const contrast = createContrast(remove, signal);
  const node = make("div", { class: "whylight-target" }, field.node, contrast.node, search);
  let last: Parameters<TargetField["sync"]> = [{}, { target: null, against: null }, undefined];

  const sync: TargetField["sync"] = (choices, wanted, explained) => {
    last = [choices, wanted, explained];
    const against = againstOf(choices, wanted, explained);
    contrast.show(against === null ? "" : targetLabel(choices, against));
    const named = wanted.target ?? explained?.value ?? choices.targets?.[0]?.value ?? null;
    const shown = against === null ? named : classOf(choices, wanted, explained);
    search.hidden = (choices.labels?.length ?? 0) <= MANY && denseOf(choices).length <= MANY;
    field.offer(groupsOf(choices, shown, explained, search.value), JSON.stringify(shown));
  };
  search.addEventListener("input", () => sync(...last), { signal });
  const enter = (event: KeyboardEvent) => {
    if (event.key !== "Enter") return;
    const [first] = matches(last[0].labels ?? [], search.value);
    const [place] = named(denseOf(last[0]), search.value);
    if (first !== undefined) chosen(first);
    else if (place) chosen(place.value);
  };
  search.addEventListener("keydown", enter, { signal });
  return { node, inputs: [field.select, search, contrast.node], sync };
}

/** What is subtracted, and a click away from being so no longer. */
function createContrast(remove: () => void, signal: AbortSignal) {
  const name = make("span", { class: "whylight-contrast-name" });
  const style = "whylight-button whylight-contrast";
  const node = make("button", { type: "button", class: style, hidden: true }, name, icon("error"));
  node.addEventListener("click", remove, { signal });
  const show = (label: string) => {
    node.hidden = label === "";
    setText(name, `\u2212 ${label}`);
    setAttribute(node, "aria-label", `Remove contrast with ${label}`);
    setAttribute(node, "title", `Why the target rather than ${label}; click to explain the target alone`);
  };
  return { node, show };
}

function groupsOf(
  choices: Choices,
  shown: Target,
  explained: Meta["target"] | undefined,
  query: string,
): OptionGroup[] {
  const likely = (choices.targets ?? []).filter(({ group }) => !group);
  const labels = choices.labels ?? [];
  const found = matches(labels, query);
  const groups = [
    { label: denseOf(choices).length ? "" : "Most likely", options: likely.map(likelyOption) },
    ...denseGroups(choices, query),
  ];
  if (labels.length > likely.length) {
    const count = found.length || "no";
    const label = query ? `All classes, ${count} match` : "All classes";
    groups.push({ label, options: found.map((i) => ({ value: String(i), label: labels[i] ?? String(i) })) });
  }
  if (!groups.some(({ options }) => options.some(({ value }) => value === JSON.stringify(shown)))) {
    const name = typeof shown === "number" ? labels[shown] : shown;
    const label = (explained?.value === shown && explained?.label) || name || "Model output";
    groups.unshift({ label: "", options: [{ value: JSON.stringify(shown), label }] });
  }
  return groups.filter(({ label, options }) => options.length > 0 || label.endsWith("no match"));
}

/** The targets within dense outputs: tokens, regions, boxes, steps. */
function denseOf(choices: Choices): TargetChoice[] {
  return (choices.targets ?? []).filter(({ group }) => group);
}

function denseGroups(choices: Choices, query: string): OptionGroup[] {
  const dense = denseOf(choices);
  const names = [...new Set(dense.map(({ group }) => group ?? ""))];
  return names.map((name) => {
    const found = named(
      dense.filter(({ group }) => group === name),
      query,
    );
    const label = query ? `${name}, ${found.length || "no"} match` : name;
    return { label, options: found.map(likelyOption) };
  });
}

function named(choices: TargetChoice[], query: string): TargetChoice[] {
  const wanted = query.trim().toLowerCase();
  return choices.filter(({ label }) => label.toLowerCase().includes(wanted));
}

function likelyOption({ value, label, probability }: TargetChoice) {
  const chance = probability == null ? "" : ` · ${percent(probability)}`;
  return { value: JSON.stringify(value), label: `${label}${chance}` };
}

function matches(labels: string[], query: string): number[] {
  const wanted = query.trim().toLowerCase();
  return labels.flatMap((label, i) => (label.toLowerCase().includes(wanted) ? [i] : []));
}
