// What can be compared, as a group of checkboxes; the one on show above is ticked for good.
// Knows nothing about maps or how they are computed.
import type { Wanted } from "../../controls/compute";
import { type Feed, settingKey } from "../../kernel/feed";
import type { Choice, Choices, Kind, Setting } from "../../kernel/protocol";
import { number, percent } from "../../numbers";
import { make, setText } from "../../ui/dom";
import { createThumbnail } from "../../ui/thumbnail";
import { labelOf } from "./small-multiples";

export interface Checks {
  node: HTMLElement;
  sync(kind: Kind, choices: Choices, wanted: Wanted, feed: Feed, frozen: boolean): void;
}

interface Offered {
  setting: Setting;
  label: string;
  title: string;
  choice: Choice | null;
  main: boolean;
}

interface Box {
  input: HTMLInputElement;
  name: HTMLElement;
}

const NAMES: Record<Kind, string> = {
  method: "Methods to compare",
  target: "Targets to compare",
  baseline: "Baselines to compare",
};

export function createChecks(ask: (compare: Setting[]) => void, signal: AbortSignal): Checks {
  const node = make("div", { class: "whylight-checks", role: "group" });
  let wanted: Wanted | null = null;
  let offered = "";
  let boxes = new Map<string, Box>();
  const toggle = (event: Event) => {
    const box = event.target as HTMLInputElement;
    const setting = JSON.parse(box.value) as Setting;
    const others = (wanted?.compare ?? []).filter((other) => settingKey(other) !== settingKey(setting));
    ask(box.checked ? [...others, setting] : others);
  };
  node.addEventListener("change", toggle, { signal });

  const sync: Checks["sync"] = (kind, choices, now, feed, frozen) => {
    wanted = now;
    const list = offers(kind, choices, now, feed);
    const key = JSON.stringify(list.map(({ setting, choice }) => [setting, choice?.text, !!choice?.picture]));
    if (key !== offered) {
      boxes = new Map();
      node.replaceChildren(...list.map((offer) => check(offer, boxes)));
    }
    offered = key;
    node.setAttribute("aria-label", NAMES[kind]);
    const compared = new Set((now.compare ?? []).map(settingKey));
    for (const { setting, label, main } of list) {
      const box = boxes.get(settingKey(setting));
      if (!box) continue;
      setText(box.name, label);
      box.input.checked = main || compared.has(settingKey(setting));
      box.input.disabled = main || frozen;
    }
  };
  return { node, sync };
}

/** Everything of a kind that is on offer, and what is compared though it is not. */
function offers(kind: Kind, choices: Choices, wanted: Wanted, feed: Feed): Offered[] {
  const listed = listOf(kind, choices);
  const known = new Set(listed.map(({ setting }) => settingKey(setting)));
  const current = wanted[kind] ?? feed.frame?.meta[kind === "method" ? "method" : kind];
  const main = typeof current === "object" ? (current?.value ?? null) : current;
  const own = (wanted.compare ?? []).filter((setting) => !known.has(settingKey(setting)));
  const more = own.map((setting) => {
    const frame = feed.beside.get(settingKey(setting))?.frame ?? null;
    const label = (Object.keys(setting) as Kind[])
      .map((part) => labelOf(part, setting, choices, wanted, frame))
      .join(" · ");
    return { setting, label, title: "", choice: null };
  });
  const isMain = (setting: Setting) => Object.keys(setting).length === 1 && setting[kind] === main;
  return [...listed, ...more].map((offer) => ({ ...offer, main: isMain(offer.setting) }));
}

function listOf(kind: Kind, choices: Choices): Omit<Offered, "main">[] {
  if (kind === "target") {
    return (choices.targets ?? []).map(({ value, label, probability }) => {
      const chance = probability == null ? "" : ` · ${percent(probability)}`;
      return { setting: { target: value }, label: label + chance, title: "", choice: null };
    });
  }
  const list = (kind === "method" ? choices.methods : choices.baselines) ?? [];
  return list.map((choice) => ({
    setting: { [kind]: choice.value },
    label: choice.label + (choice.score == null ? "" : ` · F(x′) ${number(choice.score)}`),
    title: choice.hint ?? "",
    choice: kind === "baseline" ? choice : null,
  }));
}

function check(offer: Offered, boxes: Map<string, Box>): HTMLElement {
  const input = make("input", { type: "checkbox", value: JSON.stringify(offer.setting) });
  const name = make("span");
  boxes.set(settingKey(offer.setting), { input, name });
  const thumbnail = createThumbnail();
  thumbnail.sync(offer.choice ?? undefined);
  return make("label", { class: "whylight-check", title: offer.title || null }, input, thumbnail.node, name);
}
