// What can be compared, as a group of checkboxes; the one on show above is ticked for good.
// Knows nothing about maps or how they are computed.
import { settingKey } from "../../kernel/compared";
import type { Feed } from "../../kernel/feed";
import type { ComputeOptions } from "../../kernel/options";
import type { Choice, Choices, Setting, SettingName } from "../../kernel/protocol";
import { number, percent } from "../../numbers";
import { make, setText } from "../../ui/dom";
import { createThumbnail } from "../../ui/thumbnail";
import { labelOf } from "../../wording/settings";
import { costOf, costText } from "./cost";

export interface Checkboxes {
  node: HTMLElement;
  sync(varied: SettingName, choices: Choices, options: ComputeOptions, feed: Feed, frozen: boolean): void;
}

interface Offered {
  setting: Setting;
  /** What it answers, of methods. */
  group: string;
  /** What it costs, in words. */
  cost: string;
  label: string;
  title: string;
  choice: Choice | null;
  main: boolean;
}

interface Box {
  input: HTMLInputElement;
  name: HTMLElement;
  cost: HTMLElement;
}

const NAMES: Record<SettingName, string> = {
  method: "Methods to compare",
  target: "Targets to compare",
  baseline: "Baselines to compare",
};

export function createCheckboxes(ask: (compare: Setting[]) => void, signal: AbortSignal): Checkboxes {
  const node = make("div", { class: "whylight-checks", role: "group" });
  let options: ComputeOptions | null = null;
  let offered = "";
  let boxes = new Map<string, Box>();
  const toggle = (event: Event) => {
    const box = event.target as HTMLInputElement;
    const setting = JSON.parse(box.value) as Setting;
    const others = (options?.compare ?? []).filter((other) => settingKey(other) !== settingKey(setting));
    ask(box.checked ? [...others, setting] : others);
  };
  node.addEventListener("change", toggle, { signal });

  const sync: Checkboxes["sync"] = (varied, choices, now, feed, frozen) => {
    options = now;
    const list = offers(varied, choices, now, feed);
    const key = JSON.stringify(
      list.map(({ setting, group, choice }) => [setting, group, choice?.text, !!choice?.picture]),
    );
    if (key !== offered) {
      boxes = new Map();
      const groups = [...new Set(list.map(({ group }) => group))];
      node.replaceChildren(...groups.map((name) => groupOf(name, list, boxes)));
    }
    offered = key;
    node.setAttribute("aria-label", NAMES[varied]);
    const compared = new Set((now.compare ?? []).map(settingKey));
    for (const { setting, label, cost, main } of list) {
      const box = boxes.get(settingKey(setting));
      if (!box) continue;
      setText(box.name, label);
      setText(box.cost, main ? "" : cost);
      box.input.checked = main || compared.has(settingKey(setting));
      box.input.disabled = main || frozen;
    }
  };
  return { node, sync };
}

/** Everything on offer for one setting, and what is compared though it is not. */
function offers(varied: SettingName, choices: Choices, options: ComputeOptions, feed: Feed): Offered[] {
  const listed = listOf(varied, choices);
  const known = new Set(listed.map(({ setting }) => settingKey(setting)));
  const current = options[varied] ?? feed.frame?.meta[varied];
  const main = typeof current === "object" ? (current?.value ?? null) : current;
  const own = (options.compare ?? []).filter((setting) => !known.has(settingKey(setting)));
  const more = own.map((setting) => {
    const frame = feed.compared.get(settingKey(setting))?.frame ?? null;
    const label = (Object.keys(setting) as SettingName[])
      .map((part) => labelOf(part, setting, choices, options, frame))
      .join(" · ");
    return { setting, group: "", label, title: "", choice: null };
  });
  const isMain = (setting: Setting) => Object.keys(setting).length === 1 && setting[varied] === main;
  return [...listed, ...more].map((offer) => ({
    ...offer,
    cost: costText(costOf(offer.setting, choices, options, feed)),
    main: isMain(offer.setting),
  }));
}

function listOf(varied: SettingName, choices: Choices): Omit<Offered, "main" | "cost">[] {
  if (varied === "target") {
    return (choices.targets ?? []).map(({ value, label, probability }) => {
      const chance = probability == null ? "" : ` · ${percent(probability)}`;
      return { setting: { target: value }, group: "", label: label + chance, title: "", choice: null };
    });
  }
  const list = (varied === "method" ? choices.methods : choices.baselines) ?? [];
  return list.map((choice) => ({
    setting: { [varied]: choice.value },
    group: choice.question ?? "",
    label: choice.label + (choice.score == null ? "" : ` · F(x′) ${number(choice.score)}`),
    title: choice.hint ?? "",
    choice: varied === "baseline" ? choice : null,
  }));
}

function groupOf(name: string, list: Offered[], boxes: Map<string, Box>): HTMLElement {
  const checks = list.filter(({ group }) => group === name).map((offer) => check(offer, boxes));
  if (!name) return make("div", { class: "whylight-checks-group" }, ...checks);
  const heading = make("span", { class: "whylight-label", "aria-hidden": "true" }, name);
  return make(
    "div",
    { class: "whylight-checks-group", role: "group", "aria-label": name },
    heading,
    ...checks,
  );
}

function check(offer: Offered, boxes: Map<string, Box>): HTMLElement {
  const input = make("input", { type: "checkbox", value: JSON.stringify(offer.setting) });
  const name = make("span");
  const cost = make("span", { class: "whylight-check-cost" });
  boxes.set(settingKey(offer.setting), { input, name, cost });
  const thumbnail = createThumbnail();
  thumbnail.sync(offer.choice ?? undefined);
  const about = { class: "whylight-check", title: offer.title || null };
  return make("label", about, input, thumbnail.node, name, " ", cost);
}
